"""One at a time: what changes or judges the second factors of one account."""

from contextlib import AbstractContextManager

from accounts.models import Account
from safeguards import locks


def lock_factors(account: Account) -> AbstractContextManager[None]:
    """A transaction in which this account's second factors are ours alone: judged, enrolled, replaced in turn."""
    return locks.exclusive("second-factor", str(account.pk))
