"""The last net for personal data in logs. Nothing should ever fall into it, and tests watch the logs without it."""

import logging
import re
from copy import copy

# Each kind begins at the edge of a word. That also keeps a long line from being searched again at every letter.
# A Unix time has ten digits like a DoD ID number, so one is recognized by the name before it, and left as it is.
# Tokens that are typed from a letter are short. What follows the address of a page for links is masked whatever it is,
# and so are three groups of five with a digit elsewhere: a typed address has typing errors.
PERSONAL = re.compile(
    r"(?P<time>(?<!\w)(?:timestamp|expires|\w+_at)[\"']?(?:=|: ?)(?:1[5-9]|2[0-4])\d{8}(?!\w))"
    r"|(?P<email>(?<![\w.+%-])[\w.+%-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<ssn>(?<![\w-])\d{3}([- ]?)\d{2}\4\d{4}(?![\w-]))"
    r"|(?P<dod_id>(?<!\w)\d{10}(?!\w))"
    r"|(?:(?<=/not-me/)|(?<=/recover/password/)|(?<=/stop/)|(?<=/recover/factor/)(?!stop/)"
    r"|(?<=/recover/email/)|(?<=/email/confirm/)|(?<=/acts-for-me/))(?P<link>[^/?#\"'<>\n]+)"
    r"|(?<=/)(?=[^\d\n]{0,20}\d)(?P<typed>\w{5}[^\w/\n]{0,3}\w{5}[^\w/\n]{0,3}\w{5})(?![\w.-])"
    r"|(?<=/)(?P<secret>[\w-]{32,})(?![\w.-])",
    re.IGNORECASE,
)
CALLED = {"link": "secret", "typed": "secret"}


def redact(text: str) -> str:
    """Return `text` with everything that looks personal replaced by its kind.

    That is an email address, an SSN, a DoD ID number and, in the address of a page, a one-time link (mailed, or typed
    from a letter) or the id of a draft.
    """
    return PERSONAL.sub(mask, text)


def mask(found: re.Match[str]) -> str:
    """Return what stands in place of a text that was found: its kind, or a time as it is."""
    kind = found.lastgroup or ""
    return found[0] if kind == "time" else f"[{CALLED.get(kind, kind)}]"


class RedactingFormatter(logging.Formatter):
    """Redacts the finished line, so that arguments and tracebacks are covered as well as messages."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(without_trace_of_refusal(record)))


def without_trace_of_refusal(record: logging.LogRecord) -> logging.LogRecord:
    """Return the record of a request that was refused without its traceback, and any other as it is.

    Django adds a traceback to some refusals (a wrong host, too many fields), which says nothing about the request and
    lets a stranger fill the log.
    """
    if getattr(record, "status_code", 500) < 500:
        record = copy(record)
        record.exc_info = record.exc_text = None
    return record
