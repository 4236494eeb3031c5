"""Why an approval of a review takes a second reviewer: a level, another birth date, or a record that fits better."""

from datetime import date

from django.db import models
from django.utils import timezone

from core.policy import Level
from deers import lookup, names
from deers.matching import compare_dates
from deers.registry import EligibilityRegistry, Record
from idproofing.cases import Typed, read_typed
from idproofing.models import Case

NAMESAKES = 50
CLOSENESS = {"match": 2, "near": 1, "none": 0}
BY_NAME = 2
SILENCE = "no answer"


class Doubt(models.TextChoices):
    """What a second reviewer has to look at. The words are for reviewers."""

    LEVEL = "level", "It is for Premium."
    BIRTH_DATE = "birth-date", "The birth date on record is not the one that was typed."
    OTHER_RECORD = "other-record", "Another record fits what was typed better, or has a number that was typed."
    SILENT = "silent", "DEERS did not say who else it may be."


def doubts_about(case: Case, record: Record) -> frozenset[Doubt]:
    """Return why approving the case for this record takes two reviewers. If it is empty, one is enough.

    This asks DEERS, so call it outside a transaction.
    """
    typed = read_typed(case)
    found = {Doubt.LEVEL} if case.level == Level.PREMIUM else set()
    if typed is None:
        return frozenset(found)
    if typed.date_of_birth != record.person.date_of_birth.isoformat():
        found.add(Doubt.BIRTH_DATE)
    if not case.is_upgrade:  # it is bound to the person of its account
        found |= doubts_about_others(typed, record)
    return frozenset(found)


def doubts_about_others(typed: Typed, record: Record) -> set[Doubt]:
    """Return whether somebody else in DEERS may be meant. One question without an answer is a doubt too."""
    owners = [owner_of(ssn=typed.ssn)] if typed.ssn else []
    owners += [owner_of(dod_id=typed.dod_id)] if typed.dod_id else []
    found = {Doubt.SILENT} if SILENCE in owners else set()
    if any(owner not in ("", SILENCE, record.person.dod_id) for owner in owners):
        found.add(Doubt.OTHER_RECORD)
    name = f"{typed.last_name}, {typed.first_name}"
    namesakes = lookup.ask(lambda deers: deers.search(name, most=NAMESAKES), None)
    if namesakes is None:
        return found | {Doubt.SILENT}
    mine = closeness(typed, record.person.date_of_birth) + (BY_NAME if bears_name(record, typed) else 0)
    others = (person for person in namesakes if person.dod_id != record.person.dod_id)
    if any(BY_NAME + closeness(typed, person.date_of_birth) > mine for person in others):
        found.add(Doubt.OTHER_RECORD)
    return found


def owner_of(*, ssn: str = "", dod_id: str = "") -> str:
    """Return the DoD ID number of the person who has this number: "" if nobody has, SILENCE without an answer."""
    today = timezone.localdate()

    def ask_for_owner(deers: EligibilityRegistry) -> str:
        owner = deers.record(ssn=ssn, dod_id=dod_id, today=today)
        return owner.person.dod_id if owner else ""

    return lookup.ask(ask_for_owner, SILENCE)


def closeness(typed: Typed, born: date) -> int:
    return CLOSENESS[compare_dates(date.fromisoformat(typed.date_of_birth), born)] if typed.date_of_birth else 0


def bears_name(record: Record, typed: Typed) -> bool:
    """Return whether the person has the name that was typed, now or formerly. Middle names make no difference."""
    first, last = names.words(typed.first_name)[:1], "".join(names.words(typed.last_name))
    person = record.person
    if (names.words(person.first_name)[:1], "".join(names.words(person.last_name))) == (first, last):
        return True
    return any(
        first == names.words(former)[:1] and "".join(names.words(former)).endswith(last)
        for former in record.former_names
    )
