"""The registry that stands in for DEERS: invented people in our own database, asked as the real one would be.

With settings.DEERS_FAULT = "unavailable" it behaves as the real one does on a bad day.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from deers import names, ssn
from deers.models import Eligibility, LegalName, Person, Relationship, ssn_index, ssn_last4_index
from deers.registry import (
    Beneficiary,
    Coverage,
    FamilyMember,
    Ineligible,
    Match,
    NearMatch,
    NoMatch,
    Outcome,
    Period,
    PersonQuery,
    Reason,
    RegistryUnavailableError,
)
from dslogon import policy


class MockRegistry:
    """Implements deers.registry.EligibilityRegistry over deers.models."""

    def find_person(self, query: PersonQuery, *, today: date) -> Outcome:
        """One query, found or not: every name of whoever has the typed numbers, and whether he or she is covered."""
        fail_if_told_to()
        numbers = asked_numbers(query)
        if not numbers:
            return NoMatch()
        covered = Exists(Eligibility.objects.filter(in_force(today), person=OuterRef("person")))
        borne = LegalName.objects.filter(**numbers).select_related("person").annotate(covered=covered)
        found = list(borne.order_by(F("until").desc(nulls_first=True)))
        if not found:
            return NoMatch()
        current, former = found[0], found[1:]
        verdicts = (
            compare_names(query, current, former),
            compare_dates(query.date_of_birth, current.person.date_of_birth),
        )
        if "none" in verdicts or verdicts == ("near", "near"):
            return NoMatch()
        if "near" in verdicts:
            return NearMatch()
        reason = hindrance(current.person, today, covered=current.covered)
        return Ineligible(reason) if reason else Match(beneficiary(current))

    def person(self, dod_id: str) -> Beneficiary | None:
        fail_if_told_to()
        name = current_names().filter(person=dod_id).first() if is_dod_id(dod_id) else None
        return beneficiary(name) if name else None

    def coverage(self, dod_id: str, *, today: date) -> Coverage | None:
        """Four queries: the person, the sponsor, the family, the periods."""
        fail_if_told_to()
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
            family=family_of(sponsor.person_id if sponsor else dod_id, but=dod_id, today=today),
            plan=now.get_plan_display() if now else "",
            region=now.get_region_display() if now else "",
            periods=tuple(Period(p.begin, p.end, p.get_plan_display()) for p in periods),
        )

    def search(self, text: str, *, most: int) -> list[Beneficiary]:
        """By DoD ID number (10 digits), last four of the SSN (4 digits), or name; one query."""
        fail_if_told_to()
        digits = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text[:200]))
        if is_dod_id(digits):
            asked = Q(person=digits)
        elif re.fullmatch(r"[0-9]{4}", digits):
            asked = Q(person__ssn_last4_index=ssn_last4_index(digits))
        else:
            prefixes = names.search_prefixes(text[:200])
            if not prefixes:
                return []
            # A former name finds the person too, who is shown under the present one.
            begins = Q(*(key_begins(prefix) for prefix in prefixes), _connector=Q.OR)
            asked = Q(person__in=LegalName.objects.filter(begins).order_by("key").values("person")[:most])
        return [beneficiary(name) for name in current_names().filter(asked).order_by("key")[:most]]


def fail_if_told_to() -> None:
    if settings.DEERS_FAULT == "unavailable":
        raise RegistryUnavailableError


def is_dod_id(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9]{10}", text))


def asked_numbers(query: PersonQuery) -> dict[str, str | bytes]:
    """The exact keys of a query; empty when there is none, or one that cannot be."""
    digits = ssn.clean(query.ssn)
    if (query.ssn and not digits) or (query.dod_id and not is_dod_id(query.dod_id)):
        return {}
    by_ssn: dict[str, str | bytes] = {"person__ssn_index": ssn_index(digits)} if digits else {}
    return by_ssn | ({"person": query.dod_id} if query.dod_id else {})


def in_force(today: date, prefix: str = "") -> Q:
    """Rows whose `begin` and `end` (None: open) take in `today`."""
    begun = Q(**{f"{prefix}begin__lte": today})
    return begun & (Q(**{f"{prefix}end__isnull": True}) | Q(**{f"{prefix}end__gte": today}))


def key_begins(prefix: str) -> Q:
    """As a range, not LIKE: a prepared statement's plan can use the index for it."""
    return Q(key__gte=prefix, key__lt=prefix + "\U0010ffff")


def current_names() -> QuerySet[LegalName]:
    return LegalName.objects.filter(until__isnull=True).select_related("person")


def compare_names(query: PersonQuery, current: LegalName, former: Sequence[LegalName]) -> names.Verdict:
    """The present name decides; a former one, exactly given, is one small difference."""
    typed = names.Name(query.first_name, query.middle_name, query.last_name, query.suffix)
    verdict = names.compare(typed, current.as_name())
    if verdict == "none" and any(names.compare(typed, name.as_name()) == "match" for name in former):
        return "near"
    return verdict


def compare_dates(typed: date, record: date) -> names.Verdict:
    """Near: two neighboring digits swapped, or day and month."""
    if typed == record:
        return "match"
    if (typed.year, typed.month, typed.day) == (record.year, record.day, record.month):
        return "near"
    a, b = f"{typed:%Y%m%d}", f"{record:%Y%m%d}"
    swapped = any(a[:i] + a[i + 1] + a[i] + a[i + 2 :] == b for i in range(7))
    return "near" if swapped else "none"


def hindrance(person: Person, today: date, *, covered: bool) -> Reason | None:
    """Why this very person may not open an account; None if nothing stands in the way."""
    if person.date_of_death:
        return Reason.DECEASED
    if person.protected or person.locked:
        return Reason.PROTECTED
    if age(person.date_of_birth, today) < policy.ADULT_AGE:
        return Reason.MINOR
    return None if covered else Reason.ENDED


def age(born: date, today: date) -> int:
    """In full years; who was born on February 29 grows older on March 1."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def family_of(sponsor_id: str, *, but: str, today: date) -> tuple[FamilyMember, ...]:
    """The sponsor's living dependents today, oldest first, without `but` and without the protected."""
    members = (
        current_names()
        .filter(in_force(today, "person__sponsors__"), person__sponsors__sponsor=sponsor_id)
        .filter(person__date_of_death__isnull=True, person__protected=False)
        .exclude(person=but)
        .annotate(relationship=F("person__sponsors__relationship"))
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
    )
