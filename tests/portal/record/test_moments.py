"""Times in a record: what was said is what is shown, with its zone, and the day is never wrong."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.record import moments


@pytest.mark.parametrize(
    ("said", "zone", "shown"),
    [
        ("2019", "", "2019"),
        ("2019-03", "", "March 2019"),
        ("2019-03-04", "", "March 4, 2019"),
        ("2019-03-04", "Asia/Tokyo", "March 4, 2019"),
        ("2019-03-04T10:00:00-05:00", "", "March 4, 2019, 10:00 AM (UTC−5)"),
        ("2019-03-04T10:00:00-05:00", "America/New_York", "March 4, 2019, 10:00 AM (Eastern time)"),
        ("2019-03-04T00:30:00Z", "", "March 4, 2019, 12:30 AM (UTC)"),
        ("2019-03-04T00:30:00Z", "America/Los_Angeles", "March 3, 2019, 4:30 PM (Pacific time)"),
        ("2019-03-04T23:30:00.5+05:30", "", "March 4, 2019, 11:30 PM (UTC+5:30)"),
        ("2019-03-04T23:30:00+09:00", "Asia/Tokyo", "March 4, 2019, 11:30 PM (Tokyo time)"),
        ("2019-03-04T10:00:00", "America/New_York", "March 4, 2019, 10:00 AM (time zone not said)"),
        ("2016-12-31T23:59:60Z", "", "December 31, 2016, 11:59 PM (UTC)"),
        ("2019-02-30", "", "2019-02-30"),
        ("some time in spring", "", "some time in spring"),
        ("2019-03-04T10:00:00-05:00", "No/Such_Zone", "March 4, 2019, 10:00 AM (UTC−5)"),
        ("", "", ""),
    ],
)
def test_a_moment_is_shown_as_it_was_said(said: str, zone: str, shown: str) -> None:
    assert moments.show(said, zone) == shown


def test_the_readers_own_time_stands_beside_only_where_it_differs() -> None:
    said = "2019-03-04T23:30:00-05:00"
    assert moments.show(said, "America/New_York", "America/Detroit").endswith("11:30 PM (Eastern time)")
    assert moments.show(said, "America/New_York", "Europe/Berlin") == (
        "March 4, 2019, 11:30 PM (Eastern time; March 5, 2019, 5:30 AM Berlin time)"
    )
    assert moments.show("2019-03-04", "America/New_York", "Europe/Berlin") == "March 4, 2019"


@pytest.mark.parametrize(
    ("start", "end", "shown"),
    [
        ("2019-03-04T10:00:00-05:00", "2019-03-04T10:30:00-05:00", "March 4, 2019, 10:00 AM to 10:30 AM (UTC−5)"),
        ("2019-03-04", "2019-03-08", "March 4, 2019 to March 8, 2019"),
        ("2019-03-04", "", "March 4, 2019"),
        ("", "2019", "until 2019"),
    ],
)
def test_a_period_is_shown_with_both_ends(start: str, end: str, shown: str) -> None:
    assert moments.show_period(start, end) == shown


def test_a_year_and_a_day_are_sorted_by_their_first_instant() -> None:
    assert moments.read("2019") == (datetime(2019, 1, 1, tzinfo=UTC), "2019")
    assert moments.read("2019-03-04T01:00:00+02:00")[0] == datetime(2019, 3, 3, 23, tzinfo=UTC)
    assert moments.read(None) == (None, "")
    assert moments.read(2019) == (None, "")


def test_the_day_is_that_of_the_place() -> None:
    assert moments.day_of("2019-03-04T00:30:00Z", "America/New_York") == date(2019, 3, 3)
    assert moments.day_of("2019-03-04T00:30:00-05:00") == date(2019, 3, 4)
    assert moments.day_of("2019-03") is None


def test_a_very_exact_time_keeps_its_offset() -> None:
    assert moments.read("2019-03-04T10:00:00.12345678901234567890-05:00")[1] == "2019-03-04T10:00:00.123456-05:00"


@given(
    st.text(max_size=60) | st.from_regex(moments.SAID, fullmatch=True),
    st.sampled_from(["", "UTC", "Asia/Tokyo", "America/New_York", "../etc"]),
)
def test_no_date_is_too_odd(said: str, zone: str) -> None:
    at, kept = moments.read(said)
    assert len(kept) <= moments.LONGEST
    assert at is None or at.tzinfo is UTC
    assert isinstance(moments.show(said, zone, "Europe/Berlin"), str)
    assert isinstance(moments.show_period(said, kept, zone), str)
    assert isinstance(moments.show_day(said, zone), str)
    moments.day_of(said, zone)
