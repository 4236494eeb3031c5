"""The invented people by name: `people.load("rosa")` puts her into the mocks, and returns her.

They are the demo's own people (demo/people/), so a test about June and the page about June agree.
"""

from copy import copy
from datetime import date
from functools import cache

from django.db import transaction
from django.utils import timezone

from deers.models import Person as Registered
from demo import population
from demo.people import PEOPLE
from demo.people.person import Person
from idproofing.models import Fact


def load(key: str, *, record: bool = False) -> Person:
    """Put one person (and the sponsor, if there is one) into the registry, with all facts for the quiz.

    `record=True` adds the health record, which most tests do not need. Accounts are left for the test to open.
    """
    person = PEOPLE[key]
    if person.kin:
        load(person.kin.sponsor, record=record)
    if not Registered.objects.filter(pk=person.dod_id).exists():
        if record:
            population.load(person, account=False)
        else:
            enter_with_facts(person)
    return person


def enter_with_facts(person: Person) -> None:
    """Do what population.load does, with the facts of an earlier time: to invent them takes most of its time."""
    with transaction.atomic():
        population.enter_in_registry(person)
        Fact.objects.bulk_create(map(copy, facts_of(person.key, timezone.localdate())))


@cache
def facts_of(key: str, today: date) -> list[Fact]:
    """Return the facts about a person, unsaved and the same for all tests of a day: save copies only."""
    return population.facts_of(PEOPLE[key])


def load_all(*keys: str) -> list[Person]:
    """Several people at once, in the order given."""
    return [load(key) for key in keys]
