""" "This was not me": a link in every notice of a change, which freezes the account no matter who is signed in."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import check_password
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import actions, giving_back
from accounts.mail import links, notices
from accounts.models import Account, Link, Session, State
from accounts.models.mail import Purpose
from accounts.recovery import not_me
from accounts.states import TRANSITIONS
from core import center, policy
from demo.people import PEOPLE
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import give_password, holder, is_signed_in, signed_in
from tests.accounts.test_notices import FOLDER
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(people.load("rosa"))


def path_in(message: object) -> str:
    """The path of the link in a mail that freezes the account."""
    found = re.search(r"http://localhost:8000(/not-me/\S+)", str(message.body))  # type: ignore[attr-defined]
    assert found
    return found[1]


def told(account: Account, kind: str = "password-changed") -> str:
    notices.tell(account, kind)
    return path_in(walk.deliver_mail()[-1])


def test_a_person_who_says_this_was_not_me_has_the_account_frozen_and_all_its_sessions_ended(client, rosa):
    stranger = signed_in(rosa)
    link = told(rosa)
    assert "freeze it now" in walk.text_of(client.get(link))
    assert is_signed_in(stranger)
    assert "Your account is frozen" in walk.text_of(client.post(link))
    rosa.refresh_from_db()
    assert rosa.state == State.FROZEN
    assert not is_signed_in(stranger)
    assert not Session.objects.filter(account=rosa).exists()
    assert "because someone else may have used your name" in walk.text_of(give_password(Client(), rosa.username))
    events = AuditEvent.objects.filter(account_id=rosa.pk).values_list("event", "actor_kind", "details")
    assert ("recovery.not-me", "visitor", {"notice": "password-changed"}) in events
    assert ("account.frozen", "visitor", {"was": "active"}) in events


def test_a_person_whose_account_is_frozen_reads_whom_to_call(client, rosa):
    frozen = client.post(told(rosa))
    closed_out = give_password(Client(), rosa.username)
    for page in (frozen, closed_out):
        assert center.PHONE in walk.text_of(page)
        assert center.FROM_ABROAD in walk.text_of(page)
        assert 'href="tel:+18005550142"' in page.content.decode()


def test_a_scanner_that_follows_the_link_changes_nothing(client, rosa):
    link = told(rosa)
    for _ in range(3):
        assert client.get(link).status_code == 200
    assert client.head(link).status_code == 200
    rosa.refresh_from_db()
    assert rosa.state == State.ACTIVE


def test_the_link_is_good_for_ten_days_and_once(client, rosa):
    link = told(rosa)
    assert abs(Link.objects.get().expires_at - timezone.now() - policy.NOT_ME_LINK_LIFE) < timedelta(minutes=1)
    client.post(link)
    for response in (client.get(link), client.post(link)):
        assert response.status_code == 410
        assert "This link no longer works" in walk.text_of(response)
    late = told(rosa)
    Link.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.post(late).status_code == 410


@pytest.mark.django_db(transaction=True)
def test_of_thirty_uses_of_the_link_at_once_exactly_one_freezes():
    token = told(holder(PEOPLE["rosa"])).rstrip("/").rsplit("/", 1)[1]
    assert sum(map(bool, in_parallel(lambda number: not_me.freeze(token)))) == 1
    assert AuditEvent.objects.filter(event="account.frozen").count() == 1


@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose != Purpose.NOT_ME])
def test_a_link_for_one_thing_does_nothing_else(client, rosa, purpose):
    token = links.make(rosa, purpose).rstrip("/").rsplit("/", 1)[1]
    assert client.post(f"/not-me/{token}/").status_code == 410
    assert links.use(token, Purpose.NOT_ME) is None
    assert links.use(token, purpose)


def test_links_are_deleted_when_their_time_is_over(rosa):
    told(rosa)
    assert links.purge(timezone.now() + policy.NOT_ME_LINK_LIFE - timedelta(minutes=1)) == 0
    assert links.purge(timezone.now() + policy.NOT_ME_LINK_LIFE) == 1


@pytest.mark.parametrize("token", ["x", "x" * 43, "x" * 5000, "%00", "%ff", "..%2f", "٣"])
def test_a_made_up_link_stops_nobody(client, db, token):
    assert client.post(f"/not-me/{token}/").status_code in (404, 410)


def test_freezing_ends_the_links_that_would_change_the_account(client, rosa):
    password = links.make(rosa, Purpose.NEW_PASSWORD).removeprefix("http://localhost:8000")
    client.post(told(rosa))
    assert client.get(password).status_code == 410


def test_a_second_person_may_press_the_link_of_their_own_mail_too(client, rosa):
    first, second = told(rosa), told(rosa)
    client.post(first)
    assert "Your account is frozen" in walk.text_of(client.post(second))
    assert AuditEvent.objects.filter(event="account.frozen").count() == 1


def test_the_thief_who_knows_the_password_is_not_let_in_again_by_the_unfreezing(client, rosa):
    client.post(told(rosa))
    assert isinstance(actions.unlock(rosa, by="system"), actions.NeedsProof)
    giving_back.give_back(rosa, since=None, by="system")
    rosa.refresh_from_db()
    assert rosa.state == State.ACTIVE
    assert not check_password(walk.PASSWORD, rosa.password)
    assert give_password(client, rosa.username).status_code == 200
    assert "choose a new password" in str(walk.deliver_mail()[-1].body).lower()


@pytest.mark.parametrize("event", sorted(set(TRANSITIONS.values())))
def test_every_move_of_an_account_has_its_mail(event):
    assert (FOLDER / f"{event.replace('.', '-')}.md").exists()


def test_every_address_of_record_hears_of_a_move_each_with_a_link_of_its_own(rosa):
    Account.objects.update(email="rosa.new@mail.example")
    rosa.refresh_from_db()
    actions.lock(rosa, by="system")
    walk.deliver_mail()
    assert {message.to[0] for message in mail.outbox} == {"rosa.new@mail.example", PEOPLE["rosa"].email}
    assert len({path_in(message) for message in mail.outbox}) == 2


def test_no_notice_says_more_of_a_person_than_the_first_name(rosa):
    person = PEOPLE["rosa"]
    for kind in {event.replace(".", "-") for event in TRANSITIONS.values()} | {"password-changed", "level-raised"}:
        notices.tell(rosa, kind)
    for message in walk.deliver_mail():
        for secret in (person.name.last, person.dod_id, person.ssn, rosa.username, rosa.email, person.phone):
            assert secret not in str(message.body) + str(message.alternatives[0][0])


def test_a_person_who_sees_a_stranger_in_the_list_freezes_the_account_from_there(rosa):
    browser, stranger = signed_in(rosa), signed_in(rosa)
    assert "/account/not-me/" in browser.get("/account/activity/").content.decode()
    assert "freeze it now" in walk.text_of(browser.get("/account/not-me/"))
    assert is_signed_in(browser)
    assert "Your account is frozen" in walk.text_of(browser.post("/account/not-me/"))
    rosa.refresh_from_db()
    assert rosa.state == State.FROZEN
    assert not is_signed_in(browser)
    assert not is_signed_in(stranger)


def test_the_list_says_what_happened_when_on_which_device_and_who_did_it(rosa):
    browser = signed_in(rosa)
    browser.post(
        "/account/phone/", {"phone": "202 555 0143"}, headers={"User-Agent": "Mozilla/5.0 (X11) Firefox/140.0"}
    )
    actions.lock(rosa, by="system")
    actions.unlock(rosa, by="system")
    page = walk.text_of(signed_in(rosa).get("/account/activity/"))
    for said in (
        "The phone number of your account was changed.",
        "Firefox",
        "by you",
        "Your account was locked.",
        "by DS Logon",
    ):
        assert said in page
