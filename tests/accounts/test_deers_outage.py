"""A DEERS outage: the draft survives it, and one mail says when it is over."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.journeys import drafts
from accounts.journeys.steps import deers_outage
from accounts.models import Notice, RegistrationDraft, UpgradeDraft
from core import policy
from deers import lookup
from idproofing.routes import Route
from tests import people, walk
from tests.accounts.holders import address, holder, proven, registering, signed_in, upgrading

pytestmark = pytest.mark.django_db

OFFER = "Tell me by email when it works again"
LATER = timedelta(minutes=61)


@pytest.fixture
def silent(settings):
    settings.DEERS_FAULT = "unavailable"
    return settings


def answers_again(settings) -> None:
    settings.DEERS_FAULT = ""
    lookup.breaker.reset()


def stopped(client: Client) -> str:
    """The details page of a registration that DEERS did not answer."""
    here = walk.begin(client)
    assert OFFER in walk.text_of(client.post(here, walk.details_of(people.load("rosa"))))
    return here


def ask(client: Client, here: str) -> str:
    """Press the button; what the page says then."""
    return walk.text_of(client.post(here.replace("/details/", "/tell-me/"), follow=True))


def test_the_mail_comes_once_when_deers_answers_and_leads_back_to_what_was_typed(client, silent):
    here = stopped(client)
    assert deers_outage.WILL_WRITE in ask(client, here)
    assert deers_outage.tell() == 0
    answers_again(silent)
    assert [deers_outage.tell(), deers_outage.tell()] == [1, 0]
    (mail,) = walk.deliver_mail()
    rosa = people.load("rosa")
    assert mail.to == [rosa.email]
    assert f"{silent.SITE_ADDRESS}{here}" in mail.body
    assert rosa.name.first not in mail.body
    assert rosa.email in client.get(here).content.decode()
    assert walk.send(client, here, walk.details_of(rosa)).endswith("/questions/")


def test_a_draft_that_waits_outlives_an_hour_and_ends_with_the_time_promised(client, silent):
    here = stopped(client)
    ask(client, here)
    RegistrationDraft.objects.update(touched_at=timezone.now() - LATER)
    assert drafts.purge() == 0
    assert client.get(here).status_code == 200
    RegistrationDraft.objects.update(kept_until=timezone.now())
    assert client.get(here).status_code == 404
    assert drafts.purge() == 1
    answers_again(silent)
    assert deers_outage.tell() == 0


def test_after_the_mail_there_is_a_day_to_come_back(client, silent):
    ask(client, stopped(client))
    answers_again(silent)
    soon = timezone.now() + timedelta(hours=23)
    deers_outage.tell(now=soon)
    RegistrationDraft.objects.update(touched_at=timezone.now() - LATER)
    assert RegistrationDraft.objects.get().kept_until == soon + policy.DRAFT_KEPT_FOR_DEERS


def test_a_person_who_goes_on_before_the_mail_gets_none_and_keeps_no_draft_for_a_day(client, silent):
    here = stopped(client)
    ask(client, here)
    answers_again(silent)
    assert walk.send(client, here, walk.details_of(people.load("rosa"))).endswith("/questions/")
    assert deers_outage.tell() == 0
    assert RegistrationDraft.objects.get().kept_until is None


def test_nobody_is_kept_waiting_when_deers_answers_by_now(client, silent):
    here = stopped(client)
    answers_again(silent)
    assert deers_outage.WORKS_AGAIN in ask(client, here)
    assert RegistrationDraft.objects.get().kept_until is None


def test_the_button_pressed_twice_asks_once(client, silent):
    here = stopped(client)
    for _ in range(policy.DEERS_NEWS_PER_MAILBOX.times + 1):
        assert deers_outage.WILL_WRITE in ask(client, here)
    answers_again(silent)
    assert deers_outage.tell() == 1


def test_no_mailbox_is_flooded_however_many_drafts_name_it(silent):
    said = []
    for place in range(policy.DEERS_NEWS_PER_MAILBOX.times + 1):
        client = Client(REMOTE_ADDR=f"203.0.113.{place}")
        draft = registering(client, people.load("rosa"), dod_id="")
        said.append(ask(client, address(draft, "details")))
    assert [deers_outage.WILL_WRITE in page for page in said] == [True, True, True, False]
    assert "There were several such requests. Try again after" in said[-1]


def test_a_person_who_went_on_or_ended_meanwhile_gets_no_mail(client, silent):
    done = {"awaits_deers": True, "finished_at": timezone.now()}
    registering(client, people.load("rosa"), **done)
    registering(client, people.load("rosa"), awaits_deers=True, ended=RegistrationDraft.Ended.HAS_ACCOUNT)
    answers_again(silent)
    deers_outage.tell()
    assert not Notice.objects.exists()
    assert not RegistrationDraft.objects.filter(awaits_deers=True).exists()


@pytest.mark.parametrize("step", ["questions", "letter", "credentials"])
def test_the_offer_stands_on_every_page_that_needs_deers(client, silent, step):
    silent.DEERS_FAULT = ""
    rosa = people.load("rosa")
    route = Route.LETTER if step == "letter" else Route.QUESTIONS
    draft = proven(client, rosa) if step == "credentials" else registering(client, rosa, route=route)
    silent.DEERS_FAULT = "unavailable"
    page = client.post(address(draft, step), {"action": "start", **walk.credentials("rosa.h")})
    assert OFFER in walk.text_of(page)


def test_an_upgrade_waits_too_and_asks_for_the_account_when_it_goes_on(silent):
    silent.DEERS_FAULT = ""
    rosa = people.load("rosa")
    account = holder(rosa)
    browser = signed_in(account)
    draft = upgrading(browser, account)
    silent.DEERS_FAULT = "unavailable"
    assert OFFER in walk.text_of(browser.post(address(draft, "details"), walk.upgrade_details_of(rosa)))
    ask(browser, address(draft, "details"))
    answers_again(silent)
    assert deers_outage.tell() == 1
    (mail,) = walk.deliver_mail()
    assert address(UpgradeDraft.objects.get(), "details") in mail.body
    browser.post("/sign-out/")
    assert browser.get(address(draft, "details"))["Location"].startswith("/sign-in/?next=")


def test_another_browser_can_neither_ask_nor_come_back_by_the_link(client, silent):
    here = stopped(client)
    assert Client().post(here.replace("/details/", "/tell-me/")).status_code == 404
    assert not RegistrationDraft.objects.filter(awaits_deers=True).exists()


def test_without_an_address_there_is_nothing_to_ask_for(client):
    here = walk.begin(client)
    assert client.get(here.replace("/details/", "/tell-me/"))["Location"] == here
    assert client.post(here.replace("/details/", "/tell-me/"))["Location"] == here
