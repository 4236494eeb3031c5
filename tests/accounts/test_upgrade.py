"""The upgrade from Basic to Premium: only for the account's own person, and never around a second factor."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.journeys.steps.details import NO_MATCH
from accounts.models import Account, AuthenticatorApp, UpgradeDraft
from accounts.second_factors import authenticator_apps
from core.policy import Level
from deers.models import Person as Registered
from demo.people.person import Person
from idproofing.models import Question
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import KEY, address, give_password, holder, is_signed_in, premium, signed_in, upgrading

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa(db: None) -> Person:
    return people.load("rosa")


@pytest.fixture
def account(rosa: Person) -> Account:
    return holder(rosa)


@pytest.fixture
def browser(account: Account) -> Client:
    return signed_in(account)


def begin(browser: Client, **other: str) -> str:
    return walk.send(browser, "/upgrade/", {"code_delivery": "screen", **other})


def owing_the_factor(browser: Client, account: Account) -> UpgradeDraft:
    """An upgrade whose code was right."""
    now = timezone.now()
    proven = {"quiz_passed_at": now, "code_redeemed_at": now, "authenticator_key": KEY}
    return upgrading(browser, account, dod_id=account.dod_id, **proven)


def test_an_upgrade_ends_at_premium_and_leads_back_to_the_page_that_asked(browser, rosa, account):
    walk.upgrade(browser, rosa, next_page="/portal/labs/")
    account.refresh_from_db()
    assert account.level == Level.PREMIUM
    last = address(UpgradeDraft.objects.get(), "done")
    browser.post(last, {"saved": "yes"})
    assert 'href="/portal/labs/"' in browser.get(last).content.decode()
    assert browser.get("/portal/labs/").status_code == 200


def test_every_address_of_record_hears_of_the_new_level(browser, rosa, account):
    Account.objects.update(email="other@mail.example")
    draft = owing_the_factor(browser, account)
    walk.send(browser, address(draft, "second-factor"), {"otp_token": walk.token_for(KEY)})
    assert {message.to[0] for message in walk.deliver_mail()} == {rosa.email, "other@mail.example"}


def test_the_session_gets_a_new_key_with_the_new_level(browser, account):
    draft = owing_the_factor(browser, account)
    before = browser.session.session_key
    stolen = Client()
    stolen.cookies["sessionid"] = before
    walk.send(browser, address(draft, "second-factor"), {"otp_token": walk.token_for(KEY)})
    assert browser.session.session_key != before
    assert is_signed_in(browser)
    assert not is_signed_in(stolen)


def test_a_session_begun_with_the_password_alone_ends_with_the_new_level(browser, account):
    """Or it would open Premium without a second factor."""
    elsewhere = signed_in(account)
    draft = owing_the_factor(browser, account)
    walk.send(browser, address(draft, "second-factor"), {"otp_token": walk.token_for(KEY)})
    assert is_signed_in(browser)
    assert not is_signed_in(elsewhere)


def test_nor_does_one_that_began_in_that_very_moment_open_premium(browser, account):
    Account.objects.filter(pk=account.pk).update(level=Level.PREMIUM)
    assert not is_signed_in(browser)
    assert browser.get("/portal/labs/")["Location"] == "/sign-in/?next=/portal/labs/&ended=elsewhere"


def test_the_backup_codes_are_shown_at_the_end(browser, account):
    draft = owing_the_factor(browser, account)
    walk.send(browser, address(draft, "second-factor"), {"otp_token": walk.token_for(KEY)})
    draft.refresh_from_db()
    page = browser.get(address(draft, "done")).content.decode()
    assert all(code in page for code in draft.backup_codes.split())
    assert draft.ssn == draft.authenticator_key == ""


def test_the_valid_details_of_another_person_are_refused_in_the_same_words(browser, rosa):
    grace = people.load("grace")
    pages = []
    for details in (walk.upgrade_details_of(grace), walk.upgrade_details_of(rosa, ssn="900-12-3456")):
        pages.append(walk.text_of(browser.post(begin(browser), details)))
    assert NO_MATCH in pages[0]
    assert pages[0] == pages[1]
    assert not UpgradeDraft.objects.exclude(dod_id="").exists()


def test_a_twin_does_not_upgrade_the_others_account():
    darnell, darrell = people.load_all("darnell", "darrell")
    browser = signed_in(holder(darnell))
    assert NO_MATCH in walk.text_of(browser.post(begin(browser), walk.upgrade_details_of(darrell)))


def test_a_premium_level_that_was_not_theirs_is_frozen_from_the_notice_at_the_address_of_record(client, rosa):
    """From Basic to Premium and back: the mail goes to DEERS's address, and its link stops the intruder."""
    walk.register_basic(client, rosa, "rosa.h")
    Account.objects.update(email="thief@mail.example")
    walk.upgrade(client, rosa)
    notice = next(sent for sent in walk.deliver_mail() if sent.to == [rosa.email] and "is now Premium" in sent.subject)
    (link,) = re.findall(r"/not-me/[\w-]+/", str(notice.body))
    elsewhere = Client()
    assert elsewhere.get(link).status_code == 200
    assert Account.objects.get().state == "active"
    assert "frozen" in walk.text_of(elsewhere.post(link))
    assert Account.objects.get().state == "frozen"
    assert not is_signed_in(client)
    assert elsewhere.post(link).status_code == 410


def test_the_upgrade_asks_no_question_that_was_asked_before(client, rosa):
    walk.register_basic(client, rosa, "rosa.h")
    walk.upgrade(client, rosa)
    keys = [bytes(key) for key in Question.objects.values_list("fact_key", flat=True)]
    assert len(set(keys)) == len(keys) == 7


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example/", "/\\evil.example", "/portal/\x00"])
def test_the_upgrade_leads_to_no_other_site(browser, account, wanted):
    begin(browser, next=wanted)
    assert UpgradeDraft.objects.get().next == ""
    grace = signed_in(premium(people.load("grace")))
    assert grace.get("/upgrade/", {"next": wanted})["Location"] == "/portal/"


def test_a_very_long_way_back_is_forgotten_and_not_cut_short(browser):
    begin(browser, next="/portal/labs/?" + "x" * 300)
    assert UpgradeDraft.objects.get().next == ""


def test_a_person_who_is_premium_has_nothing_to_upgrade():
    browser = signed_in(premium(people.load("grace")))
    assert browser.get("/upgrade/")["Location"] == "/portal/"
    assert (
        browser.post("/upgrade/", {"code_delivery": "screen", "next": "/portal/labs/"})["Location"] == "/portal/labs/"
    )
    assert not UpgradeDraft.objects.exists()


def test_a_visitor_has_to_sign_in_before_an_upgrade(client):
    assert client.get("/upgrade/")["Location"].startswith("/sign-in/")


def test_the_upgrade_of_another_account_is_gone_even_in_the_same_browser(browser, account):
    draft = owing_the_factor(browser, account)
    grace = people.load("grace")
    holder(grace)
    browser.post("/sign-out/")
    give_password(browser, "grace.holder")
    page = browser.post(address(draft, "second-factor"), {"otp_token": walk.token_for(KEY)})
    assert page.status_code == 404
    assert not Account.objects.filter(level=Level.PREMIUM).exists()


def test_an_upgrade_of_another_browser_is_gone(browser, account):
    draft = owing_the_factor(browser, account)
    assert signed_in(account).get(address(draft, "second-factor")).status_code == 404


def test_an_enrolled_authenticator_is_asked_for_and_not_replaced(account):
    authenticator_apps.enroll(account, KEY, step_used=-1, by="mock")
    browser = signed_in(account)
    draft = owing_the_factor(browser, account)
    AuthenticatorApp.objects.update(last_t=-1)
    other = "31" * 20
    draft.authenticator_key = other
    draft.save()
    assert "You already have a second step when you sign in." in walk.text_of(
        browser.get(address(draft, "second-factor"))
    )
    page = browser.post(address(draft, "second-factor"), {"otp_token": walk.token_for(other)})
    assert "That code is not right" in walk.text_of(page)
    walk.send(browser, address(draft, "second-factor"), {"otp_token": walk.token_for(KEY)})
    assert AuthenticatorApp.objects.get().key == KEY
    account.refresh_from_db()
    assert account.is_premium


def test_a_second_tab_that_comes_too_late_is_a_clear_page(browser, account):
    first, second = owing_the_factor(browser, account), owing_the_factor(browser, account)
    walk.send(browser, address(first, "second-factor"), {"otp_token": walk.token_for(KEY)})
    response = browser.post(address(second, "second-factor"), {"otp_token": walk.token_for(KEY, 1)}, follow=True)
    assert response.status_code == 200
    assert AuthenticatorApp.objects.count() == 1
    assert AuditEvent.objects.filter(event="account.level-raised").count() == 1


def test_an_authenticator_added_on_the_other_page_meanwhile_is_a_clear_page(browser, account):
    draft = owing_the_factor(browser, account)
    authenticator_apps.enroll(account, "31" * 20, step_used=-1, by="mock")
    page = browser.post(address(draft, "second-factor"), {"otp_token": walk.token_for(KEY)})
    assert page.status_code == 200
    account.refresh_from_db()
    assert not account.is_premium


def test_an_account_that_was_frozen_meanwhile_is_not_raised(browser, account):
    draft = owing_the_factor(browser, account)
    actions.freeze(account, by="system")
    browser.post(address(draft, "second-factor"), {"otp_token": walk.token_for(KEY)})
    account.refresh_from_db()
    assert account.level == Level.BASIC
    assert isinstance(actions.raise_level(account, by="system"), actions.NotAllowed)


def test_nobody_is_raised_while_deers_cannot_be_told(browser, account, settings):
    draft = owing_the_factor(browser, account)
    settings.DEERS_FAULT = "unavailable"
    page = browser.post(address(draft, "second-factor"), {"otp_token": walk.token_for(KEY)})
    assert "DEERS does not answer right now." in walk.text_of(page)
    account.refresh_from_db()
    assert not account.is_premium


def test_nobody_is_raised_whose_record_is_locked_meanwhile(browser, account):
    draft = owing_the_factor(browser, account)
    Registered.objects.update(locked=True)
    page = browser.post(address(draft, "second-factor"), {"otp_token": walk.token_for(KEY)})
    assert NO_MATCH in walk.text_of(page)
    account.refresh_from_db()
    assert account.level == Level.BASIC
    assert not AuthenticatorApp.objects.exists()


def test_deers_being_away_is_not_taken_for_a_mistake_of_the_person(browser, rosa, settings):
    here = begin(browser)
    settings.DEERS_FAULT = "unavailable"
    assert "DEERS does not answer right now." in walk.text_of(browser.post(here, walk.upgrade_details_of(rosa)))


def test_details_of_before_are_filled_in_and_the_number_is_not(browser, rosa):
    here = begin(browser)
    browser.post(here, walk.upgrade_details_of(rosa))
    page = browser.get(here).content.decode()
    assert rosa.address.street in page
    assert rosa.ssn not in page
