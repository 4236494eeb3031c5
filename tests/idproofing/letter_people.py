"""Rosa of the demo as DEERS has her, and what a test needs to send letters to her."""

from dataclasses import replace
from datetime import datetime

from core.policy import Level
from deers.registry import Beneficiary
from demo.people import PEOPLE
from idproofing import letters
from idproofing.models import Batch, Letter
from tests.idproofing.people import NOON

LINK = "https://dslogon.example/not-me/7K3QH-0ABCD-EFGHJ/"


def beneficiary(key: str, **other: str) -> Beneficiary:
    """An invented person as DEERS would answer; nobody is put into a table."""
    person = PEOPLE[key]
    name, address = person.name, person.address
    known = Beneficiary(
        dod_id=person.dod_id,
        first_name=name.first,
        middle_name=name.middle,
        last_name=name.last,
        suffix=name.suffix,
        date_of_birth=person.born,
        email=person.email,
        phone=person.phone,
        street=address.street,
        city=address.city,
        state=address.state,
        postal_code=address.postal_code,
        country=address.country,
    )
    return replace(known, **other)  # type: ignore[arg-type]


def asked(key: str = "rosa", *, level: Level = Level.BASIC, now: datetime = NOON, **other: str) -> Letter:
    """A letter with a code, in line to be printed."""
    outcome = letters.ask(beneficiary(key, **other), level, enter_at="register-with-code", by="visitor", now=now)
    assert isinstance(outcome, letters.Queued), outcome
    return outcome.letter


def batch(now: datetime = NOON) -> Batch:
    made = letters.make_batch(by="system", now=now)
    assert made
    return made


def mailed(letter: Letter, now: datetime = NOON) -> Letter:
    """The letter, printed and mailed."""
    letters.mailed(batch(now), by="system", now=now)
    letter.refresh_from_db()
    return letter
