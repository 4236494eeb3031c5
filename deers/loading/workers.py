"""Work shared out to all cores, with only a few results waiting: memory stays flat."""

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
"""Pieces of work that wait, beside one for each process."""

Piece = TypeVar("Piece")
Result = TypeVar("Result")
Share = Callable[[Callable[[Any], Any], Iterable[Any]], Iterator[Any]]


@contextmanager
def share_work(processes: int) -> Iterator[Share]:
    """A function like `map` that has other processes work; with 0 of them, `map` itself.

    Our connections are closed: a forked process must not speak on them.
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
    """Without it the processes of a run that was killed would wait for work for ever."""
    gc.freeze()  # what was there before never becomes garbage,
    gc.disable()  # and what we make has no cycles: looking for them among a thousand records costs a fifth of all
    parent = multiprocessing.parent_process()
    assert parent is not None
    sentinel = parent.sentinel

    def watch() -> None:
        wait([sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def count_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
