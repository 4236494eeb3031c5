"""What a reviewer approved stays approved while the person waits for a letter, a visit or a code."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import models
from django.db.models import F
from django.test import Client
from django.utils import timezone

from accounts.journeys import drafts
from accounts.journeys.reviews.messages import end_late_cases
from accounts.journeys.steps.details import NO_MATCH
from accounts.models import Account, RegistrationDraft
from core import policy
from core.policy import Level
from deers.models import Person as Registered
from demo.people.person import Person
from idproofing import approvals, codes, letters
from idproofing.cases import Typed
from idproofing.models import ActivationCode, Case, Letter, Visit
from idproofing.routes import Route
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import holder, signed_in
from tests.accounts.test_reviews import approved, asked, opens, upgrade_asked
from tests.idproofing.reviewers import ANN
from tests.tripwire import no_secret_is_written

pytestmark = pytest.mark.django_db


@pytest.fixture
def emily(db: None) -> Person:
    return people.load("emily")


MOMENTS: dict[type[models.Model], tuple[str, ...]] = {
    Case: ("changed_at", "expires_at"),
    ActivationCode: ("issued_at", "expires_at"),
    Letter: ("made_at", "expires_at"),
    Visit: ("made_at", "expires_at"),
    RegistrationDraft: ("touched_at",),
}


def wait(time: timedelta) -> None:
    """Let so much time pass, and the worker do what it does then."""
    for model, moments in MOMENTS.items():
        model._default_manager.update(**{moment: F(moment) - time for moment in moments})
    drafts.purge()
    end_late_cases(0)


def to_proofing(person: Person, level: int = 1, **typed: str) -> tuple[Client, str]:
    """Ask for a review under the name before the marriage, get it, and go on to the proof of identity."""
    browser = Client()
    reviewed = asked(browser, person, level, **typed)
    approved(person)
    return browser, walk.send(browser, opens(browser, reviewed), {})


def by_letter(person: Person, level: int = 1) -> str:
    """The same, and ask for the letter; its code comes back."""
    browser, here = to_proofing(person, level)
    here = walk.send(browser, here.replace("/questions/", "/way/"), {"route": "letter"})
    page = walk.text_of(browser.get(walk.send(browser, here, {})))
    assert "as you entered them when you asked for the review" in page
    batch = letters.make_batch(by="system")
    assert batch
    code = Letter.objects.latest("made_at").secret or ""
    letters.mailed(batch, by="system")
    return code


def with_code(person: Person, level: int = 1, **typed: str) -> tuple[Client, Any]:
    """Another browser, another day: the details, as in the review unless said otherwise, and what comes of them."""
    browser = Client()
    here = walk.send(browser, "/register/with-code/", {"level": level})
    assert "as you entered them when you asked for the review" in walk.text_of(browser.get(here))
    return browser, browser.post(here, walk.details_of(person, **{"last_name": "Tran", **typed}))


def test_emily_comes_back_a_week_after_her_review_with_the_code_of_her_letter(emily):
    code = by_letter(emily)
    wait(timedelta(days=7))
    browser, answer = with_code(emily, last_name="TRAN", email="another@mail.example")
    here = walk.send(browser, answer["Location"], {"code": code})
    walk.send(browser, here, walk.credentials("emily.by.mail"))
    assert browser.get("/portal/").status_code == 200
    account = Account.objects.get()
    assert (account.dod_id, account.last_name) == (emily.dod_id, "Castellano")
    assert Case.objects.get().approved_details is None


def test_emily_comes_back_after_her_visit_at_premium(emily):
    browser, here = to_proofing(emily, 2)
    here = walk.send(browser, here.replace("/questions/", "/way/"), {"route": "in_person"})
    browser.post(here, {"action": "slip"})
    assert Visit.objects.get().route == Route.IN_PERSON
    wait(policy.VISIT_LIFE - timedelta(hours=1))
    assert approvals.find(typed_by(emily), Level.PREMIUM) is not None
    code = codes.issue(emily.dod_id, Level.PREMIUM, "email", emily.email, by=ANN, route=Route.IN_PERSON)
    browser, answer = with_code(emily, 2)
    assert walk.send(browser, answer["Location"], {"code": code.text}).endswith("/credentials/")


def test_emily_who_waits_for_new_questions_does_not_need_a_new_review(emily):
    to_proofing(emily)
    wait(policy.QUIZ_WAIT)
    browser = Client()
    here = walk.send(browser, walk.begin(browser), walk.details_of(emily, last_name="Tran"))
    assert here.endswith("/questions/")
    event = AuditEvent.objects.filter(event="registration.matched").latest("id")
    assert event.details["case"] == Case.objects.get().number


def test_a_holder_who_moved_comes_back_to_the_upgrade_with_the_code_of_the_letter(emily):
    browser = signed_in(holder(emily))
    status = opens(browser, upgrade_asked(browser, emily))
    approved(emily)
    here = walk.send(browser, status, {})
    here = walk.send(browser, here.replace("/questions/", "/way/"), {"route": "letter"})
    walk.send(browser, here, {})
    code = Letter.objects.get().secret
    moved = {"phone": "", "postal_code": "99999", "email": "moved@mail.example"}
    browser = signed_in(Account.objects.get())
    here = walk.send(browser, "/upgrade/with-code/", {})
    here = walk.send(browser, here, walk.upgrade_details_of(emily, **moved))
    assert walk.send(browser, here, {"code": code}).endswith("/second-factor/")


def typed_by(person: Person) -> Typed:
    details: dict[str, Any] = walk.details_of(person, last_name="Tran")
    return Typed(**details)


@pytest.mark.parametrize(
    "other",
    [
        {"last_name": "Trann"},
        {"first_name": "Emilia"},
        {"middle_name": "Q"},
        {"suffix": "Jr"},
        {"date_of_birth": "1990-01-01"},
        {"ssn": "900-55-1234"},
        {"dod_id": "1999999999"},
    ],
    ids=str,
)
def test_a_stranger_who_differs_in_one_detail_from_what_was_approved_is_refused(emily, other):
    by_letter(emily)
    _, answer = with_code(emily, **other)
    assert answer.status_code == 200
    assert NO_MATCH in walk.text_of(answer)
    assert not RegistrationDraft.objects.filter(has_code=True).exclude(dod_id="").exists()


def test_what_one_reviewer_approved_for_basic_opens_nothing_at_premium(emily):
    by_letter(emily, 1)
    _, answer = with_code(emily, 2)
    assert NO_MATCH in walk.text_of(answer)


def test_the_same_details_approved_for_two_people_match_neither(emily):
    by_letter(emily)
    case = Case.objects.get()
    other = people.load("kai")
    case.pk, case.reference, case.dod_id = case.number + 1_000, "ANOTHERONE", other.dod_id
    case.save(force_insert=True)
    _, answer = with_code(emily)
    assert NO_MATCH in walk.text_of(answer)


def test_an_approval_that_nobody_has_used_matches_nobody(emily):
    asked(Client(), emily)
    approved(emily)
    _, answer = with_code(emily)
    assert NO_MATCH in walk.text_of(answer)


def test_a_record_that_was_shielded_since_the_review_matches_nobody(emily):
    by_letter(emily)
    Registered.objects.filter(pk=emily.dod_id).update(protected=True)
    _, answer = with_code(emily)
    assert NO_MATCH in walk.text_of(answer)


def test_an_approval_ends_when_no_code_and_no_wait_is_left(emily):
    to_proofing(emily)
    now = timezone.now() + policy.CASE_APPROVAL_LIFE
    assert approvals.find(typed_by(emily), Level.BASIC, now=now) is None
    wait(policy.CASE_APPROVAL_LIFE)
    _, answer = with_code(emily)
    assert NO_MATCH in walk.text_of(answer)
    assert Case.objects.get().approved_details is None


def test_another_account_cannot_use_what_was_approved_for_an_upgrade(emily):
    browser = signed_in(holder(emily))
    status = opens(browser, upgrade_asked(browser, emily))
    approved(emily)
    walk.send(browser, status, {})
    kai = holder(people.load("kai"))
    moved = {"phone": "", "postal_code": "99999", "email": "moved@mail.example"}
    browser = signed_in(kai)
    here = walk.send(browser, "/upgrade/with-code/", {})
    assert NO_MATCH in walk.text_of(browser.post(here, walk.upgrade_details_of(emily, **moved)))


def test_what_stays_of_the_details_is_a_keyed_hash_and_nothing_is_written_about_the_person(emily):
    with no_secret_is_written([emily.ssn, "Tran", "Castellano", emily.email, emily.dod_id]):
        by_letter(emily)
        with_code(emily)
    case = Case.objects.get()
    assert case.typed is None
    assert len(bytes(case.approved_details or b"")) == 32
