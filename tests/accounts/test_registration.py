"""Registering at Basic and at Premium, and every way in which it does not work."""

import pytest
from django.urls import reverse

from accounts.models import Account, AuthenticatorApp, RegistrationDraft
from tests import people, walk

pytestmark = pytest.mark.django_db


def test_a_retired_veteran_registers_at_basic_and_is_signed_in(client):
    person = people.load("rosa")
    walk.register_basic(client, person, "rosa.h")
    account = Account.objects.get()
    assert (account.dod_id, account.level, account.username) == (person.dod_id, 1, "rosa.h")
    assert client.get("/portal/").status_code == 200


def test_a_premium_registration_ends_with_a_second_factor_and_backup_codes(client):
    person = people.load("rosa")
    walk.register_premium(client, person, "rosa.h")
    account = Account.objects.get()
    assert account.level == 2
    assert AuthenticatorApp.objects.filter(user=account, confirmed=True).count() == 1
    draft = RegistrationDraft.objects.get()
    page = walk.text_of(client.get(reverse("register-step", args=[draft.pk, "done"])))
    assert all(code in page for code in draft.backup_codes.split())
    assert len(draft.backup_codes.split()) == 10
