"""What shows in the window of the envelope, and which letters go far."""

import pytest

from idproofing import postal
from idproofing.postal import Delivery
from tests.idproofing.letter_people import beneficiary


@pytest.mark.parametrize(
    ("key", "lines"),
    [
        ("rosa", ["Rosa Elena Delgado", "2214 Sawmill Creek Lane", "Clarksville, TN 37042"]),
        ("gregory", ["Gregory Dean Vogel", "Lindenhofweg 14a", "67655 Kaiserslautern", "GERMANY"]),
        ("alicia", ["Alicia Dawn Freeman", "PSC 1005 Box 2213", "APO, AE 09180"]),
    ],
)
def test_a_letter_is_addressed_as_the_post_office_likes_it(key, lines):
    assert postal.lines(beneficiary(key)) == lines


def test_puerto_rico_is_served_like_a_state_even_as_a_land_of_its_own():
    lines = postal.lines(beneficiary("isabel", state="", country="PR")) or [""]
    assert lines[-1] == "Bayamón, PR 00961"


@pytest.mark.parametrize(
    "missing",
    [
        {"street": ""},
        {"city": " "},
        {"state": ""},
        {"postal_code": ""},
        {"country": "ZZ"},
        {"street": "東京都千代田区"},
    ],
)
def test_an_address_to_which_no_letter_would_come_is_none(missing):
    assert postal.lines(beneficiary("rosa", **missing)) is None


def test_no_line_can_smuggle_in_another_one():
    lines = postal.lines(beneficiary("rosa", street="1 Elm Row\nSomebody Else\t\u2028 2 Oak Row")) or []
    assert lines[1] == "1 Elm Row Somebody Else 2 Oak Row"
    assert postal.lines(beneficiary("rosa", street="1 Elm\u202e Row")) is None


@pytest.mark.parametrize("state", ["AK", "HI", "PR", "GU", "VI", "AS", "MP", "AA", "AE", "AP"])
def test_codes_live_longer_outside_the_contiguous_states(state):
    assert postal.delivery(beneficiary("rosa", state=state)) == Delivery.LETTER_ABROAD


@pytest.mark.parametrize(("state", "country"), [("", "DE"), ("TX", "MX"), ("", "PR")])
def test_codes_live_longer_abroad(state, country):
    assert postal.delivery(beneficiary("rosa", state=state, country=country)) == Delivery.LETTER_ABROAD


@pytest.mark.parametrize("state", ["TX", "DC", "wa", "ME"])
def test_codes_live_as_long_as_usual_in_the_contiguous_states(state):
    assert postal.delivery(beneficiary("rosa", state=state)) == Delivery.LETTER
