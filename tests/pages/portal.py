"""The portal: every feature of the table at both levels, with its items and pages, and with an empty record."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from accounts.models import Account
from portal.features import FEATURES
from portal.library import ARTICLES
from portal.models import Thread
from portal.record.models import Appointment, Attachment, Note, Panel, Paper, Prescription, Result
from tests import people
from tests.accounts.holders import holder, premium, signed_in

Answers = Iterator[Any]

ITEMS = {"labs": Panel, "notes": Note, "medications": Prescription, "appointments": Appointment}
PARTS = {"paper": Paper, "more": Panel, "fills": Prescription, "test": Result, "file": Attachment}
# Files, which are no pages.
FILES = {"calendar", "csv", "download"}


def has_a_premium_account() -> Answers:
    account = premium(people.load("grace", record=True))
    client = signed_in(account)
    yield client.get("/portal/")
    for feature in FEATURES:
        yield client.get(feature.url)
        if feature.detail:
            yield client.get(f"{feature.url}{item_of(feature.slug, account)}/")
        for page in feature.pages:
            if page.name not in FILES and feature.slug != "tools":  # own_readings.py has these
                yield client.get(address_of(feature.slug, page.name, account))


def item_of(slug: str, account: Account) -> str:
    """The address of one item of a feature."""
    if slug == "library":
        return next(iter(ARTICLES))
    if slug == "messages":
        return str(Thread.objects.filter(patient=account.dod_id)[0].pk)
    newest = ITEMS[slug]._default_manager.filter(patient=account.dod_id).order_by("-at")
    return str(newest[0].resource_id)


def address_of(slug: str, name: str, account: Account) -> str:
    """The address of a further page of a feature, of one row if it is about one."""
    if name not in PARTS:
        return reverse(f"{slug}-{name}")
    wanted: dict[str, Any] = {"patient": account.dod_id}
    if name == "test":
        wanted |= {"category": "laboratory" if slug == "labs" else "vital-signs", "value__isnull": False}
    row = PARTS[name]._default_manager.filter(**wanted).order_by("-at")[0]
    parts = {"item": row.resource_id} | ({} if name in ("paper", "more", "fills") else {"place": row.place})
    return reverse(f"{slug}-{name}", kwargs=parts)


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
