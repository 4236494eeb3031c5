"""A lost second factor: a day's wait that every address hears of, then a link and the password, and never less."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.mail import links
from accounts.models import Account, AuthenticatorApp, BackupCode, Link, LostFactor, Notice, State
from accounts.models.mail import Purpose
from accounts.recovery import lost_factor
from core import policy
from demo.people import PEOPLE
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import (
    KEY,
    STAFF_DOOR,
    WRONG,
    give_password,
    give_token,
    holder,
    is_signed_in,
    premium,
    signed_in,
    staff,
)
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db

SECOND = "grace.second@mail.example"
LATER = policy.LOST_FACTOR_WAIT + timedelta(minutes=1)


@pytest.fixture
def grace(db: None) -> Account:
    """Her account has another address than DEERS."""
    return premium(people.load("grace"), email=SECOND)


def half_signed_in(account: Account) -> Client:
    browser = Client()
    assert give_password(browser, account.username)["Location"] == "/sign-in/second-factor/"
    return browser


def link_in(message: object) -> str:
    found = re.search(r"http://localhost:8000(/recover/factor/\S+)", str(message.body))  # type: ignore[attr-defined]
    assert found
    return found[1]


def asked(account: Account) -> list[str]:
    """Ask for a new factor; the links by which each address can stop it."""
    walk.deliver_mail().clear()
    browser = half_signed_in(account)
    assert "You can set up a new second step soon" in walk.text_of(browser.post("/recover/factor/"))
    return [link_in(message) for message in walk.deliver_mail()]


def waited(account: Account) -> str:
    """Ask and wait; the link for the new factor."""
    asked(account)
    assert lost_factor.answer(timezone.now() + LATER) == 1
    return link_in(walk.deliver_mail()[-1])


def set_up(browser: Client, link: str, password: str = walk.PASSWORD) -> str:
    """Give the password and the first code of a new app; its key."""
    assert browser.post(link, {"password": password})["Location"] == link
    return enter_code(browser, link)


def enter_code(browser: Client, link: str) -> str:
    key = browser.session["new_factor"]["key"]
    assert "Set up a new authenticator app" in walk.text_of(browser.get(link))
    page = browser.post(link, {"otp_token": walk.token_for(key)})
    assert "Your new second step is set up" in walk.text_of(page)
    return key


def test_a_person_who_lost_app_and_codes_gets_a_new_factor_after_a_day(client, grace):
    page = walk.text_of(half_signed_in(grace).get("/sign-in/second-factor/"))
    assert "That takes 24 hours" in page
    link = waited(grace)
    key = set_up(client, link)
    assert not is_signed_in(client)
    assert [app.key for app in AuthenticatorApp.objects.filter(user=grace, confirmed=True)] == [key]
    assert BackupCode.objects.filter(account=grace).count() == policy.BACKUP_CODES
    AuthenticatorApp.objects.update(last_t=-1)
    give_password(client, grace.username)
    assert give_token(client, walk.token_for(KEY)).status_code == 200
    assert give_token(client, walk.token_for(key)).status_code == 302
    assert is_signed_in(client)
    events = set(AuditEvent.objects.filter(account_id=grace.pk).values_list("event", flat=True))
    assert {"recovery.factor-asked", "recovery.factor-replaced", "second-factor.enrolled"} <= events


def test_every_address_hears_of_it_at_once_and_again_in_the_end(client, grace):
    link = waited(grace)
    assert sorted(message.to[0] for message in mail.outbox[:2]) == sorted([SECOND, PEOPLE["grace"].email])
    assert [message.to for message in mail.outbox[2:]] == [[SECOND]]
    mail.outbox.clear()
    set_up(client, link)
    walk.deliver_mail()
    assert sorted(message.to[0] for message in mail.outbox) == sorted([SECOND, PEOPLE["grace"].email])


def test_nothing_comes_before_the_day_is_over_and_it_comes_once(grace):
    asked(grace)
    assert lost_factor.answer(timezone.now() + policy.LOST_FACTOR_WAIT - timedelta(minutes=1)) == 0
    assert lost_factor.answer(timezone.now() + LATER) == 1
    assert lost_factor.answer(timezone.now() + LATER) == 0
    assert Notice.objects.filter(kind="new-factor").count() == 1


def test_grace_s_trail_says_when_the_link_went_out_and_that_it_was_not_used(grace):
    lost_factor.start(grace, by="visitor")
    lost_factor.answer(timezone.now() + LATER)
    assert AuditEvent.objects.filter(event="recovery.factor-link-sent", account_id=grace.pk).count() == 1
    over = timezone.now() + 2 * LATER + policy.NEW_FACTOR_LINK_LIFE
    lost_factor.answer(over)
    lost_factor.answer(over)
    assert AuditEvent.objects.filter(event="recovery.factor-expired", account_id=grace.pk).count() == 1
    assert lost_factor.live(grace) is None


@pytest.mark.parametrize("address", [0, 1])
def test_each_address_can_stop_it(client, grace, address):
    stop = asked(grace)[address]
    assert "If this was not you" in walk.text_of(client.get(stop))
    assert lost_factor.live(grace)
    assert "The request was stopped" in walk.text_of(client.post(stop))
    assert lost_factor.live(grace) is None
    assert lost_factor.answer(timezone.now() + LATER) == 0
    grace.refresh_from_db()
    assert grace.state == State.ACTIVE
    assert AuditEvent.objects.filter(event="recovery.factor-stopped", account_id=grace.pk).count() == 1
    assert not Link.objects.filter(used_at=None, purpose=Purpose.STOP_LOST_FACTOR).exists()


def test_a_person_who_stops_it_may_freeze_the_account_with_the_same_click(client, grace):
    stop = asked(grace)[0]
    assert "Your account is frozen" in walk.text_of(client.post(stop, {"freeze": "yes"}))
    grace.refresh_from_db()
    assert grace.state == State.FROZEN


def test_it_can_be_stopped_while_the_link_is_out(client, grace):
    stop, *_ = asked(grace)
    lost_factor.answer(timezone.now() + LATER)
    link = link_in(walk.deliver_mail()[-1])
    client.post(stop)
    assert client.get(link).status_code == 410


def test_freezing_the_account_stops_it(client, grace):
    link = waited(grace)
    actions.freeze(grace, by="system")
    assert client.get(link).status_code == 410
    assert LostFactor.objects.get().outcome == "stopped"


def test_the_link_alone_opens_nothing(client, grace):
    link = waited(grace)
    page = walk.text_of(client.get(link))
    assert "enter your password" in page
    assert "authenticator-key" not in client.get(link).content.decode()
    assert "not your password" in walk.text_of(client.post(link, {"password": WRONG}))
    key = "31" * 20
    client.post(link, {"otp_token": walk.token_for(key), "key": key})
    assert AuthenticatorApp.objects.get(user=grace).key == KEY


def test_wrong_passwords_beside_the_link_count_like_those_at_sign_in(client, grace):
    link = waited(grace)
    for _ in range(policy.SIGN_IN_PER_ACCOUNT.times):
        client.post(link, {"password": WRONG})
    assert "There were too many tries." in walk.text_of(client.post(link, {"password": walk.PASSWORD}))


def test_the_password_given_beside_the_link_is_forgotten_with_the_next_password(client, grace):
    link = waited(grace)
    client.post(link, {"password": walk.PASSWORD})
    actions.set_password(grace, "another long password", by="system")
    assert "enter your password" in walk.text_of(client.get(link))


def test_the_password_for_one_account_does_not_help_with_the_link_of_another(client, grace):
    rosa = premium(people.load("rosa"))
    hers, link = waited(rosa), waited(grace)
    client.post(hers, {"password": walk.PASSWORD})
    assert "enter your password" in walk.text_of(client.get(link))


def test_a_wrong_code_is_refused_and_the_link_stays_good(client, grace):
    link = waited(grace)
    client.post(link, {"password": walk.PASSWORD})
    assert "That code is not right" in walk.text_of(client.post(link, {"otp_token": "000000"}))
    enter_code(client, link)


def test_the_link_works_once_and_for_three_days(client, grace):
    link = waited(grace)
    set_up(client, link)
    assert client.get(link).status_code == 410
    AuthenticatorApp.objects.update(last_t=-1)
    late = waited(grace)
    Link.objects.filter(used_at=None).update(expires_at=timezone.now())
    assert client.get(late).status_code == 410
    assert lost_factor.answer(timezone.now() + 2 * LATER + policy.NEW_FACTOR_LINK_LIFE) == 0
    assert LostFactor.objects.latest("pk").outcome == "expired"


def test_sessions_that_were_open_end_with_the_old_factor(client, grace):
    elsewhere = signed_in(grace)
    set_up(client, waited(grace))
    assert not is_signed_in(elsewhere)


@pytest.mark.django_db(transaction=True)
def test_thirty_who_ask_at_once_begin_one_wait():
    account = premium(PEOPLE["grace"])
    outcomes = in_parallel(lambda number: lost_factor.start(account, by="visitor"))
    under_way = LostFactor.objects.get()
    assert all(outcome in (lost_factor.Waiting(under_way.ready_at), *refused(outcomes)) for outcome in outcomes)
    assert AuditEvent.objects.filter(event="recovery.factor-asked").count() == 1
    assert Notice.objects.filter(kind="factor-lost").count() == 1


def refused(outcomes: list) -> list:
    """Those over the limit: they were told to wait, and began nothing."""
    return [outcome for outcome in outcomes if isinstance(outcome, lost_factor.TooMany)]


@pytest.mark.django_db(transaction=True)
def test_of_thirty_uses_of_the_link_at_once_one_sets_up_a_factor():
    account = premium(people.load("grace"))
    now = timezone.now()
    lost_factor.start(account, by="visitor")
    LostFactor.objects.update(told_at=now)
    token = links.make(account, Purpose.NEW_FACTOR).rstrip("/").rsplit("/", 1)[1]
    outcomes = in_parallel(lambda number: lost_factor.replace(token, f"{number:02d}" * 20, -1))
    assert sum(outcome is not None for outcome in outcomes) == 1
    assert AuthenticatorApp.objects.filter(user=account, confirmed=True).count() == 1
    assert BackupCode.objects.filter(account=account).count() == policy.BACKUP_CODES


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_one_link():
    account = premium(people.load("grace"))
    lost_factor.start(account, by="visitor")
    later = timezone.now() + LATER
    assert sum(in_parallel(lambda number: lost_factor.answer(later), workers=4)) == 1


def test_only_a_person_who_has_given_the_password_can_ask(client, db):
    for response in (client.get("/recover/factor/"), client.post("/recover/factor/")):
        assert response["Location"] == "/sign-in/"
    assert not LostFactor.objects.exists()


def test_an_account_without_a_factor_has_none_to_lose(client, db):
    rosa = holder(people.load("rosa"))
    give_password(client, rosa.username)
    assert client.post("/recover/factor/").status_code == 302
    assert not LostFactor.objects.exists()


def test_staff_ask_a_colleague_and_not_this_page(client, db):
    worker = staff("Supervisor")
    give_password(client, worker.username, door=STAFF_DOOR)
    assert "/recover/factor/" not in client.get(f"{STAFF_DOOR}second-factor/").content.decode()
    client.post("/recover/factor/")
    assert not LostFactor.objects.exists()


def test_it_can_be_asked_for_three_times_a_day(client, grace):
    for _ in range(policy.LOST_FACTORS.times):
        client.post(asked(grace)[-1])
    page = walk.text_of(half_signed_in(grace).post("/recover/factor/"))
    assert "This was asked for too often. Try again after" in page
