"""What one staff member alone may do to a beneficiary's account: unlock it and freeze it.

For a staff account this takes two supervisors (service_center/assistance.py).
"""

from datetime import datetime

from accounts import actions
from accounts.actions import Done, NeedsProof, NotAllowed
from accounts.models import Account
from service_center.conflicts import Conflicted, refuse_account


def unlock(account: Account, *, by: Account) -> Done | NotAllowed | NeedsProof | Conflicted:
    """Unlock a beneficiary's account, unless it is frozen, or the staff member is close to the person."""
    if account.is_staff:
        return NotAllowed()
    return refuse_account(by, account) or actions.unlock(account, by=by)


def freeze(account: Account, *, by: Account, since: datetime | None = None) -> Done | NotAllowed | Conflicted:
    """Freeze a beneficiary's account, unless the staff member is close to the person.

    `since` is from when on the account was not the person's, if the caller knows.
    """
    if account.is_staff:
        return NotAllowed()
    return refuse_account(by, account) or actions.freeze(account, by=by, since=since)
