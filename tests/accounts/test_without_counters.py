"""When the counters of tries cannot be reached: nothing is judged, and the page says why and keeps what was typed."""

from typing import Any

import pytest
from django.test import Client
from redis.exceptions import ConnectionError as Unreachable

from accounts.models import Account
from core import policy
from safeguards.cache import PostgresCache
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import WRONG, address, give_password, holder, is_signed_in, registering, signed_in

pytestmark = pytest.mark.django_db

SAID = "Something on our side does not work right now"
TOO_MANY = "too many"


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(people.load("rosa"))


@pytest.fixture
def silence(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Calling it has every counter fail from now on, as when Valkey is down."""

    def unreachable(*args: object, **kwargs: object) -> None:
        raise Unreachable

    def begin(*operations: str) -> None:
        for operation in operations or ("get_many", "add", "incr"):
            monkeypatch.setattr(PostgresCache, operation, unreachable)

    return begin


def says_so(page: Any) -> bool:
    text = walk.text_of(page)
    assert page.status_code == 503, text
    assert int(page["Retry-After"]) > 0
    assert TOO_MANY not in text
    assert not AuditEvent.objects.filter(event="limit.reached").exists()
    return SAID in text


def test_rosa_who_signs_in_is_told_that_it_is_our_fault_and_keeps_her_username(client, rosa, silence):
    walk.agree(client)
    silence()
    page = give_password(client, rosa.username)
    assert says_so(page)
    assert f'value="{rosa.username}"' in page.content.decode()
    assert walk.PASSWORD not in page.content.decode()
    assert not is_signed_in(client)


def test_a_wrong_password_that_cannot_be_counted_still_counts_towards_the_hundred_in_a_row(client, rosa, silence):
    """Otherwise a stranger who can silence the counters between two questions would guess without end."""
    walk.agree(client)
    silence("add", "incr")
    give_password(client, rosa.username, WRONG)
    rosa.refresh_from_db()
    assert rosa.failures_in_a_row == 1


def test_a_person_who_registers_keeps_the_details_that_were_typed(client, silence):
    person = people.load("rosa")
    here = walk.begin(client)
    silence()
    page = client.post(here, walk.details_of(person))
    assert says_so(page)
    assert f'value="{person.name.last}"' in page.content.decode()


def test_a_person_at_the_code_is_not_told_that_the_code_is_wrong(client, silence):
    draft = registering(client, people.load("rosa"), has_code=True)
    silence()
    page = client.post(address(draft, "code"), {"code": "00000-00000"})
    assert says_so(page)
    assert "not right" not in walk.text_of(page)


def test_a_person_who_forgot_the_password_keeps_the_username(client, silence):
    silence()
    page = client.post("/recover/password/", {"username": "rosa.holder"})
    assert says_so(page)
    assert 'value="rosa.holder"' in page.content.decode()


def test_a_person_who_writes_to_the_service_center_keeps_the_message(client, silence):
    typed = {"name": "Rosa", "email": "rosa@mail.example", "topic": "other", "message": "A long message."}
    silence()
    page = client.post("/support/contact/", typed)
    assert says_so(page)
    assert "A long message." in page.content.decode()


def test_a_page_whose_form_cannot_be_shown_again_says_it_on_a_page_of_its_own(client, silence):
    silence()
    page = client.post("/register/", {"level": 1, "code_delivery": "screen"})
    assert says_so(page)
    assert page["Retry-After"] == str(int(policy.COUNTERS_RETRY.total_seconds()))


def test_the_script_that_asks_for_a_passkey_is_told_in_its_own_words(silence):
    client = Client(headers={"Accept": "*/*"})
    silence()
    answer = client.post("/sign-in/passkey/options/")
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert SAID in answer.json()["problem"]


def test_the_script_that_judges_a_password_gets_no_page(rosa, silence):
    client = signed_in(rosa)
    silence()
    answer = client.post("/account/security/password/judge/", {"password": "x"}, headers={"Accept": "*/*"})
    assert answer.status_code == 503
    assert answer["Content-Type"] == "application/json"


def test_a_signed_in_person_still_opens_a_page_whose_unsaved_form_cannot_be_looked_for(rosa, silence):
    client = signed_in(rosa)
    silence("get_many", "delete")
    assert client.get("/support/contact/").status_code == 200
