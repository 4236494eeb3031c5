"""Password hashing: one normalized spelling per password, and a limited number of hashes at once."""

import logging
import os
import sys
import threading
import time
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher

from core import policy
from safeguards import metrics
from safeguards.middleware import current_request

logger = logging.getLogger(__name__)

BUSY = "Many people are signing in right now. Nothing was changed. Wait a few seconds, then try again."


class TooBusy(Exception):
    """No place for hashing became free in time. Nothing was judged and nothing changed.

    accounts/sign_in/middleware.py shows a page that says so.
    """


def normalize(password: str) -> str:
    """Return the one spelling in which a password is hashed and judged: NFKC (63B §3.1.1.2).

    A Mac may send "ü" as two characters where a PC sends one. A phone may send wide letters instead of plain ones.
    """
    return unicodedata.normalize("NFKC", password)


class Normalizing:
    """A mixin for hashers that normalizes every password before it is set or checked."""

    def encode(self, password: str, salt: str, *more: Any) -> str:
        return super().encode(normalize(password), salt, *more)  # type: ignore[misc]

    def verify(self, password: str, encoded: str) -> bool:
        return super().verify(normalize(password), encoded)  # type: ignore[misc]


places = BoundedSemaphore(settings.HASHES_AT_ONCE)


def step_back() -> None:
    """Let everything else go first, and keep to the cores that hashing is given.

    That is for this thread and those that Argon2 starts in it, on systems where a thread can be told.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + policy.HASH_NICENESS)
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[-settings.HASH_CORES :])


hashing_threads = ThreadPoolExecutor(settings.HASHES_AT_ONCE, "hashes", initializer=step_back)


@contextmanager
def place() -> Iterator[None]:
    """Hold one of this process's places for hashing. Raise TooBusy if none becomes free in time.

    Each hash holds 64 MiB while it lasts, so a flood of sign-ins has to queue here and not in the machine's memory.
    """
    metrics.HASH_PLACES.set(settings.HASHES_AT_ONCE)
    with metrics.HASHES_WAITING.track_inprogress(), metrics.HASH_SECONDS.time():
        is_ours = places.acquire(timeout=patience())
    if not is_ours:
        metrics.HASHES_REFUSED.inc()
        logger.warning("All places for hashing passwords were taken for too long. Somebody was asked to try again.")
        raise TooBusy
    try:
        with metrics.HASHES_RUNNING.track_inprogress():
            yield
    finally:
        places.release()


def patience() -> float:
    """Return for how many seconds the current request may still wait. Its time began when it came (dslogon/web/)."""
    request = current_request.get()
    hash_by = request.META.get("dslogon.hash_by") if request else None
    return policy.HASH_WAIT.total_seconds() if hash_by is None else max(0, hash_by - time.monotonic())


class Argon2Hasher(Normalizing, Argon2PasswordHasher):
    """Argon2id at RFC 9106's second recommended option. Hashes with older settings are replaced at sign-in."""

    time_cost = policy.ARGON2_PASSES
    memory_cost = policy.ARGON2_MEMORY_KIB
    parallelism = policy.ARGON2_LANES

    def encode(self, password: str, salt: str, *more: Any) -> str:
        with place():
            return hashing_threads.submit(super().encode, password, salt, *more).result()

    def verify(self, password: str, encoded: str) -> bool:
        with place():
            return hashing_threads.submit(super().verify, password, encoded).result()
