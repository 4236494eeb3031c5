"""The route to prove one's identity: chosen at the start, changed at a dead end, never at the cost of an attempt."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import RegistrationDraft, UpgradeDraft
from core.policy import Level
from idproofing import codes
from idproofing.models import Proofing, Quiz
from tests import people, walk
from tests.accounts.holders import address, holder, registering, signed_in

pytestmark = pytest.mark.django_db


def test_a_person_who_sends_only_a_level_and_a_delivery_takes_the_questions(client: Client) -> None:
    walk.begin(client, level=2, code_delivery="email")
    draft = RegistrationDraft.objects.get()
    assert (draft.level, draft.route, draft.code_delivery) == (2, "questions", "email")


@pytest.mark.parametrize("sent", [{"route": "by-pigeon"}, {"route": "\x00"}, {"route": "x" * 10_000}])
def test_a_route_that_is_not_offered_is_refused_beside_the_field(client: Client, sent: dict) -> None:
    page = client.post("/register/", {"level": 1, "code_delivery": "email", **sent})
    assert "Choose one of the options on this page." in walk.text_of(page)
    assert not RegistrationDraft.objects.exists()


def test_a_person_is_asked_one_thing_a_page_first_the_level_then_the_route(client: Client) -> None:
    first = client.get("/register/")
    assert list(first.context["form"].fields) == ["level"]
    second = client.get(walk.send(client, "/register/", {"level": 2}))
    assert [field.name for field in second.context["form"].visible_fields()] == ["level", "route"]
    assert "activation code" not in walk.text_of(second).split("How would you like to prove")[0].split("Step 1 of")[1]
    here = walk.send(client, "/register/route/?level=2", {"level": 2, "route": "questions"})
    assert here.endswith("/details/")
    draft = RegistrationDraft.objects.get()
    assert (draft.level, draft.route, draft.code_delivery) == (2, "questions", "")


def test_a_person_who_chose_no_level_is_asked_for_it_first(client: Client) -> None:
    assert client.get("/register/route/")["Location"] == "/register/"
    assert client.get("/register/route/?level=3")["Location"] == "/register/"
    page = client.post("/register/route/", {"route": "letter"})
    assert "Choose Basic or Premium." in walk.text_of(page)
    assert not RegistrationDraft.objects.exists()


def test_a_person_who_left_the_questions_may_go_back_to_them_with_what_was_typed(client: Client) -> None:
    rosa = people.load("rosa")
    here = walk.to_questions(client, rosa)
    walk.send(client, here, {"action": "start"})
    way = walk.send(client, here, {"action": "leave"})
    assert "You left the questions. This used up one attempt." in walk.text_of(client.get(way))
    assert walk.send(client, way, {"route": "questions"}) == here
    assert rosa.email in client.get(here.replace("/questions/", "/details/")).content.decode()
    assert walk.answer_all(client, here, rosa).endswith("/code/")


def test_a_person_who_has_no_attempts_left_is_not_offered_the_questions(client: Client) -> None:
    rosa = people.load("rosa")
    here = walk.to_questions(client, rosa)
    for _ in range(2):
        walk.answer_all(client, here, rosa, wrong=True)
    page = client.get(walk.send(client, here, {"action": "start"}))
    assert "You can try the questions again after" in walk.text_of(page)
    assert "Answer the questions" not in walk.text_of(page)


def test_choosing_another_way_again_and_again_uses_up_no_attempt(client: Client) -> None:
    way = address(registering(client, people.load("rosa")), "way")
    for _ in range(5):
        walk.send(client, way, {"route": "questions"})
    assert not Quiz.objects.exists()
    assert not Proofing.objects.exclude(attempts=0).exists()


def test_the_questions_are_closed_until_another_way_is_chosen(client: Client) -> None:
    here = walk.to_questions(client, people.load("owen"))
    way = walk.send(client, here, {"action": "start"})
    assert client.get(here)["Location"] == way


def test_nobody_chooses_a_way_before_the_details_match_nor_after_the_questions(client: Client) -> None:
    details = walk.begin(client)
    assert client.get(details.replace("/details/", "/way/"))["Location"] == details
    draft = registering(client, people.load("rosa"), quiz_passed_at=timezone.now())
    assert client.post(address(draft, "way"), {"route": "questions"})["Location"].endswith("/code/")


def test_whose_code_does_not_work_may_prove_their_identity_again(client: Client) -> None:
    code = walk.send(client, "/register/with-code/", {"level": 1})
    here = walk.send(client, code, walk.details_of(people.load("rosa")))
    assert walk.send(client, here.replace("/code/", "/way/"), {"route": "questions"}).endswith("/questions/")


def test_an_upgrade_goes_on_with_a_code_that_was_made_another_day() -> None:
    rosa = people.load("rosa")
    account = holder(rosa)
    browser = signed_in(account)
    code = codes.issue(rosa.dod_id, Level.PREMIUM, "email", rosa.email, by="visitor").text
    here = walk.send(browser, "/upgrade/with-code/", {"next": "/portal/labs/"})
    here = walk.send(browser, here, walk.upgrade_details_of(rosa))
    assert here.endswith("/code/")
    here = walk.send(browser, here, {"code": code})
    key = UpgradeDraft.objects.get().authenticator_key
    walk.send(browser, here, {"otp_token": walk.token_for(key)})
    assert UpgradeDraft.objects.get().next == "/portal/labs/"
    account.refresh_from_db()
    assert account.is_premium


def test_a_code_for_basic_upgrades_nobody() -> None:
    rosa = people.load("rosa")
    browser = signed_in(holder(rosa))
    code = codes.issue(rosa.dod_id, Level.BASIC, "email", rosa.email, by="visitor").text
    here = walk.send(browser, walk.send(browser, "/upgrade/with-code/", {}), walk.upgrade_details_of(rosa))
    assert "That code is not right" in walk.text_of(browser.post(here, {"code": code}))
