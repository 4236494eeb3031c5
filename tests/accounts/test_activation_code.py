"""The activation code in a registration: right, wrong, late, used, requested again, and entered on another day."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.journeys.steps import code
from accounts.models import Notice, RegistrationDraft
from core import policy
from core.policy import Level
from idproofing import codes
from idproofing.models import ActivationCode
from safeguards import limits
from tests import people, walk
from tests.accounts.holders import address, registering
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db

WRONG = "00000-00000"


@pytest.fixture
def draft(client: Client) -> RegistrationDraft:
    """Rosa has passed the questions; her code stands on the screen."""
    return passed(client, "screen")


def passed(client: Client, delivery: str) -> RegistrationDraft:
    person = people.load("rosa")
    draft = registering(client, person, quiz_passed_at=timezone.now(), code_delivery=delivery)
    code.send_code(draft, "visitor")
    draft.save()
    return draft


def here(draft: RegistrationDraft) -> str:
    return address(draft, "code")


def try_code(client: Client, draft: RegistrationDraft, code: str) -> str:
    """What the page says to this code; "accepted" if it led on."""
    response = client.post(here(draft), {"code": code})
    return "accepted" if response.status_code == 302 else walk.text_of(response)


def test_the_code_on_the_screen_is_accepted(client, draft):
    assert walk.send(client, here(draft), {"code": walk.code_on(client, here(draft))}).endswith("/credentials/")


def test_case_dashes_blanks_and_look_alikes_are_forgiven(client, draft):
    typed = f" {draft.screen_code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')} "
    assert try_code(client, draft, typed) == "accepted"


def test_the_code_by_email_is_accepted_and_never_on_the_page(client):
    draft = passed(client, "email")
    code = walk.code_in_mail()
    assert code not in client.get(here(draft)).content.decode()
    assert try_code(client, draft, code) == "accepted"


def test_a_wrong_code_says_how_many_tries_are_left_and_is_not_shown_again(client, draft):
    page = try_code(client, draft, WRONG)
    assert "That code is not right." in page
    assert "You have 4 tries left." in page
    assert WRONG not in page


def test_rosa_hears_once_at_the_address_in_deers_that_wrong_codes_made_hers_void(client, draft):
    ActivationCode.objects.update(tries=policy.CODE_FAILURES - 1)
    for _ in range(2):
        assert "can no longer be used" in try_code(client, draft, WRONG)
    walk.deliver_mail()
    assert [(message.to, message.subject) for message in mail.outbox] == [
        ([people.load("rosa").email], "Your activation code can no longer be used")
    ]


def test_after_five_wrong_tries_rosa_waits_and_her_code_stays_valid(client, draft):
    """It used to be void then, which any stranger with her details could do to the code in her letter."""
    right = draft.screen_code
    for _ in range(policy.CODE_TRIES.times):
        page = try_code(client, draft, WRONG)
    assert "Wait 10 minutes, then try again. Your code stays valid." in page
    assert "There were too many wrong codes. Wait" in try_code(client, draft, right)
    assert ActivationCode.objects.get().tries == policy.CODE_TRIES.times
    wait_out(draft)
    assert try_code(client, draft, right) == "accepted"


def test_the_five_wrong_codes_of_a_stranger_do_not_void_the_letter_of_rosa(client):
    rosa = people.load("rosa")
    letter = codes.issue(rosa.dod_id, Level.BASIC, "letter", "", by="visitor").text
    stranger = Client(REMOTE_ADDR="198.51.100.66")
    for _ in range(3):
        theirs = registering(stranger, rosa, has_code=True)
        for _ in range(policy.CODE_TRIES.times):
            page = try_code(stranger, theirs, WRONG)
    assert "There were too many wrong codes." in page
    assert ActivationCode.objects.get().tries == policy.CODE_TRIES.times
    assert try_code(client, registering(client, rosa, has_code=True), letter) == "accepted"


def test_a_stranger_who_moves_from_network_to_network_is_held_by_the_draft(client, draft):
    for number in range(policy.CODE_TRIES.times + 5):
        client.post(here(draft), {"code": WRONG}, REMOTE_ADDR=f"198.51.100.{number}")
    assert ActivationCode.objects.get().tries == policy.CODE_TRIES.times


def test_a_stranger_who_comes_back_after_each_wait_gets_ten_tries_a_day(client):
    rosa = people.load("rosa")
    codes.issue(rosa.dod_id, Level.BASIC, "letter", "", by="visitor")
    for _ in range(6):
        theirs = registering(client, rosa, has_code=True)
        for _ in range(policy.CODE_TRIES.times):
            page = try_code(client, theirs, WRONG)
        wait_out(theirs)
    assert "Try again after" in page
    assert ActivationCode.objects.get().tries == policy.CODE_TRIES_LONG.times


def test_a_household_behind_one_network_is_one_stranger(client):
    rosa = people.load("rosa")
    codes.issue(rosa.dod_id, Level.BASIC, "letter", "", by="visitor")
    for number in range(policy.CODE_TRIES.times + 5):
        theirs = registering(client, rosa, has_code=True)
        client.post(here(theirs), {"code": WRONG}, REMOTE_ADDR=f"2001:db8::{number:x}")
    assert ActivationCode.objects.get().tries == policy.CODE_TRIES.times


@pytest.mark.django_db(transaction=True)
def test_of_thirty_wrong_codes_at_once_from_one_browser_five_are_judged():
    client = Client()
    draft = passed(client, "screen")
    in_parallel(lambda number: client.post(here(draft), {"code": f"{number:010}"}))
    assert ActivationCode.objects.get().tries == policy.CODE_TRIES.times


def wait_out(draft: RegistrationDraft) -> None:
    """The short wait after five wrong codes is over."""
    for key in (str(draft.pk), f"127.0.0.1 {draft.dod_id}"):
        limits.clear(policy.CODE_TRIES, key)


def test_another_code_has_all_its_tries(client, draft):
    for _ in range(3):
        page = try_code(client, draft, WRONG)
    assert "You have 2 tries left." in page
    walk.send(client, here(draft), {"action": "again"})
    assert "You have 4 tries left." in try_code(client, draft, WRONG)


def test_slips_in_a_registration_use_up_no_try_of_the_upgrade_after_it(client):
    rosa = people.load("rosa")
    there = walk.answer_all(client, walk.to_questions(client, rosa), rosa)
    right = walk.code_on(client, there)
    for _ in range(4):
        client.post(there, {"code": WRONG})
    walk.send(client, walk.send(client, there, {"code": right}), walk.credentials("rosa.h"))
    there = walk.send(client, "/upgrade/", {"route": "questions"})
    there = walk.answer_all(client, walk.send(client, there, walk.upgrade_details_of(rosa)), rosa)
    assert "You have 4 tries left." in walk.text_of(client.post(there, {"code": WRONG}))


def test_wrong_codes_before_the_questions_leave_all_tries_after_them(client):
    rosa = people.load("rosa")
    guessed = registering(client, rosa, has_code=True)
    for _ in range(policy.CODE_TRIES.times):
        try_code(client, guessed, WRONG)
    there = walk.answer_all(client, walk.to_questions(client, rosa), rosa)
    assert "You have 4 tries left." in walk.text_of(client.post(there, {"code": WRONG}))


def test_an_expired_code_says_so(client, draft):
    ActivationCode.objects.update(
        issued_at=timezone.now() - timedelta(days=2), expires_at=timezone.now() - timedelta(seconds=1)
    )
    assert "That code has expired." in try_code(client, draft, draft.screen_code)


def test_a_used_code_opens_no_second_draft(client, draft):
    code = draft.screen_code
    other = registering(client, people.load("rosa"), quiz_passed_at=timezone.now())
    assert try_code(client, draft, code) == "accepted"
    assert "can no longer be used" in try_code(client, other, code)


def test_the_code_of_one_person_is_nothing_to_another(client, draft):
    other = registering(client, people.load("grace"), quiz_passed_at=timezone.now())
    assert try_code(client, other, draft.screen_code) != "accepted"


def test_a_code_for_basic_opens_nothing_at_premium(client, draft):
    other = registering(client, people.load("rosa"), level=2, quiz_passed_at=timezone.now())
    assert try_code(client, other, draft.screen_code) != "accepted"


def test_a_new_code_voids_the_one_before(client, draft):
    old = draft.screen_code
    assert walk.send(client, here(draft), {"action": "again"}) == here(draft)
    new = walk.code_on(client, here(draft))
    assert new != old
    assert try_code(client, draft, old) != "accepted"
    assert try_code(client, draft, new) == "accepted"


def test_a_new_code_by_email_goes_to_the_same_address(client):
    draft = passed(client, "email")
    walk.send(client, here(draft), {"action": "again"})
    walk.deliver_mail()
    assert [message.to for message in mail.outbox] == [[draft.email]] * 2
    assert try_code(client, draft, walk.code_in_mail()) == "accepted"


def test_after_several_new_codes_one_has_to_wait(client, draft):
    for _ in range(policy.CODES_AGAIN.times):
        walk.send(client, here(draft), {"action": "again"})
    page = client.post(here(draft), {"action": "again"})
    assert "You have asked for several codes." in walk.text_of(page)
    assert 'name="code"' in page.content.decode()
    assert try_code(client, draft, walk.code_on(client, here(draft))) == "accepted"


def test_an_empty_code_is_said_beside_the_field_and_costs_no_try(client, draft):
    assert "Enter the activation code." in try_code(client, draft, "")
    assert ActivationCode.objects.get().tries == 0


@pytest.mark.parametrize(("typed", "count"), [("123", 3), ("00000-0000", 9), ("00000-00000-0", 11)])
def test_a_code_of_the_wrong_length_is_said_beside_the_field_and_costs_no_try(client, draft, typed, count):
    page = try_code(client, draft, typed)
    assert f"An activation code has 10 letters and digits. You entered {count}." in page
    assert "not right" not in page
    assert ActivationCode.objects.get().tries == 0
    assert "You have 4 tries left." in try_code(client, draft, WRONG)


def test_the_code_is_kept_nowhere_in_clear(draft):
    code = ActivationCode.objects.get()
    bare = draft.screen_code.replace("-", "")
    assert bare.encode() not in bytes(code.digest)
    sealed: Any = RegistrationDraft.objects.values_list("screen_code", flat=True).get()
    assert draft.screen_code.encode() not in bytes(sealed)


def with_code(client: Client, level: int = 1) -> str:
    return walk.send(client, "/register/with-code/", {"level": level})


def test_somebody_comes_back_with_the_code_in_another_browser(client):
    passed(client, "email")
    elsewhere = Client()
    there = walk.send(elsewhere, with_code(elsewhere), walk.details_of(people.load("rosa")))
    assert there.endswith("/code/")
    there = walk.send(elsewhere, there, {"code": walk.code_in_mail()})
    there = walk.send(elsewhere, there, walk.credentials("rosa.back"))
    assert elsewhere.get(there).status_code == 200
    assert elsewhere.get("/portal/").status_code == 200


def test_a_person_who_comes_back_without_a_code_gets_none(client):
    there = walk.send(client, with_code(client), walk.details_of(people.load("rosa")))
    page = client.post(there, {"action": "again"})
    assert "To get a new code, choose a way to prove your identity." in walk.text_of(page)
    assert not ActivationCode.objects.exists()
    assert not Notice.objects.exists()


def test_a_person_who_comes_back_learns_nothing_from_a_wrong_code(client):
    """No code, a void one, an expired one, a wrong one: the same words, so that nobody can ask who has one."""
    rosa, grace = people.load_all("rosa", "grace")
    codes.issue(rosa.dod_id, Level.BASIC, "email", rosa.email, by="visitor")
    pages = []
    for person in (rosa, grace):
        browser = Client()
        there = walk.send(browser, with_code(browser), walk.details_of(person))
        pages.append(walk.text_of(browser.post(there, {"code": WRONG})))
    assert "That code is not right, or it can no longer be used." in pages[0]
    assert pages[0] == pages[1]


def test_the_questions_cannot_be_reached_by_a_person_who_comes_back(client):
    there = walk.send(client, with_code(client), walk.details_of(people.load("rosa")))
    assert client.get(there.replace("/code/", "/questions/"))["Location"] == there
