"""What the pages about the person and the account show: eligibility, contact, access and the library."""

from typing import Any

from django.http import Http404, QueryDict

from accounts.models import Account
from accounts.profile.activity import page_of_events
from core.paging import page_number
from deers import lookup
from portal import library as articles
from portal.family.models import Delegation, Surrogacy


def eligibility(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return the account holder's coverage as DEERS has it today.

    It is None if DEERS has no coverage or does not answer.
    """
    return {"coverage": lookup.coverage(account.dod_id or "")}


def contact(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return the details of the account, and the details of record in DEERS."""
    return {"account": account, "person": lookup.person(account.dod_id or "")}


def access(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return a page of the events of the account, newest first. What others did for the person has their names."""
    page = page_of_events(account, page_number(query.get("page", "1")))
    names = names_of_readers(account, [event.details.get("delegation", "") for event in page.rows])
    for event in page.rows:
        event.by_name = names.get(event.details.get("delegation", ""), "") if event.actor_kind == "person" else ""
    return {"page": page}


def names_of_readers(account: Account, delegations: list[str]) -> dict[str, str]:
    """Return the names of those to whom the account gave these delegations, and of the holder's surrogates."""
    ids = set(filter(None, delegations))
    given = Delegation.objects.filter(owner=account, delegate__isnull=False, pk__in=ids).select_related("delegate")
    names = {str(row.pk): row.delegate.get_full_name() for row in given if row.delegate}
    if ids - names.keys() and account.dod_id:
        acting = Surrogacy.objects.filter(patient=account.dod_id, access__in=ids).select_related("asker")
        names |= {str(row.access): row.asker.get_full_name() for row in acting}
    return names


def library(account: Account, query: QueryDict) -> dict[str, Any]:
    """Return all articles."""
    return {"articles": articles.ARTICLES.values()}


def library_article(account: Account, item: str) -> dict[str, Any]:
    """Return one article. Raise Http404 if there is none of that name."""
    if item not in articles.ARTICLES:
        raise Http404
    article = articles.ARTICLES[item]
    return {"article": article, "item_title": article.title}
