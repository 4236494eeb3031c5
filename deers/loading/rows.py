"""A batch of checked people as finished rows: encrypted, indexed, and written as PostgreSQL's COPY reads them."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from deers import names
from deers.loading.batch import Batch, Entries
from deers.loading.columns import NULL, REMEMBERED
from deers.models import Person, ssn_index, ssn_last4_index
from safeguards.cipher import encrypt

SSN_CONTEXT = f"{Person._meta.db_table}:ssn:"
COLUMNS = {
    "deers_person": (
        *("dod_id", "date_of_birth", "date_of_death", "sex", "ssn", "ssn_index", "ssn_last4_index", "email", "phone"),
        *("street", "city", "state", "postal_code", "country", "service_status", "protected", "locked"),
    ),
    "deers_legalname": ("person_id", "first", "middle", "last", "suffix", "since", "until", "key"),
    "deers_eligibility": ("person_id", "plan", "region", "begin", '"end"'),
    "deers_sponsorship": ("dependent_id", "sponsor_id", "relationship", "begin", '"end"'),
}
"""The tables that are filled. The first column says whose row it is."""


def written(batch: Batch) -> dict[str, str]:
    """Return the rows of each of the tables, with the number of the line before them."""
    dod_ids = batch.person["dod_id"]
    by_line = dict(zip(batch.lines, dod_ids, strict=True))
    person = batch.person | sealed(dod_ids, batch.person["ssn"])
    named = batch.names.columns
    keys = list(map(search_key, named["last"], named["first"], named["middle"]))
    return {
        "deers_person": table(batch.lines, *(person[column] for column in COLUMNS["deers_person"])),
        "deers_legalname": table(*whose(batch.names, by_line), keys),
        "deers_eligibility": table(*whose(batch.eligibilities, by_line)),
        "deers_sponsorship": table(*whose(batch.sponsors, by_line), list(map(str, batch.sponsors.places))),
    }


def table(lines: Sequence[int], *columns: Sequence[str]) -> str:
    """Return the rows of one table as text.

    No value holds a tab or a line break, because columns.text refuses them.
    """
    return "".join(map("%s\n".__mod__, map("\t".join, zip(map(str, lines), *columns, strict=True))))


def whose(entries: Entries, dod_ids: dict[int, str]) -> tuple[Any, ...]:
    return entries.lines, [dod_ids[line] for line in entries.lines], *entries.columns.values()


def sealed(dod_ids: Sequence[str], numbers: Sequence[str]) -> dict[str, list[str]]:
    """Return Social Security numbers encrypted, and their blind indexes. People without a number have no index."""
    return {
        "ssn": [as_bytea(encrypt(n, context=SSN_CONTEXT + whose)) for whose, n in zip(dod_ids, numbers, strict=True)],
        "ssn_index": [as_bytea(ssn_index(number)) if number else NULL for number in numbers],
        "ssn_last4_index": [last4_index(number[-4:]) if number else NULL for number in numbers],
    }


def as_bytea(value: bytes) -> str:
    return r"\\x" + value.hex()


@lru_cache(maxsize=10_000)
def last4_index(digits: str) -> str:
    """Return the blind index of four digits. There are ten thousand of them, so all are remembered."""
    return as_bytea(ssn_last4_index(digits))


def search_key(last: str, first: str, middle: str) -> str:
    """Return the key that names.search_key makes, from parts that are remembered."""
    return " ".join(filter(None, (surname(last), given(first), given(middle))))[: names.SEARCH_KEY_LENGTH]


surname = lru_cache(maxsize=REMEMBERED)(names.surname_key)
given = lru_cache(maxsize=REMEMBERED)(names.given_key)
