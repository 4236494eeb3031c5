"""Observation: results with their verdicts. Nothing is "usual" unless a laboratory or both bounds say so."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from portal import codes
from portal.record import words
from portal.record.models import Result
from portal.record.reading.elements import (
    Json,
    codes_of,
    coding_words,
    codings,
    concept,
    digits,
    every,
    extension,
    get,
    joined,
    known_code,
    notes,
    number,
    quantity,
    range_of,
    text,
    unit,
    value_of,
)
from portal.record.reading.reading import Reading

LABORATORY, VITAL_SIGNS, OTHER = (one.value for one in Result.Category)
# Vital signs beside those that the portal always had: blood pressure as a whole, and oxygen by other means.
VITAL_CODES = {*codes.VITALS, "85354-9", "55284-4", "2708-6", "85353-1"}
LAB_CODES = set(codes.LABS)
FLAG_SYSTEMS = ("ObservationInterpretation", "observation-interpretation", "v2-0078", "v2/0078")
ABSENT_URL = "data-absent-reason"


@dataclass(frozen=True)
class Bounds:
    """The usual range: numbers in the unit of the value, and everything else about ranges in words."""

    low: Decimal | None = None
    high: Decimal | None = None
    said: str = ""


def read_observation(reading: Reading, panel: UUID | None = None, first_place: int = 0) -> list[Result]:
    """Return the row of an observation and those of its components. `first_place` is the place of the first row."""
    raw = reading.raw
    panels = [panel] if panel else reading.lookup.panels_of(reading.resource, raw)
    shared = {
        "category": category_of(raw),
        "category_said": joined(known_code(one, words.CATEGORIES) for one in every(raw, "category")),
        "panel_id": panels[0] if panels else None,
        "also_in": panels[1:],
        "performer": reading.names("performer"),
        "specimen": reading.name(get(raw, "specimen")) if get(raw, "specimen") else "",
        "method": joined([concept(get(raw, "method")), concept(get(raw, "bodySite"))]),
        "device": reading.name(get(raw, "device")) if get(raw, "device") else "",
        "derived": derived_from(reading),
    }
    said, status = reading.said("effective"), text(raw, "status")
    components = [one for one in every(raw, "component") if isinstance(one, dict)]
    members = every(raw, "hasMember")
    row = reading.row(
        Result,
        get(raw, "code"),
        said,
        status,
        place=first_place,
        note=notes(get(raw, "note")),
        **shared,
        **measured(raw, reading),
    )
    if members and not row.text:
        row.text = f"A group of {len(members)} results" if len(members) > 1 else "A group of one result"
    elif not (components or row.text or row.absent or row.value_said):
        row.absent = "The value was not given"
    rows = [row]
    for place, one in enumerate(components, first_place + 1):
        part = reading.row(Result, get(one, "code"), said, status, place=place, **shared, **measured(one, reading))
        if not (part.text or part.absent or part.value_said):
            part.absent = "The value was not given"
        rows.append(part)
    for each in rows:
        if not panels or each.category == OTHER:
            each.searched = f"{each.display}\n{each.text}".lower()
    return rows


def derived_from(reading: Reading) -> str:
    """Return what an observation was worked out from, by name, and the rest as a number."""
    found = [reading.name(one) for one in every(reading.raw, "derivedFrom")]
    others = found.count("")
    if not others:
        return joined(found)
    unnamed = "other entry" if others == 1 else "other entries"
    return joined([*found, f"{others} {unnamed if any(found) else unnamed.removeprefix('other ')} of the record"])


def category_of(raw: Json) -> str:
    """Return the category that a list shows it in: what was said, else what the code is known to be."""
    said = every(raw, "category")
    named = {code.lower() for code in codes_of(said)} | {concept(one).lower() for one in said}
    if named & {"laboratory", "lab"}:
        return LABORATORY
    if named & {"vital-signs", "vital signs"}:
        return VITAL_SIGNS
    if named - {""}:
        return OTHER
    loinc = set(codes_of(get(raw, "code"), codes.LOINC))
    if loinc & VITAL_CODES:
        return VITAL_SIGNS
    return LABORATORY if loinc & LAB_CODES else OTHER


def measured(raw: dict[str, Json], reading: Reading) -> dict[str, Any]:
    """Return value, range and verdict of an observation or of one of its components."""
    flags, flags_said = flags_of(get(raw, "interpretation"))
    given = get(raw, "valueQuantity") if isinstance(get(raw, "valueQuantity"), dict) else {}
    value = number(get(given, "value"))
    if value is None and (whole := number(raw.get("valueInteger"))) is not None:
        value, given = whole, {"value": raw["valueInteger"]}
    bounds = bounds_of(get(raw, "referenceRange") and every(raw, "referenceRange"), given)
    comparator = text(given, "comparator")
    return {
        "value": value,
        "value_said": "" if value is None else digits(value),
        "comparator": comparator if comparator in words.COMPARATORS else "",
        "unit": "" if value is None else text(given, "code") or text(given, "unit"),
        "unit_said": "" if value is None else unit(given),
        "text": other_value(raw, reading.zone) if value is None else "",
        "absent": absent_reason(raw),
        "low": bounds.low,
        "high": bounds.high,
        "range_said": bounds.said,
        "interpretation": flags_said,
        "verdict": judge(value, comparator, bounds, flags),
    }


def other_value(raw: dict[str, Json], zone: str) -> str:
    """Return a value that is no number in words."""
    if isinstance(given := raw.get("valueQuantity"), dict):
        return quantity(given)
    return value_of(raw, "value", zone)


def absent_reason(raw: dict[str, Json]) -> str:
    """Return why there is no value, in words."""
    if reason := known_code(raw.get("dataAbsentReason"), words.ABSENT):
        return reason
    for key, one in raw.items():
        if key.startswith("_value") and (found := extension(one, ABSENT_URL)):
            return words.absent(text(found, "valueCode"))
    return ""


def flags_of(value: Json) -> tuple[list[str], str]:
    """Return the flags that HL7 knows, and all of them as they came.

    One of another system that looks like a flag of HL7 is put in quotation marks, so that nobody takes it for that.
    """
    flags, said = [], []
    for one in every(value):
        found = codings(one)
        ours = [
            text(c, "code") for c in found if is_hl7(text(c, "system")) and text(c, "code") in words.INTERPRETATIONS
        ]
        if ours:
            flags.append(ours[0])
            said.append(ours[0])
        elif name := concept(one) or next(map(coding_words, found), ""):
            flags.append("")
            said.append(f"“{name}”" if name in words.INTERPRETATIONS else name)
    return flags, joined(said)


def is_hl7(system: str) -> bool:
    return (
        not system
        or "ObservationInterpretation" in system
        or "0078" in system
        or "observation-interpretation" in system
    )


def bounds_of(ranges: Json, given: Json) -> Bounds:
    """Return the usual range among the ranges that were given, and the others in words.

    Where several are meant for different people, nobody said which is meant for this one, and none has bounds.
    """
    found = [one for one in every(ranges) if isinstance(one, dict)]
    if not found:
        return Bounds()
    usual = [one for one in found if set(codes_of(one.get("type"))) & {"normal"}]
    usual = usual or [one for one in found if not codings(one.get("type")) and not concept(one.get("type"))]
    if len(usual) > 1 and any(one.get("appliesTo") or one.get("age") for one in usual):
        usual = []
    chosen = usual[0] if usual else None
    others = [range_words(one) for one in found if one is not chosen]
    if chosen is None:
        return Bounds(said=joined(others, "; "))
    if not (same_unit(chosen.get("low"), given) and same_unit(chosen.get("high"), given)):
        return Bounds(said=joined([range_words(chosen), *others], "; "))
    return Bounds(
        number(get(chosen, "low", "value")),
        number(get(chosen, "high", "value")),
        joined([text(chosen, "text"), *others], "; "),
    )


def range_words(one: dict[str, Json]) -> str:
    """Return a reference range in words: "Women: 5 to 10 mg"."""
    meant = joined(
        [known_code(one.get("type"), {"normal": ""}), concept(one.get("appliesTo")), range_of(one.get("age"))]
    )
    said = text(one, "text") or range_of(one)
    return f"{meant}: {said}" if meant and said else said or meant


def same_unit(bound: Json, given: Json) -> bool:
    """Tell whether a bound is in the unit of the value. One without a unit is meant so."""
    if number(get(bound, "value")) is None:
        return True
    code, of = text(bound, "code"), text(given, "code")
    if code and of:
        return code == of
    said, unit_ = text(bound, "unit"), text(given, "unit")
    return not (code or said) or (said or code) in (unit_, of)


def judge(value: Decimal | None, comparator: str, bounds: Bounds, flags: list[str]) -> str:
    """Return the verdict: what the laboratory flagged, else what the range says."""
    flagged = words.flagged(flags)
    if flagged == "unusual" or value is None:
        return flagged
    by_range = compare(value, comparator, bounds)
    if flagged == "usual":
        return "unusual" if by_range == "unusual" else "usual"
    # A flag that we do not understand may mean that this is not usual.
    return "none" if flags and by_range == "usual" else by_range


def compare(value: Decimal, comparator: str, bounds: Bounds) -> str:
    """Return the verdict of a range. "Less than 5" is judged only if all numbers less than 5 are on one side."""
    low, high = bounds.low, bounds.high
    if low is not None and high is not None and low > high:
        return "none"
    match comparator:
        case "":
            if (low is not None and value < low) or (high is not None and value > high):
                return "unusual"
            return "usual" if low is not None and high is not None else "none"
        case "<" if low is not None and value <= low:
            return "unusual"
        case "<=" if low is not None and value < low:
            return "unusual"
        case ">" if high is not None and value >= high:
            return "unusual"
        case ">=" if high is not None and value > high:
            return "unusual"
    return "none"


def is_counted(row: Result) -> bool:
    """Tell whether a row is a result of its own, and not only the name of its components."""
    return bool(row.text or row.absent or row.value_said)
