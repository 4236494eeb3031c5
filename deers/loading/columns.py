"""What each column of an import file may hold, and how it is normalized.

A parser takes what the file has (text; in JSON also true, false and null). It returns what PostgreSQL's COPY is to
read, as text. If it cannot take the value, it raises ParseError. The reason holds nothing of what was there.

A column parses many values at once. It remembers what it has seen, or sees at a glance that nothing is odd. Looking at
each of a thousand values would take most of the time of an import.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import models

from deers import dod_id, ssn
from deers.models import Plan, Region, Relationship, ServiceStatus, Sex

REMEMBERED = 2**16
"""The most values that a parser keeps: a few MiB in all."""
NULL = r"\N"
"""COPY reads this as no value."""


class InvalidValue(str):
    """Takes the place of a value that is not valid, and says why."""

    __slots__ = ()


class ParseError(Exception):
    """The same reason, on its way out of a parser."""


Parser = Callable[[Any], str]
Column = Callable[[Sequence[Any]], Sequence[str]]
"""Parses the values of a column. Each becomes text or InvalidValue."""


def judged(parse: Parser) -> Parser:
    """Return `parse`, but with InvalidValue in place of ParseError."""

    def parse_or_tell(value: Any) -> str:
        try:
            return parse(value)
        except ParseError as bad:
            return InvalidValue(bad)

    return parse_or_tell


def one_by_one(parse: Parser) -> Column:
    """Return a column that parses each value by itself."""
    each = judged(parse)
    return lambda values: list(map(each, values))


class Remembered(dict):
    """What became of each value that was seen.

    It takes half the memory of lru_cache. When too much is remembered, everything is forgotten.
    """

    def __init__(self, parse: Parser) -> None:
        self.parse = parse

    def __missing__(self, value: Any) -> str:
        if len(self) >= REMEMBERED:
            self.clear()
        clean = self.parse(value)
        self[value] = value if value == clean and type(value) is type(clean) else clean
        return self[value]


def often(parse: Parser) -> Column:
    """Return a column whose values repeat."""
    each = judged(parse)
    remembered = Remembered(each)

    def column(values: Sequence[Any]) -> list[str]:
        try:
            return list(map(remembered.__getitem__, values))
        except TypeError:  # a list in place of a value cannot be looked up
            return list(map(each, values))

    return column


def seldom(parse: Parser, most: int = 100, like: str = "[^\n]*") -> Column:
    """Return a column whose values hardly repeat.

    They are looked at one by one only if they are not all `like` this, plain and tidy. `like` must not match a line
    feed, nor anything that `parse` would change or refuse, apart from what is not tidy.
    """
    each, alike = judged(parse), re.compile(f"(?>{like}\n)*+")

    def column(values: Sequence[Any]) -> Sequence[str]:
        if tidy(values, most) and alike.fullmatch("\n".join([*values, ""])):
            return values
        return list(map(each, values))

    return column


def tidy(values: Sequence[Any], most: int) -> bool:
    """Return whether text() would give all of them back as they are."""
    if set(map(type, values)) != {str} or max(map(len, values)) > most:
        return False
    joined = "\n".join(["", *values, ""])
    printable = joined.isascii() and joined.replace("\n", "").isprintable()
    return printable and not any(odd in joined for odd in ("\\", "  ", " \n", "\n "))


def text(most: int, *, required: bool = False) -> Parser:
    """Return a parser for text of at most `most` characters. It gives Unicode's composed form, with single spaces."""

    def parse(value: Any) -> str:
        if value is None or value == "":
            if required:
                raise ParseError("is missing")
            return ""
        if not isinstance(value, str):
            raise ParseError("must be text")
        if not value.isalnum() or not value.isascii():
            value = unicodedata.normalize("NFC", " ".join(value.split()))
        if not value.isprintable():
            raise ParseError("holds characters that cannot be printed")
        if len(value) > most:
            raise ParseError(f"is longer than {most} characters")
        return value.replace("\\", "\\\\") if "\\" in value else value

    return parse


PLAIN = text(100)
ADDRESS = text(254)


NO_DAY = "must be a date as YYYY-MM-DD"


def day(value: Any) -> str:
    """Return a date as YYYY-MM-DD, or NULL. As text, dates are in the order of the calendar."""
    value = PLAIN(value)
    if not value:
        return NULL
    try:
        if len(value) == 10:
            return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    raise ParseError(NO_DAY)


a_day_or_none = often(day)
"""All columns of days share what they have seen."""


def a_day(values: Sequence[Any]) -> Sequence[str]:
    """Parse a column of days of which none may be missing."""
    days = a_day_or_none(values)
    return [InvalidValue(NO_DAY) if each == NULL else each for each in days] if NULL in days else days


def one_of(choices: type[models.TextChoices], default: str | None = None) -> Parser:
    known = frozenset(choices.values)

    def parse(value: Any) -> str:
        value = PLAIN(value) or default
        if value not in known:
            raise ParseError(f"must be one of {', '.join(sorted(known))}")
        return str(value)

    return parse


def number(value: Any) -> str:
    digits = dod_id.clean(PLAIN(value))
    if not digits:
        raise ParseError("must be ten digits")
    return digits


def social_security_number(mock_serves: bool) -> Parser:
    """Return a parser for nine digits that could be somebody's number, or "" for people who have none."""

    def parse(value: Any) -> str:
        value = PLAIN(value)
        digits = ssn.clean(value)
        if value and ssn.problem(digits, mock_serves=mock_serves):
            raise ParseError("cannot be a Social Security number")
        return digits

    return parse


def flag(value: Any) -> str:
    if value in (None, "", False, "false"):
        return "f"
    if value in (True, "true"):
        return "t"
    raise ParseError("must be true or false")


EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def email(value: Any) -> str:
    value = ADDRESS(value)
    if value and not EMAIL.fullmatch(value):
        raise ParseError("must be an email address")
    return value


def country(value: Any) -> str:
    value = PLAIN(value).upper() or "US"
    if not re.fullmatch("[A-Z]{2}", value):
        raise ParseError("must be two letters")
    return value


def person_columns(*, mock_serves: bool) -> Mapping[str, Column]:
    """Return the columns of a person."""
    return {
        "dod_id": seldom(number, like="[0-9]{10}"),
        "date_of_birth": a_day,
        "date_of_death": a_day_or_none,
        "sex": often(one_of(Sex, Sex.UNKNOWN)),
        "ssn": one_by_one(social_security_number(mock_serves)),
        "email": seldom(email, 254, like=f"(?:{EMAIL.pattern})?"),
        "phone": seldom(text(32), 32),
        "street": seldom(text(200), 200),
        "city": often(text(100)),
        "state": often(text(40)),
        "postal_code": often(text(16)),
        "country": often(country),
        "service_status": often(one_of(ServiceStatus, ServiceStatus.CIVILIAN)),
        "protected": often(flag),
        "locked": often(flag),
    }


LISTS: Mapping[str, Mapping[str, Column]] = {
    "names": {
        "first": often(text(100)),
        "middle": often(text(100)),
        "last": often(text(100, required=True)),
        "suffix": often(text(10)),
        "since": a_day_or_none,
        "until": a_day_or_none,
    },
    "eligibilities": {
        "plan": often(one_of(Plan)),
        "region": often(one_of(Region)),
        "begin": a_day,
        "end": a_day_or_none,
    },
    "sponsors": {
        "sponsor": seldom(number, like="[0-9]{10}"),
        "relationship": often(one_of(Relationship)),
        "begin": a_day,
        "end": a_day_or_none,
    },
}
"""What a person has several of, and the columns of each."""
