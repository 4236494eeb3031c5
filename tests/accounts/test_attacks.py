"""Attacks by people who know someone's details, through the pages, with many browsers and many helpers."""

import re
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from django.test import Client
from django.utils import timezone

from accounts.journeys.drafts import hash_of
from accounts.journeys.steps.details import NO_MATCH
from accounts.models import Account, RegistrationDraft
from core import policy
from core.policy import Level
from deers import lookup
from deers.models import Person as Registered
from idproofing import codes
from idproofing.models import ActivationCode, Letter, Proofing, Question, Quiz
from tests import people, walk
from tests.accounts.holders import BY_LETTER, KEY, address, holder, proven, registering, signed_in, token_of
from tests.parallel import in_parallel

MANY = 30
# The hidden fields of a question. (What the test client tells of a page's context is mixed up between threads.)
HIDDEN = re.compile(r'<input type="hidden" name="(quiz|position)" value="([^"]+)"')


def browser(number: int) -> Client:
    """A browser at an address of its own."""
    return Client(REMOTE_ADDR=f"198.51.100.{number}")


def at_questions(client: Client, **other: Any) -> str:
    """A draft of Rosa's in this browser that waits for the questions."""
    return address(registering(client, people.load("rosa"), **other), "questions")


def asked_on(client: Client, here: str) -> Any:
    """The question on this page; None when none is asked."""
    return client.get(here).context.get("question")


@pytest.mark.django_db(transaction=True)
def test_many_who_guess_at_once_from_many_addresses_get_no_more_quizzes_than_one():
    browsers = [browser(number) for number in range(MANY)]
    pages = [at_questions(client) for client in browsers]

    def guess(number: int) -> bool:
        client, here = browsers[number], pages[number]
        client.post(here, {"action": "start"})
        page = client.get(here).content.decode()
        client.post(here, {**dict(HIDDEN.findall(page)), "choice": number % 5})
        return "Question 1 of" in page

    assert sum(in_parallel(guess, MANY)) <= policy.QUIZ_ATTEMPTS
    assert Quiz.objects.count() == policy.QUIZ_ATTEMPTS
    assert Proofing.objects.get().attempts == policy.QUIZ_ATTEMPTS
    assert not ActivationCode.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_who_try_names_on_one_number_at_once_are_counted_by_the_number(monkeypatch):
    rosa = people.load("rosa")
    browsers = [browser(number) for number in range(MANY)]
    pages = [walk.begin(client) for client in browsers]
    asked = Mock(wraps=lookup.find_person)
    monkeypatch.setattr(lookup, "find_person", asked)
    in_parallel(
        lambda number: browsers[number].post(pages[number], walk.details_of(rosa, first_name=f"Guess{number}")), MANY
    )
    assert len(asked.mock_calls) == policy.DEERS_PER_SSN.times + policy.DEERS_BEYOND.times


def guesses(monkeypatch: pytest.MonkeyPatch, typed: list[dict[str, Any]], begin: Any) -> int:
    """How many of these details DEERS is asked about, when each comes from another address."""
    asked = Mock(wraps=lookup.find_person)
    monkeypatch.setattr(lookup, "find_person", asked)
    client, here = begin
    for number, details in enumerate(typed):
        client.post(here, details, REMOTE_ADDR=f"198.51.100.{number}")
    return len(asked.mock_calls)


FEW_BY_NAME = policy.DEERS_PER_NAME.times + policy.DEERS_BEYOND.times
FEW_BY_NUMBER = policy.DEERS_PER_SSN.times + policy.DEERS_BEYOND.times


@pytest.mark.django_db
def test_a_person_who_knows_name_and_birth_date_gets_few_guesses_at_the_number(client, monkeypatch):
    """However many networks they come from. From one it is the tries of the name and two more."""
    rosa = people.load("rosa")
    names = [rosa.name.last, rosa.name.last.upper(), f"{rosa.name.last} Jr"]
    typed = [walk.details_of(rosa, ssn=f"900-45-{1000 + number}", last_name=names[number % 3]) for number in range(40)]
    assert guesses(monkeypatch, typed, (client, walk.begin(client))) == FEW_BY_NAME


def use_up_the_name(rosa: Any) -> None:
    """A stranger looks for Rosa by surname and birth date, with numbers that are not hers, until nothing is left."""
    for number in range(policy.DEERS_PER_NAME.times + 2):
        stranger = browser(number // 5)
        stranger.post(walk.begin(stranger), walk.details_of(rosa, ssn=f"900-45-{1000 + number}"))


@pytest.mark.django_db
def test_rosa_gets_on_though_a_stranger_has_used_up_all_tries_at_her_name(client):
    rosa = people.load("rosa")
    use_up_the_name(rosa)
    response = client.post(walk.begin(client), walk.details_of(rosa))
    assert response["Location"].endswith("/questions/")


@pytest.mark.django_db
def test_rosa_gets_on_though_a_stranger_has_used_up_all_tries_at_her_number(client):
    rosa = people.load("rosa")
    for number in range(policy.DEERS_PER_SSN.times + 1):
        stranger = browser(number)
        stranger.post(walk.begin(stranger), walk.details_of(rosa, first_name=f"Guess{number}"))
    assert client.post(walk.begin(client), walk.details_of(rosa)).status_code == 302


@pytest.mark.django_db
def test_a_stranger_reads_the_same_whether_deers_was_asked_beyond_the_limit_or_not(client):
    rosa = people.load("rosa")
    use_up_the_name(rosa)
    here, said = walk.begin(client), set()
    for number in range(policy.DEERS_BEYOND_PER_ADDRESS.times + 2):
        page = client.post(here, walk.details_of(rosa, ssn=f"900-45-{2000 + number}"))
        said.add((page.status_code, re.search(r"There were too many tries\.[^<]*", page.content.decode())[0]))  # type: ignore[index]
    assert len(said) == 1


@pytest.mark.django_db
def test_one_network_gets_two_tries_beyond_what_strangers_used_up_whatever_its_addresses(monkeypatch):
    rosa = people.load("rosa")
    use_up_the_name(rosa)
    asked = Mock(wraps=lookup.find_person)
    monkeypatch.setattr(lookup, "find_person", asked)
    for number in range(6):
        stranger = Client(REMOTE_ADDR=f"2001:db8::{number:x}")
        stranger.post(walk.begin(stranger), walk.details_of(rosa, ssn=f"900-45-{3000 + number}"))
    assert len(asked.mock_calls) == policy.DEERS_BEYOND_PER_ADDRESS.times


@pytest.mark.django_db
def test_rosa_who_types_everything_right_again_and_again_uses_up_none_of_her_tries():
    rosa = people.load("rosa")
    for number in range(policy.DEERS_PER_NAME.times + 2):
        client = browser(number)
        assert client.post(walk.begin(client), walk.details_of(rosa)).status_code == 302


@pytest.mark.django_db
def test_a_twin_who_is_found_gives_no_guesses_back_at_the_other_one(monkeypatch):
    """They share surname and birth date, and so the tries. A match takes back its own and no other."""
    rosa = people.load("rosa")
    typed = []
    for number in range(40):
        typed += [walk.details_of(rosa, ssn=f"900-45-{1000 + number}"), walk.details_of(rosa)]
    asked = Mock(wraps=lookup.find_person)
    monkeypatch.setattr(lookup, "find_person", asked)
    for number, details in enumerate(typed):
        client = browser(number)
        client.post(walk.begin(client), details)
    wrong = [call for call in asked.mock_calls if not rosa.ssn.endswith(call.args[0].ssn[-4:])]
    assert len(wrong) <= FEW_BY_NAME


@pytest.mark.django_db
def test_rosa_loses_no_try_while_deers_does_not_answer(client, settings):
    rosa = people.load("rosa")
    here = walk.begin(client)
    settings.DEERS_FAULT = "unavailable"
    for _ in range(policy.DEERS_PER_SSN.times + 2):
        client.post(here, walk.details_of(rosa))
        lookup.breaker.reset()
    settings.DEERS_FAULT = ""
    assert client.post(here, walk.details_of(rosa)).status_code == 302


@pytest.mark.django_db
def test_a_person_who_knows_one_of_the_numbers_gets_no_more_guesses_at_the_other(client, monkeypatch):
    rosa = people.load("rosa")
    typed = [
        walk.details_of(rosa, dod_id=rosa.dod_id, ssn=f"900-45-{1000 + number}", last_name=f"Guess{number}")
        for number in range(40)
    ]
    assert guesses(monkeypatch, typed, (client, walk.begin(client))) == FEW_BY_NUMBER


@pytest.mark.django_db
def test_a_person_who_has_somebodys_session_gets_few_guesses_at_the_number(monkeypatch):
    rosa = people.load("rosa")
    client = signed_in(holder(rosa))
    here = walk.send(client, "/upgrade/", {"code_delivery": "screen"})
    typed = [walk.upgrade_details_of(rosa, ssn=f"900-45-{1000 + number}") for number in range(40)]
    assert guesses(monkeypatch, typed, (client, here)) == FEW_BY_NUMBER


@pytest.mark.django_db
@pytest.mark.parametrize("step", ["letter", "credentials", "second-factor"])
def test_nothing_comes_of_a_draft_whose_record_is_locked_meanwhile(client, step):
    """The page says what it says of a mistake; what is next is mailed to the address of record."""
    rosa = people.load("rosa")
    chosen = {"level": Level.PREMIUM, "username": "rosa.h", "password_hash": "x", "authenticator_key": KEY}
    draft = {
        "letter": lambda: registering(client, rosa, **BY_LETTER),
        "credentials": lambda: proven(client, rosa),
        "second-factor": lambda: proven(client, rosa, **chosen),
    }[step]()
    Registered.objects.update(locked=True)
    page = client.post(address(draft, step), {**walk.credentials("rosa.h"), "otp_token": walk.token_for(KEY)})
    assert NO_MATCH in walk.text_of(page)
    assert not Letter.objects.exists()
    assert not Account.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "aside",
    [" [Log in](//evil.example/)", '"http://evil.example" ', "(evil.example)", " //", " Call Doctor Evil"],
)
def test_nobody_has_us_mail_words_of_their_own_to_any_address(client, aside):
    """Matching ignores brackets and middle names that DEERS does not have, and mails greet with what was typed."""
    someone = people.load("anita")
    first = someone.name.first
    name = f"{aside}{first}" if aside.endswith(" ") else f"{first}{aside}"
    here = walk.send(client, "/register/", {"level": 1, "route": "in_person"})
    here = walk.send(client, here, walk.details_of(someone, first_name=name, email="anybody@mail.example"))
    walk.send(client, here, {"action": "slip"})
    body = str(walk.deliver_mail()[-1].body)
    assert body.startswith((f"Hello {first},", f"Hello {first} Call,"))
    assert "evil" not in body.lower()


@pytest.mark.django_db
def test_a_person_who_starts_over_and_over_sees_few_questions_and_none_of_them_again():
    seen: list[str] = []
    for day in range(3):
        for number in range(policy.QUIZ_ATTEMPTS + 3):
            client = browser(number)
            here = at_questions(client)
            client.post(here, {"action": "start"})
            asked = asked_on(client, here) if Quiz.objects.filter(state=Quiz.State.LIVE).exists() else None
            if asked:
                seen.append(asked.prompt)
                client.post(here, {"action": "leave"})
        assert len(seen) == min((day + 1) * policy.QUIZ_ATTEMPTS, policy.QUIZ_IN_A_ROW)
        Proofing.objects.update(attempts_forgotten_at=timezone.now())  # the wait is over
    assert len(set(seen)) == len(seen)


@pytest.mark.django_db
def test_a_person_who_changes_the_route_in_the_middle_regains_no_attempt(client):
    here = at_questions(client)
    way = here.replace("/questions/", "/way/")
    for _ in range(policy.QUIZ_ATTEMPTS):
        client.post(here, {"action": "start"})
        assert asked_on(client, here)
        client.post(way, {"route": "in_person"})
        assert not Quiz.objects.filter(state=Quiz.State.LIVE).exists()
        client.post(way, {"route": "questions"})
    assert client.post(here, {"action": "start"})["Location"] == way
    assert Quiz.objects.count() == policy.QUIZ_ATTEMPTS


@pytest.mark.django_db
def test_a_person_who_types_a_wrong_code_does_not_learn_of_the_account(client):
    rosa = people.load("rosa")
    holder(rosa)
    codes.issue(rosa.dod_id, Level.BASIC, "letter", "", by="visitor")
    here = address(registering(client, rosa, has_code=True), "code")
    assert "That code is not right" in walk.text_of(client.post(here, {"code": "0000000000"}))
    assert client.get(here).status_code == 200
    assert not RegistrationDraft.objects.exclude(ended="").exists()


@pytest.mark.django_db
def test_the_right_answer_after_the_time_is_worth_nothing(client):
    rosa, here = people.load("rosa"), at_questions(client)
    client.post(here, {"action": "start"})
    page = client.get(here)
    answer = walk.answer_to(page.context["question"], walk.right_choice(rosa, page))
    Question.objects.filter(position=0).update(deadline=timezone.now() - timedelta(milliseconds=1))
    client.post(here, answer)
    assert Quiz.objects.get().state == Quiz.State.TIMED_OUT
    assert not Question.objects.filter(choice__isnull=False).exists()


@pytest.mark.django_db
def test_an_old_answer_sent_again_changes_nothing_within_a_quiz_and_answers_nothing_in_the_next(client):
    here = at_questions(client)
    client.post(here, {"action": "start"})
    first = asked_on(client, here)
    old = walk.answer_to(first, 0)
    client.post(here, old)
    client.post(here, old | {"choice": 1})
    assert list(Question.objects.exclude(choice=None).values_list("position", "choice")) == [(0, 0)]
    Question.objects.filter(position=1).update(deadline=timezone.now() - timedelta(seconds=1))
    client.post(here, {"action": "start"})
    client.post(here, old)
    newest = Quiz.objects.get(state=Quiz.State.LIVE)
    assert not newest.questions.exclude(choice=None).exists()


@pytest.mark.django_db
def test_of_two_tabs_with_two_quizzes_the_older_ends_and_its_answers_count_for_neither(client):
    one, two = at_questions(client), at_questions(client)
    client.post(one, {"action": "start"})
    old = walk.answer_to(asked_on(client, one), 0)
    client.post(two, {"action": "start"})
    assert asked_on(client, two)
    for here in (one, two):
        client.post(here, old)
    assert not Question.objects.exclude(choice=None).exists()
    assert sorted(Quiz.objects.values_list("state", flat=True)) == ["abandoned", "live"]
    assert Proofing.objects.get().attempts == policy.QUIZ_ATTEMPTS


@pytest.mark.django_db
def test_the_code_of_another_draft_opens_nothing(client):
    """Another person's, or one's own at the other level; and no draft gets to the code without proof or a code."""
    rosa, grace = people.load_all("rosa", "grace")
    code = codes.issue(rosa.dod_id, Level.BASIC, "screen", "", by="visitor").text
    passed = {"quiz_passed_at": timezone.now()}
    for draft in (registering(client, grace, **passed), registering(client, rosa, level=Level.PREMIUM, **passed)):
        client.post(address(draft, "code"), {"code": code})
    unproven = registering(client, rosa)
    assert client.post(address(unproven, "code"), {"code": code})["Location"] == address(unproven, "questions")
    assert not RegistrationDraft.objects.exclude(code_redeemed_at=None).exists()
    assert ActivationCode.objects.get(used_at=None).voided_at is None


@pytest.mark.django_db(transaction=True)
def test_of_many_drafts_that_redeem_one_code_at_once_one_goes_on():
    rosa = people.load("rosa")
    code = codes.issue(rosa.dod_id, Level.BASIC, "screen", "", by="visitor").text
    browsers = [browser(number) for number in range(MANY)]
    drafts = [registering(client, rosa, has_code=True) for client in browsers]
    in_parallel(lambda number: browsers[number].post(address(drafts[number], "code"), {"code": code}), MANY)
    assert RegistrationDraft.objects.exclude(code_redeemed_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_many_registrations_of_one_person_that_end_at_once_one_opens_an_account():
    """The others are led to recovery; the database decides, whatever the code has seen before."""
    rosa = people.load("rosa")
    browsers = [browser(number) for number in range(MANY)]
    drafts = [proven(client, rosa) for client in browsers]
    in_parallel(
        lambda number: browsers[number].post(
            address(drafts[number], "credentials"), walk.credentials(f"rosa.number{number}")
        ),
        MANY,
    )
    assert Account.objects.count() == 1
    assert RegistrationDraft.objects.filter(ended=RegistrationDraft.Ended.HAS_ACCOUNT).count() == MANY - 1
    loser = browsers[next(place for place, draft in enumerate(drafts) if ended(draft))]
    page = loser.get(address(RegistrationDraft.objects.filter(browser=hash_of(token_of(loser))).get(), "done"))
    assert 'href="/recover/password/"' in page.content.decode()


def ended(draft: RegistrationDraft) -> str:
    draft.refresh_from_db()
    return draft.ended
