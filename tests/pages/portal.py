"""The portal: every feature of the table at both levels, with its items and pages, and with an empty record."""

import uuid
from collections.abc import Iterator
from typing import Any

from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from core import policy
from portal.export.models import Export
from portal.features import FEATURES
from portal.library import ARTICLES
from portal.medications.models import Request
from portal.messages import models as letters
from portal.record import queries
from portal.record.models import Appointment, Attachment, Note, Panel, Paper, Prescription, Result
from tests import people
from tests.accounts.holders import holder, premium, signed_in

Answers = Iterator[Any]

ITEMS = {"labs": Panel, "notes": Note, "medications": Prescription, "appointments": Appointment}
PARTS = {"paper": Paper, "more": Panel, "fills": Prescription, "test": Result, "file": Attachment}
ACTING = ("request", "move", "cancel", "questions")
# Of one copy or request: shown by scenes of their own.
OF_ONE = {
    "record-copy",
    "medications-request",
    "family-access",
    "family-shared",
    "family-surrogacy",
    *(f"appointments-{name}" for name in ACTING),
}
NOBODYS = "11111111-1111-1111-1111-111111111111"
# Files, which are no pages, and what leads to one.
FILES = {
    *("appointments-calendar", "labs-csv", "vitals-csv", "notes-download", "messages-message", "messages-file"),
    *("record-download", "immunizations-certificate", "immunizations-card-file"),
}


def has_a_premium_account() -> Answers:
    account = premium(people.load("grace", record=True))
    client = signed_in(account)
    yield client.get("/portal/")
    for feature in FEATURES:
        yield client.get(feature.url)
        if feature.detail:
            yield client.get(f"{feature.url}{item_of(feature.slug, account)}/")
        for page in feature.pages:
            # Own readings and visits have scenes of their own: own_readings.py, family_and_visits.py.
            if f"{feature.slug}-{page.name}" not in FILES | OF_ONE and feature.slug != "tools":
                yield client.get(address_of(feature.slug, page.name, account))
    with override_settings(DEERS_FAULT="unavailable"):
        yield client.get(reverse("immunizations-certificate"))
    yield from takes_the_record_along(client, account)
    yield from asks_for_refills(client, account)


def takes_the_record_along(client: Client, account: Account) -> Answers:
    """A copy in each of its states, and the form with what is wrong."""
    here, now = reverse("record-copies"), timezone.now()
    yield client.post(here, {"since": "2024-02-31"})
    copy = Export.objects.create(account=account, patient="1", sections=["about"], asked_at=now, changed_at=now)
    for state in ("waiting", "making", "failed", "stopped", "gone", "ready"):
        Export.objects.update(state=state, expires_at=now, digest=b"1", of=4, done=2, counts={"store": 9})
        yield client.get(f"{here}{copy.pk}/")
    yield client.get(here)


def asks_for_refills(client: Client, account: Account) -> Answers:
    """A request in each of its states, late and not, and what came of several."""
    items = queries.of(Prescription, account.dod_id).order_by("-at").values_list("resource_id", flat=True)[:2]
    yield client.post(reverse("feature", args=["medications"]), {"prescription": items, "action": "renew"}, follow=True)
    Request.objects.all().delete()
    Prescription.objects.filter(resource_id=items[0]).update(is_current=True, refills_left=0)
    yield client.get(reverse("feature", args=["medications"]))
    yield client.get(reverse("feature-item", args=["medications", items[0]]))
    past = timezone.now() - policy.REFILL_ANSWERED_WITHIN
    asked = Request.objects.create(
        account=account,
        patient=account.dod_id or "",
        prescription_id=items[0],
        kind="refill",
        made_at=past,
        changed_at=past,
    )
    for state in Request.State.values:
        asked.state, asked.reason, asked.carrier, asked.tracking = state, "early", "ups", "1Z"
        asked.save()
        asked.steps.create(state=state, at=past)
        yield client.get(reverse("medications-request", args=[asked.pk]))
        yield client.get(reverse("feature", args=["medications"]))
    yield client.get(reverse("medications-requests"))


def item_of(slug: str, account: Account) -> str:
    """The address of one item of a feature."""
    if slug == "library":
        return next(iter(ARTICLES))
    newest = ITEMS[slug]._default_manager.filter(patient=account.dod_id).order_by("-at")
    return str(newest[0].resource_id)


def address_of(slug: str, name: str, account: Account) -> str:
    """The address of a further page of a feature, of one row if it is about one."""
    if name == "asked":
        return f"{reverse('medications-asked')}?action=refill&prescription={NOBODYS}"
    if name in ("thread", "reply"):
        thread = letters.Thread.objects.filter(patient=account.dod_id)[0]
        of = {"message": thread.messages.first(), "digest": name.encode(), "added_at": timezone.now()}
        letters.Attachment.objects.create(name="knee.txt", kind="text", size=10, **of)
        return reverse(f"{slug}-{name}", args=[thread.pk])
    if name == "draft":
        text = {"topic": "general", "subject": "Swimming", "body": "May I swim?", "saved_at": timezone.now()}
        draft = letters.Message.objects.create(id=uuid.uuid4(), patient=account.dod_id or "", **text)
        letters.Attachment.objects.create(
            name="knee.txt", kind="text", size=10, message=draft, digest=b"", added_at=timezone.now()
        )
        return reverse(f"{slug}-{name}", args=[draft.pk])
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
    yield client.get(reverse("appointments-new"))
    for feature in FEATURES:
        yield client.get(feature.url)


def has_nothing_on_record() -> Answers:
    client = signed_in(premium(people.load("june")))
    for feature in FEATURES:
        if feature.level == 2:
            yield client.get(feature.url)


SCENES = (has_a_premium_account, has_a_basic_account, has_nothing_on_record)
