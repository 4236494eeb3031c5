"""Social Security numbers by the rules of the Social Security Administration."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deers import ssn


@pytest.mark.parametrize(
    "typed",
    [
        "123456789",
        "123-45-6789",
        " 123 45 6789 ",
        "123–45–6789",
        "１２３-４５-６７８９",
        "123\u00a045\u00a06789",
        "123\t456789\n",
        "123.45.6789",
        "١٢٣٤٥٦٧٨٩",
    ],
)
def test_dashes_dots_blanks_and_the_digits_of_other_keyboards_are_forgiven(typed: str) -> None:
    assert ssn.clean(typed) == "123456789"


@pytest.mark.parametrize(
    "typed", ["", "12345678", "1234567890", "123-45-678O", "123,45,6789", "\x00123456789", "①23456789", "1" * 10_000]
)
def test_anything_else_is_refused_with_a_sentence(typed: str) -> None:
    assert ssn.clean(typed) == ""
    assert ssn.problem(ssn.clean(typed), mock_serves=True) == ssn.MISSHAPEN


@given(st.text(st.characters(exclude_categories=())))
@settings(max_examples=50)
def test_cleaning_never_raises_and_gives_nine_digits_or_nothing(typed: str) -> None:
    assert len(ssn.clean(typed)) in (0, 9)


@pytest.mark.parametrize("digits", ["000123456", "666123456", "123006789", "123450000", "900001234", "900120000"])
@pytest.mark.parametrize("mock_serves", [True, False])
def test_what_was_never_issued_is_always_refused(digits: str, mock_serves: bool) -> None:
    assert ssn.problem(digits, mock_serves=mock_serves) == ssn.IMPOSSIBLE


@pytest.mark.parametrize("digits", ["078051120", "219099999", "457555462", "987654320", "987654329"])
def test_numbers_once_printed_in_advertisements_are_refused(digits: str) -> None:
    assert ssn.problem(digits, mock_serves=True) == ssn.IMPOSSIBLE


@pytest.mark.parametrize("digits", ["900123456", "999999999"])
def test_the_mocks_areas_are_taken_only_while_the_mock_serves(digits: str) -> None:
    assert ssn.problem(digits, mock_serves=True) is None
    assert ssn.problem(digits, mock_serves=False) == ssn.IMPOSSIBLE


@pytest.mark.parametrize("digits", ["001010001", "665999999", "667010001", "899999999", "457555463"])
def test_a_number_that_can_be_somebodys_is_taken(digits: str) -> None:
    assert ssn.problem(digits, mock_serves=False) is None


def test_only_the_last_four_are_shown() -> None:
    assert ssn.mask("900123456") == ssn.mask("3456") == "***-**-3456"
