"""The service center's pages: each list, a search that finds something and one that does not, and each row."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.utils import timezone

from accounts.mail import notices
from accounts.models import Account, Assistance
from accounts.sessions.store import StaffSessionStore
from accounts.sign_in.session import FACTOR_PROVED
from core import center, policy
from core.policy import Level
from deers import lookup
from demo import stopped
from demo.people import PEOPLE
from idproofing import cases, visits
from idproofing.models import Proofing, Visit
from idproofing.routes import Route
from portal.medications.models import Request
from portal.record import queries
from portal.record.models import Prescription
from safeguards import limits
from safeguards.models import AuditEvent
from service_center import assistance
from service_center.calls.models import Call
from service_center.person.keys import page_of_account, page_of_person
from support import call_backs, contact, pins
from support.chat.live import VISITOR, note_typing
from support.models import AnswerText, CallBack, ContactMessage, DatedNotice, Rating
from tests import people, walk
from tests.accounts.holders import STAFF_DOOR, give_password, give_token, holder, premium, signed_in, staff
from tests.authenticator import Authenticator
from tests.idproofing import reviewers
from tests.idproofing.letter_people import asked
from tests.portal.messages.conversations import sent, team, treats, works_in
from tests.service_center import past
from tests.service_center.callers import known_to
from tests.service_center.test_operations import make_job
from tests.service_center.test_visits import papers
from tests.service_center.whys import WHY
from tests.support.chat.chats import desk_page, taken, waiting

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
    yield client.get("/admin/accounts/account/", {"q": held.username})
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
    yield client.get(f"/admin/accounts/account/{held.pk}/lift/")  # nobody has shown who is calling
    known_to("works.here", held)
    for button in ("unlock", "lift", "freeze", "resend"):
        yield client.post(f"/admin/accounts/account/{held.pk}/{button}/", {})
    for button in ("unlock", "lift", "freeze", "resend", "approve", "decline"):
        yield client.get(f"/admin/accounts/account/{held.pk}/{button}/")
    yield client.get(f"/admin/idproofing/proofing/{Proofing.objects.get().pk}/resend/")
    yield client.get("/admin/accounts/account/add/")


def edits() -> Answers:
    """The editors' desk: notices to everybody, each state of one, and what people say about articles."""
    client = signed_in(staff("Editor"))
    here, now = "/admin/support/datednotice/", timezone.now()
    told = {
        "kind": "outage",
        "title": "DEERS is down",
        "text": "We **write** [here](/support/).",
        "places": ["on_help"],
    }
    lasts = {"begins_at": "2026-01-01T00:00", "ends_at": f"{now + timedelta(hours=5):%Y-%m-%dT%H:%M}"}
    yield client.get(here)
    yield client.get(f"{here}publish/")
    yield client.post(f"{here}publish/", {})
    yield client.post(f"{here}publish/", {**told, **lasts, "begins_at": f"{now:%Y-%m-%dT%H:%M}", "look": "1"})
    notice = DatedNotice.objects.create(
        kind="outage", title="DEERS is down", text="Soon.", begins_at=now, ends_at=now + timedelta(hours=1)
    )
    yield client.get(here)
    yield client.get(f"{here}{notice.pk}/change/")
    yield client.get(f"{here}{notice.pk}/history/")
    yield client.get(f"{here}{notice.pk}/withdraw/")
    yield client.post(f"{here}{notice.pk}/withdraw/", {})
    said = "/admin/support/rating/"
    yield client.get(f"{said}articles/")
    row = Rating.objects.create(article="levels", day=now.date(), helpful=False, reason="unclear", remark="What is it?")
    for page in ("", "articles/", f"{row.pk}/change/", f"{row.pk}/history/"):
        yield client.get(f"{said}{page}")


def takes_calls() -> Answers:
    """An agent's calls: a PIN, details that do not fit, a call back from the list to its end, and each slip."""
    client, rosa = signed_in(staff("Service center agent")), holder(people.load("rosa"))
    desk, pin, compare = (f"/admin/calls/{page}/" for page in ("call", "pin", "compare"))
    yield client.get(desk)
    yield client.get(pin)
    yield client.post(pin, {})
    yield client.post(pin, {"pin": "000000", "claim": "Nobody"})
    yield client.get(compare)
    yield client.post(compare, {"last_four": "12"})
    said = {"first_name": "Rosa", "last_name": "Nobody", "date_of_birth": "1980-01-01", "phone": "202-555-0199"}
    yield client.post(compare, {**said, "username": "nobody.here", "postal_code": "00000"})
    region = center.REGIONS["conus"]
    slot = call_backs.free_slots(region, None, timezone.now())[0]
    row = call_backs.ask(
        uuid.uuid4(),
        region=region,
        starts_at=slot,
        name="Opal",
        number="(931) 555-0111",
        topic="other",
        zone="Asia/Tokyo",
    )
    assert isinstance(row, CallBack)
    here = f"/admin/calls/call-backs/{row.pk}/"
    yield client.get(here)
    walk.send(client, here, {"do": "take"})
    yield client.get(here)
    yield client.post(here, {"do": "again"})
    yield client.get(desk)
    walk.send(client, here, {"do": "reached"})
    yield client.get(here)
    yield client.post(desk, {"do": "end"})
    made = pins.make_pin(rosa)
    assert isinstance(made, pins.NewPin)
    yield client.get(walk.send(client, pin, {"pin": made.digits, "claim": rosa.username}))
    yield client.get(pin)
    yield client.get(desk)
    walk.send(client, desk, {"do": "end", "about": "other", "outcome": "solved", "note": "Told where the codes are."})
    yield client.get(desk)
    ended = Call.objects.get(note__isnull=False)
    yield client.post(desk, {"do": "end", "call": str(ended.pk), "note": "Typed in another tab."})
    boss = signed_in(staff("Supervisor", "ann.supervisor"))
    yield boss.get(desk, {"calls": "all"})
    yield boss.get(f"/admin/accounts/account/{rosa.pk}/change/")


def looks_at_people() -> Answers:
    """An agent at the pages of people: who got no further, a detail with a reason and without, a shielded record."""
    client, by = signed_in(staff("Supervisor")), Account.objects.get(is_staff=True)
    for key in ("dolores", "hank", "bettina", "renata"):
        stopped.stop(people.load(key))
    hank = page_of_person(PEOPLE["hank"].dod_id, by)
    yield client.get(hank)
    yield client.post(f"{hank}reveal/", {"detail": "address", "reason": ""})
    yield client.post(f"{hank}reveal/", {"detail": "address", "reason": "called"}, follow=True)
    yield client.get(hank, {"kind": "proofing"})
    yield client.get(hank, {"before": "1"})
    for key in ("dolores", "bettina"):
        yield client.get(page_of_person(PEOPLE[key].dod_id, by))
    yield client.get(page_of_person(people.load("judith").dod_id, by))
    renata = page_of_account(Account.objects.get(dod_id=PEOPLE["renata"].dod_id).pk)
    yield client.get(renata)
    yield client.post(f"{renata}reveal/", {"detail": "email"})
    with override_settings(DEERS_FAULT="unavailable"):
        yield client.get(renata)
    lookup.breaker.reset()  # the scenes that follow ask DEERS too


def finds_and_answers() -> Answers:
    """The opening page, the search, a message on its way through two agents, and who works on what."""
    rosa, ann, bob = holder(people.load("rosa")), *(staff("Supervisor", f"{name}.agent") for name in ("ann", "bob"))
    client = signed_in(ann)
    typed: dict[str, Any] = {"name": "Ruth", "topic": "other", "body": "Please call me back."}
    yield client.get("/admin/search/")
    yield client.post("/admin/search/", {"q": ""})
    yield client.post("/admin/search/", {"q": "rosa"}, follow=True)
    yield client.post("/admin/search/", {"q": "nobody at all"}, follow=True)
    late = contact.receive(uuid.uuid4(), email=rosa.email, **typed, now=timezone.now() - timedelta(days=5))
    contact.receive(uuid.uuid4(), email="ann.agent@staff.example", **typed)
    page = f"/admin/support/contactmessage/{late.pk}/change/"
    texts = "/admin/support/contactmessage/texts/"
    yield client.get(texts)
    yield client.post(texts, {"do": "save", "title": ""})
    walk.send(client, texts, {"do": "save", "title": "Call us", "body": "Please call us."})
    yield client.get(f"{texts}?text={AnswerText.objects.get().pk}")
    shown = client.get(page)
    yield shown
    fields = {name: str(shown.context["answer"].initial[name]) for name in ("answer", "round")}
    yield client.post(page, {**fields, "do": "answer", "body": ""})
    yield client.post(page, {"do": "close"})
    yield client.post(page, {"do": "hand-over"})
    yield client.post(page, {"do": "note"})
    walk.send(client, page, {"do": "note", "note": "Look at the letter first"})
    walk.send(client, page, {"do": "take"})
    yield client.get("/admin/")
    yield client.get("/admin/support/contactmessage/")
    yield signed_in(bob).get(page)
    yield client.get("/admin/workload/")
    yield client.get(f"/admin/workload/{ann.pk}/")
    yield client.post(f"/admin/workload/{ann.pk}/", {"kind": "messages", "row": str(late.pk)})
    yield client.get(f"/admin/workload/{bob.pk}/")
    walk.send(client, page, {**fields, "do": "answer", "body": "We will."})
    yield client.get(page)
    own = ContactMessage.objects.exclude(pk=late.pk).get()
    yield client.get(f"/admin/support/contactmessage/{own.pk}/change/")
    yield client.get("/admin/")


def prints() -> Answers:
    """The print room: letters that wait, a batch of them, and each letter on its way."""
    client = signed_in(staff("Print room"))
    letter = asked("rosa", now=timezone.now())
    yield client.get("/admin/idproofing/batch/")
    yield client.post("/admin/idproofing/batch/make/", {})
    page = walk.send(client, "/admin/idproofing/batch/make/", WHY["make"])
    yield client.post(page.replace("change", "pdf"), {})
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
            walk.send(client, here.replace("change", step), WHY["returned"])
    yield client.get(here.replace("change", "history"))
    yield client.get(page.replace("change", "history"))
    yield client.get("/admin/idproofing/letter/")
    yield client.get("/admin/idproofing/letter/", {"q": "nobody"})
    yield client.get("/admin/idproofing/batch/")


def operates() -> Answers:
    """The operator: nothing that failed, then a job that did, and why it runs again."""
    client, here = signed_in(staff("Operator")), "/admin/operations/"
    yield client.get("/admin/")
    yield client.get(here)
    job = make_job("failed")
    notices.tell(holder(people.load("rosa")), "help-asked")
    yield client.get(here)
    yield client.get(here, {"before": "1"})
    yield client.get(f"{here}jobs/{job}/retry/")
    yield client.post(f"{here}jobs/{job}/retry/", {})


def answers_refills() -> Answers:
    """The pharmacy's desk: a request that waits, and each button that it has on its way."""
    grace, client = premium(people.load("grace", record=True)), signed_in(staff("Pharmacy"))
    here, now = "/admin/medications/request/", timezone.now()
    yield client.get(here)
    item = queries.of(Prescription, grace.dod_id).order_by("-at")[0].resource_id
    asked = Request.objects.create(
        account=grace, patient=grace.dod_id or "", prescription_id=item, kind="refill", made_at=now, changed_at=now
    )
    asked.steps.create(state="submitted", at=now)
    yield client.get(here)
    yield client.get(here, {"state__exact": "done"})
    yield client.get(f"{here}{asked.pk}/change/")
    page = f"{here}{asked.pk}/"
    yield client.get(f"{page}refused/")
    yield client.post(f"{page}refused/", {})
    for button in ("received", "filling"):
        yield client.get(f"{page}{button}/")
        walk.send(client, f"{page}{button}/", {})
    yield client.get(f"{page}ready/")
    yield client.get(f"{page}shipped/")
    yield client.post(f"{page}shipped/", {})
    walk.send(client, f"{page}shipped/", {"carrier": "ups", "tracking": "1Z999"})
    yield client.get(f"{page}done/")
    yield client.get(f"{here}{asked.pk}/history/")


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
    yield ann.post(f"{here}{case.pk}/decide/", {"decision": "in_person"})
    approval = {"decision": "approve", "reason": "former-name", "dod_id": PEOPLE["emily"].dod_id}
    walk.send(ann, f"{here}{case.pk}/decide/", approval)
    yield ann.get(f"{here}{case.pk}/change/")
    yield bob.get(f"{here}{case.pk}/change/")
    walk.send(bob, f"{here}{case.pk}/confirm/", WHY["confirm"])
    cases.use(case.pk, by="visitor")
    yield bob.get(f"{here}{case.pk}/change/")
    nobody = replace(reviewers.emily_typed(), ssn="910124999", last_name="Nobody")
    yield ann.get(f"{here}{reviewers.open_case(nobody).case.pk}/change/")


def acts_on_staff() -> Answers:
    """Two supervisors freeze a colleague. Neither can act on the auditor, on themselves, or on a husband."""
    ann, bob = (signed_in(staff("Supervisor", f"{name}.supervisor")) for name in ("ann", "bob"))
    carl, auditor = staff("Service center agent", "carl.agent"), staff("Auditor", "amos.auditor")
    here = "/admin/accounts/account/"
    yield ann.get(f"{here}{carl.pk}/change/")
    yield ann.post(f"{here}{carl.pk}/help/", {"kind": "freeze", "reason": "device-lost"})
    yield ann.post(f"{here}{carl.pk}/help/", {"kind": "freeze", "reason": "account-taken"}, follow=True)
    yield bob.get(f"{here}{carl.pk}/approve/")
    yield bob.get(f"{here}{auditor.pk}/change/")
    yield bob.get(f"{here}{Account.objects.get(username='bob.supervisor').pk}/change/")
    yield signed_in(carl).get(f"{here}{auditor.pk}/change/")
    holder(people.load("rosa"), email="ann.supervisor@staff.example")
    yield ann.get(f"{here}{premium(people.load('marcus')).pk}/change/")


def looks_twice() -> Answers:
    """Two agents at one Premium slip, a wrong document, and a reader that knows better."""
    ann, bob = (signed_in(staff("Supervisor", f"{name}.supervisor")) for name in ("ann", "bob"))
    rosa = people.load("rosa")
    booked = visits.book(rosa.dod_id, Level.PREMIUM, Route.IN_PERSON, rosa.email, by="visitor")
    assert isinstance(booked, visits.Booked)
    attend, reference = "/admin/idproofing/visit/attend/", {"reference": booked.visit.reference}
    slip = walk.send(ann, attend, reference)
    yield ann.post(slip, papers(**{"document-1-scan": "passport-1"}))
    yield ann.post(slip, papers(), follow=True)
    yield ann.post(attend, reference)
    yield bob.get(f"/admin/idproofing/visit/{booked.visit.pk}/change/")
    walk.send(bob, attend, reference)
    yield bob.get(slip)
    yield bob.post(slip, papers(**{"document-1-number": "X99999999"}))


def reviews_a_doubt() -> Answers:
    """A Basic case whose birth date is not the one on record."""
    people.load("emily")
    ann = signed_in(staff("Proofing reviewer"))
    case = reviewers.open_case(replace(reviewers.emily_typed(), date_of_birth="1990-01-01")).case
    walk.send(ann, f"/admin/idproofing/case/{case.pk}/take/", {})
    yield ann.get(f"/admin/idproofing/case/{case.pk}/change/")


def answers_messages() -> Answers:
    """A nurse with a late message, a note, a text for answers, drafts with files, and a colleague who was faster."""
    ann, bob = (staff("Care team", name) for name in ("ann.nurse", "bob.nurse"))
    primary = treats(team(), people.load("rosa").dod_id)
    for nurse in (ann, bob):
        works_in(primary, nurse)
    works_in(team("Clinical pharmacy"), staff("Care team", "a.pharmacist"))
    message = sent(premium(people.load("rosa")), primary, ago=timedelta(days=20))
    here, client = "/admin/secure_messages/thread/", signed_in(ann)
    page = f"{here}{message.thread_id}/change/"
    yield client.get(here)
    yield client.get(here, {"queue": "mine"})
    yield client.get(f"{here}out-of-office/")
    yield client.post(f"{here}out-of-office/", {"team": str(primary.pk), "until": "soon"})
    yield client.get(f"{here}templates/")
    walk.send(client, f"{here}templates/", {"team": str(primary.pk), "title": "Call us", "body": "Please call."})
    yield client.get(f"{here}templates/")
    walk.send(client, page, {"do": "note", "note": "Ask the doctor"})
    yield client.get(page)
    yield client.post(page, {"do": "answer", "body": ""})
    fields = {"answer": str(uuid.uuid4()), "seen": str(message.pk), "body": "Half a"}
    files = [SimpleUploadedFile(name, b"Rest.") for name in ("leaflet.txt", "setup.pdf", "one.txt")]
    yield client.post(page, {**fields, "do": "attach", "upload": files[:2]})
    yield client.get(f"{here}patients/")
    yield client.post(f"{here}patients/", {"words": ""})
    yield client.post(f"{here}patients/", {"words": "nobody here"})
    found = client.post(f"{here}patients/", {"words": "rosa"})
    yield found
    first = f"{here}write/{found.context['rows'][0][0].pk}/"
    yield client.post(first, {"do": "send", "answer": str(uuid.uuid4()), "subject": "Your test", "upload": files[2:]})
    yield client.get(first)
    yield client.get(here)
    yield client.post(f"{here}write/0/", {"do": "send", "body": "What I typed"})
    walk.send(client, page, {"do": "take"})
    yield client.get(page)
    yield signed_in(bob).get(page)
    yield signed_in(staff("Care team", "of.no.team")).get(here)
    own = sent(
        holder(people.load("nora"), level=Level.PREMIUM, email=ann.email), treats(primary, PEOPLE["nora"].dod_id)
    )
    yield client.get(f"{here}{own.thread_id}/change/")


def answers_chats() -> Answers:
    """A supervisor's queue, a chat before and after it is taken, each form with errors, and the texts for answers."""
    boss, ann = staff("Supervisor", "carl.boss"), staff("Service center agent", "ann.agent")
    client, here = signed_in(boss), "/admin/chat/chat/"
    yield client.get(here)
    yield client.post(f"{here}texts/", {})
    yield client.get(f"{here}texts/")
    walk.send(client, f"{here}texts/", {"title": "Call us", "body": "Please call us."})
    yield client.get(f"{here}texts/")
    first = waiting("My number is 910-12-4567, and I cannot sign in.", ago=timedelta(minutes=7))
    waiting(shown=holder(people.load("rosa")), ago=timedelta(minutes=2))
    colleague = taken(ann, words="Where is my code?")
    browser = signed_in(ann)
    yield browser.get(desk_page(first))
    page = walk.send(client, here, {})
    yield client.get(here)
    note_typing(first, VISITOR, timezone.now())
    yield client.get(page)
    line = {"line": str(uuid.uuid4()), "note-line": str(uuid.uuid4())}
    yield client.post(page, {"do": "say", **line, "words": "word " * 500})
    yield client.post(page, {"do": "close"})
    yield client.post(page, {"do": "hand-over"})
    yield client.post(page, {"do": "note", **line})
    walk.send(client, page, {"do": "note", **line, "note-words": "Ask the second line"})
    yield client.get(page)
    yield client.get(desk_page(colleague))
    walk.send(client, desk_page(colleague), {"do": "put-back"})
    yield browser.post(desk_page(colleague), {"do": "say", **line, "words": "What I typed"})
    walk.send(client, page, {"do": "close", "reason": "answered"})
    yield client.get(page)
    close = premium(people.load("marcus"), email=boss.email)
    yield client.get(desk_page(waiting(shown=close)))


def gives_the_second_step_again() -> Answers:
    """A supervisor who decides is asked for the second step; where a passkey is required, for that alone."""
    client, account = signed_in(staff("Supervisor")), premium(people.load("nora"))
    store = StaffSessionStore(client.cookies["admin"].value)
    store[FACTOR_PROVED] = 0
    store.save()
    asked_for = client.post(f"/admin/accounts/account/{account.pk}/freeze/")["Location"]
    yield client.get(asked_for)
    yield client.post(asked_for, {"otp_token": "000000"})
    with override_settings(STAFF_PASSKEY_REQUIRED=True):
        yield client.get("/admin/", follow=True)
        device = Authenticator()
        made = device.make(client.post("/admin/account/security/passkey/options/").json())
        walk.send(client, "/admin/account/security/passkey/", {"passkey": made})
        yield client.get(asked_for)
        half = Client()
        give_password(half, "works.here", door=STAFF_DOOR)
        yield half.get(f"{STAFF_DOOR}second-factor/")
        yield give_token(half, "000000", door=STAFF_DOOR)


SCENES = (
    reads,
    edits,
    takes_calls,
    looks_at_people,
    finds_and_answers,
    prints,
    operates,
    answers_refills,
    attends_a_visit,
    reviews,
    acts_on_staff,
    looks_twice,
    reviews_a_doubt,
    answers_messages,
    answers_chats,
    gives_the_second_step_again,
)
