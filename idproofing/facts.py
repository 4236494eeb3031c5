"""Where facts about a person come from: a credit bureau and a transactions source, both mocks, behind one interface."""

from collections.abc import Collection, Iterable
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from idproofing.models import Fact, Source


class FactSource(Protocol):
    """Anything that knows facts about people. A real source returns unsaved `Fact`s of its own knowledge."""

    def facts_about(self, dod_id: str) -> Iterable[Fact]:
        """All facts about the person with this DoD ID number; none for a person it does not know."""
        ...


class MockCreditBureau:
    """Loans, cards, former addresses and vehicles, from the `Fact` table."""

    def facts_about(self, dod_id: str) -> Iterable[Fact]:
        return Fact.objects.filter(dod_id=dod_id, source=Source.BUREAU)


class MockTransactions:
    """Household bills, pharmacy fills and benefit payments, from the `Fact` table."""

    def facts_about(self, dod_id: str) -> Iterable[Fact]:
        return Fact.objects.filter(dod_id=dod_id, source=Source.TRANSACTIONS)


def facts_about(dod_id: str) -> list[Fact]:
    """What all sources in `settings.IDPROOFING_SOURCES` know about the person, in a stable order."""
    sources: list[FactSource] = [import_string(path)() for path in settings.IDPROOFING_SOURCES]
    facts = [fact for source in sources for fact in source.facts_about(dod_id)]
    return sorted(facts, key=lambda fact: (fact.kind, fact.qualifier))


def unknown_from(facts: Collection[Fact], seen: Iterable[str]) -> list[Fact]:
    """Those facts whose answer can not be read off `seen`: values on record in DEERS, or typed in this session.

    An answer counts as seen when it stands in a seen value, or a seen value of some length in the answer,
    both as whole words and without regard to case: "Killeen" is seen in "Killeen, Texas".
    """
    told = [words for words in map(_words, seen) if words.strip()]
    return [fact for fact in facts if not any(_tells(words, _words(fact.value)) for words in told)]


def _words(text: str) -> str:
    letters = "".join(char if char.isalnum() else " " for char in text.casefold())
    return f" {' '.join(letters.split())} "


def _tells(told: str, answer: str) -> bool:
    return answer in told or (len(told.strip()) > 3 and told in answer)
