"""The registry that stands in for DEERS: invented people in our own database, asked as the real one would be.

settings.DEERS_LATENCY_MS and settings.DEERS_FAULT make it as slow and as faulty as the real one (deers/faults.py).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from django.conf import settings
from django.db.models import F, Q, QuerySet

from core import policy, typed
from core.dates import age_on
from core.phones import PhoneDigits, searched_phone
from deers import faults, households, names, ssn
from deers.matching import ineligibility, judge_match, records_matching
from deers.models import Eligibility, LegalName, Person, Relationship, Sponsorship, ssn_index, ssn_last4_index
from deers.registry import (
    Beneficiary,
    Coverage,
    FamilyMember,
    NoMatch,
    Outcome,
    Period,
    PersonQuery,
    Record,
    TimeTogether,
)
from safeguards.deadline import within_deadline


@contextmanager
def answering() -> Iterator[None]:
    """Apply the faults that the settings order, then the deadline for our own database.

    Every answer goes through this.
    """
    faults.simulate()
    with within_deadline(settings.DEERS_SECONDS):
        yield


class MockRegistry:
    """An implementation of deers.registry.EligibilityRegistry over deers.models."""

    @answering()
    def find_person(self, query: PersonQuery, *, today: date) -> Outcome:
        """Return the outcome. It takes one query, whether the person is found or not."""
        digits = ssn.clean(query.ssn)
        if (query.ssn and not digits) or (query.dod_id and not is_dod_id(query.dod_id)) or not (digits or query.dod_id):
            return NoMatch()
        found = records_matching(ssn_index=ssn_index(digits) if digits else b"", dod_id=query.dod_id, today=today)
        return judge_match(query, found, today)

    @answering()
    def person(self, dod_id: str) -> Beneficiary | None:
        name = current_names().filter(person=dod_id).first() if is_dod_id(dod_id) else None
        return beneficiary(name) if name else None

    @answering()
    def record(self, *, ssn: str, dod_id: str, today: date) -> Record | None:
        """Return the record. It takes one query."""
        if (dod_id and not is_dod_id(dod_id)) or not (ssn or dod_id):
            return None
        found = records_matching(ssn_index=ssn_index(ssn) if ssn else b"", dod_id=dod_id, today=today)
        if not found or not found[0].asked_for:
            return None
        present, *former = found
        return Record(present.person, tuple(name.person.full_name for name in former), ineligibility(present, today))

    @answering()
    def ssn_of(self, dod_id: str) -> str:
        """Return the number. It takes one query."""
        person = Person.objects.only("pk", "ssn").filter(pk=dod_id).first() if is_dod_id(dod_id) else None
        return person.ssn if person else ""

    @answering()
    def coverage(self, dod_id: str, *, today: date) -> Coverage | None:
        """Return the coverage. It takes four queries: for the person, the sponsor, the family, and the periods."""
        person = Person.objects.filter(pk=dod_id).first() if is_dod_id(dod_id) else None
        if person is None:
            return None
        sponsor = (
            current_names()
            .filter(in_force(today, "person__dependents__"), person__dependents__dependent=dod_id)
            .annotate(relationship=F("person__dependents__relationship"))
            .first()
        )
        periods = list(Eligibility.objects.filter(person=dod_id).order_by("-begin", "plan"))
        now = next((p for p in periods if p.begin <= today and (p.end is None or p.end >= today)), None)
        return Coverage(
            service_status=person.get_service_status_display(),
            sponsor=beneficiary(sponsor) if sponsor else None,
            relationship=Relationship(sponsor.relationship).label if sponsor else "",
            family=family_of(sponsor, dod_id, today),
            plan=now.get_plan_display() if now else "",
            region=now.get_region_display() if now else "",
            periods=tuple(Period(p.begin, p.end, p.get_plan_display()) for p in periods),
        )

    @answering()
    def minors(self, dod_id: str, *, today: date) -> tuple[Beneficiary, ...]:
        """Return the children. It takes one query, and reads only names that are in force."""
        if not is_dod_id(dod_id):
            return ()
        married = Sponsorship.objects.filter(in_force(today), dependent=dod_id, relationship__in=MARRIED)
        own = Q(person__sponsors__sponsor=dod_id, person__sponsors__relationship__in=[*CHILDREN, Relationship.WARD])
        of_both = Q(
            person__sponsors__sponsor__in=married.values("sponsor"), person__sponsors__relationship__in=CHILDREN
        )
        children = (
            current_names()
            .filter((own | of_both) & in_force(today, "person__sponsors__"))
            .filter(person__date_of_death__isnull=True, person__protected=False)
            .order_by("person__date_of_birth", "person")
        )
        found = {name.person_id: beneficiary(name) for name in children}
        return tuple(one for one in found.values() if age_on(one.date_of_birth, today) < policy.ADULT_AGE)

    @answering()
    def kin(self, dod_id: str) -> list[str]:
        """Return the family's numbers. It takes one query.

        Sponsorships that have ended count too. A former spouse still knows of the loan that both signed.
        """
        if not is_dod_id(dod_id):
            return []
        ties = Sponsorship.objects.values_list("sponsor", "dependent")
        sponsors = Sponsorship.objects.filter(dependent=dod_id).values("sponsor")
        ties = ties.filter(sponsor=dod_id).union(ties.filter(sponsor__in=sponsors))
        return sorted({one for tie in ties for one in tie} - {dod_id})

    @answering()
    def times_together(self, dod_id: str, *, today: date) -> list[TimeTogether]:
        """Return the times. It takes one query, for the family's ties and nothing that is encrypted."""
        if not is_dod_id(dod_id):
            return []
        sponsors = Sponsorship.objects.filter(dependent=dod_id).values("sponsor")
        rows = Sponsorship.objects.filter(Q(sponsor=dod_id) | Q(sponsor__in=sponsors)).order_by("pk")
        return households.times_together(dod_id, map(tie, rows.values_list(*TIE)), today)

    @answering()
    def search(self, text: str, *, most: int) -> list[Beneficiary]:
        """Return people by number, email address, phone number or name. It takes one query.

        Ten digits alone may be a DoD ID number or a phone number, so they find both.
        """
        text = text.replace("\x00", "")[:200]
        digits = typed.clean_joined(text)
        last_four, whole, phone = ssn.masked_last_four(text), ssn.clean(text), searched_phone(text)
        if whole:
            asked = Q(person__ssn_index=ssn_index(whole))
        elif last_four or re.fullmatch(r"[0-9]{4}", digits):
            asked = Q(person__ssn_last4_index=ssn_last4_index(last_four or digits))
        elif phone:
            reached = Person.objects.alias(digits=PhoneDigits("phone")).filter(digits=phone).values("pk")[:most]
            asked = Q(person__in=[digits] if is_dod_id(digits) else []) | Q(person__in=reached)
        elif "@" in text and text.isprintable():
            asked = Q(person__in=Person.objects.filter(email__lower=text.strip().lower()).values("pk")[:most])
        else:
            prefixes = names.search_prefixes(text)
            if not prefixes:
                return []
            # A former name finds the person too. The person is shown under the present name.
            begins = Q(*(key_begins(prefix) for prefix in prefixes), _connector=Q.OR)
            asked = Q(person__in=LegalName.objects.filter(begins).order_by("key").values("person")[:most])
        return [beneficiary(name) for name in current_names().filter(asked).order_by("key")[:most]]


MARRIED = (Relationship.SPOUSE, Relationship.SURVIVING_SPOUSE)
# A ward was given to the sponsor alone.
CHILDREN = (Relationship.CHILD, Relationship.STEPCHILD)
MEMBER = ("pk", "date_of_birth", "date_of_death", "street", "postal_code")
TIE = (*(f"{side}__{name}" for side in ("sponsor", "dependent") for name in MEMBER), "relationship", "begin", "end")


def tie(row: tuple) -> households.Tie:
    """Return a tie of a family, from a row of TIE."""
    sponsor, dependent = (
        households.Member(dod_id, born, died, households.address_key(street, postal_code))
        for dod_id, born, died, street, postal_code in (row[:5], row[5:10])
    )
    return households.Tie(sponsor, dependent, *row[10:])


def is_dod_id(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{10}", text))


def in_force(today: date, prefix: str = "") -> Q:
    """Return a condition for rows whose `begin` and `end` (None: open) include `today`."""
    begun = Q(**{f"{prefix}begin__lte": today})
    return begun & (Q(**{f"{prefix}end__isnull": True}) | Q(**{f"{prefix}end__gte": today}))


def key_begins(prefix: str) -> Q:
    """Return a condition for keys with this prefix.

    It is a range, not LIKE, because a prepared statement's plan can use the index for it.
    """
    return Q(key__gte=prefix, key__lt=prefix + "\U0010ffff")


def current_names() -> QuerySet[LegalName]:
    return LegalName.objects.filter(until__isnull=True).select_related("person")


def family_of(sponsor: LegalName | None, dod_id: str, today: date) -> tuple[FamilyMember, ...]:
    """Return the sponsor's other living dependents today, oldest first. Without a sponsor, return the person's own.

    Protected people are left out. A former spouse neither sees the family nor is seen in it.
    """
    former = Relationship.FORMER_SPOUSE
    if sponsor and sponsor.relationship == former:  # type: ignore[attr-defined]
        return ()
    members = (
        current_names()
        .filter(
            in_force(today, "person__sponsors__"), person__sponsors__sponsor=sponsor.person_id if sponsor else dod_id
        )
        .filter(person__date_of_death__isnull=True, person__protected=False)
        .annotate(relationship=F("person__sponsors__relationship"))
        .exclude(Q(person=dod_id) | Q(relationship=former))
        .order_by("person__date_of_birth", "person")
    )
    return tuple(
        FamilyMember(m.person_id, str(m), Relationship(m.relationship).label, m.person.date_of_birth.year)
        for m in members
    )


def beneficiary(name: LegalName) -> Beneficiary:
    person = name.person
    return Beneficiary(
        dod_id=person.dod_id,
        first_name=name.first,
        middle_name=name.middle,
        last_name=name.last,
        suffix=name.suffix,
        date_of_birth=person.date_of_birth,
        email=person.email,
        phone=person.phone,
        street=person.street,
        city=person.city,
        state=person.state,
        postal_code=person.postal_code,
        country=person.country,
        is_shielded=person.protected or person.locked,
    )
