"""Questions to DEERS. The rest of the house calls these functions and never a registry, so DEERS may be elsewhere.

Call them outside a transaction. After a database error, nothing more can be asked within one.
"""

import logging
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import TypeVar

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from django.utils.module_loading import import_string

from deers.breaker import Breaker
from deers.registry import (
    Beneficiary,
    Coverage,
    EligibilityRegistry,
    Outcome,
    PersonQuery,
    Record,
    RegistryUnavailableError,
    Unavailable,
)

FAILURES = (RegistryUnavailableError, DatabaseError)
ITS_OWN = (RegistryUnavailableError, OperationalError, InterfaceError)
NOBODY = "0000000000"
MOCK = "deers.mock.MockRegistry"

logger = logging.getLogger(__name__)
breaker = Breaker()


def find_person(query: PersonQuery, *, today: date | None = None) -> Outcome:
    """Return whom the typed details mean: Match, NearMatch, NoMatch, Ineligible or Unavailable. This never raises."""
    day = today or timezone.localdate()
    silent: Outcome = Unavailable()
    return ask(lambda deers: deers.find_person(query, today=day), silent)


def person(dod_id: str) -> Beneficiary | None:
    """Return the person with this DoD ID number, or None if there is none or DEERS does not answer."""
    return ask(lambda deers: deers.person(dod_id), None)


def record(*, ssn: str = "", dod_id: str = "", today: date | None = None) -> Record | None:
    """Return the person with the given numbers, for reviewers.

    Return None if nobody has the numbers or DEERS does not answer.
    """
    day = today or timezone.localdate()
    return ask(lambda deers: deers.record(ssn=ssn, dod_id=dod_id, today=day), None)


def number_of(dod_id: str) -> str:
    """Return the person's Social Security number, or "" if there is none or DEERS does not answer.

    It is for counts and keyed hashes, which need it whole. No page shows more of it than its last four digits.
    """
    return ask(lambda deers: deers.ssn_of(dod_id), "")


def coverage(dod_id: str, *, today: date | None = None) -> Coverage | None:
    """Return the person's status, sponsor, family and plan, or None if there is none or DEERS does not answer."""
    day = today or timezone.localdate()
    return ask(lambda deers: deers.coverage(dod_id, today=day), None)


def minors(dod_id: str, *, today: date | None = None) -> tuple[Beneficiary, ...] | None:
    """Return the children under 18 whose parent the person is, oldest first, or None if DEERS does not answer."""
    day = today or timezone.localdate()
    return ask(lambda deers: deers.minors(dod_id, today=day), None)


def kin(dod_id: str) -> list[str] | None:
    """Return the DoD ID numbers of all who are, or ever were, of one family with the person. Never show them.

    Return None if DEERS does not answer.
    """
    return ask(lambda deers: deers.kin(dod_id), None)


def search(text: str, most: int = 50) -> list[Beneficiary]:
    """Return up to `most` people, for staff, by name (or its beginning), number, email address or phone number.

    Numbers are the DoD ID number, and the SSN whole, masked (***-**-6789) or as its last four digits.

    Return none if DEERS does not answer.
    """
    return ask(lambda deers: deers.search(text, most=most), [])


def answers() -> bool:
    """Return whether DEERS answers now, by asking it. Jobs call this that wait until they may tell people so.

    Nothing is asked while the breaker is open.
    """
    return ask(lambda deers: deers.person(NOBODY) is None, False)


Answer = TypeVar("Answer")


def ask(question: Callable[[EligibilityRegistry], Answer], otherwise: Answer) -> Answer:
    """Return the registry's answer, or `otherwise` if it fails or has failed so often that it is left alone for now.

    Only failures of the registry itself count for that. Otherwise a person could shut it for all by asking something
    odd.
    """
    if not breaker.may_ask():
        return otherwise
    try:
        answer = question(registry())
    except FAILURES as error:
        logger.warning("DEERS does not answer: %s", type(error).__name__)  # its message may hold what was asked
        breaker.failed() if isinstance(error, ITS_OWN) else breaker.succeeded()
        return otherwise
    except BaseException:
        breaker.failed()  # so that a probe that breaks off does not leave the breaker waiting for it
        raise
    breaker.succeeded()
    return answer


def mock_serves() -> bool:
    """Return whether the people are invented, so that forms accept Social Security numbers from area 900 on."""
    return settings.DEERS_REGISTRY == MOCK


def registry() -> EligibilityRegistry:
    """Return the registry that settings.DEERS_REGISTRY names."""
    return made(settings.DEERS_REGISTRY)


@lru_cache
def made(path: str) -> EligibilityRegistry:
    """Return the registry at this import path, made once in a process."""
    return import_string(path)()
