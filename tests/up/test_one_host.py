"""On one's own machine, pages open at the one host at which passkeys work, and no journey is lost on the way there."""

import pytest
from django.test import Client

from dslogon.settings.base import MIDDLEWARE
from tests import people, walk
from tests.accounts.holders import holder

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
HERE, THERE = "127.0.0.1:8000", "http://localhost:8000"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def local(settings):
    """The settings of `make run`."""
    settings.ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
    settings.SITE_ADDRESS = THERE
    after_files = MIDDLEWARE.index("whitenoise.middleware.WhiteNoiseMiddleware") + 1
    settings.MIDDLEWARE = [*MIDDLEWARE[:after_files], "dslogon.one_host.OneHostMiddleware", *MIDDLEWARE[after_files:]]


@pytest.mark.parametrize("host", [HERE, "[::1]:8000", "127.0.0.2:8000"])
def test_a_person_who_types_the_number_of_the_machine_gets_the_page_where_passkeys_work(client: Client, host, settings):
    settings.ALLOWED_HOSTS = ["*"]
    answer = client.get("/support/?q=a%20b", headers=BROWSER | {"host": host})
    assert (answer.status_code, answer["Location"]) == (302, f"{THERE}/support/?q=a%20b")


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:9000", "testserver"])
def test_a_person_at_another_host_stays_there(client: Client, host, settings):
    settings.ALLOWED_HOSTS = ["*"]
    assert client.get("/", headers=BROWSER | {"host": host}).status_code == 200


def test_a_program_that_asks_for_no_page_stays_where_it_asked(client: Client):
    for path in ("/demo/people.json", "/"):
        assert client.get(path, headers={"accept": "*/*", "host": HERE}).status_code == 200


def test_a_person_who_began_to_register_at_the_number_goes_on_there(client: Client):
    rosa, at_the_number = people.load("rosa"), BROWSER | {"host": HERE}
    typed = {"level": "1", "route": "questions", "code_delivery": "screen"}
    first = client.post("/register/", typed, headers=at_the_number)
    assert first["Location"].startswith("/register/")
    assert client.get(first["Location"], headers=at_the_number).status_code == 200
    sent = client.post(first["Location"], walk.details_of(rosa), headers=at_the_number)
    assert sent["Location"].startswith("/register/")
    assert client.get(sent["Location"], headers=at_the_number).status_code == 200


def test_a_person_who_is_signed_in_at_the_number_stays_signed_in(client: Client):
    client.force_login(holder(people.load("rosa")))
    assert client.get("/account/", headers=BROWSER | {"host": HERE}).status_code == 200


def test_a_form_that_is_sent_to_the_number_is_never_led_away_from_what_was_typed(client: Client):
    assert client.post("/sign-in/", {"consent": "yes"}, headers=BROWSER | {"host": HERE}).status_code != 307
    answer = client.post("/sign-in/", {"consent": "yes"}, headers=BROWSER | {"host": HERE})
    assert not answer.headers.get("Location", "").startswith(THERE)


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example/", "/%0d%0aSet-Cookie:x=1"])
def test_nobody_is_led_to_another_site(client: Client, path):
    answer = client.get(path, headers=BROWSER | {"host": HERE})
    assert answer.headers.get("Location", THERE + "/").startswith(THERE + "/")
