"""What real records have and tidy ones do not: findings without a flag, mistakes, refusals, codes that nobody knows.

Each belongs to a theme, so that it is known who has it.
"""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from demo.invent.records.course import attachment
from demo.invent.records.fhir import HL7, UCUM, Json, category, coded, concept, number, quantity, status, words
from demo.invent.records.life import Life, Visit
from demo.invent.records.measures import BLOOD_PRESSURE, pressure, ranged, report, result, vital
from demo.invent.records.who import doctor, location
from portal.codes import ALLERGIES, LABS, LOINC, SNOMED, VACCINES, VITALS, Concept

MICROBIOLOGY = category("v2-0074", "MB", "Microbiology")
PATHOLOGY = category("v2-0074", "SP", "Surgical Pathology")
URINE_CULTURE = Concept(LOINC, "630-4", "Bacteria identified in urine by culture")
BLOOD_CULTURE = Concept(LOINC, "600-7", "Bacteria identified in blood by culture")
E_COLI = coded(SNOMED, "112283007", "Escherichia coli")
CLOTTING = Concept(LOINC, "6301-6", "INR (clotting time)")
FILTRATION = Concept(LOINC, "33914-3", "Glomerular filtration rate, estimated")
APPENDECTOMY = Concept(SNOMED, "80146002", "Appendectomy")
TONSILLECTOMY = Concept(SNOMED, "173422009", "Tonsillectomy")
# A code of a hospital's own, which no list explains.
LOCAL = Concept("urn:oid:2.999.7.1", "XQ-17", "Walk test, hall B")


def unusual(person: Life) -> Iterator[Json]:
    """Yield what the theme of this life has. Nothing happens to small children."""
    parts = {"heart": heart, "diabetes": sugar, "asthma": breath, "joints": joints}
    if person.theme in parts and person.age >= 18 and len(person.visits) >= 3:
        yield from parts[person.theme](person, person.visits[-1], person.visits[-2])


def heart(person: Life, last: Visit, before: Visit) -> Iterator[Json]:
    """A culture that grew something and has no flag, results without a range, two pressures at once, a refusal."""
    grown = {
        "code": concept(URINE_CULTURE),
        "valueCodeableConcept": E_COLI,
        "note": [{"text": "More than 100,000 colonies per mL."}],
    }
    yield from report(
        person,
        URINE_CULTURE,
        last,
        [grown],
        specimen="Urine, midstream",
        kind=MICROBIOLOGY,
        conclusion="Growth of Escherichia coli, more than 100,000 colonies per mL.",
    )
    nothing = {"code": concept(BLOOD_CULTURE), "valueString": "No growth after 2 days", "status": "preliminary"}
    yield from report(person, BLOOD_CULTURE, last, [nothing], kind=MICROBIOLOGY, status="preliminary")
    for visit, ratio in zip(person.visits[-6:], ("2.3", "2.6", "3.4", "2.8", "2.5", "2.4"), strict=False):
        clotting = {"code": concept(CLOTTING), "valueQuantity": {"value": Decimal(ratio), "system": UCUM, "code": "1"}}
        yield result(person, visit, visit.at, clotting)
    more_than = quantity(60, "mL/min/{1.73_m2}") | {"comparator": ">"}
    yield result(person, last, last.at, {"code": concept(FILTRATION), "valueQuantity": more_than})
    for side, systolic, diastolic in (("Left arm", "146", "84"), ("Right arm", "139", "82")):
        arms = pressure(Decimal(systolic), Decimal(diastolic), True)
        yield vital(person, before, BLOOD_PRESSURE, bodySite=words(side), component=arms)
    yield refused(person, last, "135")
    yield remembered_operation(person, APPENDECTOMY, str(person.born.year + 20))
    yield remembered_operation(person, TONSILLECTOMY, f"{person.born.year + 8}-07")


def refused(person: Life, visit: Visit, cvx: str) -> Json:
    """Return a vaccine that the person did not want."""
    return person.make(
        "Immunization",
        status="not-done",
        statusReason=coded(f"{HL7}/v3-ActReason", "PATOBJ", "Patient objection"),
        vaccineCode=concept(VACCINES[cvx]),
        patient=person.patient,
        encounter=visit.encounter,
        occurrenceDateTime=visit.day.isoformat(),
        primarySource=True,
        location=location(person, visit.clinic),
        note=[{"text": "Wants to think about it until the next visit."}],
    )


def remembered_operation(person: Life, what: Concept, when: str) -> Json:
    """Return an operation of long ago, of which only the year or the month is known."""
    return person.make(
        "Procedure", status="completed", code=concept(what), subject=person.patient, performedDateTime=when
    )


def sugar(person: Life, last: Visit, before: Visit) -> Iterator[Json]:
    """A weight in kilograms, a result that was corrected, one that could not be measured, and a test of two codes."""
    abroad = person.visits[len(person.visits) // 2]
    yield vital(person, abroad, VITALS["29463-7"], valueQuantity=number("81.60", "kg"))
    corrected = ranged("2823-3", Decimal("4.4")) | {
        "status": "corrected",
        "note": [{"text": "First reported as 5.9: the sample had been shaken."}],
    }
    yield result(person, before, before.at, corrected)
    broken = {
        "code": concept(LABS["2823-3"]),
        "status": "cancelled",
        "dataAbsentReason": coded(f"{HL7}/data-absent-reason", "error", "Error"),
        "note": [{"text": "The sample was too old when it came."}],
    }
    yield result(person, last, last.at, broken)
    albumin = coded(LOINC, "14959-1", "Microalbumin/Creatinine [Mass Ratio] in Urine")
    both = {"coding": [*albumin["coding"], {"system": LOCAL.code_system, "code": "UMA", "display": "U-Microalb"}]}
    ratio = {"code": both | {"text": "Albumin in urine, by creatinine"}, "valueQuantity": number("18", "mg/g{creat}")}
    usual = [{"text": "Less than 30 mg/g is usual"}]
    yield result(person, last, last.at, ratio | {"referenceRange": usual}, "Urine")


def breath(person: Life, last: Visit, before: Visit) -> Iterator[Json]:
    """An allergy that was somebody else's, and a result whose flag no list explains."""
    yield person.make(
        "AllergyIntolerance",
        verificationStatus=status("allergyintolerance-verification", "entered-in-error"),
        code=concept(ALLERGIES["91935009"]),
        patient=person.patient,
        recordedDate=before.day.isoformat(),
        recorder=doctor(person),
        note=[{"text": "Meant for another patient."}],
    )
    flagged = {
        "code": words("Nitric oxide in breath"),
        "valueQuantity": number("31", "[ppb]"),
        "interpretation": [{"coding": [{"system": "urn:oid:2.999.7.2", "code": "ZQ"}]}],
    }
    yield result(person, last, last.at, flagged, "")


def joints(person: Life, last: Visit, before: Visit) -> Iterator[Json]:
    """A test with a hospital's own code, a pathologist's report in words, and an operation that was called off."""
    walked = {"code": concept(LOCAL), "valueQuantity": number("412", "m")}
    yield result(person, last, last.at, walked, "")
    text = (
        "Specimen: polyp of the colon, 4 mm.\n\nUnder the microscope: hyperplastic polyp. No sign of cancer.\n\n"
        "Diagnosis: hyperplastic polyp, removed completely.\n"
    )
    yield from report(
        person,
        Concept(LOINC, "11529-5", "Surgical pathology study"),
        before,
        [],
        specimen="Polyp of the colon",
        kind=PATHOLOGY,
        conclusion="Hyperplastic polyp, removed completely.",
        presentedForm=[attachment(text, "Pathology report")],
    )
    yield person.make(
        "Procedure",
        status="not-done",
        statusReason=words("You had a cold on that day"),
        code=words("Injection into the knee"),
        subject=person.patient,
        performedDateTime=(before.day + timedelta(days=30)).isoformat(),
        location=location(person, before.clinic),
    )
