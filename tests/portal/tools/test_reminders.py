"""Reminders to measure: off until they are set, once each, without content, and off again on the page."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.core import mail

from accounts.models.account import State
from core import policy
from portal.notices import telling
from portal.tools import reminders
from portal.tools.models import Tracker
from safeguards.models import AuditEvent
from tests import walk
from tests.parallel import in_parallel
from tests.portal.tools.conftest import ZONE, measured

PAGE = "/portal/tools/blood-pressure/reminder/"
DAILY = {"days": ["0", "1", "2", "3", "4", "5", "6"], "at": "07:30"}

pytestmark = pytest.mark.django_db


def due(tracker: Tracker) -> datetime:
    tracker.refresh_from_db()
    assert tracker.remind_next_at
    return tracker.remind_next_at


def test_ruth_is_reminded_once_and_the_mail_says_nothing_of_what_she_measures(client, ruth, pressure):
    client.force_login(ruth)
    assert pressure.remind_next_at is None
    client.post(PAGE, DAILY)
    moment = due(pressure)
    assert [reminders.send_reminders(moment - timedelta(minutes=1))] == [0]
    assert [reminders.send_reminders(moment) for _ in range(2)] == [1, 0]
    assert due(pressure) > moment
    walk.deliver_mail()
    (sent,) = mail.outbox
    assert sent.to == [ruth.email]
    assert "pressure" not in str(sent.message()).lower()
    assert "/portal/tools/" in sent.body
    assert AuditEvent.objects.get(event="tools.reminder-sent").details == {}


def test_who_turned_such_emails_off_gets_none_and_both_pages_say_so(client, ruth, pressure):
    telling.choose(ruth, {"measuring": "not"})
    client.force_login(ruth)
    assert "but none comes" in walk.text_of(client.post(PAGE, DAILY, follow=True))
    assert "so none comes" in walk.text_of(client.get(PAGE))
    moment = due(pressure)
    assert reminders.send_reminders(moment) == 0
    assert due(pressure) > moment


def test_a_reminder_is_switched_off_on_its_page(client, ruth, pressure):
    client.force_login(ruth)
    client.post(PAGE, DAILY)
    assert "The reminder is on, at times in Eastern time." in walk.text_of(client.get(PAGE))
    for _ in range(2):
        client.post(PAGE, {"action": "off"})
    assert reminders.send_reminders(datetime(2100, 1, 1, tzinfo=UTC)) == 0
    assert AuditEvent.objects.filter(event="tools.reminder-stopped").count() == 1


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"days": []}, "Choose at least one day."),
        ({"days": ["9"]}, "Choose days from the list."),
        ({"at": ""}, "Enter a time."),
        ({"at": "25:00"}, "Enter a time, for example 7:30 AM."),
    ],
)
def test_a_reminder_without_day_or_time_is_refused(client, ruth, typed, sentence):
    client.force_login(ruth)
    assert sentence in walk.text_of(client.post(PAGE, DAILY | typed))
    assert not Tracker.objects.exists()


def test_a_reminder_that_is_too_late_is_left_out(client, ruth, pressure):
    client.force_login(ruth)
    client.post(PAGE, DAILY)
    late = due(pressure) + policy.MEASURE_REMINDER_LATE + timedelta(minutes=1)
    assert reminders.send_reminders(late) == 0
    assert due(pressure) > late


def test_a_frozen_account_is_not_reminded(client, ruth, pressure):
    client.force_login(ruth)
    client.post(PAGE, DAILY)
    type(ruth).objects.filter(pk=ruth.pk).update(state=State.FROZEN)
    assert reminders.send_reminders(due(pressure)) == 0


def test_the_time_of_day_stays_when_the_clocks_change():
    saturday = datetime(2026, 3, 7, 13, 0, tzinfo=UTC)  # 8 AM in New York, before the change
    first = reminders.next_reminder([6], time(7, 30), ZONE, saturday)
    assert first == datetime(2026, 3, 8, 11, 30, tzinfo=UTC)
    assert reminders.next_reminder([6], time(2, 30), ZONE, saturday) == datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
    assert reminders.next_reminder([6], time(7, 30), ZONE, first) == datetime(2026, 3, 15, 11, 30, tzinfo=UTC)


@pytest.mark.django_db(transaction=True)
def test_thirty_workers_send_one_reminder(ruth):
    tracker = measured(ruth, "blood-pressure", ("2026-03-14 07:30", "128", "79"))
    now = datetime(2026, 3, 15, 12, 0, tzinfo=UTC)
    values = {"remind_days": [0, 1, 2, 3, 4, 5, 6], "remind_at": time(7, 30), "remind_zone": ZONE}
    Tracker.objects.filter(pk=tracker.pk).update(**values, remind_next_at=now)
    assert sum(in_parallel(lambda number: reminders.send_reminders(now))) == 1
