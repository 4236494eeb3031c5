"""The portal: every feature of the table at both levels, with its items, and with an empty record."""

from collections.abc import Iterator
from typing import Any

from accounts.models import Account
from portal.features import FEATURES
from portal.library import ARTICLES
from portal.models import Document, Report, Thread
from tests import people
from tests.accounts.holders import holder, premium, signed_in

Answers = Iterator[Any]


def has_a_premium_account() -> Answers:
    account = premium(people.load("grace", record=True))
    client = signed_in(account)
    yield client.get("/portal/")
    for feature in FEATURES:
        yield client.get(feature.url)
        if feature.detail:
            yield client.get(f"{feature.url}{item_of(feature.slug, account)}/")


def item_of(slug: str, account: Account) -> str:
    """The address of one item of a feature."""
    if slug == "library":
        return next(iter(ARTICLES))
    kind = {"messages": Thread, "labs": Report, "notes": Document}[slug]
    mine = kind._default_manager.filter(patient=account.dod_id)
    # Of lab results the newest, which has others before it.
    return str((mine.latest("effective") if kind is Report else mine.all()[0]).pk)


def has_a_basic_account() -> Answers:
    """The previews of what Premium opens, and what there is to read where the record is empty."""
    client = signed_in(holder(people.load("nora")))
    yield client.get("/portal/")
    for feature in FEATURES:
        yield client.get(feature.url)


def has_nothing_on_record() -> Answers:
    client = signed_in(premium(people.load("june")))
    for feature in FEATURES:
        if feature.level == 2:
            yield client.get(feature.url)


SCENES = (has_a_premium_account, has_a_basic_account, has_nothing_on_record)
