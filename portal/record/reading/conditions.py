"""Condition and AllergyIntolerance."""

import re

from portal.record import moments, words
from portal.record.models import Allergy, Condition, Projected
from portal.record.reading.elements import (
    Json,
    codes_of,
    concept,
    every,
    extension,
    first_code,
    get,
    joined,
    known_code,
    notes,
    text,
    value_of,
)
from portal.record.reading.reading import Reading

OVER = {"inactive", "resolved"}
NEVER = {"refuted", "entered-in-error"}
# SNOMED CT: no known allergy; drug; environmental; food; insect; animal; latex; and the old code for allergies.
NONE_KNOWN = {
    "716186003",
    "409137002",
    "428607008",
    "429625007",
    "428197003",
    "716220001",
    "1003774007",
    "160244002",
}
NONE_SAID = re.compile(r"\bno known\b.*\ballerg|\bnkd?a\b|^no allerg|\bno known (?:drug|food)\b", re.I)
NO_RISK = "no-known-reaction-risk"


def read_condition(reading: Reading) -> list[Projected]:
    raw = reading.raw
    status, verification = first_code(get(raw, "clinicalStatus")), first_code(get(raw, "verificationStatus"))
    onset, recorded = reading.said("onset"), text(raw, "recordedDate")
    row = reading.row(
        Condition,
        get(raw, "code"),
        onset or recorded,
        status,
        verification=verification,
        category=joined(known_code(one, words.CATEGORIES) for one in every(raw, "category")),
        is_current=is_current(raw, status, verification),
        abated=abated(raw, reading),
        recorded=recorded[:40],
        asserter=reading.name(get(raw, "asserter")) or reading.name(get(raw, "recorder")),
        note=joined([began(raw, onset), severity(raw), notes(get(raw, "note"))], "\n"),
    )
    if not onset:
        # When it was written down is for sorting only: it is not when it began.
        row.said = row.zone = ""
    return [row]


def is_current(raw: dict[str, Json], status: str, verification: str) -> bool:
    """Tell whether a condition goes on. One of no clinical status goes on unless it was said to be over."""
    if status in OVER or verification in NEVER:
        return False
    return bool(status) or not any(key.startswith("abatement") and raw[key] is not False for key in raw)


def began(raw: dict[str, Json], onset: str) -> str:
    """Return since when in words, if no date was said."""
    said = "" if onset else value_of(raw, "onset")
    return f"Began: {said}" if said else ""


def severity(raw: Json) -> str:
    said = concept(get(raw, "severity"))
    where = joined(map(concept, every(raw, "bodySite")))
    return joined([f"Severity: {said}" if said else "", f"Where: {where}" if where else ""], "\n")


def abated(raw: dict[str, Json], reading: Reading) -> str:
    """Return since when a condition is over: a moment as FHIR has it, or words."""
    return reading.said("abatement") or value_of(raw, "abatement")


def read_allergy(reading: Reading) -> list[Projected]:
    raw = reading.raw
    status, verification = first_code(get(raw, "clinicalStatus")), first_code(get(raw, "verificationStatus"))
    onset, recorded = reading.said("onset"), text(raw, "recordedDate")
    main = get(raw, "code")
    if not concept(main):
        main = get(raw, "reaction", "substance")
    risk = extension(raw, "substanceExposureRisk")
    no_risk = NO_RISK in codes_of(every(risk, "extension", "valueCodeableConcept"))
    return [
        reading.row(
            Allergy,
            main,
            recorded or onset,
            status,
            verification=verification,
            says_none=says_none(main) and status not in OVER and verification not in NEVER,
            kind=text(raw, "type"),
            categories=[text(one)[:40] for one in every(raw, "category") if text(one)],
            criticality=text(raw, "criticality"),
            reactions=[said for one in every(raw, "reaction") if (said := reaction(one))],
            recorder=reading.name(get(raw, "recorder")) or reading.name(get(raw, "asserter")),
            note=joined(
                [
                    "No risk of a reaction is known" if no_risk else "",
                    f"Began: {moments.show(onset, reading.zone)}" if onset not in ("", recorded) else began(raw, onset),
                    last_time(raw),
                    notes(get(raw, "note")),
                ],
                "\n",
            ),
        )
    ]


def says_none(code: Json) -> bool:
    """Tell whether this is the finding that there is no known allergy."""
    return bool(set(codes_of(code)) & NONE_KNOWN) or bool(NONE_SAID.search(concept(code)))


def reaction(value: Json) -> str:
    """Return a reaction in words: "Hives, Itching (severe)"."""
    how = joined(map(concept, every(value, "manifestation"))) or text(value, "description")
    severity_ = words.SEVERITY.get(text(value, "severity"), text(value, "severity"))
    told = text(value, "description") if text(value, "description") != how else ""
    by = joined([concept(get(value, "substance")), concept(get(value, "exposureRoute"))])
    said = f"{how or 'Reaction'} ({severity_})" if severity_ else how
    return joined([said, told, f"after {by}" if said and by else ""], "; ")


def last_time(raw: Json) -> str:
    said = moments.show(text(raw, "lastOccurrence"))
    return f"Last reaction: {said}" if said else ""
