"""Numbers in a resource by which a government or a bank knows a person: found, taken out and put back.

A Social Security number or a passport number stands in an Identifier, wherever that is: in the resource, in a contained
one, in a reference. The type or the system of the Identifier decides, or the form of a Social Security number. Text of
the same resource that repeats such a number is taken out as well. Numbers that only the place of care knows (record
numbers, visits, claims) stay, because references go by them.
"""

import re
from collections.abc import Iterator
from typing import Any

Path = list[str | int]
Numbers = list[tuple[Path, str]]
"""Where text was taken out, and the text."""

# Codes of https://terminology.hl7.org/CodeSystem/v2-0203.
KINDS = {
    "SS": "Social Security number",
    "SB": "Social Security number",
    "DL": "Driver's license number",
    "PPN": "Passport number",
    "PRC": "Permanent resident card number",
    "CZ": "Citizenship card number",
    "NI": "National number",
    "TAX": "Tax number",
    "MC": "Medicare number",
    "MA": "Medicaid number",
    "BA": "Bank account number",
    "BC": "Bank card number",
    "AM": "Credit card number",
    "DI": "Credit card number",
    "DS": "Credit card number",
    "MS": "Credit card number",
    "VS": "Credit card number",
}
# HL7 gave the OIDs: of Social Security (1), of the IRS (2), of the states' licenses (3), of passports (330).
SYSTEMS = {
    "SS": re.compile(r"us-ssn|2\.16\.840\.1\.113883\.4\.1$"),
    "TAX": re.compile(r"us-itin|2\.16\.840\.1\.113883\.4\.2$"),
    "DL": re.compile(r"driver|2\.16\.840\.1\.113883\.4\.3(\.\d+)?$"),
    "PPN": re.compile(r"passport|2\.16\.840\.1\.113883\.4\.330(\.\d+)?$"),
    "MC": re.compile(r"us-mbi|us-medicare|hicn"),
}
# What JSON text has, canonical or as PostgreSQL writes it, if there is any such number in it.
MARKS = ("us-ssn", "us-itin", "driver", "passport", "us-mbi", "us-medicare", "hicn", "2.16.840.1.113883.4.", "ocial ")
CODED = rf'"code": ?"({"|".join(KINDS)})"'
VALUED = r'"value": ?"[0-9]{3}-[0-9]{2}-[0-9]{4}"'
SSN_IN_WORDS = re.compile(r"social security", re.IGNORECASE)
SSN = re.compile(r"\d{3}-\d{2}-\d{4}")
HAS_CODE, HAS_VALUE = re.compile(CODED), re.compile(VALUED)
# Shorter ones are not looked for in other text: too much would have to go.
SHORTEST = 5


def find_numbers(raw: dict[str, Any], text: str) -> Numbers:
    """Return the personal numbers in a resource, and the text in it that repeats one. `text` is its canonical text."""
    # Most resources have no Identifier. To look for the two marks of one costs next to nothing.
    if '"value":"' not in text and "?identifier=" not in text:
        return []
    if not (any(mark in text for mark in MARKS) or HAS_CODE.search(text) or HAS_VALUE.search(text)):
        return []
    found = {tuple(path): said for path, said in numbers_in(raw)}
    values = {form for said in found.values() for form in (said, re.sub(r"\W", "", said)) if len(form) >= SHORTEST}
    if values:
        found |= {tuple(path): said for path, said in texts_in(raw) if any(value in said for value in values)}
    return [(list(path), said) for path, said in found.items()]


def numbers_in(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the numbers themselves: values of Identifiers, and references that go by such an Identifier."""
    if isinstance(value, dict):
        said, reference = value.get("value"), value.get("reference")
        if isinstance(said, str) and kind_of(value):
            yield (*path, "value"), said
        if isinstance(reference, str) and "|" in reference and system_kind(reference.rpartition("|")[0]):
            yield (*path, "reference"), reference
    for key, inside in inner(value):
        yield from numbers_in(inside, (*path, key))


def texts_in(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield path, value
    for key, inside in inner(value):
        yield from texts_in(inside, (*path, key))


def inner(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def kind_of(identifier: dict[str, Any]) -> str:
    """Return in words what kind of personal number an Identifier is, or "" if it is none."""
    type_ = identifier.get("type")
    codings = type_.get("coding") if isinstance(type_, dict) else None
    known = [coding for coding in codings if isinstance(coding, dict)] if isinstance(codings, list) else []
    for code in (coding.get("code") for coding in known):
        if isinstance(code, str) and code in KINDS:
            return KINDS[code]
    said = type_.get("text") if isinstance(type_, dict) else None
    if any(SSN_IN_WORDS.search(str(words)) for words in (said, *(coding.get("display") for coding in known))):
        return KINDS["SS"]
    if kind := system_kind(identifier.get("system")):
        return kind
    value = identifier.get("value")
    return KINDS["SS"] if isinstance(value, str) and SSN.fullmatch(value) else ""


def system_kind(system: Any) -> str:
    found = (code for code, pattern in SYSTEMS.items() if isinstance(system, str) and pattern.search(system))
    return next((KINDS[code] for code in found), "")


def without(raw: dict[str, Any], numbers: Numbers) -> dict[str, Any]:
    """Return a copy of a resource without these texts: the key is gone, and in a list there is null."""
    left = copied(raw)
    for path, _ in numbers:
        *way, last = path
        holder = follow(left, way)
        if isinstance(last, int):
            holder[last] = None
        else:
            del holder[last]
    return left


def copied(value: Any) -> Any:
    """Return a copy in which nothing stands in two places, as in JSON that was read."""
    if isinstance(value, dict):
        return {key: copied(inside) for key, inside in value.items()}
    return [copied(inside) for inside in value] if isinstance(value, list) else value


def put_back(raw: dict[str, Any], numbers: Numbers) -> dict[str, Any]:
    """Put texts where they were, into the resource itself. Return it."""
    for path, said in numbers:
        *way, last = path
        follow(raw, way)[last] = said
    return raw


def follow(value: Any, way: Path) -> Any:
    for key in way:
        value = value[key]
    return value
