"""A date in three boxes or as one ISO date: what is accepted, and what people are told if it is not. And ages."""

from datetime import date

import pytest
from django import forms

from core.dates import age_on
from core.fields import DateField

TODAY = date(2026, 3, 1)


class BirthForm(forms.Form):
    born = DateField(past=True, today=lambda: TODAY)


class VisitForm(forms.Form):
    wished = DateField(required=False)


def told(**typed: str) -> str:
    """The sentence that a person gets for what was typed."""
    form = BirthForm({f"born_{part}": text for part, text in typed.items()})
    assert not form.is_valid()
    return str(form.errors["born"][0])


@pytest.mark.parametrize(
    "typed",
    [
        {"born_month": "6", "born_day": "9", "born_year": "1948"},
        {"born_month": "06", "born_day": "09", "born_year": "1948"},
        {"born_month": " 6", "born_day": " 9 ", "born_year": "1948 "},
        {"born": "1948-06-09"},
        {"born": "1948-6-9"},
    ],
)
def test_a_date_is_taken_however_it_is_written(typed: dict):
    form = BirthForm(typed)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["born"] == date(1948, 6, 9)


def test_a_leap_day_is_a_day():
    assert BirthForm({"born": "1952-02-29"}).is_valid()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "Enter the month, the day and the year."),
        ({"day": "9", "year": "1948"}, "Enter the month too."),
        ({"month": "6"}, "Enter the day and the year too."),
        ({"month": "2", "day": "30", "year": "1951"}, "February 1951 has only 28 days."),
        ({"month": "13", "day": "1", "year": "1951"}, "Choose a month from January to December."),
        ({"month": "0", "day": "1", "year": "1951"}, "Choose a month from January to December."),
        ({"month": "6", "day": "32", "year": "1951"}, "Enter the day as a number from 1 to 31."),
        ({"month": "6", "day": "0", "year": "1951"}, "Enter the day as a number from 1 to 31."),
        ({"month": "6", "day": "nine", "year": "1951"}, "Enter the day as a number from 1 to 31."),
        ({"month": "6", "day": "9", "year": "51"}, "Enter the year with four digits, 1900 or later."),
        ({"month": "6", "day": "9", "year": "1899"}, "Enter the year with four digits, 1900 or later."),
        ({"month": "3", "day": "2", "year": "2026"}, "Enter a date in the past. This one is in the future."),
    ],
)
def test_every_mistake_has_its_own_sentence(typed: dict, sentence: str):
    assert told(**typed) == sentence


def test_today_is_not_the_future():
    assert BirthForm({"born": TODAY.isoformat()}).is_valid()


@pytest.mark.parametrize("text", ["\x00", "9\x00", "9" * 10_000, "①", "²", "-1", "\u202e", "9e0", "<b>"])
@pytest.mark.parametrize("part", ["born", "born_month", "born_day", "born_year"])
def test_nonsense_is_refused_with_a_sentence_and_kept(text: str, part: str):
    typed = {"born_month": "6", "born_day": "10", "born_year": "1948", part: text}
    if part == "born":
        typed = {"born": text}
    form = BirthForm(typed)
    assert not form.is_valid()
    assert str(form.errors["born"][0]).endswith(".")
    assert text.strip() in form["born"].value()


def test_an_iso_date_that_cannot_be_stands_in_its_boxes():
    form = BirthForm({"born": "1951-02-30"})
    assert not form.is_valid()
    assert form["born"].value() == ["2", "30", "1951"]


def test_an_optional_date_may_be_left_empty_or_lie_ahead():
    assert VisitForm({}).is_valid()
    form = VisitForm({"wished": "2999-12-31"})
    assert form.is_valid(), form.errors


def test_a_date_we_know_is_filled_in():
    assert VisitForm(initial={"wished": date(2026, 7, 4)})["wished"].field.widget.decompress(date(2026, 7, 4)) == [
        "7",
        "4",
        "2026",
    ]


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(1990, 5, 17), date(2026, 5, 16), 35),
        (date(1990, 5, 17), date(2026, 5, 17), 36),
        (date(1990, 12, 31), date(2026, 1, 1), 35),
        (date(2026, 3, 1), date(2026, 3, 1), 0),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 2, 29), date(2028, 2, 28), 19),
        (date(2008, 2, 29), date(2028, 2, 29), 20),
    ],
)
def test_people_grow_older_on_their_birthday_and_on_march_1_when_the_year_has_none(born: date, day: date, age: int):
    assert age_on(born, day) == age
