"""Work shared out to all cores, with the results in their order and only a few of them waiting: memory stays flat."""

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import wait
from typing import TypeVar

from django.db import connections

AHEAD = 2
"""Pieces of work that are done ahead, beside one for each process."""

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def in_order(work: Callable[[Piece], Result], pieces: Iterable[Piece], processes: int) -> Iterator[Result]:
    """`work` of each piece, in other processes; with 0 of them, here."""
    if not processes:
        yield from map(work, pieces)
        return
    connections.close_all()  # a forked process must not speak on our connections
    with multiprocessing.get_context("fork").Pool(processes, end_with_parent) as pool:
        under_way: deque = deque()
        for piece in pieces:
            under_way.append(pool.apply_async(work, [piece]))
            if len(under_way) > processes + AHEAD:
                yield under_way.popleft().get()
        while under_way:
            yield under_way.popleft().get()


def end_with_parent() -> None:
    """Without it the processes of a run that was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    sentinel = parent.sentinel

    def watch() -> None:
        wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
