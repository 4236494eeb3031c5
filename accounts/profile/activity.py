"""The list of an account's events, one page at a time."""

from dataclasses import replace

from accounts.models import Account
from core.paging import Page, page_of
from safeguards import audit

EVENTS_TO_A_PAGE = 20
LOOKS = 100
"""How many looks of staff from before the account are listed at most."""


def page_of_events(account: Account, number: int) -> Page:
    """Return page `number` (from 1) of the account's events, newest first; each has its `sentence`. It takes one query.

    The last page takes one more: it ends with the hidden details that staff looked at before the person had an account.
    Only a Premium account shows them, because a Basic one has not proven whose it is.
    """
    page = page_of(audit.for_account(account.pk), number, EVENTS_TO_A_PAGE)
    if page.older or not page.rows or not account.is_premium:
        return page
    return replace(page, rows=[*page.rows, *audit.looks_before_account(account.dod_id or "")[:LOOKS]])
