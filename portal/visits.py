"""What the pages of appointments and visits show. Every query starts from the patient whose record it is."""

from typing import Any

from django.http import QueryDict

from accounts.models import Account


def appointments(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return nothing yet."""
    return {}
