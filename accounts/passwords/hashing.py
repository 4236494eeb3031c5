"""Password hashing: one normalized spelling per password, and a limited number of hashes at once."""

import logging
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher

from core import policy

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


@contextmanager
def place() -> Iterator[None]:
    """Hold one of this process's places for hashing. Raise TooBusy if none becomes free in time.

    Each hash holds 64 MiB while it lasts, so a flood of sign-ins has to queue here and not in the machine's memory.
    """
    if not places.acquire(timeout=policy.HASH_WAIT.total_seconds()):
        logger.warning("All places for hashing passwords were taken for too long. Somebody was asked to try again.")
        raise TooBusy
    try:
        yield
    finally:
        places.release()


class Argon2Hasher(Normalizing, Argon2PasswordHasher):
    """Argon2id at RFC 9106's second recommended option. Hashes with older settings are replaced at sign-in."""

    time_cost = policy.ARGON2_PASSES
    memory_cost = policy.ARGON2_MEMORY_KIB
    parallelism = policy.ARGON2_LANES

    def encode(self, password: str, salt: str, *more: Any) -> str:
        with place():
            return super().encode(password, salt, *more)

    def verify(self, password: str, encoded: str) -> bool:
        with place():
            return super().verify(password, encoded)
