"""The contract of tests/deers/contract.py, kept by the mock and by a registry that is only a dictionary."""

from datetime import date, timedelta
from typing import Any

import pytest

from deers import names
from deers.matching import RecordRow, ineligibility, judge_match
from deers.mock import MockRegistry
from deers.models import Eligibility, LegalName, Person, Plan, Region, Sponsorship
from deers.registry import (
    Beneficiary,
    Coverage,
    EligibilityRegistry,
    FamilyMember,
    NoMatch,
    Outcome,
    Period,
    PersonQuery,
    Record,
    TimeTogether,
)
from tests.deers import contract
from tests.deers.contract import ADA, CAST, DEAD, ENDED, FORMER_LAST_NAME, PROTECTED, SPOUSE, RegistryContract

SINCE, ENDED_ON, CHANGED = date(2000, 1, 1), date(2020, 1, 1), date(1990, 6, 1)


@pytest.mark.django_db
class TestTheMock(RegistryContract):
    @pytest.fixture
    def registry(self) -> EligibilityRegistry:
        for person in CAST:
            enter(person)
        Sponsorship.objects.create(
            sponsor_id=ADA.dod_id, dependent_id=SPOUSE.dod_id, relationship="spouse", begin=SINCE
        )
        return MockRegistry()


def enter(person: Beneficiary) -> None:
    details = ("dod_id", "date_of_birth", "email", "phone", "street", "city", "state", "postal_code", "country")
    row = Person(**{name: getattr(person, name) for name in details}, protected=person is PROTECTED)
    row.date_of_death = date(2019, 2, 2) if person is DEAD else None
    row.set_ssn(contract.ssn_of(person))
    row.save()
    former = FORMER_LAST_NAME.get(person.dod_id)
    name: dict[str, Any] = {"person": row, "first": person.first_name, "middle": person.middle_name}
    LegalName.objects.create(**name, last=person.last_name, since=CHANGED if former else None)
    if former:
        LegalName.objects.create(**name, last=former, until=CHANGED - timedelta(days=1))
    Eligibility.objects.create(
        person=row, plan=Plan.SELECT, region=Region.EAST, begin=SINCE, end=ENDED_ON if person is ENDED else None
    )


class InMemory:
    """The least that answers as a registry must, with the same judgement and none of the database."""

    def find_person(self, query: PersonQuery, *, today: date) -> Outcome:
        found = self.borne_by(query.ssn, query.dod_id)
        return judge_match(query, found, today) if found else NoMatch()

    def borne_by(self, ssn: str, dod_id: str) -> list[RecordRow]:
        asked = [p for p in CAST if (ssn and contract.ssn_of(p) == ssn) or p.dod_id == dod_id]
        if len(asked) != 1 or dod_id not in ("", asked[0].dod_id):
            return []
        (person,) = asked
        former = FORMER_LAST_NAME.get(person.dod_id)
        borne = [person, *([self.renamed(person, former)] if former else [])]
        flags = (person is DEAD, person is not ENDED, True)
        return [RecordRow(each, *flags) for each in borne]

    def record(self, *, ssn: str, dod_id: str, today: date) -> Record | None:
        found = self.borne_by(ssn, dod_id)
        former = tuple(each.person.full_name for each in found[1:])
        return Record(found[0].person, former, ineligibility(found[0], today)) if found else None

    @staticmethod
    def renamed(person: Beneficiary, last: str) -> Beneficiary:
        return Beneficiary(person.dod_id, person.first_name, person.middle_name, last, "", *list_after_name(person))

    def person(self, dod_id: str) -> Beneficiary | None:
        return next((person for person in CAST if person.dod_id == dod_id), None)

    def ssn_of(self, dod_id: str) -> str:
        person = self.person(dod_id)
        return contract.ssn_of(person) if person else ""

    def coverage(self, dod_id: str, *, today: date) -> Coverage | None:
        if not self.person(dod_id):
            return None
        ended = dod_id == ENDED.dod_id
        return Coverage(
            service_status="Retired",
            sponsor=ADA if dod_id == SPOUSE.dod_id else None,
            relationship="Spouse" if dod_id == SPOUSE.dod_id else "",
            family=(FamilyMember(SPOUSE.dod_id, SPOUSE.full_name, "Spouse", 1958),) if dod_id == ADA.dod_id else (),
            plan="" if ended else "TRICARE Select",
            region="" if ended else "East",
            periods=(Period(SINCE, ENDED_ON if ended else None, "TRICARE Select"),),
        )

    def minors(self, dod_id: str, *, today: date) -> tuple[Beneficiary, ...]:
        return ()

    def kin(self, dod_id: str) -> list[str]:
        couple = [ADA.dod_id, SPOUSE.dod_id]
        return [one for one in couple if one != dod_id] if dod_id in couple else []

    def times_together(self, dod_id: str, *, today: date) -> list[TimeTogether]:
        return [TimeTogether(SINCE, None)] if self.kin(dod_id) else []

    def search(self, text: str, *, most: int) -> list[Beneficiary]:
        prefixes = names.search_prefixes(text)
        found = [
            person
            for person in CAST
            if text in (person.dod_id, contract.ssn_of(person) or None)
            or text.removeprefix("***-**-") == (contract.ssn_of(person)[-4:] or None)
            or any(names.search_key(name_of(person)).startswith(prefix) for prefix in prefixes)
        ]
        return found[:most]


def name_of(person: Beneficiary) -> names.Name:
    return names.Name(person.first_name, person.middle_name, person.last_name, person.suffix)


def list_after_name(person: Beneficiary) -> list[Any]:
    fields = ("date_of_birth", "email", "phone", "street", "city", "state", "postal_code", "country")
    return [getattr(person, name) for name in fields]


class TestARegistryInMemory(RegistryContract):
    @pytest.fixture
    def registry(self) -> EligibilityRegistry:
        return InMemory()
