"""The identity questions in a registration: failed, left, too late, and sent twice."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.models import RegistrationDraft
from core import policy
from demo.people.person import Person
from idproofing import asking
from idproofing.models import ActivationCode, Proofing, Question, Quiz
from tests import people, walk
from tests.accounts.holders import address, registering

pytestmark = pytest.mark.django_db

LIMITED = "We could not confirm your identity"


@pytest.fixture
def here(client: Client) -> str:
    """The address of the questions of a registration for Rosa."""
    return address(registering(client, people.load("rosa")), "questions")


def rosa() -> Person:
    return people.load("rosa")


def begin(client: Client, here: str) -> Question:
    client.post(here, {"action": "start"})
    return client.get(here).context["question"]


def test_the_first_page_explains_and_asks_nothing_yet(client, here):
    page = walk.text_of(client.get(here))
    assert "Before you start" in page
    assert not Quiz.objects.exists()


def test_all_right_answers_lead_to_the_code(client, here):
    assert walk.answer_all(client, here, rosa()).endswith("/code/")


def test_a_person_hears_which_question_it_is_and_starts_reading_at_it(client, here):
    for number in (1, 2):
        asked = begin(client, here) if number == 1 else client.get(here).context["question"]
        page = client.get(here).content.decode()
        assert f"<title>Question {number} of 3: Identity questions: " in page
        assert page.count(" data-focus>") == page.count('<h1 class="field-heading" tabindex="-1" data-focus>') == 1
        client.post(here, walk.answer_to(asked, 0))


def test_wrong_answers_use_up_an_attempt_and_never_tell_which(client, here):
    assert walk.answer_all(client, here, rosa(), wrong=True) == here
    page = walk.text_of(client.get(here))
    assert LIMITED in page
    assert "1 more attempt" in page
    assert not ActivationCode.objects.exists()


def test_a_second_attempt_asks_other_questions_and_may_pass(client, here):
    walk.answer_all(client, here, rosa(), wrong=True)
    assert walk.answer_all(client, here, rosa()).endswith("/code/")
    keys = Question.objects.values_list("fact_key", flat=True)
    assert len({bytes(key) for key in keys}) == len(keys) == 6


def test_after_two_failures_there_is_a_wait_in_every_browser(client, here):
    for _ in range(2):
        walk.answer_all(client, here, rosa(), wrong=True)
    assert walk.send(client, here, {"action": "start"}).endswith("/way/")
    elsewhere = Client()
    there = address(registering(elsewhere, rosa()), "questions")
    page = elsewhere.post(there, {"action": "start"}, follow=True)
    assert "You can try the questions again after" in walk.text_of(page)
    assert Quiz.objects.count() == 2


def test_the_wait_is_over_after_six_hours(client, here):
    for _ in range(2):
        walk.answer_all(client, here, rosa(), wrong=True)
    Proofing.objects.update(attempts_forgotten_at=timezone.now())
    assert walk.answer_all(client, here, rosa()).endswith("/code/")


def test_leaving_shows_other_ways_and_ends_the_quiz(client, here):
    begin(client, here)
    assert walk.send(client, here, {"action": "leave"}).endswith("/way/")
    assert "Prove your identity another way" in walk.text_of(client.get(here, follow=True))
    assert Quiz.objects.get().state == Quiz.State.ABANDONED
    assert Proofing.objects.get().attempts == 1
    assert client.post(here, {"action": "start"})["Location"].endswith("/way/")


def test_an_answer_after_the_time_fails_the_attempt(client, here):
    asked = begin(client, here)
    Question.objects.update(deadline=timezone.now() - timedelta(seconds=1))
    walk.send(client, here, walk.answer_to(asked, 0))
    assert LIMITED in walk.text_of(client.get(here))
    assert Quiz.objects.get().state == Quiz.State.TIMED_OUT


def test_more_time_starts_the_clock_again_ten_times(client, here):
    begin(client, here)
    for _ in range(policy.QUIZ_EXTENSIONS + 2):
        assert walk.send(client, here, {"action": "more-time"}) == here
    assert Question.objects.get(position=0).extensions == policy.QUIZ_EXTENSIONS
    assert "I need more time" not in walk.text_of(client.get(here))


def test_a_reload_shows_the_same_question_with_the_same_options(client, here):
    first = begin(client, here)
    again = client.get(here).context["question"]
    assert (first.prompt, first.options) == (again.prompt, again.options)


def test_an_answer_sent_twice_answers_one_question(client, here):
    asked = begin(client, here)
    answer = walk.answer_to(asked, 0)
    assert walk.send(client, here, answer) == here
    assert walk.send(client, here, answer) == here
    assert Question.objects.filter(choice__isnull=False).count() == 1


@pytest.mark.parametrize("quiz", ["", "x", "00000000-0000-0000-0000-000000000000", "\x00"])
def test_an_answer_names_the_quiz_that_it_is_for(client, here, quiz):
    asked = begin(client, here)
    client.post(here, walk.answer_to(asked, 0) | {"quiz": quiz})
    assert not Question.objects.filter(choice__isnull=False).exists()


def test_the_form_of_an_earlier_attempt_answers_nothing_in_this_one(client, here):
    old = walk.answer_to(begin(client, here), 0)
    Question.objects.update(deadline=timezone.now() - timedelta(seconds=1))
    begin(client, here)
    assert walk.send(client, here, old) == here
    page = walk.text_of(client.get(here))
    assert "That answer was for a question from an earlier attempt" in page
    assert "Question 1 of 3" in page
    assert not Question.objects.filter(choice__isnull=False).exists()


def test_nobody_waits_for_the_draft_while_deers_and_the_sources_are_asked(client, here, monkeypatch):
    """Asked within the transaction that locks the draft, a slow DEERS would hold up every click on it."""
    locked: list[int] = []
    known_of = asking.known_of

    def asked(*args: Any) -> Any:
        locked.append(in_transaction())
        return known_of(*args)

    monkeypatch.setattr(asking, "known_of", asked)
    outside = in_transaction()
    begin(client, here)
    assert locked == [outside]


def in_transaction() -> int:
    """How many transactions and savepoints are open; each test is itself in one."""
    return len(connection.savepoint_ids)


def test_the_start_sent_twice_begins_one_quiz(client, here):
    for _ in range(2):
        walk.send(client, here, {"action": "start"})
    assert Quiz.objects.count() == 1


@pytest.mark.parametrize(
    "typed",
    [
        {},
        {"position": "0"},
        {"position": "x", "choice": "0"},
        {"position": "9" * 40, "choice": "0"},
        {"position": "-1", "choice": "0"},
        {"position": "0", "choice": "-1"},
        {"position": "0", "choice": "99"},
        {"position": "0", "choice": "zero"},
        {"position": "3", "choice": "0"},
        {"action": "no-such-thing"},
        {"action": "\x00"},
    ],
    ids=str,
)
def test_an_odd_answer_answers_nothing(client, here, typed):
    asked = begin(client, here)
    assert client.post(here, {"quiz": asked.quiz_id, **typed}).status_code in (200, 302)
    assert not Question.objects.filter(choice__isnull=False).exists()
    assert "Question 1 of 3" in walk.text_of(client.get(here))


def test_no_answer_chosen_is_said_beside_the_question(client, here):
    begin(client, here)
    page = walk.text_of(client.post(here, {"position": 0}))
    assert "Choose one of the answers." in page


def test_no_page_of_the_questions_tells_which_option_is_right(client, here):
    begin(client, here)
    question = Question.objects.get(position=0)
    page = client.get(here).content.decode()
    assert bytes(question.right).hex() not in page


def test_the_questions_ask_nothing_that_was_typed(client, here):
    begin(client, here)
    asked = " ".join(option for question in Question.objects.all() for option in question.options)
    assert rosa().email not in asked
    assert rosa().address.street not in asked


def test_two_tabs_of_one_person_end_with_one_code(client, here):
    """The second tab's quiz takes the place of the first one's, whose attempt stays used."""
    begin(client, here)
    there = address(registering(client, rosa()), "questions")
    begin(client, there)
    assert LIMITED in walk.text_of(client.get(here))
    assert RegistrationDraft.objects.filter(quiz__state=Quiz.State.LIVE).count() == 1


def test_premium_asks_four_questions(client):
    draft = registering(client, rosa(), level=2)
    begin(client, address(draft, "questions"))
    assert "Question 1 of 4" in walk.text_of(client.get(address(draft, "questions")))
