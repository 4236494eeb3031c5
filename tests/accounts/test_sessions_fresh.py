"""A new proof of identity before anything about credentials: what a stolen session cannot do."""

import time

import pytest
from django.test import Client

from accounts.models import Account, AuthenticatorApp, BackupCode
from accounts.sign_in import session
from core import policy
from demo.people import PEOPLE
from safeguards.models import AuditEvent
from tests import walk
from tests.accounts.holders import KEY, give_password, holder, premium, signed_in
from tests.rules import addresses

pytestmark = pytest.mark.django_db

NEW = "a long walk on the shore"
GUARDED = ["/account/security/password/", "/account/security/authenticator/", "/account/security/backup-codes/"]
AGE = int(policy.FRESH_FOR_CREDENTIALS.total_seconds())


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(PEOPLE["rosa"])


def stale(client: Client, seconds: int = AGE + 2) -> Client:
    """Let the last proof be so many seconds old."""
    kept = client.session
    kept[session.PROVED] = int(time.time()) - seconds
    kept.save()
    return client


def prove(client: Client, password: str = walk.PASSWORD, **other: str) -> str:
    """What the page answers: where it leads, or what it says."""
    response = client.post("/sign-in/again/", {"password": password, **other})
    return response["Location"] if response.status_code == 302 else walk.text_of(response)


@pytest.mark.parametrize("page", GUARDED)
@pytest.mark.parametrize("method", ["get", "post"])
def test_five_minutes_after_signing_in_credentials_ask_for_a_new_proof(rosa, page, method):
    response = getattr(stale(signed_in(rosa)), method)(page)
    assert response["Location"].startswith(f"/sign-in/again/?next={page.replace('/', '%2F')}")


# What a session may do under /account/ without a new proof: look, and stop things.
UNGUARDED = {
    "account/",
    "account/activity/",
    "account/security/",
    "account/sessions/",
    "account/not-me/",
    "account/security/password/judge/",
    "account/security/passkey/options/",
}
CHANGING = [(pattern, path) for pattern, path in addresses.every() if pattern.startswith("account/")]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(("pattern", "path"), CHANGING, ids=[pattern for pattern, _ in CHANGING])
def test_who_finds_a_session_changes_no_contact_and_no_credential_on_any_page_of_the_account(
    rosa, pattern, path, method
):
    """A page that is added is guarded, or it stands in the list above."""
    response = getattr(stale(signed_in(rosa)), method)(path)
    asked = response.status_code == 302 and response["Location"].startswith("/sign-in/again/?next=")
    assert asked == (pattern not in UNGUARDED)


def test_who_finds_a_session_does_not_change_the_phone_number(rosa):
    client = stale(signed_in(rosa))
    client.post("/account/phone/", {"phone": "202 555 0199"})
    rosa.refresh_from_db()
    assert rosa.phone == PEOPLE["rosa"].phone
    assert prove(client, next="/account/phone/") == "/account/phone/"
    client.post("/account/phone/", {"phone": "202 555 0199"})
    rosa.refresh_from_db()
    assert rosa.phone == "202 555 0199"


def test_right_after_signing_in_nobody_is_asked_again(rosa):
    assert stale(signed_in(rosa), AGE - 5).get("/account/security/password/").status_code == 200


def test_with_the_password_one_comes_back_to_where_one_was_going(rosa):
    client = stale(signed_in(rosa))
    asked = client.get("/account/security/password/")["Location"]
    assert "still you" in walk.text_of(client.get(asked))
    assert prove(client, next="/account/security/password/") == "/account/security/password/"
    assert client.get("/account/security/password/").status_code == 200


def test_a_code_of_the_app_does_instead_of_the_password():
    grace = premium(PEOPLE["grace"])
    client = stale(signed_in(grace))
    AuthenticatorApp.objects.update(last_t=-1)
    assert "Use a code from my app instead" in walk.text_of(client.get("/sign-in/again/"))
    wrong = client.post("/sign-in/again/?with_code=1", {"otp_token": "000000"})
    assert "That code is not right" in walk.text_of(wrong)
    right = {"otp_token": walk.token_for(KEY), "next": "/account/security/backup-codes/"}
    assert client.post("/sign-in/again/?with_code=1", right)["Location"] == "/account/security/backup-codes/"
    assert client.get("/account/security/backup-codes/").status_code == 200


def test_a_person_who_has_no_app_is_asked_for_the_password_whatever_the_address_says(rosa):
    client = stale(signed_in(rosa))
    assert "otp_token" not in client.get("/sign-in/again/?with_code=1").content.decode()


def test_a_stolen_session_cannot_change_the_password_without_knowing_it(rosa):
    thief = stale(signed_in(rosa))
    for _ in range(policy.SIGN_IN_PER_ACCOUNT.times):
        assert "That is not your password." in prove(thief, "a guess at something")
    assert "There were too many tries." in prove(thief)
    typed = {"password": NEW, "password_again": NEW}
    assert thief.post("/account/security/password/", typed)["Location"].startswith("/sign-in/again/")
    before = rosa.password
    rosa.refresh_from_db()
    assert rosa.password == before


def test_guesses_at_the_password_count_with_those_at_sign_in(rosa):
    thief = stale(signed_in(rosa))
    for _ in range(policy.SIGN_IN_PER_ACCOUNT.times):
        prove(thief, "a guess at something")
    assert "There were too many tries." in prove(thief, walk.PASSWORD)
    thief.post("/sign-out/")
    assert "There were too many tries." in walk.text_of(give_password(thief, rosa.username))
    # The thief's browser has signed in, so it has counts of its own. They used to shut Rosa out everywhere.
    assert give_password(Client(), rosa.username).status_code == 302
    assert AuditEvent.objects.filter(event="limit.reached", account_id=rosa.pk).exists()


def test_a_form_that_was_being_sent_is_kept_nowhere_and_the_page_says_so(rosa):
    client = stale(signed_in(rosa))
    response = client.post("/account/security/password/", {"password": NEW, "password_again": NEW})
    assert NEW not in response["Location"]
    page = client.get(response["Location"])
    assert "Nothing was changed." in walk.text_of(page)
    assert NEW not in page.content.decode()
    assert NEW not in str(dict(client.session))


def test_a_new_proof_leaves_its_event_and_a_new_session_key(rosa):
    client = stale(signed_in(rosa))
    before = client.session.session_key
    prove(client)
    assert client.session.session_key != before
    event = AuditEvent.objects.latest("id")
    assert (event.event, event.account_id, event.details) == ("sign-in.again", rosa.pk, {"how": "password"})


@pytest.mark.parametrize(
    "next_page", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_the_way_back_leads_to_no_other_site(rosa, next_page):
    assert prove(stale(signed_in(rosa)), next=next_page) == "/portal/"


def test_new_backup_codes_are_made_by_nobody_who_only_has_the_session():
    client = stale(signed_in(premium(PEOPLE["grace"])))
    client.post("/account/security/backup-codes/")
    assert not BackupCode.objects.exists()


def test_a_visitor_has_nothing_to_prove(client):
    assert client.get("/sign-in/again/")["Location"].startswith("/sign-in/?next=")
