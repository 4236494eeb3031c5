"""The service center's pages: each list, a search that finds something and one that does not, and each row."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.test import override_settings
from django.utils import timezone

from accounts.models import Account, Assistance
from core import policy
from core.policy import Level
from demo.people import PEOPLE
from idproofing import cases, visits
from idproofing.models import Proofing, Visit
from idproofing.routes import Route
from safeguards import limits
from safeguards.models import AuditEvent
from service_center import assistance
from support.models import ContactMessage
from tests import people, walk
from tests.accounts.holders import holder, premium, signed_in, staff
from tests.idproofing import reviewers
from tests.idproofing.letter_people import asked
from tests.service_center import past

Answers = Iterator[Any]


def reads() -> Answers:
    rosa = people.load("rosa")
    client = signed_in(staff("Supervisor"))
    held = premium(people.load("nora"))
    walk.send(client, walk.to_questions(client, rosa), {"action": "start"})
    letter = {"name": "Ruth", "email": "ruth@mail.example", "topic": "other", "message": "Please call me back."}
    walk.send(client, "/support/contact/", letter)
    kind, why = Assistance.Kind.LOST_FACTOR, Assistance.Reason.DEVICE_LOST
    assistance.ask(held, kind, why, by=staff("Supervisor", "colleague"))
    yield client.get("/admin/")
    yield client.get("/admin/figures/")
    past.a_month()
    yield client.get("/admin/figures/?days=7")
    yield client.get("/admin/accounts/")
    for row in (held, Proofing.objects.get(), ContactMessage.objects.get(), AuditEvent.objects.latest("pk")):
        here = f"/admin/{row._meta.app_label}/{row._meta.model_name}/"
        yield client.get(here)
        yield client.get(here, {"q": "nobody"})
        yield client.get(f"{here}{row.pk}/change/")
        yield client.get(f"{here}{row.pk}/history/")
    yield client.get(f"/admin/accounts/account/{holder(rosa).pk}/change/")
    for _ in range(policy.SIGN_IN_PER_ACCOUNT.times):
        limits.hit(policy.SIGN_IN_PER_ACCOUNT, held.username)
    yield client.get(f"/admin/accounts/account/{held.pk}/change/")
    yield client.post(f"/admin/accounts/account/{held.pk}/lift/", {})
    for button in ("unlock", "lift", "freeze", "resend", "approve", "decline"):
        yield client.get(f"/admin/accounts/account/{held.pk}/{button}/")
    yield client.get(f"/admin/idproofing/proofing/{Proofing.objects.get().pk}/resend/")
    yield client.get("/admin/accounts/account/add/")


def prints() -> Answers:
    """The print room: letters that wait, a batch of them, and each letter on its way."""
    client = signed_in(staff("Supervisor"))
    letter = asked("rosa", now=timezone.now())
    yield client.get("/admin/idproofing/batch/")
    page = walk.send(client, "/admin/idproofing/batch/make/", {})
    here = f"/admin/idproofing/letter/{letter.pk}/change/"
    for button in ("again", "void"):
        yield client.get(here.replace("change", button))
    for step in ("mailed", "returned"):
        yield client.get(page)
        yield client.get(here)
        yield client.get((page if step == "mailed" else here).replace("change", step))
        if step == "mailed":
            walk.send(client, page.replace("change", step), {})
        else:
            walk.send(client, here.replace("change", step), {})
    yield client.get(here.replace("change", "history"))
    yield client.get(page.replace("change", "history"))
    yield client.get("/admin/idproofing/letter/")
    yield client.get("/admin/idproofing/letter/", {"q": "nobody"})
    yield client.get("/admin/idproofing/batch/")


def attends_a_visit() -> Answers:
    """An agent opens a slip and looks at documents; a supervisor looks at what is held."""
    client, rosa = signed_in(staff("Supervisor")), people.load("rosa")
    booked = visits.book(rosa.dod_id, Level.PREMIUM, Route.IN_PERSON, rosa.email, by="visitor")
    assert isinstance(booked, visits.Booked)
    here = "/admin/idproofing/visit/"
    yield client.get(f"{here}attend/")
    yield client.post(f"{here}attend/", {"reference": "AAAAA-AAAAA"})
    slip = walk.send(client, f"{here}attend/", {"reference": booked.visit.reference})
    yield client.get(slip)
    yield client.post(slip, {"document-1-number": "-"})
    yield client.post(f"{here}attend/refuse/", {})
    with override_settings(DEERS_FAULT="unavailable"):
        yield client.get(slip)
    yield client.get(here)
    yield client.get(here, {"state__exact": "refused"})
    for agent in (0, Account.objects.get(is_staff=True).pk):
        Visit.objects.update(state="held", agent=agent)
        yield client.get(f"{here}{booked.visit.pk}/change/")
    yield client.get(f"{here}{booked.visit.pk}/history/")


def reviews() -> Answers:
    """A Premium case from the queue to its end: taken up, searched for, proposed, confirmed by another."""
    people.load_all("emily", "judith")
    ann, bob = (signed_in(staff("Proofing reviewer", name)) for name in ("ann.reviewer", "bob.reviewer"))
    case = reviewers.open_case(level=Level.PREMIUM).case
    here = "/admin/idproofing/case/"
    yield ann.get(here)
    yield ann.get(here, {"queue": "late", "q": "nobody"})
    yield ann.get(f"{here}{case.pk}/change/")
    yield ann.get(f"{here}{case.pk}/history/")
    walk.send(ann, f"{here}{case.pk}/take/", {})
    yield ann.get(f"{here}{case.pk}/change/")
    yield ann.post(f"{here}{case.pk}/compare/", {"search": "Amberley"})
    yield ann.post(f"{here}{case.pk}/compare/", {"search": "nobody"})
    yield ann.post(f"{here}{case.pk}/compare/", {"dod_id": PEOPLE["judith"].dod_id})
    approval = {"decision": "approve", "reason": "former-name", "dod_id": PEOPLE["emily"].dod_id}
    walk.send(ann, f"{here}{case.pk}/decide/", approval)
    yield ann.get(f"{here}{case.pk}/change/")
    yield bob.get(f"{here}{case.pk}/change/")
    walk.send(bob, f"{here}{case.pk}/confirm/", {})
    cases.use(case.pk, by="visitor")
    yield bob.get(f"{here}{case.pk}/change/")
    nobody = replace(reviewers.emily_typed(), ssn="910124999", last_name="Nobody")
    yield ann.get(f"{here}{reviewers.open_case(nobody).case.pk}/change/")


SCENES = (reads, prints, attends_a_visit, reviews)
