"""JSON as FHIR means it: numbers keep their digits, and one text stands for each value.

Binary floats would lose digits (FHIR R4 §2.24.0.1: 0.010 is not 0.01), so numbers are read as Decimal.
"""

import json
from decimal import Decimal
from hashlib import sha256
from json.encoder import encode_basestring
from typing import Any


class DecimalDecoder(json.JSONDecoder):
    """Read JSON with Decimal in place of float. For JSONField."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(parse_float=Decimal, **kwargs)


class DecimalEncoder(json.JSONEncoder):
    """Write JSON in its canonical form, with Decimals as numbers. For JSONField."""

    def encode(self, o: Any) -> str:
        return write_canonical(o)


def write_canonical(value: Any) -> str:
    """Return the canonical text of parsed JSON: keys sorted, no blanks, every digit of a number kept.

    `value` is made of dict, list, str, int, Decimal, bool and None. Raise TypeError for a float, whose digits are
    already lost.
    """
    parts: list[str] = []
    append(value, parts.append)
    return "".join(parts)


def append(value: Any, add: Any) -> None:
    match value:
        case str():
            add(encode_basestring(value))
        case dict():
            comma = "{"
            for key in sorted(value):
                add(f"{comma}{encode_basestring(key)}:")
                append(value[key], add)
                comma = ","
            add("}" if value else "{}")
        case list():
            comma = "["
            for item in value:
                add(comma)
                append(item, add)
                comma = ","
            add("]" if value else "[]")
        case True:
            add("true")
        case False:
            add("false")
        case None:
            add("null")
        case int() | Decimal():
            add(str(value))
        case _:
            raise TypeError(f"{type(value).__name__} is not JSON with exact digits")


def digest_of(text: str) -> bytes:
    """Return the SHA-256 of a canonical text."""
    return sha256(text.encode()).digest()
