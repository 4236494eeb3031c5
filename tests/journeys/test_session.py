"""The session's end in a real browser: warned, extended, over."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import make_password
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Account
from dslogon import policy
from tests import people, walk
from tests.journeys.test_journeys import sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_someone_who_reads_for_long_is_warned_may_stay_and_is_signed_out_in_the_end(page, monkeypatch):
    monkeypatch.setattr(policy, "SESSION_IDLE", timedelta(seconds=8))
    monkeypatch.setattr(policy, "SESSION_WARNING", timedelta(seconds=6))
    person = people.load("rosa")
    Account.objects.create(
        username="slow.reader", first_name="Rosa", last_name="Reader", email="rosa@example.org",
        dod_id=person.dod_id, level=1, proofed_at=timezone.now(), password=make_password(walk.PASSWORD),
    )  # fmt: skip
    sign_in(page, "slow.reader")
    page.goto("/account/")
    dialog = page.get_by_role("alertdialog")
    expect(dialog).to_be_visible()
    expect(page.get_by_role("button", name="Stay signed in")).to_be_focused()
    page.get_by_role("button", name="Stay signed in").click()
    expect(dialog).to_be_hidden()
    expect(page).to_have_url(re.compile(r"/sign-in/\?timed_out=1"))
    expect(page.get_by_text("You were signed out because nothing happened")).to_be_visible()
    page.goto("/account/")
    expect(page).to_have_url(re.compile("/sign-in/"))
