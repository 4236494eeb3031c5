"""The pregnancies of an invented mother: visits, laboratory, ultrasound, the birth and the visit after it."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from demo.invent.records.care import INPATIENT, document, encounter
from demo.invent.records.course import IMAGING_REPORT, INTRAMUSCULAR, SITES, attachment, protocol
from demo.invent.records.fhir import Json, concept, instant, number, period, quantity, status, words
from demo.invent.records.life import Life, Visit, at_clinic, refer
from demo.invent.records.measures import BLOOD_PRESSURE, pressure, ranged, report, result, rounded, vital
from demo.invent.records.who import doctor, location, nurse, organization
from portal.codes import LOINC, SNOMED, VACCINES, VITALS, Concept

TERM = 280
"""Days from the last period to the due date."""

PREGNANCY = Concept(SNOMED, "72892002", "Normal pregnancy")
DELIVERY = Concept(SNOMED, "177184002", "Normal delivery procedure")
FIRST_VISIT = Concept(SNOMED, "424441002", "Prenatal initial visit")
PRENATAL_VISIT = Concept(SNOMED, "424619006", "Prenatal visit")
AFTER_BIRTH = Concept(SNOMED, "169762003", "Postnatal visit")
BIRTH = Concept("", "", "Stay for the birth")
VITAMINS = Concept("", "", "Prenatal vitamin with folic acid, oral tablet")
PANEL = Concept("", "", "Prenatal laboratory panel")
DUE = Concept(LOINC, "11778-8", "Estimated due date")
FETAL_HEART = Concept(LOINC, "55283-6", "Fetal heart rate")
FUNDAL_HEIGHT = Concept(LOINC, "11881-0", "Fundal height")
GLUCOSE_LOAD = Concept(LOINC, "1504-0", "Glucose 1 hour after 50 g glucose")
STREP_B = Concept("", "", "Group B strep culture")
ULTRASOUND = Concept("", "", "Ultrasound of the pregnancy")
# The weeks of pregnancy in which visits take place.
WEEKS = (8, 12, 16, 20, 24, 28, 32, 36, 38)
# The laboratory's answers in words, and what each is called.
IN_WORDS = (
    (Concept(LOINC, "882-1", "Blood group and Rh type"), "O Rh positive"),
    (Concept(LOINC, "890-4", "Blood group antibody screen"), "Negative"),
    (Concept(LOINC, "5196-1", "Hepatitis B surface antigen"), "Not detected"),
    (Concept(LOINC, "56888-1", "HIV 1 and 2 antigen and antibody"), "Not detected"),
    (Concept(LOINC, "8014-3", "Rubella antibody"), "Immune"),
)


def pregnancies(person: Life) -> Iterator[Json]:
    """Yield all about each pregnancy that ended by the record's end."""
    for born in person.births:
        if person.born < born <= person.today:
            yield from pregnancy(person, born)


def pregnancy(person: Life, born: date) -> Iterator[Json]:
    """Yield one pregnancy, which ended with a birth on that day, a little before it was due."""
    due = born + timedelta(days=person.rng.randint(1, 9))
    began = due - timedelta(days=TERM)
    state = person.make(
        "Condition",
        clinicalStatus=status("condition-clinical", "resolved"),
        verificationStatus=status("condition-ver-status", "confirmed"),
        code=concept(PREGNANCY),
        subject=person.patient,
        onsetDateTime=began.isoformat(),
        abatementDateTime=born.isoformat(),
        asserter=doctor(person),
    )
    yield state
    for week in WEEKS:
        kind = FIRST_VISIT if week == WEEKS[0] else PRENATAL_VISIT
        visit, met = meeting(person, began + timedelta(weeks=week), kind, f"Pregnancy, week {week}")
        yield met
        yield from checked(person, visit, week)
        yield from tested(person, visit, week, due)
        if week == 8:
            yield vitamins(person, visit, state)
        if week == 20:
            yield ultrasound(person, visit)
        if week == 28:
            yield whooping_cough(person, visit)
    yield from delivery(person, born, state)
    after, met = meeting(person, born + timedelta(weeks=6), AFTER_BIRTH, "Check-up six weeks after the birth")
    if after.day <= person.today:
        yield met


def meeting(person: Life, day: date, kind: Concept, reason: str) -> tuple[Visit, Json]:
    """Return a visit about the pregnancy, and its Encounter."""
    clinic = person.clinic_on(day)
    at = at_clinic(day, person.rng, clinic)
    met = encounter(person, Visit(at, clinic, {}), kind, reason)
    return Visit(at, clinic, refer(met)), met


def checked(person: Life, visit: Visit, week: int) -> Iterator[Json]:
    """Yield what is measured at each visit."""
    rng = person.rng
    systolic, diastolic = rounded(rng.gauss(112, 4)), rounded(rng.gauss(69, 3))
    yield vital(person, visit, BLOOD_PRESSURE, component=pressure(systolic, diastolic, True))
    weight = rounded(138 + max(week - 10, 0) * 0.95 + rng.gauss(0, 0.8), 1)
    yield vital(person, visit, VITALS["29463-7"], valueQuantity=quantity(weight, "[lb_av]"))
    if week >= 12:
        yield vital(person, visit, FETAL_HEART, valueQuantity=quantity(rounded(rng.gauss(145, 5)), "/min"))
    if week >= 20:
        yield vital(person, visit, FUNDAL_HEIGHT, valueQuantity=quantity(rounded(week + rng.gauss(0, 0.7)), "cm"))


def tested(person: Life, visit: Visit, week: int, due: date) -> Iterator[Json]:
    """Yield what the laboratory found, in the weeks in which it is asked."""
    if week == 8:
        blood = ranged("718-7", Decimal("12.6"))
        in_words = [{"code": concept(test), "valueString": answer} for test, answer in IN_WORDS]
        yield from report(person, PANEL, visit, [*in_words, blood])
        yield result(
            person, visit, visit.at, {"code": concept(DUE), "valueDateTime": due.isoformat(), "performer": None}, ""
        )
    if week == 24:
        sugar = quantity(rounded(person.rng.gauss(112, 9)), "mg/dL")
        usual = [{"high": number("139", "mg/dL"), "text": "Less than 140 mg/dL"}]
        load = {"code": concept(GLUCOSE_LOAD), "valueQuantity": sugar, "referenceRange": usual}
        yield from report(person, GLUCOSE_LOAD, visit, [load])
    if week == 36:
        found = {"code": concept(STREP_B), "valueString": "Not detected"}
        yield from report(person, STREP_B, visit, [found], specimen="Vaginal and rectal swab")


def vitamins(person: Life, visit: Visit, state: Json) -> Json:
    return person.make(
        "MedicationRequest",
        status="completed",
        intent="order",
        medicationCodeableConcept=concept(VITAMINS),
        subject=person.patient,
        encounter=visit.encounter,
        authoredOn=visit.day.isoformat(),
        requester=doctor(person),
        reasonReference=[refer(state, PREGNANCY.display)],
        dosageInstruction=[{"text": "Take 1 tablet by mouth once a day"}],
        dispenseRequest={"numberOfRepeatsAllowed": 2, "quantity": {"value": Decimal(90), "unit": "tablets"}},
    )


def ultrasound(person: Life, visit: Visit) -> Json:
    """Return the report on the picture of the twentieth week."""
    conclusion = "One baby, growing as expected for 20 weeks. The placenta lies away from the cervix."
    text = f"Ultrasound at 20 weeks\n\nOne living baby, head down. Measurements agree with the dates.\n\n{conclusion}\n"
    return person.make(
        "DiagnosticReport",
        status="final",
        category=IMAGING_REPORT,
        code=concept(ULTRASOUND),
        subject=person.patient,
        encounter=visit.encounter,
        effectiveDateTime=instant(visit.at),
        issued=instant(visit.at + timedelta(hours=2)),
        performer=[organization(person, visit.clinic, f"Radiology, {visit.clinic.name}")],
        conclusion=conclusion,
        presentedForm=[attachment(text, "Ultrasound at 20 weeks")],
    )


def whooping_cough(person: Life, visit: Visit) -> Json:
    """Return the vaccine that each pregnancy asks for, so that the newborn is protected."""
    return person.make(
        "Immunization",
        status="completed",
        vaccineCode=concept(VACCINES["115"]),
        patient=person.patient,
        encounter=visit.encounter,
        occurrenceDateTime=visit.day.isoformat(),
        primarySource=True,
        location=location(person, visit.clinic),
        lotNumber=f"TD{person.rng.randint(1000, 9999)}",
        site=SITES[0],
        route=INTRAMUSCULAR,
        performer=[{"actor": nurse(person)}],
        protocolApplied=protocol("Booster"),
    )


def delivery(person: Life, born: date, state: Json) -> Iterator[Json]:
    """Yield the stay in the hospital, the birth, and the letter about both."""
    clinic = person.clinic_on(born)
    at = at_clinic(born, person.rng, clinic).replace(year=born.year, month=born.month, day=born.day)
    stay = encounter(person, Visit(at, clinic, {}), BIRTH, "Birth", minutes=52 * 60, stay=INPATIENT)
    yield stay
    visit = Visit(at, clinic, refer(stay))
    yield person.make(
        "Procedure",
        status="completed",
        category=words("Obstetric procedure"),
        code=concept(DELIVERY),
        subject=person.patient,
        encounter=visit.encounter,
        performedPeriod=period(at + timedelta(hours=1), at + timedelta(hours=7)),
        performer=[{"actor": doctor(person)}],
        location=location(person, clinic),
        reasonReference=[refer(state, PREGNANCY.display)],
        outcome=words("A healthy baby"),
    )
    summary = Concept(LOINC, "18842-5", "Discharge summary")
    text = (
        "You gave birth without complications. Mother and baby went home well after two days.\n\n"
        "Next visit: in six weeks."
    )
    yield document(person, visit, summary, "After the birth", text)
