"""One person's finished rows, as text that PostgreSQL's COPY reads."""

from datetime import date
from typing import Any, NamedTuple

from deers import names
from deers.models import Person, ssn_index, ssn_last4_index
from safeguards.cipher import encrypt

PERSON = (
    "dod_id, date_of_birth, date_of_death, sex, ssn, ssn_index, ssn_last4_index, email, phone, street, city, state, "
    "postal_code, country, service_status, protected, locked"
)
NAME = "person_id, first, middle, last, suffix, since, until, key"
ELIGIBILITY = 'person_id, plan, region, begin, "end"'
SPONSORSHIP = 'line, place, sponsor_id, dependent_id, relationship, begin, "end"'
SSN_CONTEXT = f"{Person._meta.db_table}:ssn:"


class Tie(NamedTuple):
    """A dependent's sponsorship, with its line in the file and its place in the line."""

    line: int
    place: int
    sponsor_id: str
    dependent_id: str
    relationship: str
    begin: date
    end: date | None


class Rows(NamedTuple):
    """What is to be entered of one person. Texts are lines for COPY; `ssn_index` is None without a number."""

    line: int
    dod_id: str
    ssn_index: bytes | None
    person: str
    names: str
    eligibilities: str
    ties: tuple[Tie, ...]


def rows(line: int, person: dict, borne: list[dict], covered: list[dict], ties: tuple[Tie, ...]) -> Rows:
    """Encrypt, index and write out; the dictionaries hold columns as deers.loading.columns names and cleans them."""
    pk, digits = person["dod_id"], person["ssn"]
    index = ssn_index(digits) if digits else None
    sealed = {
        "ssn": encrypt(digits, context=SSN_CONTEXT + pk),
        "ssn_index": index,
        "ssn_last4_index": ssn_last4_index(digits[-4:]) if digits else None,
    }
    every = {**person, **sealed}
    return Rows(
        line,
        pk,
        index,
        written(every[column] for column in PERSON.split(", ")),
        "".join(written((pk, *name.values(), search_key(name))) for name in borne),
        "".join(written((pk, *period.values())) for period in covered),
        ties,
    )


def search_key(name: dict) -> str:
    return names.search_key(names.Name(name["first"], name["middle"], name["last"], name["suffix"]))


def written(values: Any) -> str:
    """One line for COPY in its text format; no value holds a tab or a line break (columns.text sees to it)."""
    return "\t".join(map(cell, values)) + "\n"


def cell(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, str):
        return value.replace("\\", "\\\\") if "\\" in value else value
    if isinstance(value, bytes):
        return r"\\x" + value.hex()
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(value)
