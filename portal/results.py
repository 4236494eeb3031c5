"""What the pages of test results and measurements show. Every query starts from the patient whose record it is."""

from typing import Any

from django.http import QueryDict

from accounts.models import Account


def labs(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return nothing yet."""
    return {}


def vitals(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return nothing yet."""
    return {}


def lab_panel(account: Account, item: str) -> dict[str, Any]:
    """Return nothing yet."""
    return {}
