"""What is looked at before a file is read as FHIR: its bytes, its JSON, its numbers and its letters.

Python's JSON reader takes the last of two equal keys, NaN, and as much nesting as it bears; PostgreSQL's jsonb takes no
NUL and no half of a surrogate pair. What is wrong is found here, with its place, before anything is stored.
"""

import json
import re
from decimal import Decimal
from typing import Any

MEBIBYTE = 2**20
BIGGEST_DOCUMENT = 256 * MEBIBYTE
BIGGEST_RESOURCE = 16 * MEBIBYTE
DEEPEST = 64
LONGEST_NUMBER = 40
GREATEST_EXPONENT = 100

BOM = b"\xef\xbb\xbf"
OTHER_BOMS = (b"\xff\xfe", b"\xfe\xff")
# Escapes that may stand for a control character or half of a surrogate pair; most files have none.
SUSPICIOUS = re.compile(r"\\(?:u00[01]|u[dD][89a-fA-F]|[bf])")
# FHIR R4 §2.24.0: strings have no characters below U+0020 but tab, line feed and carriage return.
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")


class BadError(Exception):
    """Something in a file that keeps it out. `path` leads to it; `entry` is set by those who know it.

    Neither holds anything that the file says: values, and keys that FHIR does not know, may be personal data.
    """

    def __init__(self, reason: str, *path: str, entry: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = list(path)
        self.entry = entry


class Double(dict):  # type: ignore[type-arg]
    """An object that had a key twice. Who looks for the exact type sees that it is no dict, and where it is."""


class BadNumber:
    """A number that nobody should have to bear."""


def decode(data: bytes) -> str:
    """Return the text of a file. A byte order mark of UTF-8 says nothing and is left out."""
    if data.startswith(OTHER_BOMS):
        raise BadError("The file is in UTF-16 or UTF-32; FHIR is UTF-8.")
    try:
        return data.removeprefix(BOM).decode()
    except UnicodeDecodeError as error:
        raise BadError(f"The file is not UTF-8: byte {error.start + 1:,} begins no letter.") from None


def parse_json(text: str) -> Any:
    """Return what a JSON text says, with Decimal in place of float, and Double or BadNumber for what is wrong."""
    try:
        return json.loads(
            text,
            parse_float=read_decimal,
            parse_int=read_integer,
            parse_constant=lambda _: BadNumber(),
            object_pairs_hook=read_object,
        )
    except json.JSONDecodeError as error:
        if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
            raise BadError("The JSON ends too early: it was cut off.") from None
        raise BadError(f"It is not JSON: line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise BadError(too_deep()) from None


def read_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else Double(found)


def read_decimal(text: str) -> Decimal | BadNumber:
    if len(text) > LONGEST_NUMBER:
        return BadNumber()
    number = Decimal(text)
    return number if abs(number.as_tuple().exponent) <= GREATEST_EXPONENT else BadNumber()  # type: ignore[arg-type]


def read_integer(text: str) -> int | Decimal | BadNumber:
    """Return an integer. Minus zero has to stay what it is, so it becomes a Decimal."""
    if len(text) > LONGEST_NUMBER:
        return BadNumber()
    return Decimal(text) if text == "-0" else int(text)


def is_suspicious(text: str) -> bool:
    """Return whether `check_letters` has to look at what this JSON text says."""
    return SUSPICIOUS.search(text) is not None


def check_letters(value: Any) -> None:
    """Raise BadError for text that FHIR and PostgreSQL do not take."""
    if isinstance(value, str):
        if UNFIT.search(value):
            raise BadError("Text has a control character, or half of a character of two parts.")
    elif isinstance(value, dict):
        for key, item in value.items():
            check_letters(key)
            try:
                check_letters(item)
            except BadError as bad:
                bad.path.insert(0, key)
                raise
    elif isinstance(value, list):
        for item in value:
            check_letters(item)


def check_values(value: Any, depth: int = 0) -> None:
    """Raise BadError for double keys, bad numbers and too much depth, in JSON whose elements nobody knows."""
    kind = type(value)
    if kind is dict or kind is list:
        if depth > DEEPEST:
            raise BadError(too_deep())
        for item in value.values() if kind is dict else value:
            check_values(item, depth + 1)
    elif reason := why_unfit(value):
        raise BadError(reason)


def why_unfit(value: Any) -> str:
    """Return what is wrong with a value that `parse_json` marked, or ""."""
    if isinstance(value, Double):
        return "An object has the same key twice."
    if isinstance(value, BadNumber):
        most = f"{LONGEST_NUMBER} characters or has an exponent above {GREATEST_EXPONENT}"
        return f"A number is longer than {most}, or is none."
    return ""


def too_deep() -> str:
    return f"It is nested more than {DEEPEST} deep."
