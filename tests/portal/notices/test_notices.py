"""What people are told of by email, and the one email of the day."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models.account import State
from core.policy import Level
from portal.messages.telling import tell_of_answer
from portal.notices import daily, telling
from portal.notices.models import How, Kind, Preference, Waiting
from portal.notices.new_in_record import tell_of_import
from portal.record.importing import store_resources
from safeguards.models import AuditEvent
from tests import walk
from tests.parallel import in_parallel
from tests.portal.conftest import OTIS, RUTH, open_account
from tests.portal.messages.conversations import answered, sent, team, treats

PAGE = "/portal/contact/notices/"
REQUESTS = "/portal/medications/requests/"
SEVEN = datetime(2026, 3, 4, 7, tzinfo=ZoneInfo("America/New_York"))

pytestmark = pytest.mark.django_db


def wants(account: Any, **chosen: str) -> Any:
    """The same person, who has chosen this."""
    telling.choose(account, chosen)
    return account


def news(account: Any, at: datetime, kind: Kind = Kind.REQUESTS, page: str = REQUESTS) -> None:
    """Something that came for the email of the day."""
    Waiting.objects.create(account=account, kind=kind, page=page, at=at)


def text_of_mail() -> str:
    walk.deliver_mail()
    (only,) = mail.outbox
    return only.body.replace("\\", "")


def test_ruth_chooses_kind_by_kind_and_one_event_says_so(client, ruth):
    client.force_login(ruth)
    assert client.get(PAGE).context["form"].initial == {kind.value: how.value for kind, how in telling.USUAL.items()}
    chosen = {"messages": "daily", "requests": "not", "reminders": "not", "measuring": "email", "record": "daily"}
    for _ in range(2):
        assert client.post(PAGE, chosen).status_code == 302
    assert telling.choices_of(ruth) == chosen
    assert Preference.objects.filter(account=ruth).count() == len(Kind)
    assert AuditEvent.objects.filter(event="notices.chosen", account_id=ruth.pk).count() == 1


def test_a_reminder_cannot_wait_for_the_email_of_the_day_and_what_was_chosen_is_kept(client, ruth):
    client.force_login(ruth)
    said = client.post(PAGE, {"reminders": "daily", "messages": "not"})
    assert "Choose one of these." in walk.text_of(said)
    assert said.context["form"]["messages"].value() == "not"
    assert not Preference.objects.exists()


def test_the_page_says_what_nobody_can_turn_off_and_basic_is_offered_only_what_it_brings(client):
    client.force_login(open_account("otis.b", "1032547698", Level.BASIC))
    page = client.get(PAGE)
    assert list(page.context["form"].fields) == [Kind.REMINDERS]
    assert "You cannot turn these off" in walk.text_of(page)
    assert PAGE in client.get("/account/").content.decode()


@pytest.mark.parametrize(("how", "mails", "waiting"), [("email", 1, 0), ("daily", 0, 1), ("not", 0, 0)])
def test_a_care_team_writes_and_ruth_is_told_as_she_chose(ruth, how, mails, waiting):
    question = sent(wants(ruth, messages=how), treats(team()))
    tell_of_answer(question.thread, question.pk)
    walk.deliver_mail()
    assert (len(mail.outbox), Waiting.objects.count()) == (mails, waiting)


def test_what_cannot_wait_comes_at_once_unless_it_is_off(ruth):
    for how, expected in ((How.DAILY, True), (How.NOT, False)):
        wants(ruth, requests=how)
        assert telling.tell(ruth, Kind.REQUESTS, "refill-waits", page=REQUESTS, waits=False) is expected


def test_the_email_of_the_day_counts_kinds_leads_to_them_and_says_how_to_change_it(ruth):
    thread = sent(wants(ruth, messages="daily"), treats(team())).thread
    for _ in range(2):
        tell_of_answer(thread, answered(thread).pk)
        news(ruth, SEVEN)
    Waiting.objects.update(at=SEVEN - timedelta(hours=1))
    assert [daily.send_summaries(SEVEN + timedelta(hours=hours)) for hours in range(3)] == [1, 0, 0]
    said = text_of_mail()
    assert "New messages from your care team: 2. Open: " in said
    assert "/portal/messages/\n" in said
    assert "News about what you asked for: 2. Open: " in said
    assert REQUESTS in said
    assert PAGE in said
    assert not Waiting.objects.exists()
    assert AuditEvent.objects.get(event="notices.summary-sent").details == {"lines": 2}


def test_otis_is_led_to_the_messages_of_each_record(ruth):
    otis = wants(open_account("otis.p", OTIS, Level.PREMIUM), messages="daily")
    access = UUID(int=7)
    mine, hers = (f"/portal/{before}messages/message/" for before in ("", f"of/{access}/"))
    thread = sent(ruth, treats(team())).thread
    for _ in range(2):
        for before in (mine, hers):
            news(otis, SEVEN - timedelta(hours=1), Kind.MESSAGES, f"{before}{answered(thread).pk}/")
    daily.send_summaries(SEVEN)
    said = text_of_mail()
    assert "New messages from your care team: 2. Open: " in said
    assert "New messages from your care team, for another person: 2. Open: " in said
    assert f"/portal/of/{access}/messages/\n" in said


def test_one_message_is_led_to_directly_and_one_that_ruth_has_read_is_left_out(ruth):
    thread = sent(wants(ruth, messages="daily"), treats(team())).thread
    new, read = answered(thread), answered(thread, read=True)
    for message in (read, new):
        tell_of_answer(thread, message.pk)
    Waiting.objects.update(at=SEVEN - timedelta(hours=1))
    daily.send_summaries(SEVEN)
    said = text_of_mail()
    assert "New messages from your care team: 1. Open: " in said
    assert f"/portal/messages/message/{new.pk}/" in said


def test_what_comes_after_seven_waits_for_the_next_morning_and_before_seven_nothing_goes_out(ruth):
    news(ruth, SEVEN + timedelta(minutes=1))
    expected = ((timedelta(hours=12), 0), (timedelta(hours=23, minutes=59), 0), (timedelta(days=1), 1))
    for after, count in expected:
        assert daily.send_summaries(SEVEN + after) == count, after


def test_nobody_gets_two_emails_of_one_morning_though_something_comes_late(ruth):
    news(ruth, SEVEN - timedelta(hours=1))
    assert daily.send_summaries(SEVEN) == 1
    news(ruth, SEVEN - timedelta(seconds=1))  # written by a transaction that ended after seven
    assert [daily.send_summaries(SEVEN + timedelta(hours=hours)) for hours in (1, 24)] == [0, 1]


def test_what_waits_is_dropped_when_ruth_turns_it_off_or_is_not_active(ruth):
    news(ruth, SEVEN - timedelta(days=1))
    wants(ruth, requests="not")
    assert not Waiting.objects.exists()
    news(ruth, SEVEN - timedelta(days=1))
    type(ruth).objects.update(state=State.FROZEN)
    assert daily.send_summaries(SEVEN) == Waiting.objects.count() == 0


@pytest.mark.parametrize(("type_", "count"), [("DiagnosticReport", 1), ("AllergyIntolerance", 0)])
def test_ruth_is_told_of_new_results_and_of_nothing_else_only_if_she_wants_it(ruth, type_, count):
    said = {"resourceType": type_, "id": "new", "status": "final", "code": {"text": "Glucose"}}
    stored = store_resources(RUTH, "clinic", [("", said)])
    tell_of_import(RUTH, stored.import_id)
    wants(ruth, record="email")
    tell_of_import(RUTH, stored.import_id)
    walk.deliver_mail()
    assert len(mail.outbox) == count
    assert not any("Glucose" in str(message.message()) for message in mail.outbox)


def test_a_run_that_broke_off_is_taken_up_where_it_stopped(ruth):
    otis = open_account("otis.p", OTIS, Level.PREMIUM)
    for account in (ruth, otis):
        news(account, SEVEN - timedelta(hours=1))
    assert daily.send_summary(ruth, SEVEN)
    assert daily.send_summaries(SEVEN + timedelta(hours=1)) == 1
    walk.deliver_mail()
    assert sorted(message.to for message in mail.outbox) == [[otis.email], [ruth.email]]


@pytest.mark.django_db(transaction=True)
def test_of_thirty_workers_one_sends_the_email_of_the_day():
    ruth = open_account("ruth.p", RUTH, Level.PREMIUM)
    now = timezone.now()
    news(ruth, now - timedelta(days=1, hours=1))
    assert sum(in_parallel(lambda number: daily.send_summaries(now))) == 1
    assert AuditEvent.objects.filter(event="notices.summary-sent").count() == 1
