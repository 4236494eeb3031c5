"""Any number of generated people, entered in batches, so that an interrupted run continues where it stopped."""

import random
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain

from django.db import connection, transaction

from deers.loading.workers import count_cores, share_work
from deers.models import Eligibility, LegalName, Person, ServiceStatus, Sponsorship
from demo.invent import facts as invented_facts
from demo.invent import records as invented_records
from demo.invent.families import Family, families
from demo.invent.records import Record
from idproofing.models import Fact

BATCH = 100


def enter(count: int, seed: int, *, records: bool = True, advance: Callable[[int], object] = int) -> int:
    """Make sure that there are `count` generated people, and return how many of them are new.

    People who are already there stay as they are, no matter what the seed was. `records=False` leaves out the health
    records, which are by far the most rows. `advance` is called after each batch with a number of people.
    """
    new = 0
    with share_work(processes()) as share:
        for entered, people in share(partial(enter_batch, records=records), batches(families(count, seed))):
            new += entered
            advance(people)
    return new


def processes() -> int:
    """Return on how many cores to load. Inside a transaction it is 0: other processes would not see what is in it."""
    return 0 if connection.in_atomic_block else count_cores()


def batches(some: Iterable[Family]) -> Iterator[list[Family]]:
    """Yield families together in batches of at least BATCH people. The last batch can be smaller."""
    batch: list[Family] = []
    for family in some:
        batch.append(family)
        if sum(len(each.persons) for each in batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def enter_batch(batch: list[Family], *, records: bool) -> tuple[int, int]:
    """Enter the people of the batch who are not there yet, all of them or none.

    Return how many they are, and how many are in the batch.
    """
    people = {person.dod_id: person for family in batch for person in family.persons}
    there = set(Person.objects.filter(pk__in=people).values_list("pk", flat=True))
    new = {dod_id: person for dod_id, person in people.items() if dod_id not in there}
    if not new:
        return 0, len(people)
    with transaction.atomic():
        Person.objects.bulk_create(new.values())
        LegalName.objects.bulk_create(name for family in batch for name in family.names if name.person_id in new)
        Sponsorship.objects.bulk_create(
            tie for family in batch for tie in family.sponsorships if tie.dependent_id in new
        )
        Eligibility.objects.bulk_create(
            period for family in batch for period in family.eligibilities if period.person_id in new
        )
        Fact.objects.bulk_create(chain.from_iterable(map(facts_of, new.values())))
        if records:
            names = {name.person_id: name for family in batch for name in family.names}  # the present one is last
            invented_records.store(record_of(person, names[person.dod_id]) for person in new.values())
    return len(new), len(people)


def facts_of(person: Person) -> list[Fact]:
    """Return the facts of a generated person."""
    served = person.service_status != ServiceStatus.CIVILIAN
    return invented_facts.facts_for(person.dod_id, person.date_of_birth, home=person.city, served=served)


def record_of(person: Person, name: LegalName) -> Record:
    """Return the health record of a generated person. It ends with the person's life."""
    luck = random.Random(person.dod_id)  # noqa: S311 - nothing secret
    return invented_records.record_for(
        person.dod_id, person.date_of_birth, person.sex, luck, name=name, died=person.date_of_death, state=person.state
    )
