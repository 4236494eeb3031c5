"""What the pages of conditions, medications, vaccines, procedures and notes show. Every query starts from the patient whose record it is."""

from typing import Any

from django.http import QueryDict

from accounts.models import Account


def allergies(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return nothing yet."""
    return {}


def conditions(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return nothing yet."""
    return {}


def immunizations(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return nothing yet."""
    return {}


def medications(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return nothing yet."""
    return {}


def notes(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return nothing yet."""
    return {}


def procedures(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return nothing yet."""
    return {}


def tools(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return nothing yet."""
    return {}


def note(account: Account, item: str) -> dict[str, Any]:
    """Return nothing yet."""
    return {}
