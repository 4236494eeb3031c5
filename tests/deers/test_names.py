"""A typed name compared with the name on record: a match, a near match or no match."""

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deers.names import Name, compare, search_key, search_prefixes, without_fillers, words
from deers.nicknames import LONG_NAMES


def as_name(text: str) -> Name:
    """The cases give whole names: the first word as first name, the rest as last name, as a form would have it."""
    first, _, last = text.partition(" ")
    return Name(first, "", last)


def test_the_shared_cases_come_out_as_expected(shared_folder: Callable[[str], Path]) -> None:
    """Every row; there is none to disagree with."""
    cases = (shared_folder("names") / "cases.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in cases.splitlines()[1:]]
    assert len(rows) > 30
    wrong = [
        (typed, record, expected)
        for typed, record, expected, *_ in rows
        if compare(as_name(typed), as_name(record)) != expected
    ]
    assert wrong == []


ADA = Name("Ada", "May", "Winters")


@pytest.mark.parametrize(
    ("typed", "record"),
    [
        (Name("ada", "MAY", "winters"), ADA),
        (Name("Ａｄａ", "May", "Ｗｉｎｔｅｒｓ"), ADA),
        (Name("Ada", "", "Winters"), ADA),
        (Name("Ada", "M.", "Winters"), ADA),
        (Name("Ada May", "", "Winters"), ADA),
        (Name("Ada", "May", "Winters"), Name("Ada", "", "Winters")),
        (Name("Ada", "May", "Winters"), Name("Ada", "NMN", "Winters")),
        (Name("Ada", "May", "Winters, R.N."), ADA),
        (Name("Joe", "", "Franklin", "Junior"), Name("Joe", "", "Franklin", "JR")),
        (Name("Joe", "", "Franklin 3rd"), Name("Joe", "", "Franklin", "III")),
        (Name("Søren", "", "Weiß"), Name("Soren", "", "Weiss")),
        (Name("Işıl", "", "İpek"), Name("Isil", "", "Ipek")),
        (Name("Zoe\u0308", "", "Núñez"), Name("Zoë", "", "Nu\u0301n\u0303ez")),
        (Name("Ana", "", "De La Cruz"), Name("Ana", "", "Delacruz")),
        (Name("Sean", "", "O Brien"), Name("Seán", "", "O’Brien")),
        (Name("Ewan", "", "Mc Donald"), Name("Ewan", "", "McDonald")),
        (Name("Mary-Ann", "", "St. Clair"), Name("Mary Ann", "", "St Clair")),
        (Name("Suharto"), Name("", "", "Suharto")),
        (Name("FNU", "", "Suharto"), Name("", "", "Suharto")),
        (Name("Suharto", "", "Suharto"), Name("", "", "Suharto")),
        (Name("Kim", "", "Do"), Name("Kim", "", "Do")),
    ],
)
def test_another_way_of_writing_is_the_same_name(typed: Name, record: Name) -> None:
    assert compare(typed, record) == "match"


@pytest.mark.parametrize(
    ("typed", "record"),
    [
        (Name("Ada", "May", "Wintres"), ADA),
        (Name("May", "", "Winters"), ADA),
        (Name("Ada", "N", "Winters"), ADA),
        (Name("Maryann", "", "Winters"), Name("Mary Ann", "", "Winters")),
        (Name("Mary", "", "Winters"), Name("Mary Ann", "", "Winters")),
        (Name("A", "", "Winters"), ADA),
        (Name("Will", "", "Carter"), Name("Bill", "", "Carter")),
        (Name("Ada", "", "Winters", "Jr"), ADA),
        (Name("Jürgen", "", "Mueller"), Name("Jurgen", "", "Müller")),
        (Name("Ana", "", "Baker-Johnson"), Name("Ana", "", "Baker")),
    ],
)
def test_one_small_difference_is_near(typed: Name, record: Name) -> None:
    assert compare(typed, record) == "near"


@pytest.mark.parametrize(
    ("typed", "record"),
    [
        (Name("Ada", "Ruth", "Winters"), ADA),
        (Name("Ada", "Mae", "Winters"), Name("Ada", "Marie Mae", "Winters")),
        (Name("Adda", "May", "Wintres"), ADA),
        (Name("Bill", "", "Carter"), Name("William", "", "Carter", "Jr")),
        (Name("Joe", "", "Franklin", "Sr"), Name("Joe", "", "Franklin", "Jr")),
        (Name("Ann", "", "Lee"), Name("Amy", "", "Lee")),
        (Name("Kim", "", "Le"), Name("Kim", "", "Li")),
        (Name("", "", "Winters"), ADA),
        (Name("", "", ""), ADA),
        (Name("(Ada)", "", "(Winters)"), ADA),
    ],
)
def test_more_than_that_is_another_name(typed: Name, record: Name) -> None:
    assert compare(typed, record) == "none"


ON_RECORD = [
    Name("María José", "del Carmen", "Núñez-O’Connor"),
    Name("Søren", "Łukasz", "De la Cruz", "Jr"),
    Name("Zoë", "", "D'Angelo", "III"),
    Name("Mei-Ling", "", "Ng'ang'a"),
    Name("", "", "Suharto"),
]
# Each writes a name in another way that means the same: the issue's "case, width, diacritics, apostrophes, hyphens,
# spaces, suffixes".
WAYS_OF_WRITING = {
    "upper case": str.upper,
    "lower case": str.lower,
    "full width": lambda text: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text),
    "marks apart": lambda text: unicodedata.normalize("NFD", text),
    "no marks": lambda text: "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c)),
    "no apostrophes": lambda text: text.replace("’", "").replace("'", ""),
    "other apostrophes": lambda text: text.replace("’", "ʻ").replace("'", "`"),
    "blanks for hyphens": lambda text: text.replace("-", " "),
    "other hyphens": lambda text: text.replace("-", "\u2010"),
    "many blanks": lambda text: f"\u00a0{text.replace(' ', '  ')}\t",
    "marks of direction": lambda text: f"\u202b{text}\u202c",
}


@given(st.sampled_from(ON_RECORD), st.lists(st.sampled_from(sorted(WAYS_OF_WRITING)), max_size=4))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_ways_of_writing_can_be_heaped_and_the_name_stays_the_same(record: Name, ways: list[str]) -> None:
    typed = record
    for way in ways:
        typed = Name(*map(WAYS_OF_WRITING[way], typed))
    assert compare(typed, record) == "match"


@given(st.sampled_from(ON_RECORD), st.integers(0, 200), st.sampled_from(["wrong", "missing", "doubled", "swapped"]))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_a_wrong_letter_never_passes_by_itself(record: Name, place: int, slip: str) -> None:
    """In the surname, whichever letter it is; whether it is near or none depends on the rest."""
    last, at = record.last, place % len(record.last)
    changed = {
        "wrong": last[:at] + "x" + last[at + 1 :],
        "missing": last[:at] + last[at + 1 :],
        "doubled": last[:at] + last[at] + last[at:],
        "swapped": last[:at] + last[at + 1 : at + 2] + last[at] + last[at + 2 :],
    }[slip]
    same = "".join(words(changed)) == "".join(words(last))  # only a hyphen, a blank or an apostrophe went
    assert same or compare(Name(record.first, record.middle, changed, record.suffix), record) != "match"


ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30)


@given(st.builds(Name, ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT))
@example(Name("", "", "NONE", ""))
@settings(max_examples=100)
def test_any_text_compares_and_a_name_matches_itself_unless_it_says_nothing(name: Name) -> None:
    """Nothing is said by signs without letters, and by "None" and the like."""
    itself = compare(name, name)
    assert itself == ("match" if search_key(without_fillers(name)) else "none")
    assert compare(name, ADA) in ("near", "none", "match")
    assert search_prefixes(" ".join(name)) is not None


@pytest.mark.parametrize(
    "bomb", ["x" * 10_000, "(" * 10_000, "a\u0301" * 10_000, "ﷺ" * 10_000, "\x00" * 10_000, '"' * 9_999]
)
def test_ten_thousand_letters_are_compared_like_any_other(bomb: str) -> None:
    assert compare(Name(bomb, bomb, bomb, bomb), ADA) == "none"


def test_marks_of_direction_and_control_characters_leave_no_trace() -> None:
    assert words("\u202eAda\u202c \x00Win\u200bters") == ["ada", "winters"]


def test_staff_find_a_name_however_they_order_it() -> None:
    key = search_key(Name("María", "del Carmen", "De la Cruz Núñez"))
    assert key == "delacruznunez maria del carmen"
    for text in (
        "de la cruz",
        "De La Cruz Nunez, Maria",
        "maria de la cruz nunez",
        "DELACRUZ",
        "De la Cruz Nuñez María",
    ):
        assert any(key.startswith(prefix) for prefix in search_prefixes(text)), text
    assert search_prefixes(" , ") == []


def test_the_nicknames_are_normalised_words_and_no_one_is_short_for_itself() -> None:
    for short, long_names in LONG_NAMES.items():
        assert words(" ".join([short, *sorted(long_names)])) == [short, *sorted(long_names)]
        assert short not in long_names
