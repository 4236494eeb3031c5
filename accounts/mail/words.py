"""Words for email."""

from accounts.models import Draft
from deers import names


def greet(draft: Draft) -> str:
    """Return the first name for a greeting: the account's, or at most two words of what was typed, letters only.

    Brackets can hold any text, and any words after a first name may be middle names that DEERS does not have. An email
    from us would carry them to any address that was typed beside them.
    """
    account = getattr(draft, "account", None)
    return account.first_name if account else " ".join(names.letters_of(getattr(draft, "first_name", "")).split()[:2])
