"""A stranger fails identity questions in Rosa's name: she hears of it, stops it, and comes by another route."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import Account, ProofingLink
from accounts.recovery import stop_questions
from core import policy
from core.policy import Level
from deers.models import Person as Registered
from idproofing import codes, visits
from idproofing.models import ActivationCode, FailureNotice, Letter, Proofing, Quiz
from safeguards.models import AuditEvent
from service_center.visits import verify_documents
from tests import people, walk
from tests.accounts.holders import address, registering, staff
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db


def fail_pair(key: str = "rosa") -> Client:
    """A stranger's browser, in which both attempts have failed."""
    client, person = Client(), people.load(key)
    here = address(registering(client, person, email="thief@mail.example"), "questions")
    for _ in range(policy.QUIZ_ATTEMPTS):
        walk.answer_all(client, here, person, wrong=True)
    return client


def link_in_mail() -> str:
    """The path of the link in the newest mail that stops questions."""
    found = [found for message in walk.deliver_mail() if (found := re.search(r"/stop/[^\s/)]+/", message.body))]
    assert found
    return found[-1][0]


def test_two_failed_quizzes_by_a_stranger_then_a_mail_then_a_stop_then_rosa_comes_by_visit() -> None:
    rosa = people.load("rosa")
    thief = fail_pair()
    assert stop_questions.tell_all() == 1
    message = walk.deliver_mail()[-1]
    assert message.to == [rosa.email]
    assert "Identity questions failed in your name" in message.subject

    link, at_home = link_in_mail(), Client()
    assert "Stop the questions" in walk.text_of(at_home.get(link))
    assert not FailureNotice.objects.exclude(stopped_at=None).exists(), "a look stops nothing"
    assert "The questions are stopped" in walk.text_of(at_home.post(link))
    assert at_home.get(link).status_code == at_home.post(link).status_code == 410

    FailureNotice.objects.update(made_at=timezone.now() - 2 * policy.QUIZ_WAIT)
    again = address(registering(thief, rosa, level=Level.PREMIUM, email="thief@mail.example"), "questions")
    page = thief.post(again, {"action": "start"}, follow=True)
    assert "used a link in our message" in walk.text_of(page)
    assert "Answer the questions" not in walk.text_of(page)
    assert Quiz.objects.count() == policy.QUIZ_ATTEMPTS

    here = walk.send(at_home, "/register/", {"level": 1, "route": "in_person"})
    here = walk.send(at_home, here, walk.details_of(rosa))
    here = walk.send(at_home, here, {"action": "slip"})
    visit = visits.Visit.objects.get()
    shown = [visits.Shown("cac", "AB123456"), visits.Shown("passport", "X1234567")]
    assert isinstance(verify_documents(visit, shown, by=staff("Service center agent")), visits.Verified)
    code = walk.code_in_mail()
    back = address(registering(at_home, rosa, has_code=True), "code")
    here = walk.send(at_home, back, {"code": code})
    walk.send(at_home, here, walk.credentials("rosa.comes.back"))
    assert Account.objects.filter(dod_id=rosa.dod_id, username="rosa.comes.back").exists()

    events = list(AuditEvent.objects.values_list("event", flat=True))
    for event in ("proofing.failures-told", "proofing.stopped", "quiz.refused", "proofing.reopened"):
        assert events.count(event) == 1, event


def test_rosa_is_told_once_and_at_the_address_of_record_only() -> None:
    fail_pair()
    assert [stop_questions.tell_all() for _ in range(3)] == [1, 0, 0]
    assert [message.to for message in walk.deliver_mail()] == [[people.load("rosa").email]]


def test_one_failed_attempt_is_nothing_to_write_about() -> None:
    client, rosa = Client(), people.load("rosa")
    walk.answer_all(client, address(registering(client, rosa), "questions"), rosa, wrong=True)
    assert stop_questions.tell_all() == 0
    assert not mail.outbox


def test_a_person_without_email_in_deers_gets_a_letter_whose_link_can_be_typed() -> None:
    rosa = people.load("rosa")
    Registered.objects.filter(pk=rosa.dod_id).update(email="")
    fail_pair()
    assert stop_questions.tell_all() == 1
    letter = Letter.objects.get()
    assert (letter.kind, letter.dod_id) == (Letter.Kind.FAILED, rosa.dod_id)
    assert letter.secret
    token = letter.secret.rstrip("/").rpartition("/")[2]
    typed = token.lower().replace("0", "o")
    assert "Stop the questions" in walk.text_of(Client().get(f"/stop/{typed}/"))
    assert stop_questions.stop(typed)
    assert not walk.deliver_mail()


def test_a_person_without_any_address_is_noted_as_not_reached() -> None:
    rosa = people.load("rosa")
    Registered.objects.filter(pk=rosa.dod_id).update(email="", street="", city="", postal_code="")
    fail_pair()
    assert stop_questions.tell_all() == 1
    assert AuditEvent.objects.get(event="proofing.failures-told").details["reached"] is False


def test_while_deers_is_silent_the_notice_waits(settings) -> None:  # type: ignore[no-untyped-def]
    fail_pair()
    settings.DEERS_FAULT = "unavailable"
    assert stop_questions.tell_all() == 0
    settings.DEERS_FAULT = ""
    assert stop_questions.tell_all() == 1


def test_the_link_ends_in_time_and_is_then_deleted() -> None:
    fail_pair()
    stop_questions.tell_all()
    link, late = link_in_mail(), timezone.now() + policy.STOP_QUESTIONS_LINK_LIFE
    token = link.split("/")[2]
    assert stop_questions.peek(token)
    assert not stop_questions.peek(token, late)
    assert not stop_questions.stop(token, late)
    stop_questions.purge(late)
    assert not ProofingLink.objects.exists()


@pytest.mark.parametrize("token", ["x", "0" * 17, "A" * 43, "..", "%00", "7K3QH-0ABCD-EFGHJ"])
def test_a_made_up_link_stops_nothing_and_tells_nothing(token: str) -> None:
    fail_pair()
    for answer in (Client().get(f"/stop/{token}/"), Client().post(f"/stop/{token}/")):
        assert answer.status_code in (404, 410)
    assert not FailureNotice.objects.exclude(stopped_at=None).exists()


def test_the_thief_who_got_a_code_with_the_third_attempt_cannot_use_it_after_the_stop() -> None:
    rosa, thief = people.load("rosa"), fail_pair()
    stop_questions.tell_all()
    Quiz.objects.update(ended_at=timezone.now() - policy.QUIZ_WAIT)
    stale = timezone.now() - timedelta(seconds=1)
    Proofing.objects.update(attempts_forgotten_at=stale)
    there = address(registering(thief, rosa, email="thief@mail.example"), "questions")
    code_page = walk.answer_all(thief, there, rosa)
    assert code_page.endswith("/code/")
    code = walk.code_on(thief, code_page)
    Client().post(link_in_mail())
    thief.post(code_page, {"code": code})
    assert "used a link in our message" in walk.text_of(thief.get(code_page, follow=True))
    assert not ActivationCode.objects.filter(used_at__isnull=False).exists()


def test_the_thief_who_is_about_to_choose_a_password_is_stopped_too() -> None:
    rosa, thief = people.load("rosa"), fail_pair()
    stop_questions.tell_all()
    Proofing.objects.update(attempts_forgotten_at=timezone.now() - timedelta(seconds=1))
    there = address(registering(thief, rosa, email="thief@mail.example"), "questions")
    code_page = walk.answer_all(thief, there, rosa)
    here = walk.send(thief, code_page, {"code": walk.code_on(thief, code_page)})
    Client().post(link_in_mail())
    thief.post(here, walk.credentials("the.thief"))
    assert not Account.objects.exists()


def test_a_code_that_is_asked_for_after_the_stop_opens_nothing() -> None:
    rosa = people.load("rosa")
    fail_pair()
    stop_questions.tell_all()
    Client().post(link_in_mail())
    late = codes.issue(rosa.dod_id, Level.BASIC, "screen", "", by="visitor")
    assert codes.redeem(rosa.dod_id, Level.BASIC, late.text, by="visitor") == codes.Void()


def test_after_three_failures_in_a_row_the_page_says_that_waiting_does_not_help() -> None:
    rosa, thief = people.load("rosa"), fail_pair()
    Proofing.objects.update(attempts_forgotten_at=timezone.now() - timedelta(seconds=1))
    here = address(registering(thief, rosa), "questions")
    walk.answer_all(thief, here, rosa, wrong=True)
    page = walk.text_of(thief.get(here))
    assert "3 times in a row. Waiting does not change this." in page
    assert "You can try the questions again after" not in page
    assert "Get a letter at home" in page


@pytest.mark.django_db(transaction=True)
def test_thirty_workers_write_one_mail_and_thirty_clicks_stop_once() -> None:
    fail_pair()
    assert sum(in_parallel(lambda number: stop_questions.tell_all())) == 1
    token = link_in_mail().split("/")[2]
    assert len(mail.outbox) == 1
    assert sum(in_parallel(lambda number: stop_questions.stop(token))) == 1


def test_a_letter_code_of_rosas_survives_the_stop() -> None:
    rosa = people.load("rosa")
    fail_pair()
    letter = codes.issue(rosa.dod_id, Level.PREMIUM, "letter", "", by="visitor")
    stop_questions.tell_all()
    Client().post(link_in_mail())
    assert codes.redeem(rosa.dod_id, Level.PREMIUM, letter.text, by="visitor") == codes.Redeemed()
