"""The last net for personal data in logs. Nothing should ever fall into it, and tests watch the logs without it."""

import logging
import re

# Each kind begins at the edge of a word. That also keeps a long line from being searched again at every letter.
PERSONAL = re.compile(
    r"(?P<email>(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<ssn>(?<![\w-])\d{3}([- ]?)\d{2}\3\d{4}(?![\w-]))"
    r"|(?P<dod_id>(?<!\w)\d{10}(?!\w))"
    r"|(?<=/)(?P<secret>[\w-]{32,})(?![\w.-])"
)


def redact(text: str) -> str:
    """Return `text` with everything that looks personal replaced by its kind.

    That is an email address, an SSN, a DoD ID number and, in the address of a page, a one-time link or the id of a
    draft.
    """
    return PERSONAL.sub(lambda found: f"[{found.lastgroup}]", text)


class RedactingFormatter(logging.Formatter):
    """Redacts the finished line, so that arguments and tracebacks are covered as well as messages."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))
