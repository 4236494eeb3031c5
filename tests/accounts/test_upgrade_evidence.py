"""What an upgrade takes as evidence: nothing that a stolen session shows, and no mailbox of the thief's."""

import time

import pytest
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.journeys.steps.details import NO_MATCH
from accounts.journeys.upgrade import evidence
from accounts.journeys.upgrade.forms import NO_ZIP, ONE_OF_BOTH
from accounts.journeys.upgrade.steps import NO_ADDRESS
from accounts.models import Account, Notice, UpgradeDraft
from accounts.profile import email_change
from accounts.sign_in import session
from core import policy
from deers import lookup
from deers.models import Person as Registered
from demo.people.person import Person
from idproofing.models import ActivationCode
from tests import people, walk
from tests.accounts.holders import KEY, address, holder, premium, signed_in, upgrading

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
    return walk.send(browser, "/upgrade/", {"route": "questions", **other})


def test_no_page_of_a_basic_account_shows_what_its_upgrade_asks_for(browser, rosa):
    portal = walk.text_of(browser.get("/portal/contact/"))
    assert rosa.address.city in portal
    everywhere = ("/portal/", "/portal/contact/", "/portal/eligibility/", "/account/", "/account/security/")
    for page in (*everywhere, "/account/activity/", "/portal/access/", "/upgrade/", begin(browser)):
        shown = browser.get(page).content.decode()
        for secret in (rosa.ssn, rosa.dod_id, rosa.address.street, rosa.address.postal_code):
            assert secret not in shown, page


def test_a_premium_holder_sees_the_whole_address_of_record():
    grace = people.load("grace")
    page = walk.text_of(signed_in(premium(grace)).get("/portal/contact/"))
    assert f"{grace.address.street} {grace.address.city}, {grace.address.state} {grace.address.postal_code}" in page


@pytest.mark.parametrize(
    ("street", "postal_code"),
    [("1 Elsewhere Lane", "OWN"), ("OWN", "99999"), ("No number at all", "OWN"), ("#", "OWN")],
)
def test_a_thief_who_knows_the_number_but_not_the_address_upgrades_nobody(browser, rosa, street, postal_code):
    own = {"street": rosa.address.street, "postal_code": rosa.address.postal_code}
    typed = {
        "street": own["street"] if street == "OWN" else street,
        "postal_code": own["postal_code"] if postal_code == "OWN" else postal_code,
    }
    assert NO_MATCH in walk.text_of(browser.post(begin(browser), walk.upgrade_details_of(rosa, **typed)))
    assert not UpgradeDraft.objects.exclude(dod_id="").exists()


def test_what_the_portal_shows_of_a_person_is_no_evidence(browser, rosa):
    """Email address, phone number and city were enough before, and the thief reads them in the session."""
    typed = {**walk.upgrade_details_of(rosa, street="", postal_code=""), "email": rosa.email, "phone": rosa.phone}
    page = browser.post(begin(browser), typed)
    assert page.context["form"].errors == {"street": [ONE_OF_BOTH]}


def test_somebody_who_writes_the_street_in_another_way_upgrades(browser, rosa):
    number = evidence.house(rosa.address.street)
    typed = walk.upgrade_details_of(rosa, street=f"no. {number}, what people call it")
    assert walk.send(browser, begin(browser), typed).endswith("/questions/")


def test_a_person_with_both_numbers_needs_no_address(browser, rosa):
    typed = walk.upgrade_details_of(rosa, dod_id=rosa.dod_id, street="", postal_code="")
    assert walk.send(browser, begin(browser), typed).endswith("/questions/")


@pytest.mark.parametrize("typed", ["7860", "786012", "78601-123", "ABCDE"])
def test_what_can_be_no_zip_code_is_said_beside_its_box_and_costs_no_try(browser, rosa, typed):
    here = begin(browser)
    for _ in range(policy.DEERS_PER_SSN.times + 1):
        page = browser.post(here, walk.upgrade_details_of(rosa, place="us", postal_code=typed))
        assert page.context["form"].errors == {"postal_code": [NO_ZIP]}
        assert f'value="{typed}"' in page.content.decode()
    assert walk.send(browser, here, walk.upgrade_details_of(rosa, place="us")).endswith("/questions/")


def test_what_is_said_of_a_zip_code_does_not_tell_where_somebody_lives(rosa):
    """Austria and Norway have codes of four digits. Only what the person says of the address is judged."""
    said = []
    for key, country in (("rosa", "US"), ("grace", "NO")):
        person = people.load(key)
        Registered.objects.filter(pk=person.dod_id).update(country=country, postal_code="0150")
        browser = signed_in(holder(person, username=f"{key}.zip"))
        wrong = walk.upgrade_details_of(person, street="1 Elsewhere Lane", postal_code="1234")
        here = begin(browser)
        said.append([browser.post(here, wrong | {"place": place}).context["form"].errors for place in ("us", "abroad")])
        right = walk.upgrade_details_of(person, place="abroad", postal_code="0150")
        assert walk.send(browser, here, right).endswith("/questions/")
    assert said[0] == said[1] == [{"postal_code": [NO_ZIP]}, {"__all__": [NO_MATCH]}]


def test_who_comes_back_to_the_page_need_not_say_again_that_the_address_is_abroad(browser, rosa):
    Registered.objects.filter(pk=rosa.dod_id).update(postal_code="0150")
    typed = walk.upgrade_details_of(rosa, place="abroad", postal_code="0150")
    here = begin(browser)
    walk.send(browser, here, typed)
    assert browser.get(here).context["form"]["place"].value() == "abroad"


@pytest.mark.parametrize("nothing", ["", "-", "()", "#"])
def test_an_address_without_substance_is_nobodys(browser, rosa, nothing):
    Registered.objects.filter(pk=rosa.dod_id).update(street=nothing, postal_code=nothing)
    typed = walk.upgrade_details_of(rosa, street=nothing, postal_code=nothing)
    page = walk.text_of(browser.post(begin(browser), typed))
    assert NO_MATCH in page or ONE_OF_BOTH in page


def test_the_code_of_an_upgrade_goes_to_the_confirmed_address_and_never_to_a_typed_one(browser, rosa, account):
    Account.objects.update(email="rosa.confirmed@mail.example")
    typed = {**walk.upgrade_details_of(rosa), "email": "thief@mail.example"}
    here = walk.answer_all(browser, walk.send(browser, begin(browser), typed), rosa)
    assert "r•••@mail.example" in walk.text_of(browser.get(here))
    walk.send(browser, here, {"action": "again", "email": "thief@mail.example", "code_delivery": "screen"})
    assert {notice.to for notice in Notice.objects.filter(kind="activation-code")} == {"rosa.confirmed@mail.example"}
    assert UpgradeDraft.objects.get().screen_code == ""


def test_the_code_of_an_upgrade_is_never_on_the_screen(browser, rosa):
    """There it would show nothing but that the thief can read."""
    here = walk.send(browser, begin(browser, code_delivery="screen"), walk.upgrade_details_of(rosa))
    here = walk.answer_all(browser, here, rosa)
    assert ActivationCode.objects.get().delivery == "email"
    assert 'id="activation-code"' not in browser.get(here).content.decode()


def test_the_code_goes_to_the_address_in_deers_while_the_own_one_is_not_confirmed(browser, rosa):
    Account.objects.update(email="typed@mail.example", email_confirmed_at=None)
    walk.answer_all(browser, walk.send(browser, begin(browser), walk.upgrade_details_of(rosa)), rosa)
    assert [notice.to for notice in Notice.objects.filter(kind="activation-code")] == [rosa.email]


def test_an_address_that_a_thief_changed_and_confirmed_today_gets_no_code(browser, rosa, account):
    email_change.change(account, "thief@mail.example", by=account)
    person = lookup.person(rosa.dod_id)
    assert evidence.code_address(account, person) == rosa.email
    later = timezone.now() + policy.UPGRADE_ADDRESS_AGE
    assert evidence.code_address(account, person, later) == "thief@mail.example"


def test_a_person_without_any_known_address_is_told_what_to_do(browser, rosa):
    Account.objects.update(email_confirmed_at=None)
    Registered.objects.update(email="")
    page = walk.text_of(browser.post(begin(browser), walk.upgrade_details_of(rosa)))
    assert NO_ADDRESS in page
    assert "Confirm your email address" in page
    assert walk.send(browser, begin(browser, route="letter"), walk.upgrade_details_of(rosa)).endswith("/letter/")


def a_while_ago(browser: Client) -> None:
    """Let the last proof of who the person is be older than a change of credentials allows."""
    kept = browser.session
    kept[session.PROVED] = int(time.time() - policy.FRESH_FOR_CREDENTIALS.total_seconds() - 60)
    kept.save()


def test_a_stolen_session_begins_no_upgrade(browser):
    a_while_ago(browser)
    for answer in (browser.get("/upgrade/"), browser.post("/upgrade/", {"route": "questions"})):
        assert answer["Location"].startswith("/sign-in/again/?next=%2Fupgrade%2F")
    assert browser.post("/upgrade/with-code/")["Location"].startswith("/sign-in/again/")
    assert not UpgradeDraft.objects.exists()


def test_a_stolen_session_does_not_end_an_upgrade_that_the_holder_left(browser, account):
    now = timezone.now()
    proven = {"quiz_passed_at": now, "code_redeemed_at": now, "authenticator_key": KEY}
    draft = upgrading(browser, account, dod_id=account.dod_id, **proven)
    a_while_ago(browser)
    last = address(draft, "second-factor")
    for answer in (browser.get(last), browser.post(last, {"otp_token": walk.token_for(KEY)})):
        assert answer["Location"].startswith("/sign-in/again/?next=%2Fupgrade%2F")
    account.refresh_from_db()
    assert not account.is_premium
    walk.send(browser, f"/sign-in/again/?next={last}", {"password": walk.PASSWORD})
    assert walk.send(browser, last, {"otp_token": walk.token_for(KEY)}).endswith("/done/")


def test_a_changed_address_counts_only_for_its_own_account(account):
    other = holder(people.load("grace"))
    email_change.change(other, "grace.new@mail.example", by=other)
    assert not evidence.was_changed(account, timezone.now())
    assert evidence.was_changed(other, timezone.now())


def test_an_address_typed_when_an_account_is_given_back_gets_no_code_at_once(rosa, account):
    """No link can take that address back, and it is new all the same."""
    actions.set_email(account, "typed@mail.example", by="system")
    account.refresh_from_db()
    assert evidence.code_address(account, lookup.person(rosa.dod_id)) == rosa.email


def test_no_code_goes_to_the_mailbox_in_deers_that_somebody_else_reads(rosa, account):
    Account.objects.update(email=rosa.email)
    account.refresh_from_db()
    actions.set_email(account, "rosa.new@mail.example", by="system", gives_up=True)
    account.refresh_from_db()
    person = lookup.person(rosa.dod_id)
    assert evidence.code_address(account, person) == ""
    later = timezone.now() + policy.UPGRADE_ADDRESS_AGE
    assert evidence.code_address(account, person, later) == "rosa.new@mail.example"
