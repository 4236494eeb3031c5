"""The list of an account's events, one page at a time."""

from accounts.models import Account
from core.paging import Page, page_of
from safeguards import audit

EVENTS_TO_A_PAGE = 20


def page_of_events(account: Account, number: int) -> Page:
    """Return page `number` (from 1) of the account's events, newest first, in one query; each has its `sentence`."""
    return page_of(audit.for_account(account.pk), number, EVENTS_TO_A_PAGE)
