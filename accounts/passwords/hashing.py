"""How passwords are hashed: one spelling for each, and only so many at once."""

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

BUSY = "Many people are signing in just now. Nothing was changed. Wait a few seconds, then try again."


class TooBusy(Exception):
    """No room to hash came free in time; nothing was judged and nothing changed. A page says so (middleware.py)."""


def normalize(password: str) -> str:
    """The one spelling under which a password is hashed and judged: NFKC (63B §3.1.1.2).

    A Mac may send "ü" as two characters where a PC sends one; a phone may send wide letters for plain ones.
    """
    return unicodedata.normalize("NFKC", password)


class Normalising:
    """Before another hasher: it sees every password in its one spelling, to set it and to check it."""

    def encode(self, password: str, salt: str, *more: Any) -> str:
        return super().encode(normalize(password), salt, *more)  # type: ignore[misc]

    def verify(self, password: str, encoded: str) -> bool:
        return super().verify(normalize(password), encoded)  # type: ignore[misc]


places = BoundedSemaphore(settings.HASHES_AT_ONCE)


@contextmanager
def place() -> Iterator[None]:
    """One of this process's places for hashing, waited for; TooBusy when none comes free in time.

    Each hash holds 64 MiB while it lasts, so a flood of sign-ins has to queue here, not in the machine's memory.
    """
    if not places.acquire(timeout=policy.HASH_WAIT.total_seconds()):
        logger.warning("All places for hashing passwords were taken for too long; somebody was told to try again.")
        raise TooBusy
    try:
        yield
    finally:
        places.release()


class Argon2Hasher(Normalising, Argon2PasswordHasher):
    """Argon2id at RFC 9106's second recommended choice; a hash of an older setting is made anew at sign-in."""

    time_cost = policy.ARGON2_PASSES
    memory_cost = policy.ARGON2_MEMORY_KIB
    parallelism = policy.ARGON2_LANES

    def encode(self, password: str, salt: str, *more: Any) -> str:
        with place():
            return super().encode(password, salt, *more)

    def verify(self, password: str, encoded: str) -> bool:
        with place():
            return super().verify(password, encoded)
