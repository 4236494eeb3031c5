"""What the page of the whole record shows, and the papers that have no page of their own. Every query starts from the patient whose record it is."""

from typing import Any

from django.http import QueryDict

from accounts.models import Account


def record(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return nothing yet."""
    return {}
