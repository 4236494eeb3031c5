"""Watches what a test writes to the logs and to the audit trail, and fails if it finds a secret there."""

import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import connection


class Kept(logging.Handler):
    """Keeps each line as it was before redaction, tracebacks included."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append((record.name, self.format(record)))


@contextmanager
def no_secret_is_written(secrets: Iterable[str]) -> Iterator[None]:
    """Fails if one of `secrets` (numbers, names, passwords, codes) was logged or audited inside the block.

    Words count whole and without regard to case, so that "Ann" is not found in "announced". The failure says
    where the secret stands, never what it is.
    """
    secret = re.compile("|".join(rf"(?<!\w){re.escape(one)}(?!\w)" for one in secrets if one), re.IGNORECASE)
    kept = Kept()
    # Django's development server does not hand its lines on to the root logger.
    loggers = [logging.getLogger(), logging.getLogger("django.server")]
    for logger in loggers:
        logger.addHandler(kept)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(kept)
    assert not [name for name, line in kept.lines if secret.search(line)], "A secret stands in the logs."
    assert not [event for event, row in audited() if secret.search(row)], "A secret stands in the audit trail."


def audited() -> list[tuple[str, str]]:
    """Each audit event's name, and its whole row as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT event, entry::text FROM safeguards_auditevent entry")
        return cursor.fetchall()
