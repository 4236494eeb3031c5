"""Thirty people at once: the same task on as many real database connections."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection


def in_parallel(task: Callable[[int], Any], workers: int = 30) -> list[Any]:
    """What `task(0)`, `task(1)`… return; each in a thread with a connection of its own, all let go together.

    The test needs `django_db(transaction=True)`, or the connections do not see its rows.
    """
    start = Barrier(workers)

    def run(number: int) -> Any:
        try:
            connection.ensure_connection()
            start.wait(timeout=60)
            return task(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(run, range(workers)))
