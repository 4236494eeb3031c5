"""The two numbers on the details page: either one is enough, and some people have only the DoD ID number."""

import pytest
from django.test import Client

from accounts.journeys.steps.details import NO_MATCH
from accounts.models import RegistrationDraft, UpgradeDraft
from deers.models import Person as Registered
from tests import people, walk
from tests.accounts.holders import holder, signed_in

pytestmark = pytest.mark.django_db

ONE_OF_TWO = "Enter your Social Security number or your DoD ID number."


def test_a_dod_id_number_does_instead_of_a_social_security_number(client: Client) -> None:
    rosa = people.load("rosa")
    spaced = f"{rosa.dod_id[:5]} {rosa.dod_id[5:]}"
    response = client.post(walk.begin(client), walk.details_of(rosa, ssn="", dod_id=spaced))
    assert response["Location"].endswith("/questions/")
    draft = RegistrationDraft.objects.get()
    assert (draft.dod_id, draft.ssn) == (rosa.dod_id, "")


def test_both_numbers_must_be_the_same_persons(client: Client) -> None:
    rosa, nora = people.load_all("rosa", "nora")
    here = walk.begin(client)
    assert NO_MATCH in walk.text_of(client.post(here, walk.details_of(rosa, dod_id=nora.dod_id)))
    assert client.post(here, walk.details_of(rosa, dod_id=rosa.dod_id)).status_code == 302


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        ({"ssn": "", "dod_id": ""}, ONE_OF_TWO),
        ({"ssn": "", "dod_id": "123"}, "A DoD ID number has 10 digits. It is printed on the back of your ID card."),
        ({"ssn": "", "dod_id": "x" * 10_000}, "A DoD ID number has 10 digits."),
        ({"ssn": "123", "dod_id": ""}, "A Social Security number has nine digits"),
    ],
)
def test_a_number_that_cannot_be_gets_a_sentence_beside_it(client: Client, numbers: dict, sentence: str) -> None:
    page = walk.text_of(client.post(walk.begin(client), walk.details_of(people.load("rosa"), **numbers)))
    assert sentence in page


def test_a_dod_id_number_is_not_sent_back_to_the_browser_later(client: Client) -> None:
    rosa = people.load("rosa")
    here = walk.begin(client)
    client.post(here, walk.details_of(rosa, ssn="", dod_id=rosa.dod_id))
    assert rosa.dod_id not in client.get(here).content.decode()


def test_somebody_without_a_social_security_number_can_upgrade() -> None:
    rosa = people.load("rosa")
    Registered.objects.filter(pk=rosa.dod_id).update(ssn_index=None, ssn_last4_index=None)
    browser = signed_in(holder(rosa))
    here = walk.send(browser, "/upgrade/", {"code_delivery": "screen"})
    assert ONE_OF_TWO in walk.text_of(browser.post(here, walk.upgrade_details_of(rosa, ssn="", dod_id="")))
    typed = walk.upgrade_details_of(rosa, ssn="", dod_id=rosa.dod_id)
    assert browser.post(here, typed)["Location"].endswith("/questions/")
    assert UpgradeDraft.objects.get().typed_dod_id == rosa.dod_id
    assert rosa.dod_id not in browser.get(here).content.decode()


def test_the_dod_id_number_of_somebody_else_upgrades_nobody() -> None:
    rosa, nora = people.load_all("rosa", "nora")
    browser = signed_in(holder(rosa))
    here = walk.send(browser, "/upgrade/", {"code_delivery": "screen"})
    for numbers in ({"ssn": ""}, {"ssn": rosa.ssn}):
        typed = walk.upgrade_details_of(rosa, **numbers, dod_id=nora.dod_id)
        assert NO_MATCH in walk.text_of(browser.post(here, typed))
