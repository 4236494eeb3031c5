"""Which addresses a frozen account keeps and gives up when it is given back: only the holder says whose they are."""

import re
from datetime import datetime

import pytest
from django.test import Client

from accounts import actions, giving_back
from accounts.changes import changes_of
from accounts.mail import notices
from accounts.models import Account, State
from deers.models import Person as Registered
from demo.people.person import Person
from tests import people, walk
from tests.accounts.holders import address, holder, proven, signed_in

pytestmark = pytest.mark.django_db

SECOND = "rosa.second@mail.example"
THIRD = "rosa.third@mail.example"
THIEF = "thief@mail.example"


@pytest.fixture
def rosa(db: None) -> Person:
    return people.load("rosa")


def newest(email: str, page: str) -> str:
    """The newest link to this page that was mailed to this address."""
    texts = [str(message.body) for message in walk.deliver_mail() if message.to == [email]]
    found = re.search(rf"http://localhost:8000({page}\S+)", next(text for text in reversed(texts) if page in text))
    assert found
    return found[1]


def move(browser: Client, email: str) -> None:
    """Change the address in this session, and confirm it."""
    browser.post("/account/email/", {"email": email})
    browser.post(newest(email, "/account/email/confirm/"))


def moved(account: Account, *emails: str) -> list[datetime]:
    """When the account was moved to each of these addresses."""
    return [actions.set_email(account, email, by=account).at for email in emails]


def given_back(account: Account, since: datetime | None, **other: object) -> Account:
    outcome = giving_back.give_back(account, since=since, by="visitor", **other)  # type: ignore[arg-type]
    assert isinstance(outcome, actions.Done)
    return Account.objects.get(pk=account.pk)


def test_a_holder_who_takes_a_change_back_from_the_mailbox_in_deers_does_not_lose_that_mailbox(rosa):
    """The walk in one piece: she moves, a thief moves on, and her oldest link takes back more than the thief did."""
    account = holder(rosa)
    move(signed_in(account), SECOND)
    oldest = newest(rosa.email, "/recover/email/")
    move(signed_in(account), THIEF)
    Client().post(oldest)
    account.refresh_from_db()
    assert (account.email, account.state) == (rosa.email, State.FROZEN)

    browser, thiefs = Client(), changes_of(account).filter(kind="email")[1]
    walk.send(browser, address(proven(browser, rosa, gives_back=True), "give-back"), {"first": str(thiefs.pk)})
    account.refresh_from_db()
    assert (account.email, account.state) == (SECOND, State.ACTIVE)
    assert notices.is_given_up(account, THIEF)
    assert not notices.is_given_up(account, rosa.email)
    assert notices.addresses_of(account) == [SECOND, rosa.email]


def test_an_address_from_before_the_thief_that_a_link_brought_back_for_a_while_is_not_given_up(rosa):
    account = holder(rosa, email=SECOND)
    _, thiefs, _ = moved(account, THIRD, THIEF, SECOND)
    actions.freeze(account, by="visitor", since=thiefs)
    account = given_back(account, thiefs)
    assert account.email == THIRD
    assert not notices.is_given_up(account, SECOND)
    assert notices.is_given_up(account, THIEF)


def test_an_account_that_a_thief_moves_to_the_mailbox_in_deers_and_away_does_not_lose_that_mailbox(rosa):
    account = holder(rosa, email=SECOND)
    first, _ = moved(account, rosa.email, THIEF)
    actions.freeze(account, by="visitor", since=first)
    account = given_back(account, first)
    assert account.email == SECOND
    assert notices.addresses_of(account) == [SECOND, rosa.email]


def test_a_thief_who_opened_the_account_leaves_no_address_but_that_of_deers(rosa):
    account = holder(rosa, email=THIEF)
    moved(account, "thief.two@mail.example", rosa.email)
    actions.freeze(account, by="visitor", since=account.created_at)
    account = given_back(account, account.created_at)
    assert account.email == rosa.email
    assert notices.is_given_up(account, THIEF)
    assert notices.is_given_up(account, "thief.two@mail.example")


def test_the_mailbox_in_deers_is_given_up_when_the_holder_says_that_somebody_reads_it(rosa):
    account = holder(rosa)
    actions.freeze(account, by="visitor")
    account = given_back(account, None, typed_email=THIRD, reads_along=True)
    assert account.email == THIRD
    assert notices.is_given_up(account, rosa.email)


def test_a_former_address_of_the_holder_hears_of_it_for_the_last_time_and_is_not_called_somebody_elses(rosa):
    account = holder(rosa, email=SECOND)
    moved(account, THIRD)
    actions.freeze(account, by="visitor")
    account = given_back(account, None)
    assert notices.addresses_of(account) == [THIRD, rosa.email]
    assert not notices.is_given_up(account, SECOND)


def test_what_deers_holds_by_the_time_of_the_return_counts(rosa):
    """An ID card office has entered another address of record since, which the account had for a while."""
    account = holder(rosa)
    first, _ = moved(account, THIRD, THIEF)
    Registered.objects.filter(pk=rosa.dod_id).update(email=THIRD)
    actions.freeze(account, by="visitor", since=first)
    account = given_back(account, first)
    assert account.email == rosa.email
    assert not notices.is_given_up(account, THIRD)
