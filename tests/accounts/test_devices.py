"""A sign-in from a new device: the person hears of it once, and signing in costs nothing more."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.models import Account, KnownDevice, Link
from accounts.sign_in import new_devices
from core import policy
from demo.people import PEOPLE
from tests import walk
from tests.accounts.holders import give_password, holder
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1"


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(PEOPLE["rosa"])


def sign_in(account: Account, agent: str) -> None:
    assert give_password(Client(headers={"user-agent": agent}), account.username)["Location"] == "/portal/"


def mails() -> list[tuple[str, str]]:
    """To whom the worker has written of a new device, and what."""
    new_devices.notify_of_new_devices()
    return [(message.to[0], str(message.body)) for message in walk.deliver_mail() if "new device" in message.subject]


def test_of_the_first_device_nobody_is_told_and_of_the_second_once(rosa):
    sign_in(rosa, FIREFOX)
    assert mails() == []
    sign_in(rosa, SAFARI)
    ((to, said),) = mails()
    assert to == rosa.email
    assert "with Safari on iPhone" in said
    assert "/not-me/" in said
    sign_in(rosa, SAFARI)
    sign_in(rosa, FIREFOX)
    assert len(mails()) == 1


def test_an_address_from_before_hears_of_a_new_device_too(rosa):
    sign_in(rosa, FIREFOX)
    new_devices.notify_of_new_devices()
    actions.set_email(rosa, "thief@mail.example", by=rosa)
    sign_in(rosa, SAFARI)
    assert {to for to, _ in mails()} == {"thief@mail.example", PEOPLE["rosa"].email}
    (since,) = set(Link.objects.filter(purpose="not-me").values_list("since", flat=True))
    assert since == KnownDevice.objects.latest("first_at").first_at


def test_both_devices_between_two_looks_are_told_apart_by_their_order(rosa):
    sign_in(rosa, SAFARI)
    sign_in(rosa, FIREFOX)
    ((_, said),) = mails()
    assert "with Firefox on Windows" in said


def test_another_persons_device_is_new_to_this_account(rosa):
    nora = holder(PEOPLE["nora"])
    sign_in(nora, SAFARI)
    sign_in(rosa, FIREFOX)
    assert mails() == []
    sign_in(rosa, SAFARI)
    assert [to for to, _ in mails()] == [rosa.email]


def test_a_browser_that_says_nothing_of_itself_alarms_nobody(rosa):
    sign_in(rosa, FIREFOX)
    sign_in(rosa, "")
    assert mails() == []
    assert KnownDevice.objects.count() == 1


def test_after_a_freeze_there_is_nothing_left_to_warn_of(rosa):
    sign_in(rosa, FIREFOX)
    new_devices.notify_of_new_devices()
    sign_in(rosa, SAFARI)
    actions.freeze(rosa, by="visitor")
    assert mails() == []


def test_a_worker_that_rested_for_most_of_a_day_misses_nothing(rosa):
    sign_in(rosa, FIREFOX)
    new_devices.notify_of_new_devices()
    KnownDevice.objects.update(first_at=timezone.now() - timedelta(days=40))
    sign_in(rosa, SAFARI)
    assert new_devices.notify_of_new_devices(timezone.now() + policy.NEW_DEVICES_WITHIN - timedelta(minutes=1)) == 1


def test_devices_from_before_we_remembered_them_are_not_new(rosa):
    sign_in(rosa, FIREFOX)
    sign_in(rosa, SAFARI)
    with connection.cursor() as cursor:
        cursor.execute(import_module("accounts.migrations.0009_known_devices").REMEMBER_ALL)
    assert mails() == []


@pytest.mark.django_db(transaction=True)
def test_thirty_workers_at_once_write_once():
    rosa = holder(PEOPLE["rosa"])
    sign_in(rosa, FIREFOX)
    sign_in(rosa, SAFARI)
    assert sum(in_parallel(lambda number: new_devices.notify_of_new_devices())) == 1
