"""The lock for changing or judging the second factors of one account."""

from contextlib import AbstractContextManager

from accounts.models import Account
from safeguards import locks


def lock_factors(account: Account) -> AbstractContextManager[None]:
    """Open a transaction that holds an exclusive lock on this account's second factors.

    Judging, enrolling and replacing them run one at a time.
    """
    return locks.exclusive("second-factor", str(account.pk))
