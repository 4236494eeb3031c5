"""The people whom the bench looks up in the registry: the same ones at every size, one in 20 of the first 10,000."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from functools import partial

from deers import lookup
from deers.models import Person
from deers.registry import Ineligible, Match, PersonQuery, Reason
from demo.invent import families

SMALL = 10_000
ASKED = 500

Questions = Sequence[Callable[[], object]]


def queries() -> list[PersonQuery]:
    """Return what some people type, with their Social Security numbers.

    The DoD ID number is there only to identify them.
    """
    numbers = [families.dod_id(n) for n in range(0, SMALL, SMALL // ASKED)]
    return [
        PersonQuery(name.first, name.middle, name.last, name.suffix, person.date_of_birth, person.ssn, person.dod_id)
        for person in Person.objects.filter(pk__in=numbers).order_by("pk")
        for name in person.names.filter(until=None)
    ]


def typed() -> list[PersonQuery]:
    return [replace(query, dod_id="") for query in queries()]


def questions_of(some: Sequence[PersonQuery]) -> Questions:
    return [partial(lookup.find_person, query) for query in some]


def matching() -> list[PersonQuery]:
    return [query for query in typed() if isinstance(lookup.find_person(query), Match)]


def hits() -> Questions:
    """Return questions about people who are in the registry."""
    return questions_of(matching())


def misses() -> Questions:
    """Return questions about numbers that no one has."""
    return questions_of([nobodys(query) for query in matching()])


def nobodys(query: PersonQuery) -> PersonQuery:
    return replace(query, ssn=f"900{query.ssn[3:]}")


def keys() -> Questions:
    """Return questions that are one `get` by primary key."""
    return [partial(Person.objects.get, pk=query.dod_id) for query in queries()]


def outcomes() -> dict[str, Questions]:
    """Return questions for every outcome that a person can see."""
    kinds: dict[str, list[PersonQuery]] = {}
    for query in typed():
        outcome = lookup.find_person(query)
        if isinstance(outcome, Ineligible):
            kinds.setdefault(f"Ineligible ({outcome.reason.name.lower()})", []).append(query)
        elif isinstance(outcome, Match):
            kinds.setdefault("Match", []).append(query)
            kinds.setdefault("NearMatch", []).append(replace(query, first_name=query.first_name + "x"))
            kinds.setdefault("NoMatch (another's number)", []).append(
                replace(query, first_name="Zbigniew", date_of_birth=date(1931, 1, 7))
            )
            kinds.setdefault("NoMatch (nobody's number)", []).append(nobodys(query))
    assert len(kinds) == 4 + len(Reason), f"Only {', '.join(kinds)}."
    return {kind: questions_of(some) for kind, some in kinds.items()}
