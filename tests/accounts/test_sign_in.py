"""Signing in with a password: right, wrong, unknown, too often, and for accounts that may not sign in."""

from unittest.mock import patch

import pytest
from django.contrib.auth import hashers
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import actions
from accounts.models import Account, State
from accounts.sign_in import judge
from accounts.sign_in.views import safe_next
from core import policy
from demo.people import PEOPLE
from safeguards import limits
from safeguards.models import AuditEvent
from tests import walk
from tests.accounts.holders import KEY, WRONG, give_password, give_token, holder, is_signed_in, premium
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db

REFUSED = "The username or the password is not right."
WAIT = "There were too many tries."


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(PEOPLE["rosa"], username="Rosa.H")


def events() -> list[str]:
    return list(AuditEvent.objects.order_by("id").values_list("event", flat=True))


def test_the_right_password_opens_the_portal(client, rosa):
    response = give_password(client, "Rosa.H")
    assert response["Location"] == "/portal/"
    assert is_signed_in(client)
    assert "sign-in.succeeded" in events()


def test_capitals_in_the_username_do_not_matter(client, rosa):
    assert give_password(client, "rOSA.h").status_code == 302


@pytest.mark.parametrize("typed", ["ｒｏｓａ．ｈ", "rоsa.h", "rosа.h", "roſa.h", "rósa.h", "rosa​.h", "rosa․h"])
def test_a_username_in_look_alike_or_wide_letters_is_another_one(client, rosa, typed):
    """Were it the same, each way of writing it would have tries of its own."""
    page = give_password(client, typed)
    assert REFUSED in walk.text_of(page)
    assert not is_signed_in(client)
    rosa.refresh_from_db()
    assert rosa.failures_in_a_row == 0


def test_all_that_is_the_same_username_shares_one_count(client):
    kate = holder(PEOPLE["rosa"], username="kate.holder")
    for typed in ("kate.holder", "KATE.HOLDER", "Kate.Holder", "Kate.holder", "kATE.hOLDER"):
        give_password(client, typed, WRONG)
    assert WAIT in walk.text_of(give_password(client, "kate.holder"))
    kate.refresh_from_db()
    assert kate.failures_in_a_row == 5


@pytest.mark.parametrize("typed", ["nobody.here", "Rosa.H"])
def test_a_wrong_password_and_an_unknown_name_get_the_same_words(client, rosa, typed):
    page = give_password(client, typed, WRONG)
    assert page.status_code == 200
    assert REFUSED in walk.text_of(page)
    assert typed in page.content.decode()
    assert WRONG not in page.content.decode()
    assert not is_signed_in(client)


def test_after_a_wrong_password_the_summary_leads_to_the_box_to_fill_in_again(client, rosa):
    page = give_password(client, "Rosa.H", WRONG).content.decode()
    assert f'<a href="#id_password">{REFUSED}' in page
    assert 'aria-describedby="id_password_error" aria-invalid="true"' in page


def test_known_and_unknown_names_get_the_same_page(rosa):
    known, unknown = (give_password(Client(), name, WRONG).content.decode() for name in ("known1", "Rosa.H"))
    assert without_tokens(known.replace("known1", "Rosa.H")) == without_tokens(unknown)


def without_tokens(page: str) -> str:
    """A page without its CSRF token and its nonces, which differ each time."""
    return "\n".join(line for line in page.splitlines() if "csrfmiddlewaretoken" not in line and " nonce=" not in line)


def test_known_and_unknown_names_cost_the_same_work(rosa):
    here, there = Client(REMOTE_ADDR="203.0.113.1"), Client(REMOTE_ADDR="203.0.113.2")
    assert work_of(here, "Rosa.H") == work_of(there, "nobody.here")


def test_a_wrong_password_with_blanks_around_it_is_one_failure_and_costs_the_same_work_for_everybody(rosa):
    here, there = Client(REMOTE_ADDR="203.0.113.1"), Client(REMOTE_ADDR="203.0.113.2")
    work = work_of(here, "Rosa.H", f" {WRONG}\n")
    assert work == work_of(there, "nobody.here", f" {WRONG}\n")
    assert work[0] == 2
    rosa.refresh_from_db()
    assert rosa.failures_in_a_row == 1
    assert events().count("sign-in.failed") == 2


def test_a_password_that_was_chosen_with_a_blank_at_its_end_is_taken_as_it_is(client, rosa):
    chosen = f"{walk.PASSWORD} and "
    Account.objects.update(password=hashers.make_password(chosen))
    assert REFUSED in walk.text_of(give_password(client, "Rosa.H", chosen.strip()))
    assert give_password(client, "Rosa.H", chosen)["Location"] == "/portal/"


def work_of(client: Client, username: str, password: str = WRONG) -> tuple[int, list[str]]:
    """How often a wrong password for this name is hashed, and which queries it makes (their first words)."""
    hasher = hashers.get_hasher()
    with (
        patch.object(type(hasher), "encode", autospec=True, side_effect=type(hasher).encode) as encode,
        CaptureQueriesContext(connection) as queries,
    ):
        give_password(client, username, password)
    return encode.call_count, [query["sql"].split()[0] for query in queries]


def test_a_sign_in_page_asks_the_database_nothing(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert "Before you sign in" in walk.text_of(client.get("/sign-in/"))
    walk.agree(client)
    with django_assert_num_queries(0):
        assert "Username" in walk.text_of(client.get("/sign-in/"))


def test_after_five_wrong_passwords_even_the_right_one_has_to_wait(client, rosa):
    for _ in range(5):
        give_password(client, "rosa.h", WRONG)
    page = give_password(client, "rosa.h")
    assert WAIT in walk.text_of(page)
    assert not is_signed_in(client)
    assert "limit.reached" in events()


def test_fifty_wrong_passwords_in_half_a_day_are_enough_however_slowly_they_come(client, rosa):
    for _ in range(policy.SIGN_IN_PER_ACCOUNT_LONG.times - 1):
        limits.hit(policy.SIGN_IN_PER_ACCOUNT_LONG, "rosa.h")
    give_password(client, "rosa.h", WRONG)
    page = walk.text_of(give_password(client, "rosa.h"))
    assert f"{WAIT} Try again after" in page
    assert not is_signed_in(client)


def test_an_unknown_name_has_to_wait_after_five_too(client):
    for _ in range(5):
        give_password(client, "nobody.here", WRONG)
    assert WAIT in walk.text_of(give_password(client, "nobody.here", WRONG))


def test_one_address_may_guess_at_ten_names_and_then_waits(client, rosa):
    for number in range(10):
        give_password(client, f"somebody.{number}", WRONG)
    assert WAIT in walk.text_of(give_password(client, "rosa.h"))
    assert give_password(Client(REMOTE_ADDR="203.0.113.9"), "rosa.h").status_code == 302


def test_an_address_cannot_be_made_up_in_a_header(client, rosa):
    walk.agree(client)
    for number in range(10):
        client.post(
            "/sign-in/",
            {"username": f"somebody.{number}", "password": WRONG},
            headers={"X-Forwarded-For": f"203.0.113.{number}"},
        )
    assert WAIT in walk.text_of(give_password(client, "rosa.h"))


def test_waiting_costs_no_hash(client):
    for _ in range(5):
        give_password(client, "nobody.here", WRONG)
    assert work_of(client, "nobody.here")[0] == 0


@pytest.mark.django_db(transaction=True)
def test_of_thirty_guesses_at_once_five_are_judged():
    rosa = holder(PEOPLE["rosa"], username="Rosa.H")

    def guess(number: int) -> object:
        return judge.judge_password("rosa.h", f"{WRONG} {number}", f"203.0.113.{number}")

    outcomes = in_parallel(guess)
    assert sum(isinstance(outcome, judge.WrongPassword) for outcome in outcomes) == 5
    assert sum(isinstance(outcome, judge.Wait) for outcome in outcomes) == 25
    rosa.refresh_from_db()
    assert rosa.failures_in_a_row == 5


@pytest.mark.django_db(transaction=True)
def test_of_thirty_guesses_at_once_from_one_household_ten_are_judged_no_matter_whose_account_it_is():
    def guess(number: int) -> object:
        return judge.judge_password(f"somebody.{number}", WRONG, f"2001:db8::{number:x}")

    outcomes = in_parallel(guess)
    assert sum(isinstance(outcome, judge.WrongPassword) for outcome in outcomes) == policy.SIGN_IN_PER_ADDRESS.times
    assert sum(isinstance(outcome, judge.Wait) for outcome in outcomes) == 20


def test_the_last_wrong_password_that_strangers_have_locks_the_account(client, rosa):
    Account.objects.update(failures_in_a_row=policy.SIGN_IN_FAILURES_IN_A_ROW - policy.SIGN_IN_FAILURES_KEPT - 2)
    give_password(client, "rosa.h", WRONG)
    rosa.refresh_from_db()
    assert rosa.state == State.ACTIVE
    give_password(client, "rosa.h", WRONG)
    rosa.refresh_from_db()
    assert rosa.state == State.LOCKED
    assert "account.locked" in events()


def test_a_right_password_restarts_the_count(client, rosa):
    give_password(client, "rosa.h", WRONG)
    give_password(client, "rosa.h")
    rosa.refresh_from_db()
    assert rosa.failures_in_a_row == 0


@pytest.mark.parametrize("action", [actions.freeze, actions.close])
def test_only_the_right_password_learns_that_an_account_may_not_sign_in(rosa, action):
    action(rosa, by="system")
    assert REFUSED in walk.text_of(give_password(Client(), "rosa.h", WRONG))
    page = give_password(Client(), "rosa.h")
    assert page.status_code == 403
    assert REFUSED not in walk.text_of(page)


@pytest.mark.parametrize("action", [actions.lock, actions.freeze, actions.close])
def test_a_person_who_is_signed_in_is_out_when_the_account_is_stopped(client, rosa, action):
    give_password(client, "rosa.h")
    action(rosa, by="system")
    assert not is_signed_in(client)


def test_the_page_asked_for_is_opened_after_signing_in(client, rosa):
    assert client.get("/account/security/")["Location"] == "/sign-in/?next=/account/security/"
    response = give_password(client, "rosa.h", next="/account/security/")
    assert response["Location"] == "/account/security/"


ELSEWHERE = [
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "evil.example/portal",
    " //evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\x08//evil.example",
    "/portal/\x00",
]


@pytest.mark.parametrize("wanted", ELSEWHERE)
def test_no_address_but_a_page_of_this_site_is_followed(rf, wanted):
    assert safe_next(rf.get("/sign-in/"), wanted) == ""


@pytest.mark.parametrize("wanted", ["/portal/labs/", "/portal/labs/?page=2", "/support/guides/registration.pdf"])
def test_a_page_of_this_site_is_followed(rf, wanted):
    assert safe_next(rf.get("/sign-in/"), wanted) == wanted


def test_signing_in_leads_to_no_other_site(client, rosa):
    assert give_password(client, "rosa.h", next="//evil.example")["Location"] == "/portal/"
    assert "evil.example" not in client.get("/sign-in/?next=//evil.example").content.decode()


def test_the_second_factor_leads_to_no_other_site(client):
    grace = premium(PEOPLE["grace"])
    give_password(client, grace.username, next="//evil.example")
    assert give_token(client, walk.token_for(KEY))["Location"] == "/portal/"
