"""What people can measure themselves: the numbers, their units and codes, and which numbers are odd or impossible."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from portal.record.series import GRAMS_OF_A_MOLE, UNITS, Scale, convert

Numbers = tuple[Decimal, ...]
CUSTOM = "custom"
# Glucose in blood, for the mass of a mole.
GLUCOSE_MOLE = GRAMS_OF_A_MOLE["2339-0"]


class Range(NamedTuple):
    """A range of numbers, both ends included."""

    low: Decimal
    high: Decimal

    def holds(self, value: Decimal) -> bool:
        return self.low <= value <= self.high


def between(low: str, high: str) -> Range:
    return Range(Decimal(low), Decimal(high))


@dataclass(frozen=True)
class Unit:
    """A unit: its code in UCUM, how people write it, and its scale. `code` is the LOINC code of a result in it."""

    ucum: str
    words: str
    scale: Scale
    code: str = ""


@dataclass(frozen=True)
class Number:
    """One number of a measurement. Both ranges are in the first unit of its measure.

    Outside of `possible` a number is refused. Outside of `usual` the person is asked whether it is right. That says
    nothing about health. `code` is the LOINC code where a measurement has two numbers.
    """

    label: str
    possible: Range
    usual: Range
    code: str = ""


@dataclass(frozen=True)
class Measure:
    """Something that people measure.

    `is_whole` is true where there are no fractions. `urgent` are the numbers above which people should not wait, and
    `advice` is what to do then. `headers` are further names of the columns in a file, by number.
    """

    slug: str
    title: str
    icon: str
    units: tuple[Unit, ...]
    numbers: tuple[Number, ...]
    hint: str
    code: str = ""
    category: str = "vital-signs"
    is_whole: bool = False
    urgent: Numbers = ()
    advice: str = ""
    headers: tuple[tuple[str, ...], ...] = ()

    @property
    def is_pair(self) -> bool:
        return len(self.numbers) > 1

    def unit(self, ucum: str) -> Unit:
        """Return a unit by its code, or the first one."""
        return next((unit for unit in self.units if unit.ucum == ucum), self.units[0])

    def titled(self, name: str, ucum: str) -> str:
        """Return a name with the unit behind it, where the name does not say it: "Weight, in lb"."""
        words = self.unit(ucum).words
        return name if ucum in ("{score}", "{steps}") or not words else f"{name}, in {words}"

    def changed(self, value: Decimal, ucum: str, to: str) -> Decimal:
        """Return a number in another unit. In the same unit its digits stay."""
        found = convert(value, self.unit(ucum).scale, self.unit(to).scale)
        assert found is not None, "a number has a value in each unit"
        return found


# Where a number is impossible: NIST and FDA know no list, so the ends are what home devices can show, or records. Where
# it is odd enough to ask: own, well beyond what most people have, so that few are asked without need.
MEASURES = (
    Measure(
        "blood-pressure",
        "Blood pressure",
        "favorite",
        (Unit("mm[Hg]", "mm Hg", UNITS["mm[Hg]"]),),
        (
            # Possible: home monitors measure 0 to 299 mm Hg (ISO 81060-2 devices); below 40 nobody can measure at home.
            Number("Upper number (systolic)", between("40", "299"), between("70", "220"), "8480-6"),
            Number("Lower number (diastolic)", between("20", "199"), between("40", "130"), "8462-4"),
        ),
        "The two numbers that the monitor shows, for example 128 over 82.",
        code="85354-9",
        is_whole=True,
        # American Heart Association, "Understanding Blood Pressure Readings": higher than 180 and/or 120.
        urgent=(Decimal(180), Decimal(120)),
        advice="Your latest blood pressure is higher than 180 over 120. Wait at least one minute and measure again. If "
        "it is still that high, call your clinic or the nurse line now. If you also have chest pain, shortness of "
        "breath, back pain, numbness, weakness, or trouble seeing or speaking, call 911.",
        headers=(("systolic", "upper", "upper number", "sys"), ("diastolic", "lower", "lower number", "dia")),
    ),
    Measure(
        "weight",
        "Weight",
        "insights",
        (Unit("[lb_av]", "lb", UNITS["[lb_av]"], "29463-7"), Unit("kg", "kg", UNITS["kg"], "29463-7")),
        # Possible: up to the heaviest person on record (Guinness World Records: 1,400 lb).
        (Number("Weight", between("1", "1400"), between("66", "450")),),
        "What the scale shows.",
        code="29463-7",
    ),
    Measure(
        "glucose",
        "Blood sugar",
        "science",
        (
            Unit("mg/dL", "mg/dL", Scale("glucose", Decimal("0.01")), "41653-7"),
            Unit("mmol/L", "mmol/L", Scale("glucose", GLUCOSE_MOLE / 1000), "14743-9"),
        ),
        # Possible: home meters measure 10 to 600 mg/dL and show "Lo" or "Hi" beyond (FDA, self-monitoring systems).
        (Number("Blood sugar (glucose)", between("10", "600"), between("54", "400")),),
        "What the meter shows. If it shows “Hi” or “Lo”, do what your care team told you for that.",
        category="laboratory",
    ),
    Measure(
        "steps",
        "Steps",
        "directions_walk",
        (Unit("{steps}", "steps", Scale("steps", Decimal(1)), "41950-7"),),
        # Possible: the most that were walked in a day; own.
        (Number("Steps in a day", between("0", "200000"), between("0", "50000")),),
        "All steps of one day.",
        code="41950-7",
        category="activity",
        is_whole=True,
    ),
    Measure(
        "sleep",
        "Sleep",
        "hotel",
        (Unit("h", "hours", UNITS["h"], "93832-4"),),
        (Number("Hours of sleep", between("0", "24"), between("2", "14")),),
        "The hours that you slept in one night, for example 7.5.",
        code="93832-4",
        category="activity",
    ),
    Measure(
        "mood",
        "Mood",
        "sentiment_satisfied",
        (Unit("{score}", "of 10", Scale("score", Decimal(1))),),
        (Number("Mood", between("1", "10"), between("1", "10")),),
        "From 1 (very bad) to 10 (very good).",
        category="survey",
        is_whole=True,
    ),
    Measure(
        "pain",
        "Pain",
        "sentiment_dissatisfied",
        (Unit("{score}", "of 10", Scale("score", Decimal(1)), "72514-3"),),
        # The numeric rating scale.
        (Number("Pain", between("0", "10"), between("0", "10")),),
        "From 0 (no pain) to 10 (the worst pain that you can imagine).",
        code="72514-3",
        category="survey",
        is_whole=True,
    ),
)
BY_SLUG = {measure.slug: measure for measure in MEASURES}


def custom(name: str, unit: str) -> Measure:
    """Return the measure of a person's own tracker. Any number of a sensible length is possible."""
    any_number = between("-1000000", "1000000")
    return Measure(
        CUSTOM,
        name,
        "flag",
        (Unit("", unit, Scale("own", Decimal(1))),),
        (Number(name, any_number, any_number),),
        "",
        category="survey",
    )


class Doubt(NamedTuple):
    """What is odd about numbers. `instead` are the numbers and the unit that may be meant, if there is a guess.

    `also` is what is impossible about a second number: its place, and a sentence.
    """

    place: int
    sentence: str
    is_impossible: bool
    instead: tuple[Numbers, str] | None = None
    also: tuple[int, str] | None = None


def judge(measure: Measure, numbers: Sequence[Decimal], ucum: str) -> Doubt | None:
    """Return what is impossible or odd about the numbers of one measurement, or None."""
    impossible = outside(measure, numbers, ucum, is_possible=True)
    if impossible:
        first, *others = ((place, say_possible(measure, place, ucum)) for place in impossible)
        return Doubt(*first, True, guess(measure, numbers, ucum), others[0] if others else None)
    if measure.is_pair and numbers[1] >= numbers[0]:
        return Doubt(1, "The lower number has to be smaller than the upper one.", True, guess(measure, numbers, ucum))
    odd = outside(measure, numbers, ucum, is_possible=False)
    if not odd:
        return None
    unit = measure.unit(ucum).words
    said = " and ".join(with_unit(f"{numbers[place]:f}", unit) for place in odd)
    return Doubt(odd[0], f"You typed {said}. That is unusual.", False, guess(measure, numbers, ucum))


def say_possible(measure: Measure, place: int, ucum: str) -> str:
    """Return the sentence that says which numbers are possible."""
    possible = measure.numbers[place].possible
    low, high = (show(measure.changed(end, measure.units[0].ucum, ucum)) for end in possible)
    return f"Enter a number from {with_unit(f'{low} to {high}', measure.unit(ucum).words)}."


def outside(measure: Measure, numbers: Sequence[Decimal], ucum: str, *, is_possible: bool) -> list[int]:
    """Return the places of the numbers outside of their possible or their usual range."""
    return [
        place
        for place, (value, number) in enumerate(zip(numbers, measure.numbers, strict=True))
        if not (number.possible if is_possible else number.usual).holds(
            measure.changed(value, ucum, measure.units[0].ucum)
        )
    ]


def guess(measure: Measure, numbers: Sequence[Decimal], ucum: str) -> tuple[Numbers, str] | None:
    """Return the first numbers that are easily mistyped as these and are not odd themselves."""
    for some, unit in guesses(measure, tuple(numbers), ucum):
        ordered = not measure.is_pair or some[0] > some[1]
        if ordered and not outside(measure, some, unit, is_possible=False):
            return some, unit
    return None


def guesses(measure: Measure, numbers: Numbers, ucum: str) -> Iterator[tuple[Numbers, str]]:
    """Yield what may be meant: the pair the other way round, another unit, a point that was forgotten or misplaced."""
    if measure.is_pair:
        yield numbers[::-1], ucum
    for unit in measure.units:
        if unit.ucum != ucum:
            yield numbers, unit.ucum
    for place in range(len(numbers)):
        for shift in (-1, 1, -2):
            moved = plain(numbers[place].scaleb(shift))
            if not measure.is_whole or moved == moved.to_integral_value():
                yield (*numbers[:place], moved, *numbers[place + 1 :]), ucum


def plain(value: Decimal) -> Decimal:
    """Return a number without zeros behind the point and without an exponent."""
    found = value.normalize()
    return found.quantize(Decimal(1)) if found == found.to_integral_value() else found


def show(value: Decimal) -> str:
    """Return a number that was computed, with one digit behind the point at most."""
    return f"{plain(round(value, 1)):f}"


def with_unit(number: str, words: str) -> str:
    return f"{number} {words}" if words else number
