"""Puts the hand-made people where the mocks look: the registry, the credit file, the health record, the accounts."""

from datetime import timedelta
from itertools import pairwise

from django.db import transaction

from deers import models as deers
from dslogon.demo.people import PEOPLE
from dslogon.demo.people.person import Person


def load(person: Person, *, record: bool = True, account: bool = True) -> None:
    """Everything about one person, whole or not at all; the sponsor must be there before."""
    with transaction.atomic():
        enter_in_registry(person)


def enter_in_registry(person: Person) -> None:
    """The person's DEERS record: identity, names, sponsor and coverage."""
    entry = deers.Person(
        dod_id=person.dod_id,
        date_of_birth=person.born,
        date_of_death=person.died,
        sex=person.sex,
        email=person.email,
        phone=person.phone,
        street=person.address.street,
        city=person.address.city,
        state=person.address.state,
        postal_code=person.address.postal_code,
        country=person.address.country,
        service_status=person.status,
        protected=person.protected,
        locked=person.locked,
    )
    entry.set_ssn(person.ssn)
    entry.save(force_insert=True)
    deers.LegalName.objects.bulk_create(legal_names(person))
    deers.Eligibility.objects.bulk_create(
        deers.Eligibility(
            person_id=person.dod_id, plan=period.plan, region=person.region, begin=period.begin, end=period.end
        )
        for period in person.periods
    )
    if person.kin:
        sponsor = PEOPLE[person.kin.sponsor]
        deers.Sponsorship.objects.create(
            sponsor_id=sponsor.dod_id,
            dependent_id=person.dod_id,
            relationship=person.kin.relationship,
            begin=person.kin.since,
            end=person.kin.until,
        )


def legal_names(person: Person) -> list[deers.LegalName]:
    """The person's names as DEERS dates them: each ends the day before the next begins."""
    ends = [later.since - timedelta(days=1) for _, later in pairwise(person.names) if later.since]
    return [
        deers.LegalName(
            person_id=person.dod_id,
            first=name.first,
            middle=name.middle,
            last=name.last,
            suffix=name.suffix,
            since=name.since,
            until=end,
        )
        for name, end in zip(person.names, [*ends, None], strict=True)
    ]
