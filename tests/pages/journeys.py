"""Every step of registering and of upgrading: as it is first shown, and sent back with errors."""

from collections.abc import Iterator
from typing import Any

from django.test import Client, override_settings
from django.utils import timezone

from accounts.models import RegistrationDraft, UpgradeDraft
from accounts.recovery import stop_questions
from core import policy
from core.policy import Level
from idproofing.models import FailureNotice, Proofing, Visit
from tests import people, walk
from tests.accounts.holders import (
    BY_LETTER,
    KEY,
    address,
    holder,
    premium,
    proven,
    registering,
    signed_in,
    upgrading,
)
from tests.idproofing.letter_people import asked

Answers = Iterator[Any]
SHOWN = "ABCDE-F0123"


def begins() -> Answers:
    client = Client()
    yield client.get("/register/")
    yield client.post("/register/", {})
    yield client.get("/register/route/?level=1")
    yield client.post("/register/route/?level=1", {"level": 1, "route": "by pigeon"})
    yield client.get("/register/with-code/")
    yield client.post("/register/with-code/", {})
    here = walk.begin(client)
    yield client.get(here)
    yield client.post(here, {})
    rosa = people.load("rosa")
    yield client.post(here, walk.details_of(rosa, last_name=""))
    yield client.get(walk.send(client, "/register/route/?level=1", {"level": 1, "route": "letter"}))
    yield client.post(here, walk.details_of(rosa, last_name="Somebodyelse"))
    yield client.get(walk.send(client, here.replace("/details/", "/review/"), {}))
    here = walk.begin(client)
    with override_settings(DEERS_FAULT="unavailable"):
        yield client.post(here, walk.details_of(rosa))
        yield client.get(here.replace("details", "tell-me"))
        client.post(here.replace("details", "tell-me"))
        yield client.post(here, walk.details_of(rosa))
    yield Client().get(here)


def is_asked() -> Answers:
    """The identity questions: answered, then failed until there is a wait."""
    client, rosa = Client(), people.load("rosa")
    yield from questions(client, address(registering(client, rosa), "questions"), rosa)


def questions(client: Client, here: str, person: Any) -> Answers:
    yield client.get(here)
    walk.send(client, here, {"action": "start"})
    yield client.get(here)
    yield client.post(here, {"position": 0})
    walk.answer_all(client, here, person, wrong=True)
    yield client.get(here)
    walk.answer_all(client, here, person, wrong=True)
    yield client.get(here)
    way = walk.send(client, here, {"action": "start"})
    yield client.get(way)
    yield client.post(way, {"route": "by pigeon"})
    Proofing.objects.update(attempts_forgotten_at=timezone.now())
    client.post(way, {"route": "questions"})
    walk.answer_all(client, here, person, wrong=True)
    yield client.get(here)
    yield client.get(walk.send(client, here, {"action": "start"}))


def stops_the_questions() -> Answers:
    """The link in the notice that somebody failed: opened, used, used up; and what the next one to try sees."""
    client, rosa = Client(), people.load("rosa")
    here = address(registering(client, rosa), "questions")
    for _ in range(policy.QUIZ_ATTEMPTS):
        walk.answer_all(client, here, rosa, wrong=True)
    stop_questions.tell_all()
    link, _ = stop_questions.make_link(FailureNotice.objects.get(), on_paper=False, now=timezone.now())
    link = "/" + link.split("/", 3)[3]
    yield Client().get(link)
    yield Client().post(link)
    yield Client().get(link)
    yield client.get(walk.send(client, here, {"action": "start"}))


def stops_the_letter() -> Answers:
    """The link in the email that tells of a letter: opened, used, used up."""
    asked("rosa", now=timezone.now())
    link, _ = stop_questions.make_link(FailureNotice.objects.get(), on_paper=False, now=timezone.now())
    link = "/" + link.split("/", 3)[3]
    yield Client().get(link)
    yield Client().post(link)
    yield Client().get(link)


def goes_another_way() -> Answers:
    """Left the questions; nothing to ask about; has an account already."""
    client = Client()
    here = address(registering(client, people.load("rosa")), "questions")
    walk.send(client, here, {"action": "start"})
    yield client.get(walk.send(client, here, {"action": "leave"}))
    here = address(registering(client, people.load("owen")), "questions")
    yield client.get(walk.send(client, here, {"action": "start"}))
    yield client.get(
        address(registering(client, people.load("nora"), ended=RegistrationDraft.Ended.HAS_ACCOUNT), "done")
    )


def asks_for_a_letter() -> Answers:
    """By letter: asked for, asked for too soon, and nowhere to send it to."""
    client, rosa = Client(), people.load("rosa")
    here = address(registering(client, rosa, **BY_LETTER), "letter")
    yield client.get(here)
    end = walk.send(client, here, {})
    yield client.get(end)
    yield client.get(address(registering(client, rosa, **BY_LETTER), "letter"))
    yield client.post(address(registering(client, rosa, **BY_LETTER), "letter"))
    nowhere = registering(client, rosa, **BY_LETTER, blocked=RegistrationDraft.Blocked.NO_ADDRESS)
    yield client.get(address(nowhere, "way"))


def visits_an_office() -> Answers:
    """What to bring, the slip, and how the visit ended; then a video call."""
    client, nora = Client(), people.load("nora")
    draft = registering(client, nora, route="in_person", email=nora.email)
    here = address(draft, "visit")
    yield client.get(here)
    walk.send(client, here, {"action": "slip"})
    yield client.get(here)
    yield client.get(address(draft, "way"))
    for state, reason in (("refused", "expired"), ("verified", "")):
        Visit.objects.update(state=state, reason=reason, agent=1, reference=None, email=None)
        yield client.get(here)
    here = address(registering(client, nora, route="in_person", email=""), "visit")
    walk.send(client, here, {"action": "slip"})
    yield client.get(here)
    draft = registering(client, people.load("rosa"), level=2, route="agent", email="rosa@mail.example")
    here = address(draft, "visit")
    yield client.get(here)
    walk.send(client, here, {"action": "slip"})
    yield client.get(here)
    for state in ("checked", "held"):
        Visit.objects.filter(level=2).update(state=state, agent=1)
        yield client.get(here)
    yield client.post(here, {"action": "slip"})


def has_a_code() -> Answers:
    client, rosa = Client(), people.load("rosa")
    passed = {"quiz_passed_at": timezone.now()}
    here = address(registering(client, rosa, **passed, code_delivery=""), "delivery")
    yield client.get(here)
    yield client.post(here, {})
    for came, typed in (
        (passed | {"screen_code": SHOWN}, "WRONG-WRONG"),
        (passed | {"code_delivery": RegistrationDraft.CodeDelivery.EMAIL}, ""),
        ({"has_code": True}, "WRONG-WRONG"),
    ):
        here = address(registering(client, rosa, **came), "code")
        yield client.get(here)
        yield client.post(here, {"code": typed})
    here = address(registering(client, rosa, **passed), "code")
    yield client.post(here, {"action": "again", "code_delivery": "email", "email": "rosa at home"})


def finishes() -> Answers:
    """Username and password, the second factor, and the last page, at both levels."""
    client, rosa = Client(), people.load("rosa")
    here = address(proven(client, rosa, level=Level.PREMIUM), "credentials")
    yield client.get(here)
    yield client.post(here, {"username": "r", "password": "short", "password_again": "other"})
    here = walk.send(client, here, walk.credentials("rosa.h"))
    yield client.get(here)
    yield client.post(here, {"otp_token": "000000"})
    key = RegistrationDraft.objects.get().authenticator_key
    done = walk.send(client, here, {"otp_token": walk.token_for(key)})
    yield client.get(done)
    walk.send(client, done, {"saved": "yes"})
    yield client.get(done)
    for key, email in (("nora", people.PEOPLE["nora"].email), ("grace", "")):
        client = Client()
        draft = proven(client, people.load(key), email=email)
        yield client.get(walk.send(client, address(draft, "credentials"), walk.credentials(f"{key}.one")))


def upgrades() -> Answers:
    rosa = people.load("rosa")
    account = holder(rosa)
    client = signed_in(account)
    yield client.get("/upgrade/")
    yield client.post("/upgrade/", {})
    yield client.get("/upgrade/with-code/")
    here = walk.send(client, "/upgrade/", {"route": "questions"})
    yield client.get(here)
    yield client.post(here, {})
    type(account).objects.update(email="other@mail.example", email_confirmed_at=None)
    people.Registered.objects.update(email="")
    yield client.post(here, walk.upgrade_details_of(rosa))
    people.Registered.objects.update(email=rosa.email)
    yield client.post(here, walk.upgrade_details_of(rosa, date_of_birth="1950-01-01"))
    yield Client().get("/register/00000000-0000-4000-8000-000000000000/details/")
    yield client.get("/upgrade/00000000-0000-4000-8000-000000000000/details/")
    yield from questions(client, walk.send(client, here, walk.upgrade_details_of(rosa)), rosa)


def ends_the_upgrade() -> Answers:
    rosa = people.load("rosa")
    account = holder(rosa)
    client = signed_in(account)
    now = timezone.now()
    come = {"dod_id": rosa.dod_id, "quiz_passed_at": now, "email": rosa.email}
    here = address(upgrading(client, account, **come), "code")
    yield client.get(here)
    yield client.post(here, {"code": "WRONG-WRONG"})
    draft = upgrading(client, account, **come, code_redeemed_at=now, authenticator_key=KEY)
    here = address(draft, "second-factor")
    yield client.get(here)
    yield client.post(here, {})
    yield client.get(walk.send(client, here, {"otp_token": walk.token_for(KEY)}))


def upgrades_with_a_factor() -> Answers:
    """The account has a second factor already, so that one is asked for."""
    rosa = people.load("rosa")
    account = premium(rosa)
    type(account).objects.update(level=Level.BASIC)
    client = signed_in(account)
    now = timezone.now()
    come = {"dod_id": rosa.dod_id, "quiz_passed_at": now, "code_redeemed_at": now}
    here = address(upgrading(client, account, **come), "second-factor")
    yield client.get(here)
    yield client.post(here, {"otp_token": "000000"})
    draft = upgrading(client, account, ended=UpgradeDraft.Ended.NOT_BASIC)
    yield client.get(address(draft, "done"))


SCENES = (
    begins,
    is_asked,
    goes_another_way,
    stops_the_questions,
    stops_the_letter,
    asks_for_a_letter,
    visits_an_office,
    has_a_code,
    finishes,
    upgrades,
    ends_the_upgrade,
    upgrades_with_a_factor,
)
