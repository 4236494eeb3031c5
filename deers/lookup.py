"""Asking DEERS. The rest of the house calls these and never a registry, so DEERS may live elsewhere.

Call them outside a transaction: after a database error nothing more can be asked within one.
"""

import logging
from datetime import date
from functools import lru_cache

from django.conf import settings
from django.db import Error as DatabaseError
from django.utils import timezone
from django.utils.module_loading import import_string

from deers.registry import (
    Beneficiary,
    Coverage,
    EligibilityRegistry,
    Outcome,
    PersonQuery,
    RegistryUnavailableError,
    Unavailable,
)

FAILURES = (RegistryUnavailableError, DatabaseError)
MOCK = "deers.mock.MockRegistry"

logger = logging.getLogger(__name__)


def find_person(query: PersonQuery, *, today: date | None = None) -> Outcome:
    """Whom the typed details mean: Match, NearMatch, NoMatch, Ineligible or Unavailable; never raises."""
    try:
        return registry().find_person(query, today=today or timezone.localdate())
    except FAILURES as error:
        tell(error)
        return Unavailable()


def person(dod_id: str) -> Beneficiary | None:
    """The person with this DoD ID number; None when there is none, or DEERS does not answer."""
    try:
        return registry().person(dod_id)
    except FAILURES as error:
        tell(error)
        return None


def coverage(dod_id: str, *, today: date | None = None) -> Coverage | None:
    """The person's status, sponsor, family and plan; None when there is none, or DEERS does not answer."""
    try:
        return registry().coverage(dod_id, today=today or timezone.localdate())
    except FAILURES as error:
        tell(error)
        return None


def search(text: str, most: int = 50) -> list[Beneficiary]:
    """For staff: up to `most` people by name (or its beginning), DoD ID number, or last four of the SSN."""
    try:
        return registry().search(text, most=most)
    except FAILURES as error:
        tell(error)
        return []


def mock_serves() -> bool:
    """Whether the people are invented, so that forms take Social Security numbers from area 900 on."""
    return settings.DEERS_REGISTRY == MOCK


def registry() -> EligibilityRegistry:
    """The registry that settings.DEERS_REGISTRY names."""
    return made(settings.DEERS_REGISTRY)


@lru_cache
def made(path: str) -> EligibilityRegistry:
    return import_string(path)()


def tell(error: Exception) -> None:
    """Log that DEERS failed: only the kind of error, for its message may hold what was asked."""
    logger.warning("DEERS does not answer: %s", type(error).__name__)
