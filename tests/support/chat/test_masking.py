"""Personal numbers are masked before anything is stored, and other numbers are left alone."""

import pytest

from support.chat.forms import WordsForm
from support.chat.masking import mask_numbers

SSN = "[Social Security number hidden]"


@pytest.mark.parametrize(
    "typed",
    [
        "910-12-4567",
        "910124567",
        "910 12 4567",
        "910.12.4567",
        "910–12–4567",
        "9 1 0 1 2 4 5 6 7",
        "910\u200b-12\u200b-4567",
        "910\u00ad124567",
        "٩١٠١٢٤٥٦٧",
        "９１０－１２－４５６７",
        "910 - 12 - 4567",
        "910-12\n4567",
    ],
)
def test_a_social_security_number_is_hidden_however_it_is_typed(typed):
    assert mask_numbers(f"It is {typed}, thanks") == f"It is {SSN}, thanks"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("1029384756", "[ten digits hidden]"),
        ("10293 84756", "[ten digits hidden]"),
        ("123456789-01", "[benefits number hidden]"),
        ("123456789012", "[long number hidden]"),
        ("4111 1111 1111 1111", "[card number hidden]"),
        ("4111-1111-1111-1111", "[card number hidden]"),
        ("378282246310005", "[card number hidden]"),
        ("born on March 3, 1980", "born on [date hidden]"),
        ("DOB: 03/04/80", "DOB: [date hidden]"),
        ("date of birth is 1980-03-04", "date of birth is [date hidden]"),
        ("910-12-4567, 3 Mar 1980", f"{SSN}, [date hidden]"),
        ("3/4/1980 910124567", f"[date hidden] {SSN}"),
    ],
)
def test_other_personal_numbers_are_hidden(typed, stored):
    assert mask_numbers(typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "Call 202-555-0143 or +1 (202) 555-0143",
        "My ZIP code is 20301-1234",
        "I tried on 11/29/2026 at 10:15",
        "Error 503, twice",
        "Reference C-7F3K-9Q2M",
        "",
    ],
)
def test_what_is_no_personal_number_stays(typed):
    assert mask_numbers(typed) == typed


def cleaned(typed: str) -> str:
    form = WordsForm({"line": "00000000-0000-4000-8000-000000000000", "words": typed})
    assert form.is_valid(), form.errors
    return form.cleaned_data["words"]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("<b>bold</b>", "<b>bold</b>"),
        ("a\x07b\x1b[31m", "ab[31m"),
        ("take \u202e01", "take 01"),
        ("one\r\n\r\n\r\n\r\ntwo", "one\n\ntwo"),
        ("  hello \u200b ", "hello"),
    ],
)
def test_control_characters_and_turned_letters_do_not_get_in(typed, stored):
    assert cleaned(typed) == stored


@pytest.mark.parametrize("typed", ["", "   ", "\u200b\u200b", "\x07\x07", "\n\n"])
def test_a_line_of_nothing_is_refused(typed):
    form = WordsForm({"line": "00000000-0000-4000-8000-000000000000", "words": typed})
    assert form.errors["words"] == ["Write a message."]
