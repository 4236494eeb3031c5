"""Times in words, icons, and the steps of a journey."""

from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.template import Context, Template

from core.words import duration


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
