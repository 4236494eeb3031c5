"""What happened to an invented person over the years: vaccines, allergies, conditions, prescriptions, procedures."""

import base64
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from demo.invent.records.fhir import HL7, UCUM, Json, category, coded, concept, instant, status, words
from demo.invent.records.life import LONG_YEARS, Clinic, Life, refer
from demo.invent.records.who import doctor, location, nurse, organization, practitioner
from portal.codes import ALLERGIES, CONDITIONS, FLU, MEDICATIONS, PROCEDURES, SNOMED, VACCINES, Concept

# The present doctor found the conditions of at most this many years ago. Of older ones people remember the month, and
# after OLD_YEARS only the year.
KNOWN_YEARS, OLD_YEARS = 8, 15
LOTS = "ABCDEFGHJKLMNPRSTUVWXYZ"
MAKERS = ("Alder Biologics", "Juniper Vaccines", "Tidewater Pharma")
SITES = (
    coded(f"{HL7}/v3-ActSite", "LA", "Left upper arm"),
    coded(f"{HL7}/v3-ActSite", "RA", "Right upper arm"),
)
INTRAMUSCULAR = coded(f"{HL7}/v3-RouteOfAdministration", "IM", "Injection, intramuscular")
BY_MOUTH = coded(f"{HL7}/v3-RouteOfAdministration", "PO", "Swallow, oral")
ROTAVIRUS = "116"
DAY = timedelta(days=1)
PROBLEM = category("condition-category", "problem-list-item", "Problem List Item")
DIAGNOSIS = category("condition-category", "encounter-diagnosis", "Encounter Diagnosis")
IMAGING_REPORT = category("v2-0074", "RAD", "Radiology")
NO_KNOWN_ALLERGY = Concept(SNOMED, "716186003", "No known allergy")

# Days after birth, CVX code and dose: the CDC's schedule for children, with one line for each vaccine of a visit.
CHILDHOOD = (
    (1, "08", "1 of 3"),
    (61, "08", "2 of 3"),
    (61, ROTAVIRUS, "1 of 3"),
    (61, "20", "1 of 5"),
    (61, "48", "1 of 4"),
    (61, "133", "1 of 4"),
    (61, "10", "1 of 4"),
    (122, ROTAVIRUS, "2 of 3"),
    (122, "20", "2 of 5"),
    (122, "48", "2 of 4"),
    (122, "133", "2 of 4"),
    (122, "10", "2 of 4"),
    (183, "08", "3 of 3"),
    (183, ROTAVIRUS, "3 of 3"),
    (183, "20", "3 of 5"),
    (183, "48", "3 of 4"),
    (183, "133", "3 of 4"),
    (183, "10", "3 of 4"),
    (370, "03", "1 of 2"),
    (370, "21", "1 of 2"),
    (370, "83", "1 of 2"),
    (370, "133", "4 of 4"),
    (460, "20", "4 of 5"),
    (460, "48", "4 of 4"),
    (560, "83", "2 of 2"),
    (1_500, "20", "5 of 5"),
    (1_500, "10", "4 of 4"),
    (1_500, "03", "2 of 2"),
    (1_500, "21", "2 of 2"),
    (4_050, "115", "1 of 1"),
    (4_050, "114", "1 of 2"),
    (4_060, "165", "1 of 2"),
    (4_250, "165", "2 of 2"),
    (5_900, "114", "2 of 2"),
)
# Since this year small children get the vaccine with twenty kinds of pneumococci.
TWENTY_KINDS, THIRTEEN, TWENTY = 2023, "133", "216"

# The first full year in which each was available in the United States. The others are older than any record here.
LICENSED = {
    "03": 1972,
    "08": 1987,
    "20": 1992,
    "21": 1996,
    "33": 1984,
    "43": 1982,
    "48": 1993,
    "52": 1996,
    "83": 1996,
    "101": 1995,
    "114": 2006,
    "115": 2006,
    ROTAVIRUS: 2006,
    "133": 2010,
    "135": 2010,
    "165": 2015,
    "187": 2018,
    "216": 2023,
}


class Course(NamedTuple):
    """A lasting condition: its code, the earliest age at which it shows, and what is taken for it."""

    condition: str
    from_age: int
    medications: tuple[tuple[str, str], ...] = ()


COURSES = {
    "hypertension": Course("59621000", 34, (("314076", "Take 1 tablet by mouth once a day"),)),
    "diabetes": Course("44054006", 40, (("861007", "Take 1 tablet by mouth twice a day with meals"),)),
    "lipids": Course("55822004", 38, (("617310", "Take 1 tablet by mouth once a day in the evening"),)),
    "knee": Course("239873007", 44, (("313782", "Take 2 tablets by mouth every 6 hours when needed for pain"),)),
    "back": Course("278860009", 22, (("197806", "Take 1 tablet by mouth with food when needed for pain"),)),
    "reflux": Course("235595009", 30, (("198051", "Take 1 capsule by mouth before breakfast"),)),
    "hearing": Course("60862001", 24),
    "sleep": Course("78275009", 32),
    "asthma": Course("195967001", 6, (("745679", "Breathe in 2 puffs when needed for wheezing"),)),
    "rhinitis": Course("446096008", 5, (("311372", "Take 1 tablet by mouth once a day when needed"),)),
    "migraine": Course("37796009", 16, (("197806", "Take 1 tablet by mouth with food when a headache starts"),)),
    "rhythm": Course("49436004", 58, (("855332", "Take 1 tablet by mouth once a day at the same time"),)),
    "cataract": Course("193570009", 63),
}
CHILD_AGE = 18
# The procedures that are pictures.
PICTURES = {"71651007", "312681000", "19490002", "399208008"}
PASSING = (("10509002", 21), ("195662009", 9), ("43878008", 12), ("65363002", 14), ("44465007", 35))
ALLERGY_KINDS = (
    ("91936005", "medication", "Hives", "moderate", "high"),
    ("91939003", "medication", "Skin rash", "mild", "low"),
    ("91935009", "food", "Swelling of the lips", "severe", "high"),
    ("300916003", "environment", "Skin rash", "mild", "low"),
    ("424213003", "environment", "Swelling and trouble breathing", "severe", "high"),
    ("418689008", "environment", "Sneezing and itchy eyes", "mild", "low"),
    ("232347008", "environment", "Sneezing", "mild", "low"),
)


def immunizations(person: Life) -> Iterator[Json]:
    """Yield vaccines by schedule: for children, for adults in the services, for older people, and flu shots."""
    for day, cvx, dose in sorted(given(person)):
        visit = person.visit_on(day) if person.age < CHILD_AGE else None
        on = visit.day if visit else day
        if person.born < on <= person.today and on.year >= LICENSED.get(cvx, 0):
            swallowed = cvx == ROTAVIRUS
            site = person.rng.choice(SITES)
            yield person.make(
                "Immunization",
                status="completed",
                vaccineCode=concept(VACCINES[cvx]),
                patient=person.patient,
                encounter=visit.encounter if visit else None,
                occurrenceDateTime=on.isoformat(),
                primarySource=True,
                location=location(person, person.clinic_on(on)),
                manufacturer={"display": person.rng.choice(MAKERS)},
                lotNumber=f"{person.rng.choice(LOTS)}{person.rng.choice(LOTS)}{person.rng.randint(1000, 9999)}",
                site=None if swallowed else site,
                route=BY_MOUTH if swallowed else INTRAMUSCULAR,
                performer=[{"actor": nurse(person)}],
                protocolApplied=protocol(dose),
            )


def protocol(dose: str) -> list[Json]:
    """Return which dose of a series it was: "2 of 3", "Booster", or "" for one that stands alone."""
    number, _, series = dose.partition(" of ")
    if series:
        return [{"doseNumberPositiveInt": int(number), "seriesDosesPositiveInt": int(series)}]
    return [{"doseNumberString": dose}] if dose else []


def given(person: Life) -> Iterator[tuple[date, str, str]]:
    """Yield the day, CVX code and dose of each vaccine. The caller leaves out days after the record's end."""
    rng = person.rng
    if person.born.year >= 1985:
        for days, cvx, dose in CHILDHOOD:
            kind = TWENTY if cvx == THIRTEEN and person.born.year >= TWENTY_KINDS else cvx
            yield person.born + timedelta(days=days), kind, dose
    if person.age >= CHILD_AGE:
        yield person.birthday(18, 40), "43", "Booster"
        yield person.birthday(18, 45), "52", "1 of 2"
        yield person.birthday(19, 10), "101", ""
    for age in range(28, person.age + 1, 10):
        day = person.birthday(age, rng.randint(10, 300))
        yield day, "115" if age == 28 and day.year >= LICENSED["115"] else "113", "Booster"
    for year in range(person.today.year - 4, person.today.year + 1):
        day = date(year, 10, rng.randint(1, 28))
        if rng.random() < (0.85 if person.age >= 60 or person.age < 5 else 0.6) and day - person.born > 183 * DAY:
            old = year - person.born.year >= 66
            is_first = day - person.born < 550 * DAY  # the first season has two doses
            yield day, FLU[0] if old else FLU[1], "1 of 2" if is_first else ""
            if is_first:
                yield day + 30 * DAY, FLU[1], "2 of 2"
    if person.age >= 17:
        first = date(2021, rng.randint(2, 5), rng.randint(1, 28))
        maker = rng.choice(("207", "208"))
        yield first, maker, "1 of 2"
        yield first + 28 * DAY, maker, "2 of 2"
        yield date(2023, 10, rng.randint(1, 28)), "309", "Booster"
    if person.age >= 51 and person.birthday(50).year >= 2018:
        yield person.birthday(50, 100), "187", "1 of 2"
        yield person.birthday(50, 190), "187", "2 of 2"
    elif person.age >= 58:
        yield date(2019, 4, rng.randint(1, 28)), "187", "1 of 2"
        yield date(2019, 8, rng.randint(1, 28)), "187", "2 of 2"
    if person.age >= 66:
        yield person.birthday(65, 60), "33", "1 of 1"


def allergies(person: Life) -> Iterator[Json]:
    """Yield one or two allergies for some people. Others said that they have none, or were never asked.

    Hay fever comes with its own allergy.
    """
    kinds = [kind for kind in ALLERGY_KINDS if person.rng.random() < 0.07]
    if "rhinitis" in person.troubles and not kinds:
        kinds = [ALLERGY_KINDS[5]]
    if person.theme == "healthy":
        kinds = []
    for snomed, kind, reaction, severity, criticality in kinds[:2]:
        yield person.make(
            "AllergyIntolerance",
            clinicalStatus=status("allergyintolerance-clinical", "active"),
            verificationStatus=status("allergyintolerance-verification", "confirmed"),
            type="allergy",
            category=[kind],
            criticality=criticality,
            code=concept(ALLERGIES[snomed]),
            patient=person.patient,
            recordedDate=past_day(person, years=min(12, max(person.age - 1, 0))).isoformat(),
            recorder=doctor(person),
            reaction=[{"manifestation": [words(reaction)], "severity": severity}],
        )
    if not kinds and person.visits and (person.theme == "healthy" or person.rng.random() < 0.5):
        yield person.make(
            "AllergyIntolerance",
            clinicalStatus=status("allergyintolerance-clinical", "active"),
            verificationStatus=status("allergyintolerance-verification", "confirmed"),
            code=concept(NO_KNOWN_ALLERGY),
            patient=person.patient,
            encounter=person.visits[-1].encounter,
            recordedDate=person.visits[-1].day.isoformat(),
            recorder=nurse(person),
        )


def conditions(person: Life) -> Iterator[Json]:
    """Yield the lasting conditions of this life, and one or two that passed."""
    for trouble in sorted(person.troubles):
        course = COURSES[trouble]
        raw = condition(person, CONDITIONS[course.condition], onset(person, course))
        person.troubles_known[trouble] = refer(raw, CONDITIONS[course.condition].display)
        yield raw
    for snomed, days in PASSING:
        if person.age >= 2 and person.rng.random() < 0.3:
            began = past_day(person, years=min(6, person.age))
            yield condition(person, CONDITIONS[snomed], began, min(began + timedelta(days=days), person.today))


def condition(person: Life, what: Concept, onset: date, abatement: date | None = None) -> Json:
    """Return a condition that is over if there is an `abatement`."""
    recent = onset > person.today - timedelta(days=365 * KNOWN_YEARS)
    return person.make(
        "Condition",
        clinicalStatus=status("condition-clinical", "resolved" if abatement else "active"),
        verificationStatus=status("condition-ver-status", "confirmed"),
        category=DIAGNOSIS if abatement else PROBLEM,
        code=concept(what),
        subject=person.patient,
        onsetDateTime=remembered(onset, person.today),
        abatementDateTime=abatement.isoformat() if abatement else None,
        recordedDate=onset.isoformat() if recent else None,
        asserter=doctor(person) if recent else None,
    )


def remembered(day: date, today: date) -> str:
    """Return as much of a day as people remember of it: after many years only the month, or only the year."""
    years = (today - day).days / 365.25
    return day.isoformat()[: 4 if years > OLD_YEARS else 7 if years > KNOWN_YEARS else 10]


def medications(person: Life) -> Iterator[Json]:
    """Yield the treatment of each lasting condition with what was handed out, last within three months.

    The year's prescription before it is there too, and sometimes a completed one for an infection.
    """
    for trouble in sorted(person.troubles):
        course = COURSES[trouble]
        for rxnorm, sig in course.medications:
            found = onset(person, course)
            began = max(found, person.today - timedelta(days=person.rng.randint(90, 330)))
            reason = person.troubles_known[trouble]
            if began - 360 * DAY > found:
                yield from prescription(person, rxnorm, sig, reason, began - 360 * DAY, fills=4, over=True)
            yield from prescription(person, rxnorm, sig, reason, began, fills=(person.today - began).days // 90 + 1)
    if person.age >= 3 and person.rng.random() < 0.25:
        began = past_day(person, years=2)
        sig = "Take 1 tablet by mouth every 8 hours until all are gone"
        yield from prescription(person, "308192", sig, words("Infection"), began, fills=1, days=10, over=True)


def prescription(
    person: Life, rxnorm: str, sig: str, reason: Json, began: date, *, fills: int, days: int = 90, over: bool = False
) -> Iterator[Json]:
    """Yield a prescription and each of its fills. `reason` refers to a condition, or is in words."""
    times = 3 if "every 8 hours" in sig else 2 if "twice" in sig else 1
    clinic = person.clinic_on(began)
    pharmacy = organization(person, clinic, clinic.pharmacy)
    allowed = fills - 1 + (person.rng.randint(0, 3) if not over else 0)
    what = MEDICATIONS[rxnorm]
    amount = {"value": Decimal(times * days), "unit": "capsules" if "Capsule" in what.display else "tablets"}
    if "Inhaler" in what.display:
        amount = {"value": Decimal(1), "unit": "inhaler"}
    supply = {"value": Decimal(days), "unit": "days", "system": UCUM, "code": "d"}
    dosage = [{"text": sig, "asNeededBoolean": "when needed" in sig or "when a headache" in sig}]
    ordered = person.make(
        "MedicationRequest",
        status="completed" if over else "active",
        intent="order",
        medicationCodeableConcept=concept(what),
        subject=person.patient,
        authoredOn=began.isoformat(),
        requester=doctor(person),
        reasonReference=[reason] if "reference" in reason else [],
        reasonCode=[reason] if "text" in reason else [],
        dosageInstruction=dosage,
        dispenseRequest={
            "numberOfRepeatsAllowed": allowed,
            "quantity": amount,
            "expectedSupplyDuration": supply,
            "performer": pharmacy,
        },
    )
    yield ordered
    for fill in range(fills):
        handed = began + timedelta(days=min(days, 90) * fill + (fill and person.rng.randint(-4, 0)))
        yield person.make(
            "MedicationDispense",
            status="completed",
            medicationCodeableConcept=concept(what),
            subject=person.patient,
            performer=[{"actor": pharmacy}],
            authorizingPrescription=[refer(ordered)],
            quantity=amount,
            daysSupply=supply,
            whenHandedOver=handed.isoformat(),
            dosageInstruction=dosage,
        )


def procedures(person: Life) -> Iterator[Json]:
    """Yield screenings that are due at an age, and procedures that follow from the conditions."""
    for snomed, day, reason, note in done(person):
        if not person.born < day <= person.today:
            continue
        clinic, what = person.clinic_on(day), PROCEDURES[snomed]
        reported = imaging(person, what, day, clinic, note) if snomed in PICTURES else None
        yield person.make(
            "Procedure",
            status="completed",
            code=concept(what),
            subject=person.patient,
            performedDateTime=day.isoformat(),
            performer=[{"actor": doctor(person)}],
            location=location(person, clinic),
            reasonCode=[words(reason)],
            outcome=None if reported else words(note),
            report=[refer(reported)] if reported else [],
        )
        if reported:
            yield reported


def imaging(person: Life, what: Concept, day: date, clinic: Clinic, conclusion: str) -> Json:
    """Return the report on a picture, with its text as the radiologist sent it."""
    text = f"{what.display}\n\nTechnique: standard views.\n\nImpression: {conclusion}\n"
    return person.make(
        "DiagnosticReport",
        status="final",
        category=IMAGING_REPORT,
        code=concept(what),
        subject=person.patient,
        effectiveDateTime=day.isoformat(),
        issued=instant(datetime(day.year, day.month, day.day, 16, 10, tzinfo=clinic.clock)),
        performer=[organization(person, clinic, f"Radiology, {clinic.name}")],
        resultsInterpreter=[practitioner(person, "Dr. Nadia Brook")],
        conclusion=conclusion,
        presentedForm=[attachment(text, what.display)],
    )


def attachment(text: str, title: str) -> Json:
    """Return a text as an Attachment."""
    data = text.encode()
    return {
        "contentType": "text/plain; charset=utf-8",
        "data": base64.b64encode(data).decode(),
        "size": len(data),
        "title": title,
    }


def done(person: Life) -> Iterator[tuple[str, date, str, str]]:
    """Yield the SNOMED code, day, reason and outcome of each procedure."""
    rng, has = person.rng, person.troubles.__contains__
    if person.age >= 47:
        day = max(person.birthday(46), past_day(person, years=6))
        yield "73761001", day, "Screening", "No polyps were found. The next one is due in ten years."
    if person.sex == "F" and person.age >= 42:
        yield "71651007", past_day(person, years=2), "Screening", "Nothing unusual was seen."
    if person.sex == "F" and person.age >= 66:
        yield "312681000", past_day(person, years=3), "Screening", "Bone density is usual for the age."
    if has("cataract") and person.age >= 70:
        yield "54885007", past_day(person, years=4), "Cataract", "The new lens sits well. Sight has improved."
    if has("knee") and person.age >= 68 and rng.random() < 0.5:
        yield "609588000", past_day(person, years=5), "Osteoarthritis of knee", "Walking unaided after six weeks."
    if has("asthma"):
        yield "23426006", past_day(person, years=2), "Asthma", "Mild narrowing that improved after the inhaler."
    if 17 <= person.age <= 45 and rng.random() < 0.4:
        yield "19490002", past_day(person, years=3), "Sprain of ankle", "No broken bone was seen."
    if person.age < 17 and rng.random() < 0.2:
        yield "288086009", past_day(person, years=2), "Cut on the hand", "Three stitches, removed after ten days."


def onset(person: Life, course: Course) -> date:
    """Return the day on which a lasting condition was found.

    That is at its usual age, but at least a year ago, or recently in young people. With the theme "diabetes" it is as
    long ago as the record goes back.
    """
    if person.theme == "diabetes":
        return min(max(person.birthday(0, 200), person.today - timedelta(days=365 * LONG_YEARS + 90)), person.today)
    found = person.birthday(min(course.from_age, max(person.age - 1, 0)), 120)
    return min(found, person.today)


def past_day(person: Life, *, years: int) -> date:
    """Return a day in the last `years` years that is not before birth."""
    back = person.rng.randint(20, max(21, 365 * years - 5))
    return max(person.today - timedelta(days=back), person.born)
