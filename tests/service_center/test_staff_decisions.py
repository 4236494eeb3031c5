"""A staff member who decides gives the second step again, and where it is required that step is a passkey."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.models import Account, Assistance, AuthenticatorApp
from accounts.sessions.store import StaffSessionStore
from accounts.sign_in import session
from core import policy
from core.policy import Level
from idproofing import codes, letters, visits
from idproofing.models import Case, Letter, Proofing, Visit
from idproofing.routes import Route
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import KEY, STAFF_DOOR, WRONG, give_password, give_token, premium, signed_in, staff
from tests.accounts.passkey_steps import options
from tests.authenticator import Authenticator
from tests.idproofing.letter_people import asked, mailed
from tests.idproofing.reviewers import open_case
from tests.service_center.callers import known_to
from tests.service_center.whys import WHY

pytestmark = pytest.mark.django_db

AGAIN = "/admin/sign-in/again/"
ADD_PASSKEY = "/admin/account/security/passkey/"


def age_second_step(browser: Client, seconds: float) -> Client:
    """Let the last second step be so many seconds old. The password is as fresh as can be."""
    store = StaffSessionStore(browser.cookies["admin"].value)
    store[session.FACTOR_PROVED] = int(time.time() - seconds)
    store[session.PROVED] = int(time.time())
    store.save()
    return browser


def stale(browser: Client) -> Client:
    return age_second_step(browser, policy.FRESH_FOR_VISITS.total_seconds() + 2)


def account_of_grace(supervisor: Account) -> Account:
    return premium(people.load("grace"), email="typed@mail.example")


def unlock(supervisor: Account) -> tuple[str, dict, Callable[[], object]]:
    account = account_of_grace(supervisor)
    actions.lock(account, by="system")
    known_to(supervisor, account)
    return (
        f"/admin/accounts/account/{account.pk}/unlock/",
        WHY["unlock"],
        lambda: Account.objects.get(pk=account.pk).state,
    )


def freeze(supervisor: Account) -> tuple[str, dict, Callable[[], object]]:
    account = account_of_grace(supervisor)
    return (
        f"/admin/accounts/account/{account.pk}/freeze/",
        {"first": "none", **WHY["freeze"]},
        lambda: Account.objects.get(pk=account.pk).state,
    )


def ask_for_help(supervisor: Account) -> tuple[str, dict, Callable[[], object]]:
    here = f"/admin/accounts/account/{account_of_grace(supervisor).pk}/help/"
    return here, {"kind": "lost-factor", "reason": "device-lost"}, Assistance.objects.count


def approve_help(supervisor: Account) -> tuple[str, dict, Callable[[], object]]:
    account = account_of_grace(supervisor)
    by, kind, why = staff("Supervisor", "bob.supervisor"), Assistance.Kind.LOST_FACTOR, Assistance.Reason.DEVICE_LOST
    Assistance.objects.create(account=account, kind=kind, reason=why, asked_by=by)
    return f"/admin/accounts/account/{account.pk}/approve/", WHY["approve"], lambda: Assistance.objects.get().approved


def resend(supervisor: Account) -> tuple[str, dict, Callable[[], object]]:
    rosa = people.load("rosa")
    codes.issue(rosa.dod_id, Level.PREMIUM, "email", rosa.email, by="mock")
    here = f"/admin/idproofing/proofing/{Proofing.objects.get().pk}/resend/"
    known_to(supervisor, Proofing.objects.get())
    return here, WHY["resend"], lambda: codes.live(rosa.dod_id, Level.PREMIUM).pk  # type: ignore[union-attr]


def void_letter(worker: Account) -> tuple[str, dict, Callable[[], object]]:
    letter = asked("rosa")
    return f"/admin/idproofing/letter/{letter.pk}/void/", WHY["void"], lambda: Letter.objects.get().state


def print_again(clerk: Account) -> tuple[str, dict, Callable[[], object]]:
    letter = asked("rosa", now=timezone.now())
    assert letters.make_batch(by="system")
    return f"/admin/idproofing/letter/{letter.pk}/again/", WHY["again"], lambda: Letter.objects.get().state


def return_letter(clerk: Account) -> tuple[str, dict, Callable[[], object]]:
    letter = mailed(asked("rosa", now=timezone.now()), now=timezone.now())
    return f"/admin/idproofing/letter/{letter.pk}/returned/", WHY["returned"], lambda: Letter.objects.get().state


def make_batch(clerk: Account) -> tuple[str, dict, Callable[[], object]]:
    asked("rosa", now=timezone.now())
    return "/admin/idproofing/batch/make/", WHY["make"], lambda: Letter.objects.get().state


def mail_batch(clerk: Account) -> tuple[str, dict, Callable[[], object]]:
    asked("rosa")
    batch = letters.make_batch(by="system")
    assert batch
    return f"/admin/idproofing/batch/{batch.pk}/mailed/", {}, lambda: Letter.objects.get().state


def settle_visit(supervisor: Account) -> tuple[str, dict, Callable[[], object]]:
    rosa = people.load("rosa")
    visits.book(rosa.dod_id, Level.PREMIUM, Route.IN_PERSON, rosa.email, by="visitor")
    Visit.objects.update(state="held", agent=1)
    here = f"/admin/idproofing/visit/{Visit.objects.get().pk}/use-again/"
    return here, WHY["use-again"], lambda: Visit.objects.get().state


@pytest.mark.parametrize(
    ("role", "prepare"),
    [
        *(
            ("Supervisor", prepare)
            for prepare in (unlock, freeze, ask_for_help, approve_help, resend, void_letter, settle_visit)
        ),
        *(("Print room", prepare) for prepare in (make_batch, mail_batch, print_again, return_letter, void_letter)),
    ],
)
def test_who_left_the_desk_open_lets_nobody_decide(role, prepare):
    worker = staff(role)
    here, sent, seen = prepare(worker)
    browser, before = stale(signed_in(worker)), seen()
    asked_for = browser.post(here, sent)
    assert asked_for["Location"].startswith(f"{AGAIN}?next=")
    assert "second_step=1" in asked_for["Location"]
    assert seen() == before
    page = walk.text_of(browser.get(asked_for["Location"]))
    assert "second step again" in page
    assert "Nothing was changed." in page
    AuthenticatorApp.objects.update(last_t=-1)
    back = browser.post(asked_for["Location"], {"otp_token": walk.token_for(KEY), "next": browser_next(asked_for)})
    assert browser.get(back["Location"]).status_code == 200
    browser.post(here, sent)
    assert seen() != before


def test_a_clerk_of_the_print_room_who_left_the_desk_open_lets_nobody_read_the_letters():
    asked("rosa", now=timezone.now())
    batch = letters.make_batch(by="system")
    assert batch
    browser = signed_in(staff("Print room"))
    age_second_step(browser, policy.FRESH_FOR_DECISIONS.total_seconds() + 2)
    answer = browser.post(f"/admin/idproofing/batch/{batch.pk}/pdf/", WHY["pdf"])
    assert answer["Location"].startswith(AGAIN)
    assert "second_step=1" in answer["Location"]
    assert browser_next(answer) == f"/admin/idproofing/batch/{batch.pk}/change/"
    assert not AuditEvent.objects.filter(event="letters.batch-opened").exists()


def browser_next(answer: Any) -> str:
    """The page to which an answer that asks for the second step leads back."""
    return parse_qs(urlsplit(answer["Location"]).query)["next"][0]


@pytest.mark.parametrize("action", ["decide", "confirm", "send-back"])
def test_a_reviewer_decides_and_confirms_with_a_fresh_second_step_only(action):
    people.load("emily")
    case = open_case(level=Level.PREMIUM).case
    browser = stale(signed_in(staff("Proofing reviewer")))
    browser.post(f"/admin/idproofing/case/{case.pk}/take/")
    assert Case.objects.get().state == "taken"
    sent = {"decision": "decline", "reason": "no-record"}
    answer = browser.post(f"/admin/idproofing/case/{case.pk}/{action}/", sent)
    assert answer["Location"].startswith(AGAIN)
    assert browser_next(answer) == f"/admin/idproofing/case/{case.pk}/{'change' if action == 'decide' else action}/"
    assert Case.objects.get().state == "taken"


def test_an_agent_gives_the_second_step_before_the_documents_are_entered_and_has_time_for_them():
    rosa = people.load("rosa")
    booked = visits.book(rosa.dod_id, Level.BASIC, Route.IN_PERSON, rosa.email, by="visitor")
    assert isinstance(booked, visits.Booked)
    browser = signed_in(staff("Service center agent"))
    here = walk.send(browser, "/admin/idproofing/visit/attend/", {"reference": booked.visit.reference})
    age_second_step(browser, policy.FRESH_FOR_DECISIONS.total_seconds() + 2)
    assert browser.get(here)["Location"].startswith(AGAIN)
    assert browser.post(here, {}).status_code == 200
    assert stale(browser).post(here, {})["Location"].startswith(AGAIN)
    assert browser.post("/admin/idproofing/visit/attend/refuse/", {"reason": "photo"})["Location"].startswith(AGAIN)
    assert Visit.objects.get().state == "open"


def test_the_password_is_not_enough_for_a_decision():
    supervisor = staff("Supervisor")
    here, sent, seen = freeze(supervisor)
    browser = stale(signed_in(supervisor))
    assert 'name="password"' not in browser.get(f"{AGAIN}?second_step=1&next={here}").content.decode()
    browser.post(AGAIN, {"password": walk.PASSWORD, "next": here})
    assert browser.post(here, sent)["Location"].startswith(AGAIN)
    assert seen() == "active"


# ---- Where staff need a passkey ----


@pytest.fixture
def _passkeys(settings: Any) -> None:
    settings.STAFF_PASSKEY_REQUIRED = True


def make_passkey(browser: Client) -> Authenticator:
    device = Authenticator()
    made = device.make(options(browser, f"{ADD_PASSKEY}options/"))
    assert browser.post(ADD_PASSKEY, {"passkey": made})["Location"] == "/admin/"
    return device


@pytest.mark.usefixtures("_passkeys")
def test_an_agent_without_a_passkey_is_led_to_make_one_before_anything_else():
    browser = signed_in(staff("Service center agent"))
    for page in ("/admin/", "/admin/accounts/account/", "/admin/idproofing/visit/attend/"):
        shown = browser.get(page, follow=True)
        assert shown.redirect_chain[-1][0] == ADD_PASSKEY
        assert "Staff sign in with a passkey." in walk.text_of(shown)
    make_passkey(browser)
    assert browser.get("/admin/accounts/account/").status_code == 200


@pytest.mark.usefixtures("_passkeys")
def test_who_has_the_password_and_the_codes_of_an_agent_with_a_passkey_does_not_get_in():
    agent = staff("Service center agent")
    device = make_passkey(signed_in(agent))
    thief = Client()
    give_password(thief, agent.username, door=STAFF_DOOR)
    page = walk.text_of(thief.get(f"{STAFF_DOOR}second-factor/"))
    assert "Codes are not accepted for your account" in page
    AuthenticatorApp.objects.update(last_t=-1)
    refused = give_token(thief, walk.token_for(KEY), door=STAFF_DOOR)
    assert "Staff use their passkey here." in walk.text_of(refused)
    assert thief.get("/admin/").status_code == 302
    device.uses += 1
    said = device.sign(options(thief, f"{STAFF_DOOR}second-factor/options/"))
    assert thief.post(f"{STAFF_DOOR}second-factor/", {"passkey": said}).status_code == 302
    assert thief.get("/admin/").status_code == 200


@pytest.mark.usefixtures("_passkeys")
def test_a_session_that_began_with_a_code_ends_once_its_agent_has_a_passkey():
    agent = staff("Service center agent")
    thief, hers = signed_in(agent), signed_in(agent)
    make_passkey(hers)
    for page in ("/admin/", ADD_PASSKEY, "/admin/account/security/"):
        assert thief.get(page, follow=True).redirect_chain[-1][0].startswith(STAFF_DOOR), page
    assert hers.get("/admin/").status_code == 200


@pytest.mark.usefixtures("_passkeys")
def test_a_decision_takes_the_passkey_and_no_code():
    supervisor = staff("Supervisor")
    browser = signed_in(supervisor)
    device = make_passkey(browser)
    here, sent, seen = freeze(supervisor)
    asked_for = stale(browser).post(here, sent)["Location"]
    assert 'name="otp_token"' not in browser.get(asked_for).content.decode()
    AuthenticatorApp.objects.update(last_t=-1)
    assert browser.post(asked_for, {"otp_token": walk.token_for(KEY)}).status_code == 200
    assert browser.post(here)["Location"].startswith(AGAIN)
    device.uses += 1
    said = device.sign(options(browser, f"{STAFF_DOOR}second-factor/options/"))
    assert browser.post(asked_for, {"passkey": said, "next": here})["Location"] == here
    browser.post(here, sent)
    assert seen() == "frozen"


@pytest.mark.usefixtures("_passkeys")
def test_a_beneficiary_needs_no_passkey():
    grace = premium(people.load("grace"))
    assert signed_in(grace).get("/portal/").status_code == 200


@pytest.mark.usefixtures("_passkeys")
def test_a_wrong_password_of_staff_is_answered_as_before():
    agent = staff("Service center agent")
    page = walk.text_of(give_password(Client(), agent.username, WRONG, door=STAFF_DOOR))
    assert "The username or the password is not right." in page
