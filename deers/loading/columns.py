"""What may stand in each column of an import file, and how it is normalised.

A parser takes what the file has (text; in JSON also true, false and null) and gives what the table keeps, or raises Bad
with a sentence that holds nothing of what was there.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.db import models

from deers import dod_id, ssn
from deers.models import Plan, Region, Relationship, ServiceStatus, Sex

Parser = Callable[[Any], Any]


class Bad(Exception):
    """A value that cannot be taken, and why, without the value."""


def text(most: int, *, required: bool = False) -> Parser:
    """Text in Unicode's composed form, blanks squeezed, of at most `most` characters."""

    def parse(value: Any) -> str:
        if value is None or value == "":
            if required:
                raise Bad("is missing")
            return ""
        if not isinstance(value, str):
            raise Bad("must be text")
        if not value.isalnum() or not value.isascii():
            value = unicodedata.normalize("NFC", " ".join(value.split()))
        if not value.isprintable():
            raise Bad("holds characters that cannot be printed")
        if len(value) > most:
            raise Bad(f"is longer than {most} characters")
        return value

    return parse


PLAIN = text(100)


def day(*, required: bool = False) -> Parser:
    """A date as YYYY-MM-DD, or None."""

    def parse(value: Any) -> date | None:
        value = PLAIN(value)
        if not value and not required:
            return None
        try:
            if len(value) == 10:
                return date.fromisoformat(value)
        except ValueError:
            pass
        raise Bad("must be a date as YYYY-MM-DD")

    return parse


def one_of(choices: type[models.TextChoices], default: str | None = None) -> Parser:
    known = frozenset(choices.values)

    def parse(value: Any) -> str:
        value = PLAIN(value) or default
        if value not in known:
            raise Bad(f"must be one of {', '.join(sorted(known))}")
        return value

    return parse


def number(value: Any) -> str:
    digits = dod_id.clean(PLAIN(value))
    if not digits:
        raise Bad("must be ten digits")
    return digits


def social_security_number(mock_serves: bool) -> Parser:
    """Nine digits that could be somebody's, or "" for people who have none."""

    def parse(value: Any) -> str:
        value = PLAIN(value)
        digits = ssn.clean(value)
        if value and ssn.problem(digits, mock_serves=mock_serves):
            raise Bad("cannot be a Social Security number")
        return digits

    return parse


def flag(value: Any) -> bool:
    if value in (None, "", False, "false"):
        return False
    if value in (True, "true"):
        return True
    raise Bad("must be true or false")


EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def email(value: Any) -> str:
    value = text(254)(value)
    if value and not EMAIL.fullmatch(value):
        raise Bad("must be an email address")
    return value


def country(value: Any) -> str:
    value = PLAIN(value).upper() or "US"
    if not re.fullmatch("[A-Z]{2}", value):
        raise Bad("must be two letters")
    return value


def person_columns(*, mock_serves: bool) -> Mapping[str, Parser]:
    """The columns of a person; the order is that of the table's COPY."""
    return {
        "dod_id": number,
        "date_of_birth": day(required=True),
        "date_of_death": day(),
        "sex": one_of(Sex, Sex.UNKNOWN),
        "ssn": social_security_number(mock_serves),
        "email": email,
        "phone": text(32),
        "street": text(200),
        "city": text(100),
        "state": text(40),
        "postal_code": text(16),
        "country": country,
        "service_status": one_of(ServiceStatus, ServiceStatus.CIVILIAN),
        "protected": flag,
        "locked": flag,
    }


LISTS: Mapping[str, Mapping[str, Parser]] = {
    "names": {
        "first": text(100),
        "middle": text(100),
        "last": text(100, required=True),
        "suffix": text(10),
        "since": day(),
        "until": day(),
    },
    "sponsors": {
        "sponsor": number,
        "relationship": one_of(Relationship),
        "begin": day(required=True),
        "end": day(),
    },
    "eligibilities": {
        "plan": one_of(Plan),
        "region": one_of(Region),
        "begin": day(required=True),
        "end": day(),
    },
}
