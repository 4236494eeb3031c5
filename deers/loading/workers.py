"""Work shared out to all cores. Only a few results wait, so that memory stays flat."""

import gc
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import wait
from typing import Any, TypeVar

from django.db import connections

AHEAD = 2
"""Pieces of work that wait, besides one for each process."""

Piece = TypeVar("Piece")
Result = TypeVar("Result")
Share = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]


@contextmanager
def share_work(processes: int) -> Iterator[Share]:
    """Yield a function like `map` that lets other processes do the work. With 0 processes it is `map` itself.

    Our connections are closed, because a forked process must not use them.
    """
    if not processes:
        yield map
        return
    connections.close_all()
    with multiprocessing.get_context("fork").Pool(processes, begin) as pool:

        def share(work: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
            under_way: deque = deque()
            for piece in pieces:
                under_way.append(pool.apply_async(work, [piece]))
                if len(under_way) > processes + AHEAD:
                    yield under_way.popleft().get()
            while under_way:
                yield under_way.popleft().get()

        yield share


def begin() -> None:
    """Prepare a process for work, and end it when its parent ends.

    Otherwise the processes of a run that was killed would wait for work forever.
    """
    gc.freeze()  # what was there before never becomes garbage
    gc.disable()  # what we make has no cycles, and looking for them would take a fifth of the time
    parent = multiprocessing.parent_process()
    assert parent is not None
    sentinel = parent.sentinel

    def watch() -> None:
        wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def count_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
