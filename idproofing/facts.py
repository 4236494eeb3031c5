"""Where facts about a person come from: a credit bureau and a transactions source, both mocks, behind one interface."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from core import policy
from deers.registry import TimeTogether
from idproofing.models import Category, Fact, Source
from idproofing.questions import are_true_at_once
from idproofing.told import is_told, seen_words
from safeguards.deadline import within_deadline

# What the people of one household have in common.
HOUSEHOLD = (Category.MORTGAGE, Category.ADDRESS, Category.UTILITY)
# What else they see at home: the car and its papers, and the pill bottles. Cards, student loans and benefits are in the
# name of one person.
SEEN_AT_HOME = (*HOUSEHOLD, Category.VEHICLE, Category.PHARMACY)
CAR_PAPERS = ("car_lender", "car_payment")


class FactSource(Protocol):
    """Anything that knows facts about people. A real source returns unsaved `Fact`s of its own knowledge."""

    def facts_about(self, dod_ids: Collection[str]) -> Iterable[Fact]:
        """Return all facts about the people with these DoD ID numbers. There are none about people it does not know.

        Answer, or raise, within settings.SOURCES_SECONDS.
        """
        ...


class MockCreditBureau:
    """Loans, cards, former addresses and vehicles, from the `Fact` table."""

    def facts_about(self, dod_ids: Collection[str]) -> Iterable[Fact]:
        return Fact.objects.filter(dod_id__in=dod_ids, source=Source.BUREAU)


class MockTransactions:
    """Household bills, pharmacy fills and benefit payments, from the `Fact` table."""

    def facts_about(self, dod_ids: Collection[str]) -> Iterable[Fact]:
        return Fact.objects.filter(dod_id__in=dod_ids, source=Source.TRANSACTIONS)


def facts_about(*dod_ids: str) -> list[Fact]:
    """Return what all sources in `settings.IDPROOFING_SOURCES` know about these people, in a stable order.

    Each source is asked once, however many people there are.
    """
    sources: list[FactSource] = [import_string(path)() for path in settings.IDPROOFING_SOURCES]
    facts: list[Fact] = []
    for source in sources:
        with within_deadline(settings.SOURCES_SECONDS):
            facts += source.facts_about(dod_ids)
    return sorted(facts, key=lambda fact: (fact.dod_id, fact.kind, fact.qualifier))


def recent_facts(facts: Iterable[Fact], today: date) -> list[Fact]:
    """Return the facts that are not old news: begun, and ended if they have, no longer ago than policy allows."""
    return [fact for fact in facts if fact.since <= today and _begun_late(fact, today) and _over_late(fact, today)]


def facts_of_one_alone(facts: Iterable[Fact], relatives: Collection[Fact]) -> list[Fact]:
    """Return the facts that do not hold for a relative too. A joint loan does not tell two people apart.

    The same answer to the same question is shared. So is what a household has one of, such as a former address, if both
    had it in a common year.
    """
    return [fact for fact in facts if not any(_shared(fact, other) for other in relatives)]


def facts_unseen_at_home(facts: Iterable[Fact], together: Collection[TimeTogether], today: date) -> list[Fact]:
    """Return the facts that nobody knows only from having lived with the person.

    Of the times `together` with somebody who is alive, nothing is left that a household shares or sees. It does not
    matter in whose name the paper is. A careful spouse reads both names.
    """
    return [fact for fact in facts if not (_seen_at_home(fact) and any(_touch(fact, time, today) for time in together))]


def _seen_at_home(fact: Fact) -> bool:
    return fact.category in SEEN_AT_HOME or fact.kind in CAR_PAPERS


def _touch(fact: Fact, time: TimeTogether, today: date) -> bool:
    """Return whether the fact was true on a day of that time."""
    return fact.since <= (time.end or today) and (time.begin or date.min) <= (fact.until or today)


def _begun_late(fact: Fact, today: date) -> bool:
    return fact.since.year >= today.year - policy.FACT_YEARS


def _over_late(fact: Fact, today: date) -> bool:
    return fact.until is None or fact.until.year >= today.year - policy.FACT_OVER_YEARS[fact.category]


def _shared(one: Fact, other: Fact) -> bool:
    if (one.kind, one.value) != (other.kind, other.value):
        return False
    return one.qualifier == other.qualifier or (one.category in HOUSEHOLD and are_true_at_once(one, other))


def facts_unknown_from(facts: Collection[Fact], seen: Iterable[str]) -> list[Fact]:
    """Return the facts whose answer cannot be read off `seen`: values on record in DEERS, or typed in this session.

    An answer counts as seen if it is in a seen value, or if a seen value of some length is in the answer. Both are
    compared as whole words and without regard to case: "Killeen" is seen in "Killeen, Texas".
    """
    told = seen_words(seen)
    return [fact for fact in facts if not is_told(fact.value, told)]
