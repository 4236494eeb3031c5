"""Calls back: hours by region, times that are free, who may ask how often, and what is kept."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from core import center, policy
from safeguards.models import AuditEvent
from support import call_backs
from support.call_back_states import State
from support.call_backs import TimeTaken
from support.calling import line_of
from support.models import CallBack
from tests import people, walk
from tests.accounts.holders import holder, signed_in
from tests.parallel import in_parallel
from tests.tripwire import no_secret_is_written

pytestmark = pytest.mark.django_db

CONUS, EUROPE, PACIFIC = (center.REGIONS[slug] for slug in ("conus", "europe", "pacific"))
# A Monday, 9 a.m. in New York.
MONDAY = datetime(2026, 6, 1, 13, tzinfo=UTC)
HERE = reverse("call-back")
TYPED = {"name": "Opal Marchetti", "number": "(931) 555-0111", "topic": "sign-in"}


def ask(**other: Any) -> Any:
    given = {"region": CONUS, "starts_at": MONDAY + timedelta(hours=2), "zone": "America/Chicago", "now": MONDAY}
    return call_backs.ask(uuid.uuid4(), **{**TYPED, **given, **other})


def send(client: Client, **other: Any) -> Any:
    """Fill in the form with the first time that is offered."""
    slot = client.get(HERE).context["slots"][0].isoformat()
    return client.post(HERE, {**TYPED, "form_id": str(uuid.uuid4()), "slot": slot, **other})


@pytest.mark.parametrize(
    ("region", "at", "is_open"),
    [
        (CONUS, datetime(2026, 6, 1, 11, 59, tzinfo=UTC), False),
        (CONUS, datetime(2026, 6, 1, 12, tzinfo=UTC), True),  # 8 a.m. in summer
        (CONUS, datetime(2026, 12, 1, 12, tzinfo=UTC), False),  # 7 a.m. in winter
        (CONUS, datetime(2026, 6, 2, 0, tzinfo=UTC), False),  # 8 p.m.
        (CONUS, datetime(2026, 6, 6, 15, tzinfo=UTC), False),  # a Saturday
        (CONUS, datetime(2026, 7, 3, 15, tzinfo=UTC), False),  # Independence Day is kept
        (EUROPE, datetime(2026, 6, 1, 6, tzinfo=UTC), True),
        (PACIFIC, datetime(2026, 5, 31, 23, tzinfo=UTC), True),  # Monday morning in Japan
    ],
)
def test_a_region_answers_in_its_hours_and_on_no_holiday(region, at, is_open):
    assert region.is_open(at) == is_open


def test_a_closed_phone_says_when_it_opens_by_the_readers_clock():
    friday = datetime(2026, 7, 3, 15, tzinfo=UTC)
    assert line_of(CONUS, "America/Los_Angeles", friday).says == (
        "Closed now. Opens Monday, July 6 at 5:00 AM Pacific time"
    )
    assert line_of(CONUS, "Asia/Tokyo", MONDAY).says == "Open now, until 9:00 AM Tokyo time"
    assert "Opens today at 8:00 AM" in line_of(CONUS, "America/New_York", MONDAY - timedelta(hours=2)).says


@pytest.mark.parametrize(
    ("zone", "slug"),
    [
        ("Europe/Rome", "europe"), ("Asia/Seoul", "pacific"), ("Asia/Bahrain", "europe"), ("Pacific/Guam", "pacific"),
        ("Pacific/Honolulu", "conus"), ("America/Chicago", "conus"), ("Nowhere", "conus"), ("Europe", "europe"),
    ],
)  # fmt: skip
def test_a_person_is_taken_to_be_in_the_region_of_their_clock(zone, slug):
    assert center.region_of(zone).slug == slug


def test_the_contact_page_shows_every_number_and_the_readers_region_first(client):
    client.cookies["time_zone"] = "Asia/Seoul"
    page = client.get(reverse("contact"))
    assert page.context["lines"][0].region == PACIFIC
    text = walk.text_of(page)
    assert all(region.phone in text for region in center.REGIONS.values())
    assert "Seoul time" in text
    assert center.RELAY in text
    assert center.TTY in text


def test_times_are_within_hours_and_not_too_soon():
    slots = list(call_backs.slots_of(CONUS, MONDAY))
    assert slots[0] == MONDAY + policy.CALL_BACK_NOTICE
    for slot in slots:
        here = slot.astimezone(CONUS.clock)
        assert CONUS.is_open(slot)
        assert CONUS.is_open(slot + policy.CALL_BACK_SLOT - timedelta(seconds=1))
        assert here.weekday() < 5


@pytest.mark.parametrize("day", [datetime(2026, 3, 6, 12, tzinfo=UTC), datetime(2026, 10, 30, 11, tzinfo=UTC)])
def test_hours_stay_the_same_by_the_clock_when_daylight_saving_time_changes(day):
    hours = {slot.astimezone(CONUS.clock).time() for slot in call_backs.slots_of(CONUS, day)}
    assert (min(hours), max(hours)) == (CONUS.opens, datetime(2026, 1, 1, 19, 30, tzinfo=UTC).time())


def test_the_hour_that_comes_twice_is_told_apart():
    first = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    once, twice = (call_backs.show_time(at, "America/New_York") for at in (first, first + timedelta(hours=1)))
    assert "1:30 AM (UTC−4)" in once
    assert "1:30 AM (UTC−5)" in twice


def test_a_visitor_asks_for_a_call_and_cancels_it(client):
    answer = send(client)
    row = CallBack.objects.get()
    assert answer["Location"] == reverse("call-back-asked", args=[row.pk])
    page = walk.text_of(client.get(answer["Location"]))
    assert row.reference in page
    assert "Opal" not in page
    assert "555-0111" not in page
    said = walk.text_of(client.post(answer["Location"], follow=True))
    assert "is canceled" in said
    row.refresh_from_db()
    assert row.state == State.CANCELED
    client.post(answer["Location"])
    assert AuditEvent.objects.filter(event="support.call-back-canceled").count() == 1


def test_name_and_number_are_sealed_and_in_no_log(client):
    with no_secret_is_written(["Opal", "Marchetti", "555-0111"]):
        send(client)
    row: Any = CallBack.objects.values().get()
    assert not any(b"555" in bytes(row[field]) or b"Opal" in bytes(row[field]) for field in ("name", "number"))


def test_invisible_marks_around_a_number_are_cleaned_away(client):
    send(client, number="\u202a (931)  555\u20110111\u202c")
    assert CallBack.objects.get().number == "(931) 555-0111"


def test_the_same_form_twice_is_one_call(client):
    form_id = str(uuid.uuid4())
    assert send(client, form_id=form_id)["Location"] == send(client, form_id=form_id)["Location"]
    assert CallBack.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("name", "", "Enter your name."),
        ("name", "078-05-1120", "looks like a Social Security number"),
        ("number", "", "Enter the phone number that we may call."),
        ("number", "call me", "Use only digits"),
        ("topic", "nothing", "Select what it is about from the list."),
        ("slot", "", "Select a time."),
        ("slot", "2001-01-01T00:00:00+00:00", "This time is no longer free."),
        ("slot", "soon", "This time is no longer free."),
        ("form_id", "x", "Open the page again."),
    ],
)
def test_bad_input_gets_a_sentence_and_what_was_typed_stays(client, field, typed, says):
    page = send(client, **{field: typed})
    assert page.status_code == 200
    assert says in walk.text_of(page)
    if field != "name":
        assert 'value="Opal Marchetti"' in page.content.decode()
    assert not CallBack.objects.exists()


def test_strangers_never_take_the_places_of_people_who_are_signed_in():
    strangers = [ask() for _ in range(policy.CALL_BACKS_IN_SLOT)]
    kept = policy.CALL_BACKS_KEPT_FOR_ACCOUNTS
    assert [isinstance(one, TimeTaken) for one in strangers] == [False] * (policy.CALL_BACKS_IN_SLOT - kept) + [
        True
    ] * kept
    rosa = holder(people.load("rosa"))
    assert [isinstance(ask(by=rosa), CallBack) for _ in range(kept + 1)] == [True] * kept + [False]


def test_a_canceled_place_comes_free():
    rows = [ask() for _ in range(policy.CALL_BACKS_IN_SLOT - policy.CALL_BACKS_KEPT_FOR_ACCOUNTS)]
    assert isinstance(ask(), TimeTaken)
    call_backs.cancel(rows[0], by="visitor")
    assert isinstance(ask(), CallBack)


def test_one_network_asks_only_so_often_and_others_go_on():
    for _ in range(policy.CALL_BACKS_PER_ADDRESS.times):
        assert send(Client()).status_code == 302
    page = send(Client())
    assert page.status_code == 429
    assert "Please wait before you ask for another call" in walk.text_of(page)
    assert send(Client(REMOTE_ADDR="198.51.100.7")).status_code == 302
    assert send(signed_in(holder(people.load("rosa")))).status_code == 302


def test_who_is_signed_in_finds_name_and_number_and_the_call_is_theirs():
    rosa = holder(people.load("rosa"))
    client = signed_in(rosa)
    assert rosa.phone in client.get(HERE).content.decode()
    send(client)
    assert call_backs.call_backs_of(rosa).count() == 1


@pytest.mark.django_db(transaction=True)
def test_thirty_people_who_want_one_time_get_as_many_places_as_there_are():
    kept = in_parallel(lambda number: ask())
    places = [one.place for one in kept if isinstance(one, CallBack)]
    assert sorted(places) == list(range(policy.CALL_BACKS_IN_SLOT - policy.CALL_BACKS_KEPT_FOR_ACCOUNTS))


def test_numbers_are_forgotten_some_days_after_the_call():
    waits, over = ask(), ask()
    call_backs.cancel(over, by="visitor")
    later = timezone.now() + policy.CALL_BACK_NUMBERS_KEPT + timedelta(minutes=1)
    assert call_backs.purge_numbers(now=later) == 1
    over.refresh_from_db()
    waits.refresh_from_db()
    assert (over.name, over.number) == (None, None)
    assert waits.number == TYPED["number"]
    assert call_backs.purge_numbers(now=later) == 0


@pytest.mark.parametrize(
    "query", ["region=europe", "region=", "region=%00", f"region={'x' * 300}", urlencode({"region": "§"})]
)
def test_an_odd_address_breaks_nothing(client, query):
    assert client.get(f"{HERE}?{query}").status_code in (200, 400)


def test_the_pages_ask_as_much_for_many_calls_as_for_few(client):
    def queries(page: str) -> int:
        with CaptureQueriesContext(connection) as asked_of_database:
            assert client.get(page).status_code == 200
        return len(asked_of_database)

    pages = (HERE, reverse("contact"))
    few = [queries(page) for page in pages]
    for hours in (2, 3, 4):
        ask(starts_at=MONDAY + timedelta(hours=hours))
    assert [queries(page) for page in pages] == few
    assert few == [1, 0]


def test_who_goes_back_and_corrects_the_number_is_called_there(client):
    first, slot = uuid.uuid4(), client.get(HERE).context["slots"][0].isoformat()
    typed = {**TYPED, "form_id": str(first), "slot": slot}
    client.post(HERE, typed)
    there = client.post(HERE, {**typed, "number": "(931) 555-0222"})["Location"]
    assert str(first) not in there
    assert CallBack.objects.exclude(pk=first).get().number == "(931) 555-0222"
