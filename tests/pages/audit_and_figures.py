"""The pages of auditors: the audit trail and what is found in it, a download, and the chain of seals."""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import Account
from demo.invent.figures import sums_of
from safeguards import audit, seal
from safeguards.models import AuditEvent
from service_center.audit_viewer import chain
from service_center.audit_viewer.models import AuditCheck
from service_center.figures.counting import release
from tests import people
from tests.accounts.holders import holder, signed_in, staff
from tests.service_center import past

Answers = Iterator[Any]
LIST = "/admin/safeguards/auditevent/"


def reads_the_trail() -> Answers:
    """An auditor searches, chooses among several people, reads events, and asks for a file and for a check."""
    client = signed_in(staff("Auditor"))
    rosa = holder(people.load("rosa"), username="fits.one")
    holder(people.load("nora"), username="fits.two")
    audit.record("quiz.failed", by="visitor", dod_id=rosa.dod_id, level=2, attempt=1)
    audit.record("support.account-viewed", by=staff("Supervisor", "looks.on"), account_id=rosa.pk)
    yield client.get(LIST)
    yield client.post(LIST, {"who": "fits.", "staff": "nobody"})
    yield client.get(LIST, {"since": "yesterday", "kind": "no.such"})
    yield client.get(LIST, {"person": f"a-{rosa.pk}"})
    yield client.get(LIST, {"kind": "mail."})
    own = Account.objects.get(groups__name="Auditor")
    own.email, kept = rosa.email, own.email
    own.save(update_fields=["email"])
    yield client.get(LIST, {"person": f"a-{rosa.pk}"})
    yield client.get(f"{LIST}{AuditEvent.objects.filter(account_id=rosa.pk).latest('pk').pk}/change/")
    own.email = kept
    own.save(update_fields=["email"])
    for event in AuditEvent.objects.order_by("-pk")[:3]:
        yield client.get(f"{LIST}{event.pk}/change/")
    yield client.get(f"{LIST}export/")
    yield client.get(f"{LIST}export/?since=2026-01-01T00:00&until=2026-02-01T00:00")
    now = timezone.localtime()
    span = f"{LIST}export/?since={now - timedelta(days=1):%Y-%m-%dT%H:%M}&until={now:%Y-%m-%dT%H:%M}"
    yield client.get(span)
    yield client.post(span, {})


def asks_whether_the_chain_holds() -> Answers:
    """Before the first seal, before the first check, while one is under way, after it, and when something is wrong."""
    client, page, now = signed_in(staff("Auditor")), f"{LIST}chain/", timezone.now()
    yield client.get(page)
    for days in (4, 3, 2, 1):
        AuditEvent.objects.create(event="quiz.failed", at=now - timedelta(days=days), actor_kind="visitor")
    sealed = seal.seal_days(now)
    yield client.get(page)
    yield client.post(page, {"first": "x", "last": ""})
    yield client.post(page, {"first": sealed[0].day, "last": sealed[1].day}, follow=True)
    check = AuditCheck.objects.get()
    AuditCheck.objects.update(state="running", events=9, read=4)
    yield client.get(page)
    chain.run_check(check.pk)
    yield client.get(page)
    AuditCheck.objects.update(found=["2026-03-04: the seal is missing."])
    yield client.get(page)


def sees_how_it_goes() -> Answers:
    """A week of figures with every chart, and what waits."""
    client = signed_in(staff("Auditor"))
    for number in range(7, 0, -1):
        release(timezone.localdate() - timedelta(days=number), sums_of(1, random.Random(number)))
    past.wrote(timedelta(days=2), timezone.now())
    yield client.get("/admin/figures/?days=7")


SCENES = (sees_how_it_goes, reads_the_trail, asks_whether_the_chain_holds)
