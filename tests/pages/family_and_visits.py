"""Asking for visits, at home and at the desk, and the records of family members."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from core import policy
from idproofing.models import Letter
from portal.appointments.models import CheckIn, Request
from portal.family.access import ACTS
from portal.family.models import Delegation, Share, Surrogacy
from portal.record.models import Appointment
from tests import people, walk
from tests.accounts.holders import holder, premium, signed_in, staff
from tests.portal.appointments.test_acting import NAMED, asked, wish
from tests.portal.appointments.test_visits import agreed, store
from tests.portal.family.conftest import given
from tests.portal.messages.conversations import form, plans_visits, team, treats
from tests.service_center.whys import WHY

Answers = Iterator[Any]


def asks_for_visits() -> Answers:
    account = premium(people.load("grace"))
    client, patient = signed_in(account), account.dod_id or ""
    soon = (timezone.now() + timedelta(days=2)).replace(microsecond=0)
    store(patient, NAMED, agreed(1, soon), agreed(2, timezone.now() - timedelta(days=2)))
    visit, past = (row.resource_id for row in store_of(patient))
    for item in (visit, past):
        for name in ("move", "cancel", "questions"):
            yield client.get(reverse(f"appointments-{name}", args=[item]))
            answer = client.post(reverse(f"appointments-{name}", args=[item]), {"day1": "x", "phone": "x"})
            if answer.status_code != 302:  # what can no longer be done leads back to the visit
                yield answer
        yield client.get(reverse("feature-item", args=["appointments", item]))
    yield client.post(reverse("appointments-new"), {"way": "x", "day1": "2026-13-01"})
    wish = asked(account)
    yield client.get(reverse("feature", args=["appointments"]))
    late = timezone.now() - policy.VISIT_ANSWERED_WITHIN
    for state in Request.State.values:
        why = Request.Reason.values[0] if state == "refused" else ""
        booked = visit if state == "booked" else None
        Request.objects.filter(pk=wish.pk).update(state=state, reason=why, made_at=late, appointment=booked)
        yield client.get(reverse("appointments-request", args=[wish.pk]))
    yield client.get(reverse("appointments-requests"))
    yield client.get(reverse("contact-notices"))
    yield client.post(reverse("contact-notices"), {"reminders": "x"}, follow=True)


def store_of(patient: str) -> Any:
    return Appointment.objects.filter(patient=patient).order_by("-at")


def answers_wishes() -> Answers:
    """The desk of those who plan visits: a request with each of its buttons, and what was said before a visit."""
    account, client = premium(people.load("grace")), signed_in(plans_visits())
    here, wish, now = "/admin/appointments/request/", asked(account), timezone.now()
    for query in ({}, {"state__exact": "booked"}):
        yield client.get(here, query)
    yield client.get(f"{here}{wish.pk}/change/")
    for button in ("received", "booked", "refused"):
        yield client.get(f"{here}{wish.pk}/{button}/")
    for button in ("booked", "refused"):
        yield client.post(f"{here}{wish.pk}/{button}/", {"day": "x"})
    yield client.get(f"{here}{wish.pk}/history/")
    store(account.dod_id or "", NAMED, agreed(1, now + timedelta(days=2)))
    visit = store_of(account.dod_id or "")[0].resource_id
    times = {"starts_at": now + timedelta(days=2), "changed_at": now}
    said = CheckIn.objects.create(account=account, patient=account.dod_id or "", appointment_id=visit, **times)
    yield client.get("/admin/appointments/checkin/")
    yield client.get(f"/admin/appointments/checkin/{said.pk}/change/")
    yield client.get(f"/admin/appointments/checkin/{said.pk}/history/")
    of_no_clinic = signed_in(staff("Scheduling", "of.no.clinic"))
    for name in ("request", "checkin"):
        yield of_no_clinic.get(f"/admin/appointments/{name}/")
    yield signed_in(staff("Supervisor", "a.supervisor")).get("/admin/figures/")


def lets_another_in() -> Answers:
    """Access that one adult gives another: offered, looked at, accepted, used and ended."""
    grace, nora = premium(people.load("grace", record=True)), premium(people.load("nora"))
    owner, other = signed_in(grace), signed_in(nora)
    yield owner.post(reverse("family-offer"), {})
    ends = (timezone.localdate() + timedelta(days=30)).isoformat()
    shown = owner.post(
        reverse("family-offer"), {"sees": ["medications", "labs"], "acts": ["medications"], "ends": ends}, follow=True
    )
    yield shown
    row = Delegation.objects.get()
    here = reverse("family-access", args=[row.pk])
    yield owner.get(here)
    yield owner.get(reverse("feature", args=["family"]))
    yield other.post(reverse("family-code"), {"code": "AAAAA-AAAAA"})
    code = walk.text_of(shown).partition("The code: ")[2][:11]
    yield other.post(reverse("family-code"), {"code": code})
    other.post(reverse("family-code"), {"code": code, "answer": "accept"})
    for address in ("", "medications/", "labs/", "notes/"):
        yield other.get(f"/portal/of/{row.pk}/{address}")
    yield other.get(reverse("family-access", args=[row.pk]))
    owner.post(here)
    yield other.post(f"/portal/of/{row.pk}/medications/", {"why": "She needs it."})
    yield owner.get(here)


def shares_once() -> Answers:
    """A look for a doctor without an account: the code, the door, and the record without its owner's forms."""
    grace = premium(people.load("grace", record=True))
    owner, doctor = signed_in(grace), Client()
    yield owner.post(reverse("family-share"), {})
    shown = owner.post(reverse("family-share"), {"sees": ["notes", "medications", "labs"]}, follow=True)
    yield shown
    code = walk.text_of(shown).partition("The code: ")[2][:11]
    yield doctor.get("/share/")
    yield doctor.post("/share/", {"code": "AAAAA-AAAAA", "born": "1958-03-14"})
    born = people.load("grace").born.isoformat()
    yield doctor.post("/share/", {"code": code, "born": born}, follow=True)
    for path in ("notes/", "medications/", "labs/"):
        yield doctor.get(f"/share/record/{path}")
    yield owner.get(reverse("family-shared", args=[Share.objects.get().pk]))
    Share.objects.update(ends_at=timezone.now())
    yield doctor.get("/share/record/notes/", follow=True)


def acts_for_a_patient() -> Answers:
    """A sister asks to act for her brother, two members of staff decide, and the link in his letter stops it."""
    anita, leonard = premium(people.load("anita")), people.load("leonard")
    asker, page = signed_in(anita), reverse("family-surrogate")
    yield asker.post(page, {"dod_id": "1", "ssn": "1"})
    born = leonard.born.isoformat()
    typed = {"first_name": "Leonard", "last_name": "Marsh", "date_of_birth": born, "dod_id": leonard.dod_id}
    yield asker.post(page, typed | {"ground": "guardian", "showing": "person"}, follow=True)
    row = Surrogacy.objects.get()
    desk, here = "/admin/family/surrogacy/", f"/admin/family/surrogacy/{row.number}/"
    ann, bob = (signed_in(staff("Proofing reviewer", f"{name}.reviewer")) for name in ("ann", "bob"))
    yield ann.get(desk)
    yield ann.get(desk, {"state__exact": "open", "q": "x"})
    yield ann.get(f"{here}change/")
    yield ann.get(f"{here}history/")
    with override_settings(DEERS_FAULT="unavailable"):
        yield ann.get(f"{here}change/")
    for button in ("approve", "decline"):
        yield ann.get(f"{here}{button}/")
        yield ann.post(f"{here}{button}/", {"reason": "x", "ends": "x"})
    ends = (timezone.localdate() + timedelta(days=30)).isoformat()
    paper = {"paper_number": "File 77-A", "paper_date": "2006-09-12"}
    ann.post(f"{here}approve/", paper | {"reason": "original", "sees": ["labs", "medications"], "ends": ends})
    yield ann.get(f"{here}change/")
    yield bob.get(f"{here}change/")
    for button in ("confirm", "send-back"):
        yield bob.get(f"{here}{button}/")
    yield bob.post(f"{here}confirm/", paper | WHY["confirm"] | {"paper_number": "File 78-A"})
    bob.post(f"{here}confirm/", paper | WHY["confirm"])
    yield bob.get(f"{here}change/")
    yield bob.get(f"{here}stop/")
    yield asker.get(reverse("family-surrogacy", args=[row.access]))
    yield asker.get(reverse("feature", args=["family"]))
    yield asker.get(f"/portal/of/{row.access}/labs/")
    yield signed_in(holder(leonard)).get(reverse("feature", args=["family"]))
    stop = (Letter.objects.get().secret or "").removeprefix(settings.SITE_ADDRESS)
    yield Client().get(stop)
    yield Client().post(stop)
    yield Client().get(stop)
    yield asker.get(reverse("family-surrogacy", args=[row.access]))


def acts_for_another() -> Answers:
    """Messages, visits and readings that one adult sends for another, and what the owner reads of it."""
    grace, nora = premium(people.load("grace", record=True)), premium(people.load("nora"))
    owner, other, patient = signed_in(grace), signed_in(nora), grace.dod_id or ""
    row = given(grace, nora, tuple(ACTS), tuple(ACTS))
    here, primary = f"/portal/of/{row.pk}/", treats(team(), patient)
    store(patient, NAMED, agreed(1, (timezone.now() + timedelta(days=2)).replace(microsecond=0)))
    visit = store_of(patient)[0].resource_id
    yield other.get(here)
    yield other.get(f"{here}messages/compose/")
    yield other.post(f"{here}messages/compose/", form(primary, body=""))
    sent = other.post(f"{here}messages/compose/", form(primary))["Location"]
    yield other.get(sent)
    for folder in ("", "sent/", "drafts/", "search/?q=plaster"):
        yield other.get(f"{here}messages/{folder}")
    yield owner.get(sent.replace(here, "/portal/"))
    for name in ("move", "cancel", "questions"):
        yield other.get(f"{here}appointments/{visit}/{name}/")
    yield other.post(f"{here}appointments/new/", wish(), follow=True)
    for path in ("appointments/", f"appointments/{visit}/", "appointments/requests/", "appointments/new/"):
        yield other.get(f"{here}{path}")
    yield other.post(f"{here}tools/weight/", {"number": "181.5", "unit": "[lb_av]"}, follow=True)
    said, soon = {"is_phone": "yes", "is_changed": "no"}, store_of(patient).get(display="Check-up 1").resource_id
    for path, hers, his in (
        ("tools/visit/", {"text": "It hurts."}, {"text": "It does not hurt."}),
        (f"appointments/{soon}/questions/", {**said, "topics": "My knee"}, {**said, "topics": "Her knee"}),
    ):
        walk.send(owner, f"/portal/{path}", hers)
        yield other.post(f"{here}{path}", his)
    for path in ("tools/", "tools/visit/", "tools/weight/target/", "tools/weight/file/", "tools/goals/new/"):
        yield other.get(f"{here}{path}")
    yield owner.get("/portal/tools/weight/")
    Delegation.objects.update(acts=[])
    for path in (
        sent.removeprefix(here),
        "messages/compose/",
        f"appointments/{visit}/",
        "tools/weight/",
        "tools/visit/",
    ):
        yield other.get(f"{here}{path}")
    yield other.post(f"{here}messages/compose/", form(primary))


SCENES = (acts_for_another, asks_for_visits, answers_wishes, lets_another_in, shares_once, acts_for_a_patient)
