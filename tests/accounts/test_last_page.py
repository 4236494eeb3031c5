"""The last page of a journey shows the backup codes until they are saved, and not for long."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.journeys import drafts
from accounts.models import RegistrationDraft, UpgradeDraft
from core import policy
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import KEY, address, holder, proven, signed_in, upgrading

pytestmark = pytest.mark.django_db

CODES = 'id="backup-codes"'
SAVED = {"saved": "yes"}


@pytest.fixture
def done(client: Client) -> str:
    """The last page of a Premium registration that has just come to its end."""
    draft = proven(client, people.load("rosa"), level=policy.Level.PREMIUM)
    here = walk.send(client, address(draft, "credentials"), walk.credentials("rosa.h"))
    key = RegistrationDraft.objects.get().authenticator_key
    return walk.send(client, here, {"otp_token": walk.token_for(key)})


def shows_codes(client: Client, page: str) -> bool:
    return CODES in client.get(page).content.decode()


def test_the_codes_may_be_looked_at_again_while_they_are_written_down(client, done):
    assert shows_codes(client, done)
    assert shows_codes(client, done)


def test_once_the_person_has_saved_them_the_codes_are_nowhere_any_more(client, done):
    assert client.post(done, SAVED)["Location"] == "/portal/"
    page = client.get(done)
    assert CODES not in page.content.decode()
    assert "make new ones" in walk.text_of(page)
    assert RegistrationDraft.objects.get().backup_codes == ""
    assert client.post(done, SAVED)["Location"] == "/portal/"


def test_after_a_while_the_codes_are_not_shown_and_then_deleted_whether_saved_or_not(client, done):
    RegistrationDraft.objects.update(finished_at=timezone.now() - policy.BACKUP_CODES_SHOWN)
    assert not shows_codes(client, done)
    drafts.purge()
    assert not RegistrationDraft.objects.exists()
    assert not AuditEvent.objects.filter(event="registration.draft-purged").exists()


def test_until_then_nobody_deletes_them(client, done):
    drafts.purge(timezone.now() + policy.BACKUP_CODES_SHOWN - timedelta(seconds=30))
    assert shows_codes(client, done)


def test_after_an_upgrade_saving_the_codes_leads_to_the_page_that_asked():
    rosa = people.load("rosa")
    account = holder(rosa)
    browser, now = signed_in(account), timezone.now()
    come = {"dod_id": rosa.dod_id, "quiz_passed_at": now, "code_redeemed_at": now, "authenticator_key": KEY}
    draft = upgrading(browser, account, **come, next="/portal/labs/")
    done = walk.send(browser, address(draft, "second-factor"), {"otp_token": walk.token_for(KEY)})
    assert shows_codes(browser, done)
    assert browser.post(done, SAVED)["Location"] == "/portal/labs/"
    assert UpgradeDraft.objects.get().backup_codes == ""


def test_nobody_else_sees_or_wipes_the_codes(client, done):
    stranger = Client()
    assert stranger.post(done, SAVED).status_code == 404
    stranger.cookies[drafts.COOKIE] = client.cookies[drafts.COOKIE].value
    assert stranger.post(done, SAVED).status_code == 302
    assert shows_codes(client, done)
