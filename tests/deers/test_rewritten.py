"""Names that offices, passports and forms have rewritten: near with all else right, and nobody by themselves."""

import random
from datetime import date, timedelta

import pytest

from deers.matching import RecordRow, judge_match
from deers.names import Name, compare
from deers.nicknames import LONG_NAMES
from deers.registry import Beneficiary, Ineligible, Match, NearMatch, NoMatch, PersonQuery
from tests.deers.registered import TODAY


@pytest.mark.parametrize(
    ("typed", "record"),
    [
        (Name("Suharto", "", "Suharto"), Name("Suharto", "", "LNU")),
        (Name("FNU", "", "Suharto"), Name("Suharto", "", "LNU")),
        (Name("Suharto", "", "None"), Name("Suharto", "", "LNU")),
        (Name("N/A", "", "Suharto"), Name("", "", "Suharto")),
        (Name("Ada", "N/A", "Winters"), Name("Ada", "", "Winters")),
        (Name("Ada", "none", "Winters", "None"), Name("Ada", "May", "Winters")),
        (Name("Joe", "", "Franklin VI"), Name("Joe", "", "Franklin", "VI")),
        (Name("Joe", "", "Franklin", "Jr"), Name("Joe", "", "Franklin", "JR MD")),
        (Name("Joe", "", "Franklin", "III"), Name("Joe", "", "Franklin", "Third")),
        (Name("Soo", "", "Na"), Name("Soo", "", "Na")),
    ],
)
def test_somebody_whose_record_fills_a_gap_in_the_name_matches(typed: Name, record: Name) -> None:
    assert compare(typed, record) == "match"


LONG_SURNAME = "Featherstonehaugh-Cholmondeley"
LONG_GIVEN = "Maximiliana Konstantina Th"
REWRITTEN = {
    "a joined surname": (Name("Ada", "", "Stone-Whitaker"), Name("Ada", "", "StoneWhitaker")),
    "a joined first name": (Name("Maryann", "", "Winters"), Name("Mary", "Ann", "Winters")),
    "a joined first name with a middle name": (Name("Maryann", "Rose", "Winters"), Name("Mary", "Ann Rose", "Winters")),
    "a joined first name, no middle name": (Name("Maryann", "", "Winters"), Name("Mary Ann", "Rose", "Winters")),
    "a divided first name": (Name("Min Soo", "", "Pak"), Name("Minsoo", "", "Pak")),
    "a divided first name over two fields": (Name("Min", "Soo", "Pak"), Name("Minsoo", "", "Pak")),
    "a first surname among the given names": (Name("Ada", "Stone", "Whitaker"), Name("Ada", "", "Stone Whitaker")),
    "a passport's umlaut": (Name("Kurt", "", "Müller"), Name("Kurt", "", "MUELLER")),
    "a passport's umlauts in all names": (Name("Jürgen", "", "Köhler-Müller"), Name("JUERGEN", "", "KOEHLER MUELLER")),
    "a passport's o with a stroke": (Name("Søren", "", "Sørensen"), Name("SOEREN", "", "SOERENSEN")),
    "a passport's ring": (Name("Åse", "", "Ålund"), Name("AASE", "", "AALUND")),
    "a passport's double x": (Name("Íñigo", "", "Muñoz"), Name("INXXIGO", "", "MUNXXOZ")),
    "letters typed as the passport has them": (Name("Soeren", "", "Koeller"), Name("Søren", "", "Köller")),
    "a dropped particle": (Name("Ana", "", "Cruz"), Name("Ana", "", "De La Cruz")),
    "a dropped particle, joined on record": (Name("Ana", "", "Cruz"), Name("Ana", "", "DELACRUZ")),
    "a dropped particle within": (Name("Ana", "", "Garcia Vega"), Name("Ana", "", "Garcia de la Vega")),
    "a dropped and": (Name("Jose", "", "Ortega Gasset"), Name("Jose", "", "Ortega y Gasset")),
    "a particle that the record drops": (Name("Jan", "", "van den Berg"), Name("Jan", "", "Berg")),
    "a surname cut off": (Name("Ada", "", LONG_SURNAME), Name("Ada", "", LONG_SURNAME[:26].upper())),
    "a surname cut off at a blank": (
        Name("Ada", "", "Wolfeschlegelsteinhausenb Ergerdorff"),
        Name("Ada", "", "WOLFESCHLEGELSTEINHAUSENB"),
    ),
    "given names cut off": (Name(f"{LONG_GIVEN}eodora", "", "Wu"), Name(LONG_GIVEN, "", "Wu")),
    "a rank": (Name("Sgt. Ada", "", "Winters"), Name("Ada", "", "Winters")),
    "a rank of two words": (Name("Staff Sergeant Ada", "", "Winters"), Name("Ada", "", "Winters")),
    "a title before the surname": (Name("Ada", "", "Dr Winters"), Name("Ada", "", "Winters")),
    "an initial on record": (Name("James", "", "Carter"), Name("J", "", "Carter")),
    "initials on record": (Name("James", "Robert", "Carter"), Name("J", "R", "Carter")),
    "initials in one on record": (Name("James", "Robert", "Carter"), Name("J.R.", "", "Carter")),
    "an initial and a middle name on record": (Name("James", "Robert", "Carter"), Name("J", "Robert", "Carter")),
    "a suffix that the list has not": (Name("Joe", "", "Franklin"), Name("Joe", "", "Franklin", "CPA")),
}  # fmt: skip


def outcome_for(typed: Name, record: Name, *, born: date, birthday: date, asked_for: bool = True) -> object:
    """What DEERS answers to this name and birth date beside a record with that name and birthday."""
    person = Beneficiary("1000000001", *record, birthday, *[""] * 7)
    row = RecordRow(person, deceased=False, covered=True, asked_for=asked_for)
    query = PersonQuery(typed.first, typed.middle, typed.last, typed.suffix, born, ssn="900120001")
    return judge_match(query, [row], TODAY)


BORN = date(1958, 3, 14)


@pytest.mark.parametrize("way", REWRITTEN)
def test_somebody_whose_record_has_the_name_rewritten_is_near(way: str) -> None:
    typed, record = REWRITTEN[way]
    assert compare(typed, record) == "near"
    assert outcome_for(typed, record, born=BORN, birthday=BORN) == NearMatch()


@pytest.mark.parametrize("way", REWRITTEN)
def test_somebody_else_whose_birth_date_or_number_differs_is_nobody(way: str) -> None:
    for typed, record in (REWRITTEN[way], REWRITTEN[way][::-1]):
        assert outcome_for(typed, record, born=date(1958, 3, 15), birthday=BORN) == NoMatch()
        assert outcome_for(typed, record, born=date(1985, 3, 14), birthday=BORN) == NoMatch()
        assert outcome_for(typed, record, born=BORN, birthday=BORN, asked_for=False) == NoMatch()


@pytest.mark.parametrize(
    ("typed", "record"),
    [
        (Name("Ada", "", "Donald"), Name("Ada", "", "McDonald")),
        (Name("Ada", "", "Brien"), Name("Ada", "", "O'Brien's")),
        (Name("Sgt Ada", "", "Wintres"), Name("Ada", "", "Winters")),
        (Name("Ada", "", "None"), Name("Ada", "", "Winters")),
        (Name("N/A", "", "Winters"), Name("Ada", "", "Winters")),
        (Name("Sgt", "", "Winters"), Name("Ada", "", "Winters")),
        (Name("Robert", "James", "Carter"), Name("J", "R", "Carter")),
        (Name("James", "", "Carter", "Jr"), Name("J", "", "Carter", "Sr")),
        (Name("Ada", "", "Featherstone"), Name("Ada", "", "Feather")),
        (Name("Jürgen", "", "Müller"), Name("Johann", "", "Mueller")),
        (Name("Ana", "", "Cruz"), Name("Eva", "", "De La Cruz")),
    ],
)
def test_somebody_else_is_not_taken_for_a_person_with_a_rewritten_name(typed: Name, record: Name) -> None:
    assert compare(typed, record) == "none"


GIVEN = [*sorted(LONG_NAMES), "Mary Ann", "Min Soo", "J", "J R", "Jürgen", "FNU", "N/A", "Sgt", "Ñusta", "Maryann", ""]
SURNAMES = [
    *("Winters", "Wintres", "De la Cruz", "Delacruz", "Cruz", "Müller", "Mueller", "Muller", "Stone-Whitaker", "LNU"),
    *("StoneWhitaker", "Whitaker", "O'Brien", "Brien", "Li", "Le", "None", "van den Berg", "Berg", "Sørensen", "Wu"),
    *(LONG_SURNAME, LONG_SURNAME[:26].upper(), "Franklin VI", "Franklin"),
]
PAIRS = 60_000


def test_of_many_random_pairs_nobody_passes_with_a_wrong_number_or_birth_date() -> None:
    """And who passes with both right has a name that matches: one that is near passes for nobody."""
    rng = random.Random(9)

    def anybody() -> Name:
        middle = rng.choice(["", "", rng.choice(GIVEN)])
        return Name(rng.choice(GIVEN), middle, rng.choice(SURNAMES), rng.choice(["", "", "", "Jr", "III", "VI"]))

    passed = 0
    for _ in range(PAIRS):
        record = anybody()
        typed = record if rng.random() < 0.3 else record._replace(last=anybody().last, first=anybody().first)
        birthday = BORN + timedelta(days=rng.randrange(9_000))
        born = rng.choice([birthday, BORN + timedelta(days=rng.randrange(9_000))])
        right = rng.random() < 0.5
        outcome = outcome_for(typed, record, born=born, birthday=birthday, asked_for=right)
        if isinstance(outcome, Match | Ineligible):
            passed += 1
            assert right
            assert born == birthday
            assert compare(typed, record) == "match"
        elif isinstance(outcome, NearMatch):
            assert right
    assert passed > PAIRS // 20
