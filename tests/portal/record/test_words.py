"""What codes mean in words, and what is a verdict."""

import pytest

from portal.record import words


def test_every_flag_of_hl7_has_words() -> None:
    flags = (
        "CAR B D U W < > AC IE QCF TOX A AA HH LL H H> HU L L< LU N I MS NCL NS R SYN-R S SDD SYN-S VS "
        "EX HX LX HM DET IND E ND NEG POS EXP UNE NR RR WR"
    )
    assert [flag for flag in flags.split() if words.interpretation(flag) == flag] == []


@pytest.mark.parametrize(
    ("flags", "verdict"),
    [
        (["N"], "usual"),
        (["N", "N"], "usual"),
        (["H"], "unusual"),
        (["N", "A"], "unusual"),
        (["POS"], "unusual"),
        (["R"], "unusual"),
        (["S"], "none"),
        (["NEG"], "none"),
        (["N", ""], "none"),
        ([], "none"),
        (["ODD"], "none"),
    ],
)
def test_only_n_is_usual(flags: list[str], verdict: str) -> None:
    assert words.flagged(flags) == verdict


def test_what_is_not_known_is_said_as_it_came() -> None:
    assert words.interpretation("ODD") == "ODD"
    assert words.interpretation("H, ODD") == "Above the usual range; ODD"
    assert words.status("odd-status") == "odd-status"
    assert words.status("") == ""
    assert words.unit("[odd]") == "[odd]"
    assert words.type_of("NewKindOfThing") == "New kind of thing"


def test_a_status_is_said_of_its_thing() -> None:
    assert words.status("not-done") == "Not done"
    assert words.status("not-done", "vaccine") == "Not given"
    assert not words.is_plain("preliminary")
    assert not words.is_plain("amended")
    assert words.is_plain("final")


@pytest.mark.parametrize(
    ("code", "said", "shown"),
    [
        ("mm[Hg]", "mmHg", "mm Hg"),
        ("%", "", "percent"),
        ("{score}", "{score}", "score"),
        ("1", "", ""),
        ("", "cups", "cups"),
    ],
)
def test_units_are_said_for_people(code: str, said: str, shown: str) -> None:
    assert words.unit(code, said) == shown
