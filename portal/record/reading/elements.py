"""FHIR's data types in words, read from parsed JSON of any shape: what is not as expected is as if absent."""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from portal import codes
from portal.record import moments, words

Json = Any

# Code systems that a row names first where a thing has several codings.
FIRST_SYSTEMS = (codes.LOINC, codes.SNOMED, codes.RXNORM, codes.CVX)
DISPLAYS = {
    (concept.code_system, concept.code): concept.display
    for table in (
        codes.LABS,
        codes.VITALS,
        codes.VACCINES,
        codes.CONDITIONS,
        codes.MEDICATIONS,
        codes.ALLERGIES,
        codes.PROCEDURES,
        codes.DOCUMENTS,
    )
    for concept in table.values()
}
# The most digits of a number that are written out; a longer one stays in the power of ten that it came with.
MOST_DIGITS = 60
# The hierarchies of SNOMED CT that a name may end with.
TAG = re.compile(
    r"(?<=\S) \((?:body structure|clinical drug|disorder|dose form|environment|event|finding|medicinal product|"
    r"medicinal product form|morphologic abnormality|observable entity|occupation|organism|person|physical object|"
    r"procedure|product|qualifier value|record artifact|regime/therapy|situation|social concept|specimen|substance)\)$"
)
# Embeddings, overrides and isolates of Unicode's bidirectional algorithm. Single marks (LRM, RLM, ALM) turn nothing.
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")
MONEY = {"USD": "$", "EUR": "€", "GBP": "£"}


def get(value: Json, *path: str) -> Json:
    """Return what stands at a path of keys, or None. Of a list on the way, the first item counts."""
    for key in path:
        if isinstance(value, list):
            value = value[0] if value else None
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def every(value: Json, *path: str) -> list[Json]:
    """Return all that stands at a path of keys, through all items of the lists on the way."""
    found = value if isinstance(value, list) else [value]
    for key in path:
        found = [item.get(key) for item in found if isinstance(item, dict)]
        found = [one for item in found for one in (item if isinstance(item, list) else [item])]
    return [item for item in found if item is not None]


def text(value: Json, *path: str) -> str:
    """Return a string or number at a path as text, "" if there is none."""
    value = get(value, *path) if path else value
    if value is None:  # as most elements are, and this is asked a hundred times for a resource
        return ""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, str):
        return unturned(value).strip()
    return "" if number(value) is None else digits(value)


def unturned(said: str) -> str:
    """Return a text without the marks that turn the direction of reading.

    They would turn what a page says after it as well: a date, a status, how serious something is.
    """
    return said if said.isascii() else TURNS.sub("", said)


def number(value: Json) -> Decimal | None:
    """Return a JSON number, or None for everything else and for one that no database keeps."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    value = Decimal(value)
    return value if value.is_finite() and abs(value.adjusted()) < 1000 and len(value.as_tuple().digits) < 1000 else None


def digits(value: int | Decimal) -> str:
    """Return a number with its digits as they were written."""
    value = Decimal(value)
    return str(value) if abs(value.adjusted()) > MOST_DIGITS else f"{value:f}"


def plain(value: int | Decimal) -> str:
    """Return a number as a sentence has it: "1" for 1.0."""
    written = digits(value)
    return written.rstrip("0").rstrip(".") if "." in written and "E" not in written else written


def count(value: Json) -> int | None:
    """Return a whole number from 0 up, or None."""
    found = number(value)
    return int(found) if found is not None and 0 <= found < 2**31 and found == int(found) else None


def joined(parts: Iterable[str], by: str = ", ") -> str:
    """Return the parts that are not empty, each once."""
    return by.join(dict.fromkeys(part for part in parts if part))


def codings(value: Json) -> list[dict[str, Json]]:
    """Return the codings of a CodeableConcept (or of several, or a Coding itself), the main one first.

    That is one of a system that everybody uses, then one that a person chose, then the first.
    """
    found: list[dict[str, Json]] = []
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            inner = one.get("coding")
            listed = inner if isinstance(inner, list) else [one if inner is None else inner]
            found += [c for c in listed if isinstance(c, dict) and (text(c, "code") or text(c, "display"))]
    return sorted(found, key=rank)


def rank(coding: dict[str, Json]) -> tuple[bool, bool]:
    return text(coding, "system") not in FIRST_SYSTEMS, coding.get("userSelected") is not True


def coding_words(coding: Json) -> str:
    """Return the name of a coding, or its code if it has none."""
    code, system = text(coding, "code"), text(coding, "system")
    name = text(coding, "display") or DISPLAYS.get((system, code), "")
    return (without_tag(name) if system == codes.SNOMED else name) or code


def without_tag(name: str) -> str:
    """Return a name of SNOMED CT without the tag of its hierarchy, which is not for people: "Asthma (disorder)"."""
    return TAG.sub("", name) if name.endswith(")") else name


def concept(value: Json) -> str:
    """Return a CodeableConcept in words: its text, else the name of its main coding."""
    if isinstance(value, list):
        return joined(concept(one) for one in value)
    if isinstance(value, str):
        return text(value)
    found = codings(value)
    if said := text(value, "text"):
        tagged = said.endswith(")") and any(one.get("system") == codes.SNOMED for one in found)
        return without_tag(said) if tagged else said
    return coding_words(found[0]) if found else ""


def codes_of(value: Json, within: str = "") -> list[str]:
    """Return the codes of concepts; `within` names a part of the systems that count (a missing system counts)."""
    found = [one for one in codings(value) if not text(one, "system") or within in text(one, "system")]
    return [code for one in found if (code := text(one, "code"))]


def first_code(value: Json) -> str:
    """Return the code of a concept, or its text if it has no code. For statuses."""
    if isinstance(value, str):
        return value.strip()
    return next(iter(codes_of(value)), "") or concept(value)


def known_code(value: Json, table: dict[str, str]) -> str:
    """Return a concept in the words of a table, else in its own."""
    return next((table[code] for code in codes_of(value) if code in table), "") or concept(value)


def named(value: Json) -> dict[str, Json]:
    """Return code_system, code, display and others of a row that a concept names."""
    found = codings(value)
    main = found[0] if found else {}
    others = [
        f"{name} ({code})" if (code := text(one, "code")) and (name := coding_words(one)) != code else coding_words(one)
        for one in found[1:]
    ]
    return {
        "code_system": text(main, "system"),
        "code": text(main, "code"),
        "display": concept(value if not isinstance(value, list) else value[:1]),
        "others": list(dict.fromkeys(others)),
    }


def unit(value: Json) -> str:
    """Return the unit of a Quantity in words."""
    return words.unit(text(value, "code"), text(value, "unit"))


def with_unit(said: str, unit_: str) -> str:
    if unit_ == "percent":
        return f"{said}%"
    return f"{said} {unit_}" if unit_ else said


def quantity(value: Json, *, sentence: bool = False) -> str:
    """Return a Quantity in words: "5 mg", "less than 5 mg". With `sentence`, 1.0 is "1"."""
    found = number(get(value, "value"))
    if found is None:
        return text(value, "unit")
    said = with_unit(plain(found) if sentence else digits(found), unit(value))
    comparator = words.COMPARATORS.get(text(value, "comparator"), text(value, "comparator"))
    return f"{comparator} {said}" if comparator else said


def range_of(value: Json) -> str:
    """Return a Range in words: "5 to 10 mg", "at least 5 mg"."""
    low, high = get(value, "low"), get(value, "high")
    has_low, has_high = number(get(low, "value")) is not None, number(get(high, "value")) is not None
    if has_low and has_high:
        same = unit(low) == unit(high) or not unit(low)
        return f"{digits(low['value']) if same else quantity(low)} to {quantity(high)}"
    if has_low:
        return f"at least {quantity(low)}"
    return f"at most {quantity(high)}" if has_high else ""


def ratio(value: Json) -> str:
    """Return a Ratio in words: "1:128" or "5 mg per 2 mL"."""
    over, under = get(value, "numerator"), get(value, "denominator")
    parts = quantity(over), quantity(under)
    if not all(parts):
        return parts[0] or parts[1]
    return " per ".join(parts) if unit(over) or unit(under) else ":".join(parts)


def period(value: Json, zone: str = "") -> str:
    return moments.show_period(text(value, "start"), text(value, "end"), zone)


def money(value: Json) -> str:
    """Return an amount of money, or "" for none."""
    found = number(get(value, "value"))
    if found is None:
        return ""
    currency = text(value, "currency") or text(value, "code")
    amount = f"{found:,.2f}" if abs(found.adjusted()) < MOST_DIGITS // 3 else digits(found)
    return f"{MONEY[currency]}{amount}" if currency in MONEY else f"{amount} {currency}".strip()


def sampled(value: Json) -> str:
    number_of = len(text(value, "data").split())
    return f"A recording of {number_of:,} values" if number_of else "A recording"


def value_of(value: dict[str, Json], name: str = "value", zone: str = "") -> str:
    """Return a value[x] (or onset[x] ...) in words, whatever its type."""
    for key, one in value.items():
        kind = key[len(name) :]
        if key.startswith(name) and kind[:1].isupper() and one is not None:
            return typed(kind, one, zone)
    return ""


def typed(kind: str, value: Json, zone: str = "") -> str:
    match kind:
        case "Quantity" | "Age" | "Duration" | "Count" | "Distance":
            return quantity(value)
        case "CodeableConcept" | "Coding":
            return concept(value)
        case "Boolean":
            return ("No", "Yes")[value] if isinstance(value, bool) else ""
        case "DateTime" | "Date" | "Instant":
            return moments.show(text(value), zone)
        case "Period":
            return period(value, zone)
        case "Range":
            return range_of(value)
        case "Ratio":
            return ratio(value)
        case "SampledData":
            return sampled(value)
        case "Money":
            return money(value)
        case "Reference":
            return text(value, "display") or text(value, "reference")
        case "Attachment":
            return text(value, "title") or "A file"
    return text(value) or joined(leaves(value))


def leaves(value: Json) -> Iterator[str]:
    """Yield every text and number within, for values of a type that is not known here."""
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from leaves(one)
    elif said := text(value):
        yield said


def notes(*values: Json) -> str:
    """Return Annotations and texts, each on a line of its own."""
    found = [one for value in values for one in (value if isinstance(value, list) else [value])]
    return joined((text(one, "text") if isinstance(one, dict) else text(one) for one in found), "\n")


def person_name(value: Json) -> str:
    """Return the first HumanName that is in use: "Dr. Carlos Jones"."""
    found = [one for one in every(value) if isinstance(one, dict)]
    in_use = [one for one in found if text(one, "use") not in ("old", "maiden", "nickname", "anonymous")]
    for one in sorted(in_use, key=lambda name: text(name, "use") != "official") + found:
        parts = [*every(one, "prefix"), *every(one, "given"), get(one, "family"), *every(one, "suffix")]
        if name := text(one, "text") or " ".join(filter(None, map(text, parts))):
            return name
    return ""


def address(value: Json) -> str:
    """Return the first Address in one line."""
    one = next((one for one in every(value) if isinstance(one, dict)), {})
    state = " ".join(filter(None, (text(one, "state"), text(one, "postalCode"))))
    lines = [*map(text, every(one, "line")), text(one, "city"), state, text(one, "country")]
    return text(one, "text") or ", ".join(filter(None, lines))


def phone(value: Json) -> str:
    """Return the phone number of a ContactPoint list."""
    found = [one for one in every(value) if text(one, "system") == "phone" and text(one, "use") != "old"]
    found.sort(key=lambda one: (number(get(one, "rank")) or 99, text(one, "use") not in ("work", "")))
    return next(filter(None, (text(one, "value") for one in found)), "")


def identifiers(value: Json) -> list[str]:
    """Return Identifiers as "system|value"."""
    return [f"{text(one, 'system')}|{key}" for one in every(value) if (key := text(one, "value"))]


def extension(value: Json, ending: str) -> Json:
    """Return the first extension whose address ends so."""
    return next((one for one in every(value, "extension") if text(one, "url").endswith(ending)), None)


def capital(said: str) -> str:
    """Return a text with its first letter large, the others as they are."""
    return said[:1].upper() + said[1:]


def without_tags(div: str) -> str:
    """Return the text of a narrative, to be shown as text and never as markup."""
    return " ".join(re.sub(r"<[^>]*>", " ", div).split())
