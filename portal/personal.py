"""What the pages about the person and the account show: eligibility, contact, family, access, and the library."""

from typing import Any

from django.http import Http404

from accounts.models import Account
from deers import lookup
from portal import library as articles
from portal.paging import page_of
from safeguards import audit

EVENTS_TO_A_PAGE = 20


def eligibility(account: Account, page: int) -> dict[str, Any]:
    """The account holder's coverage as DEERS has it today; None when DEERS has none or does not answer."""
    return {"coverage": lookup.coverage(account.dod_id or "")}


def contact(account: Account, page: int) -> dict[str, Any]:
    """The details of the account, and beside them those of record in DEERS."""
    return {"account": account, "person": lookup.person(account.dod_id or "")}


def family(account: Account, page: int) -> dict[str, Any]:
    """The members of the account holder's family, by name, relationship and year of birth."""
    return {"coverage": lookup.coverage(account.dod_id or "")}


def access(account: Account, page: int) -> dict[str, Any]:
    """Every event about the account, newest first."""
    return {"page": page_of(audit.for_account(account.pk), page, EVENTS_TO_A_PAGE)}


def library(account: Account, page: int) -> dict[str, Any]:
    return {"articles": articles.ARTICLES.values()}


def library_article(account: Account, item: str) -> dict[str, Any]:
    if item not in articles.ARTICLES:
        raise Http404
    article = articles.ARTICLES[item]
    return {"article": article, "item_title": article.title}
