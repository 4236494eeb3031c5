"""Prescriptions, and what was handed over or given."""

from portal.record import moments
from portal.record.models import Dispense, Prescription, Projected
from portal.record.reading.elements import (
    Json,
    capital,
    codes_of,
    concept,
    count,
    every,
    get,
    joined,
    notes,
    number,
    plain,
    quantity,
    range_of,
    ratio,
    text,
    unit,
)
from portal.record.reading.reading import Reading
from portal.record.reading.references import days_of, end_of_supply, last_fill

# A medicine is taken no longer. Any other status, also one that we do not know, may mean that it still is.
OVER = {"completed", "stopped", "cancelled", "draft", "not-taken", "ended", "inactive"}
DO_NOT_TAKE = "Do not take this medicine."
PERIODS = {
    "s": "second",
    "min": "minute",
    "h": "hour",
    "d": "day",
    "wk": "week",
    "mo": "month",
    "a": "year",
}
# HL7 v3 GTSAbbreviation, and EventTiming.
TIMINGS = {
    "QD": "once a day",
    "BID": "twice a day",
    "TID": "three times a day",
    "QID": "four times a day",
    "QOD": "every other day",
    "Q1H": "every hour",
    "Q2H": "every 2 hours",
    "Q3H": "every 3 hours",
    "Q4H": "every 4 hours",
    "Q6H": "every 6 hours",
    "Q8H": "every 8 hours",
    "BED": "at bedtime",
    "WK": "once a week",
    "MO": "once a month",
    "AM": "in the morning",
    "PM": "in the afternoon",
}
EVENTS = {
    "MORN": "in the morning",
    "MORN.early": "early in the morning",
    "MORN.late": "late in the morning",
    "NOON": "at noon",
    "AFT": "in the afternoon",
    "EVE": "in the evening",
    "NIGHT": "at night",
    "PHS": "after you fall asleep",
    "HS": "before sleep",
    "WAKE": "when you wake up",
    "C": "with meals",
    "CM": "with breakfast",
    "CD": "with lunch",
    "CV": "with dinner",
    "AC": "before meals",
    "ACM": "before breakfast",
    "ACD": "before lunch",
    "ACV": "before dinner",
    "PC": "after meals",
    "PCM": "after breakfast",
    "PCD": "after lunch",
    "PCV": "after dinner",
}
WEEKDAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}


def medicine(reading: Reading) -> Json:
    """Return the CodeableConcept of the medicine, also of one that stands elsewhere."""
    raw = reading.raw
    reference = get(raw, "medicationReference")
    code = get(raw, "medicationCodeableConcept") or get(raw, "medication", "concept")
    if reference and not concept(code):
        inner = reading.contained(reference)
        if inner and concept(inner.get("code")):
            return inner["code"]
        return {"text": reading.name(reference)}
    return code


def read_prescription(reading: Reading) -> list[Projected]:
    """Return the row of a MedicationRequest or MedicationStatement."""
    raw, resource = reading.raw, reading.resource
    status, supply = text(raw, "status"), get(raw, "dispenseRequest")
    fills = reading.lookup.fills.get(resource.id, [])
    days = days_of(get(supply, "expectedSupplyDuration"))
    allowed = count(get(supply, "numberOfRepeatsAllowed"))
    pharmacy = get(supply, "performer")
    known = reading.lookup.find(pharmacy, resource.source)
    last = last_fill(fills)
    forbidden = raw.get("doNotPerform") is True
    return [
        reading.row(
            Prescription,
            medicine(reading),
            text(raw, "authoredOn") or reading.said("effective", "dateAsserted"),
            status,
            is_current=status not in OVER and not forbidden,
            intent=text(raw, "intent"),
            sig=joined([DO_NOT_TAKE if forbidden else "", *map(sig, dosages(raw))], "\n"),
            reason=reading.reasons(),
            quantity=quantity(get(supply, "quantity"), sentence=True),
            days_supply=days,
            refills_allowed=allowed,
            # Without a fill in the record, nobody here knows whether there was one elsewhere.
            refills_left=None if allowed is None or not fills else max(0, allowed - (len(fills) - 1)),
            last_filled=last.day if last else None,
            supply_ends=end_of_supply(last, days),
            prescriber=reading.name(get(raw, "requester")),
            pharmacy=reading.name(pharmacy) if pharmacy else "",
            pharmacy_phone=known.phone if known else "",
            note=joined([joined(map(concept, every(raw, "statusReason"))), notes(get(raw, "note"))], "\n"),
        )
    ]


def dosages(raw: Json) -> list[Json]:
    found = every(raw, "dosageInstruction") or every(raw, "dosage")
    return sorted(found, key=lambda one: number(get(one, "sequence")) or 0)


def sig(dosage: Json) -> str:
    """Return how to take a medicine: the words that were written or, without any, a sentence of what was coded."""
    written = text(dosage, "text")
    told = text(dosage, "patientInstruction")
    return joined([written or composed(dosage), told], "\n")


def composed(dosage: Json) -> str:
    """Return coded directions as a sentence: "Take 1 tablet by mouth twice a day as needed." Return "" for none."""
    amount = dose(get(dosage, "doseAndRate"))
    once = quantity(get(dosage, "maxDosePerAdministration"), sentence=True)
    parts = [
        amount,
        rate(get(dosage, "doseAndRate")),
        concept(get(dosage, "route")),
        f"at {site}" if (site := concept(get(dosage, "site"))) else "",
        timing(get(dosage, "timing")),
        as_needed(dosage),
        f"no more than {most}" if (most := ratio(get(dosage, "maxDosePerPeriod"))) else "",
        f"no more than {once} at a time" if once else "",
    ]
    how = concept(get(dosage, "method")) or ("Take" if amount else "")
    said = " ".join(filter(None, [how, ", ".join(parts[:1]), *parts[1:6]]))
    said = ", ".join(filter(None, [said, *parts[6:]]))
    more = [concept(one) for one in every(dosage, "additionalInstruction")]
    return " ".join(ended(capital(one)) for one in [said, *more] if one)


def ended(sentence: str) -> str:
    return sentence if sentence[-1:] in ".!?" else f"{sentence}."


def dose(value: Json) -> str:
    """Return a dose in words. One without a unit counts doses, since nobody said what."""
    if between := range_of(get(value, "doseRange")):
        return between
    given = get(value, "doseQuantity")
    said = number(get(given, "value"))
    if said is None:
        return ""
    if unit(given):
        return quantity(given, sentence=True)
    return "1 dose" if said == 1 else f"{plain(said)} doses"


def rate(value: Json) -> str:
    said = (
        quantity(get(value, "rateQuantity"), sentence=True)
        or ratio(get(value, "rateRatio"))
        or range_of(get(value, "rateRange"))
    )
    return f"at {said}" if said else ""


def timing(value: Json) -> str:
    """Return how often and how long in words."""
    repeat = get(value, "repeat")
    code = next((TIMINGS[code] for code in codes_of(get(value, "code")) if code in TIMINGS), "") or text(
        value, "code", "text"
    )
    when = [EVENTS.get(text(one), "") for one in every(repeat, "when")]
    days = [WEEKDAYS.get(text(one), "") for one in every(repeat, "dayOfWeek")]
    hours = [clock for one in every(repeat, "timeOfDay") if (clock := text(one)[:5])]
    parts = [
        often(repeat) or code or concept(get(value, "code")),
        *when,
        f"on {joined(days)}" if joined(days) else "",
        f"at {joined(hours)}" if hours else "",
        lasting(repeat),
    ]
    return " ".join(filter(None, parts))


def often(repeat: Json) -> str:
    """Return "twice a day", "every 4 to 6 hours" or the like."""
    times, most = count(get(repeat, "frequency")), count(get(repeat, "frequencyMax"))
    period, longest = number(get(repeat, "period")), number(get(repeat, "periodMax"))
    unit_ = PERIODS.get(text(repeat, "periodUnit"))
    if period is None or unit_ is None:
        return ""
    span = f"{plain(period)} to {plain(longest)}" if longest is not None else plain(period)
    if (times or 1) == 1 and not most and span != "1":
        return f"every {span} {unit_}s"
    how = {1: "once", 2: "twice"}.get(times or 1, f"{times} times") if not most else f"{times or 1} to {most} times"
    return f"{how} {'an' if unit_ == 'hour' else 'a'} {unit_}" if span == "1" else f"{how} every {span} {unit_}s"


def lasting(repeat: Json) -> str:
    if text(repeat, "boundsPeriod", "end"):
        return f"until {moments.show_day(text(repeat, 'boundsPeriod', 'end'))}"
    long = number(get(repeat, "boundsDuration", "value"))
    named = PERIODS.get(text(repeat, "boundsDuration", "code")) or text(repeat, "boundsDuration", "unit")
    if long is not None and named:
        return f"for {plain(long)} {named if long == 1 or named.endswith('s') else f'{named}s'}"
    if (times := count(get(repeat, "count"))) is not None:
        return "once only" if times == 1 else f"{times} times in all"
    return ""


def as_needed(dosage: Json) -> str:
    why = concept(get(dosage, "asNeededCodeableConcept"))
    if why:
        return f"as needed for {why}"
    return "as needed" if get(dosage, "asNeededBoolean") is True else ""


def read_dispense(reading: Reading) -> list[Projected]:
    """Return the row of a MedicationDispense."""
    raw = reading.raw
    prescription = next(
        filter(None, (reading.target(one, "MedicationRequest") for one in every(raw, "authorizingPrescription"))), None
    )
    where = reading.names("performer", "actor") or reading.name(get(raw, "location"))
    why_not = concept(get(raw, "statusReasonCodeableConcept")) or reading.name(get(raw, "statusReasonReference"))
    return [
        reading.row(
            Dispense,
            medicine(reading),
            reading.said("whenHandedOver", "whenPrepared"),
            text(raw, "status"),
            prescription_id=prescription,
            quantity=quantity(get(raw, "quantity"), sentence=True),
            days_supply=days_of(get(raw, "daysSupply")),
            pharmacy=where,
            note=joined([why_not, *map(sig, dosages(raw)), notes(get(raw, "note"))], "\n"),
        )
    ]


def read_administration(reading: Reading) -> list[Projected]:
    """Return the row of a MedicationAdministration: a medicine that was given on the spot."""
    raw = reading.raw
    given = get(raw, "dosage")
    amount = quantity(get(given, "dose"), sentence=True)
    how = joined([text(given, "text"), concept(get(given, "route")), concept(get(given, "site"))])
    why_not = joined(map(concept, every(raw, "statusReason")))
    reasons = reading.reasons()
    return [
        reading.row(
            Dispense,
            medicine(reading),
            reading.said("effective"),
            text(raw, "status"),
            prescription_id=reading.target(get(raw, "request"), "MedicationRequest"),
            quantity=amount,
            days_supply=None,
            pharmacy=reading.names("performer", "actor"),
            note=joined([why_not, how, f"Reason: {reasons}" if reasons else "", notes(get(raw, "note"))], "\n"),
        )
    ]
