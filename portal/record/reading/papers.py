"""Who, and papers: resources that others refer to, and those that no page is made for."""

from portal.record import moments, words
from portal.record.models import Paper, Projected, Who
from portal.record.reading.elements import (
    Json,
    concept,
    every,
    get,
    identifiers,
    joined,
    known_code,
    money,
    named,
    notes,
    person_name,
    text,
    typed,
    without_tags,
)
from portal.record.reading.reading import Reading
from portal.record.reading.references import known_of, role_name

# Where the types without a page say when they came about, the best first.
MOMENTS = (
    "occurrence",
    "effective",
    "performed",
    "serviced",
    "started",
    "start",
    "period",
    "billablePeriod",
    "authored",
    "authoredOn",
    "assertedDate",
    "date",
    "dateTime",
    "recorded",
    "sent",
    "created",
    "issued",
    "paymentDate",
    "receivedTime",
    "recordedOn",
    "manufactureDate",
)
# What else names a paper.
NAMES = (
    "title",
    "code",
    "type",
    "category",
    "name",
    "deviceName",
    "topic",
    "medium",
    "scope",
    "description",
    "serviceType",
    "vaccineCode",
    "itemCodeableConcept",
)
PEOPLE = (
    "performer",
    "author",
    "provider",
    "requester",
    "practitioner",
    "supplier",
    "sender",
    "source",
    "facility",
    "payor",
)
# The most answers of a questionnaire that are written out here; its file has them all.
MOST_ANSWERS = 200


def read_who(reading: Reading) -> list[Projected]:
    """Return the row of whom or what other resources refer to."""
    raw, resource = reading.raw, reading.resource
    known = known_of(resource, raw, resource.type)
    name, number = known.name, known.phone
    if resource.type == "PractitionerRole":
        name, number = role_name(raw, reading.lookup, resource.source)
    code = named(
        next((one for one in (get(raw, "code"), get(raw, "specialty"), get(raw, "type")) if concept(one)), None)
    )
    row = reading.row(
        Who,
        None,
        "",
        text(raw, "status") or ("inactive" if raw.get("active") is False else ""),
        **{**code, "display": name or code["display"]},
        type=resource.type[:40],
        phone=number,
        address=known.address,
        identifiers=identifiers(get(raw, "identifier")),
    )
    row.zone = known.zone
    return [row]


def read_paper(reading: Reading) -> list[Projected]:
    """Return the row of a resource that no page is made for."""
    raw, type_ = reading.raw, reading.resource.type
    word = words.type_of(type_)
    code = named(main_code(raw, type_))
    detail = detail_of(reading)
    code["display"] = word if not detail or detail.lower() == word.lower() else f"{word}: {detail}"
    status = text(raw, "status") or text(raw, "lifecycleStatus")
    return [
        reading.row(Paper, None, reading.said(*MOMENTS), status, **code, type=type_[:40], note=note_of(reading)),
    ]


def main_code(raw: Json, type_: str) -> Json:
    """Return what names a paper by a code."""
    if type_ == "ImagingStudy":
        return get(raw, "procedureCode") or get(raw, "modality") or get(raw, "series", "modality")
    if type_ == "SupplyDelivery":
        return get(raw, "suppliedItem", "itemCodeableConcept")
    return next((get(raw, name) for name in ("code", "type", "category") if named(get(raw, name))["code"]), None)


def detail_of(reading: Reading) -> str:
    """Return what tells a paper from others of its type, in words."""
    raw = reading.raw
    match reading.resource.type:
        case "Claim" | "ExplanationOfBenefit" | "ClaimResponse":
            return known_code(get(raw, "type"), words.CLAIM_TYPES)
        case "Coverage":
            return joined([*(text(one, "name") for one in every(raw, "class")), reading.names("payor")][:1]) or concept(
                get(raw, "type")
            )
        case "Patient" | "Person":
            return person_name(get(raw, "name"))
        case "ImagingStudy":
            series = every(raw, "series")
            what = joined(map(concept, every(raw, "procedureCode"))) or text(raw, "description")
            how = joined(concept(get(one, "modality")) for one in series)
            where = joined(concept(get(one, "bodySite")) for one in series)
            return what or joined([how, where])
        case "SupplyDelivery":
            return concept(get(raw, "suppliedItem", "itemCodeableConcept")) or reading.name(
                get(raw, "suppliedItem", "itemReference")
            )
        case "Device":
            return (
                text(raw, "deviceName", "name")
                or concept(get(raw, "type"))
                or text(raw, "manufacturer")
                or text(raw, "udiCarrier", "deviceIdentifier")
            )
        case "Provenance":
            return reading.names("agent", "who")
        case "CareTeam":
            return text(raw, "name") or reading.names("managingOrganization")
        case "QuestionnaireResponse":
            return text(raw, "_questionnaire", "extension", "valueString")
        case "FamilyMemberHistory":
            return joined([concept(get(raw, "relationship")), text(raw, "name")])
    for name in NAMES:
        found = raw.get(name)
        said = person_name(found) if name == "name" and not isinstance(found, str) else concept(found)
        if said:
            return said
    return ""


def note_of(reading: Reading) -> str:
    """Return in words what a paper says beside its name."""
    raw = reading.raw
    who = joined(reading.names(name) for name in PEOPLE)
    lines = [f"By: {who}" if who else "", *more(reading), notes(get(raw, "note"))]
    if not any(lines) and (div := text(raw, "text", "div")):
        lines = [without_tags(div)[:2000]]
    return joined(lines, "\n")


def more(reading: Reading) -> list[str]:
    """Return lines about a paper of a certain type."""
    raw = reading.raw
    match reading.resource.type:
        case "Claim" | "ExplanationOfBenefit":
            totals = [money(one) or money(get(one, "amount")) for one in every(raw, "total")]
            items = joined(concept(one) for one in every(raw, "item", "productOrService"))
            total = joined(totals[:1])
            return [f"For: {items}" if items else "", f"Total: {total}" if total else ""]
        case "ImagingStudy":
            series, images = text(raw, "numberOfSeries"), text(raw, "numberOfInstances")
            return [f"Series: {series}" if series else "", f"Images: {images}" if images else ""]
        case "CareTeam":
            return [joined(member(one, reading) for one in every(raw, "participant"))]
        case "QuestionnaireResponse":
            return answers(raw.get("item"), reading)[:MOST_ANSWERS]
        case "FamilyMemberHistory":
            found = joined(concept(get(one, "code")) for one in every(raw, "condition"))
            return [f"Conditions: {found}" if found else ""]
        case "Patient":
            born = moments.show(text(raw, "birthDate"))
            return [f"Born: {born}" if born else ""]
        case "Provenance":
            number = len(every(raw, "target"))
            return [f"About {number:,} {'entry' if number == 1 else 'entries'} of your record" if number else ""]
        case "Device":
            lot, serial = text(raw, "lotNumber"), text(raw, "serialNumber")
            return [f"Lot: {lot}" if lot else "", f"Serial number: {serial}" if serial else ""]
    return []


def member(value: Json, reading: Reading) -> str:
    who, does = reading.name(get(value, "member")), joined(map(concept, every(value, "role")))
    return f"{who} ({does})" if who and does else who or does


def answers(items: Json, reading: Reading, depth: int = 0) -> list[str]:
    """Return the questions and answers of a questionnaire, a line each."""
    lines: list[str] = []
    for one in every(items) if depth < 20 else []:
        asked = text(one, "text") or text(one, "linkId")
        given = joined(answer(value, reading) for value in every(one, "answer"))
        if given or every(one, "item"):
            lines.append(f"{asked}: {given}" if asked and given else asked or given)
        lines += answers(get(one, "item") and every(one, "item"), reading, depth + 1)
        lines += answers(every(one, "answer", "item"), reading, depth + 1)
    return lines


def answer(value: Json, reading: Reading) -> str:
    if not isinstance(value, dict):
        return ""
    if get(value, "valueReference"):
        return reading.name(get(value, "valueReference"))
    return next((typed(key[5:], one, reading.zone) for key, one in value.items() if key.startswith("value")), "")
