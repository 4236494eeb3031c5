"""The Social Security number of the details: masked, never sent back, not typed twice for a mistake elsewhere."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings

from accounts.journeys.steps.details import NO_MATCH
from accounts.models import RegistrationDraft, UpgradeDraft
from deers import lookup
from demo.people.person import Person
from tests import people, walk
from tests.accounts.holders import holder, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa(db: None) -> Person:
    return people.load("rosa")


def in_registration(rosa: Person) -> tuple[Client, str, dict[str, str]]:
    client = Client()
    return client, walk.begin(client), walk.details_of(rosa)


def in_upgrade(rosa: Person) -> tuple[Client, str, dict[str, str]]:
    client = signed_in(holder(rosa))
    return client, walk.send(client, "/upgrade/", {"route": "questions"}), walk.upgrade_details_of(rosa)


BOTH = pytest.mark.parametrize("begun", [in_registration, in_upgrade])


@BOTH
def test_the_number_is_masked_and_can_be_shown(rosa, begun):
    client, here, _ = begun(rosa)
    page = client.get(here).content.decode()
    box = page.split('id="id_ssn"')[0].rsplit("<input", 1)[1]
    assert 'type="password"' in box
    assert 'data-show-text="Show number"' in page


@BOTH
def test_a_person_who_mistyped_the_date_does_not_type_the_number_again_nor_see_it_in_the_page(rosa, begun):
    client, here, details = begun(rosa)
    page = client.post(here, {**details, "date_of_birth": "1984-02-31"}).content.decode()
    assert rosa.ssn not in page
    assert f"We have kept the number that ends in {rosa.ssn[-4:]}." in page
    assert f"We have kept the number that ends in {rosa.ssn[-4:]}." in client.get(here).content.decode()
    assert walk.send(client, here, {**details, "ssn": ""}).endswith("/questions/")


@BOTH
def test_a_person_who_types_another_number_gets_that_one_judged(rosa, begun):
    client, here, details = begun(rosa)
    client.post(here, {**details, "ssn": "900-11-2222", "date_of_birth": ""})
    assert walk.send(client, here, details).endswith("/questions/")


@BOTH
@pytest.mark.parametrize("wrong", ["123", "000-12-3456", "not a number"])
def test_a_number_that_cannot_be_is_neither_kept_nor_sent_back(rosa, begun, wrong):
    client, here, details = begun(rosa)
    page = client.post(here, {**details, "ssn": wrong}).content.decode()
    assert f'value="{wrong}"' not in page
    assert "We have kept" not in page
    assert not any(draft.kept_ssn for kind in (RegistrationDraft, UpgradeDraft) for draft in kind.objects.all())


@BOTH
def test_after_a_mismatch_the_number_is_asked_for_again_because_it_may_be_what_was_wrong(rosa, begun):
    client, here, details = begun(rosa)
    page = client.post(here, {**details, "ssn": "900-11-2222"})
    assert NO_MATCH in walk.text_of(page)
    for said in (page.content.decode(), client.get(here).content.decode()):
        assert "We have kept" not in said
        assert "Type the number once more" in said
        assert "900112222" not in said.replace("-", "")


@BOTH
def test_while_deers_is_silent_the_number_is_kept(rosa, begun):
    client, here, details = begun(rosa)
    with override_settings(DEERS_FAULT="unavailable"):
        page = client.post(here, details).content.decode()
    lookup.breaker.reset()
    assert "We have kept the number" in page
    assert rosa.ssn not in page
    assert walk.send(client, here, {**details, "ssn": ""}).endswith("/questions/")


def test_the_kept_number_is_sealed_in_the_database_and_goes_with_the_account(client, rosa):
    here = walk.begin(client)
    client.post(here, walk.details_of(rosa, last_name=""))
    with connection.cursor() as cursor:
        cursor.execute("SELECT kept_ssn FROM accounts_registrationdraft")
        sealed: Any = cursor.fetchone()[0]
    assert rosa.ssn.encode() not in bytes(sealed)
    walk.register_basic(client, rosa, "rosa.h")
    done = RegistrationDraft.objects.exclude(account=None).get()
    assert (done.ssn, done.kept_ssn) == ("", "")


def test_keeping_a_number_takes_nobody_to_another_record(rosa, client):
    """What is kept of an invalid form must not stand for what DEERS has matched."""
    grace, here = people.load("grace"), walk.begin(client)
    walk.send(client, here, walk.details_of(rosa))
    client.post(here, walk.details_of(grace, last_name=""))
    draft = RegistrationDraft.objects.get()
    assert (draft.dod_id, draft.ssn, draft.kept_ssn) == (rosa.dod_id, rosa.ssn, grace.ssn)
