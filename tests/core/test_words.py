"""Times in words, icons, and the steps of a journey."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.template import Context, Template

from core.words import TIME_ZONE, duration, try_again_in


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(minutes=15), "15 minutes"),
        (timedelta(seconds=150), "2 minutes 30 seconds"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=24), "24 hours"),
        (timedelta(days=2), "2 days"),
        (timedelta(days=21), "21 days"),
        (timedelta(days=2, hours=1), "49 hours"),
        (timedelta(), "0 seconds"),
    ],
)
def test_a_time_is_said_as_people_say_it(time: timedelta, words: str):
    assert duration(time) == words


EASTERN = ZoneInfo("America/New_York")


def at(text: str) -> datetime:
    """The moment at which clocks of the site's time zone show this."""
    return datetime.fromisoformat(text).replace(tzinfo=EASTERN)


@pytest.mark.parametrize(
    ("wait", "said"),
    [
        (timedelta(), "Wait 1 minute, then try again."),
        (timedelta(seconds=1), "Wait 1 minute, then try again."),
        (timedelta(minutes=1), "Wait 1 minute, then try again."),
        (timedelta(minutes=1, microseconds=1), "Wait 2 minutes, then try again."),
        (timedelta(minutes=15), "Wait 15 minutes, then try again."),
        (timedelta(minutes=59), "Wait 59 minutes, then try again."),
        (timedelta(minutes=59, seconds=1), "Wait 1 hour, then try again."),
        (timedelta(minutes=60), "Wait 1 hour, then try again."),
        (timedelta(minutes=60, seconds=1), "Try again after 2:11 PM (Eastern time)."),
        (timedelta(minutes=61), "Try again after 2:11 PM (Eastern time)."),
        (timedelta(hours=10, minutes=49), "Try again after 11:59 PM (Eastern time)."),
        (timedelta(hours=10, minutes=50), "Try again after 12:00 AM tomorrow (Eastern time)."),
        (timedelta(days=1), "Try again after 1:10 PM tomorrow (Eastern time)."),
        (timedelta(days=1, hours=10, minutes=50), "Try again after 12:00 AM on December 3 (Eastern time)."),
        (timedelta(days=1, hours=19, minutes=55), "Try again after 9:05 AM on December 3 (Eastern time)."),
        (timedelta(days=30), "Try again after 1:10 PM on December 31 (Eastern time)."),
    ],
)
def test_people_are_told_minutes_up_to_an_hour_and_then_a_time_of_day(wait: timedelta, said: str):
    assert try_again_in(wait, at("2026-12-01T13:10")) == said


@pytest.mark.parametrize(("seconds", "said"), [(0, "2:11 PM"), (1, "2:12 PM"), (59, "2:12 PM")])
def test_the_time_of_day_never_comes_before_the_end_of_the_wait(seconds: int, said: str):
    now = at("2026-12-01T13:10") + timedelta(seconds=seconds)
    assert try_again_in(timedelta(minutes=61), now) == f"Try again after {said} (Eastern time)."


@pytest.mark.parametrize(
    ("now", "said"),
    [
        # At 2:00 AM on March 8, 2026 clocks go to 3:00; at 2:00 AM on November 1 back to 1:00.
        ("2026-03-08T01:30", "Try again after 4:30 AM (Eastern time)."),
        ("2026-11-01T00:30", "Try again after 1:30 AM (Eastern time)."),
        ("2026-10-31T23:30", "Try again after 1:30 AM tomorrow (Eastern time)."),
    ],
)
def test_two_hours_are_two_hours_when_the_clocks_change(now: str, said: str):
    assert try_again_in(timedelta(hours=2), at(now)) == said


def test_the_day_is_that_of_the_site_and_not_of_the_server():
    """At 3:00 AM in UTC it is still 10:00 PM of the day before in the site's time zone."""
    now = datetime(2026, 12, 2, 3, 0, tzinfo=UTC)
    assert try_again_in(timedelta(minutes=90), now) == "Try again after 11:30 PM (Eastern time)."
    assert try_again_in(timedelta(hours=3), now) == "Try again after 1:00 AM tomorrow (Eastern time)."


def test_a_wait_counts_from_now_when_no_moment_is_given():
    assert try_again_in(timedelta(minutes=5)) == "Wait 5 minutes, then try again."
    assert try_again_in(timedelta(days=365)).startswith("Try again after ")


def test_the_site_s_time_zone_is_called_by_its_name():
    assert (settings.TIME_ZONE, TIME_ZONE) == ("America/New_York", "Eastern time")


@dataclass
class Journey:
    steps: list[str] = field(default_factory=lambda: ["Level", "You & DEERS", "Code"])
    position: int = 1


def test_the_steps_say_where_one_is():
    html = Template("{% steps journey %}").render(Context({"journey": Journey()}))
    assert html.count("usa-step-indicator__segment--complete") == 1
    assert 'usa-step-indicator__segment--current" aria-current="step">' in html
    assert '<span class="usa-step-indicator__current-step">2</span>' in html
    assert ">of 3<" in html
    assert 'heading-text">You &amp; DEERS<' in html


def test_the_last_step_done_is_still_a_place():
    html = Template("{% steps journey %}").render(Context({"journey": Journey(position=2)}))
    assert html.count('"usa-sr-only">completed') == 2


def test_an_icon_is_silent_for_screen_readers():
    html = Template('{% icon "lock" size=3 %}').render(Context())
    assert 'aria-hidden="true"' in html
    assert "sprite.svg#lock" in html
    assert "usa-icon--size-3" in html
