"""What an invented person and the care team did, wrote and decided: visits, notes, goals, plans and messages."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from demo.invent.records.course import COURSES, attachment
from demo.invent.records.fhir import ACT, HL7, Json, coded, concept, instant, period, quantity, words
from demo.invent.records.life import Life, Visit, at_clinic
from demo.invent.records.who import doctor, location, organization, practitioner
from portal.codes import CONDITIONS, DOCUMENTS, LABS, SERVICES, SNOMED, Concept

CLINICAL_NOTE = [
    coded("http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category", "clinical-note", "Clinical Note")
]
AMBULATORY = {"system": ACT, "code": "AMB", "display": "ambulatory"}
INPATIENT = {"system": ACT, "code": "IMP", "display": "inpatient encounter"}
CHECK_UP = Concept(SNOMED, "185349003", "Encounter for check up")
WELL_CHILD_VISIT = Concept(SNOMED, "410620009", "Well child visit")
BY_VIDEO = coded(SNOMED, "448337001", "Telemedicine consultation with patient")
PRIMARY = ("primary", "pediatrics")
PREPARE = {
    "primary": "Bring a list of all medications that you take, with those you buy without a prescription.",
    "heart": "Wear comfortable clothes. Take your medications as usual.",
    "eyes": "Your pupils may be widened. Bring sunglasses and someone who can drive you home.",
    "therapy": "Wear clothes and shoes that you can move in.",
    "dental": "Brush your teeth as usual. Tell us if you take blood thinners.",
    "audiology": "Bring your hearing aids if you have any.",
    "pediatrics": "Bring the yellow vaccination card, if you have one.",
}
REASONS = {
    "primary": "Yearly check-up",
    "heart": "Follow-up of the heart rhythm",
    "eyes": "Follow-up of the cataract",
    "therapy": "Exercises for back and joints",
    "dental": "Cleaning and examination",
    "audiology": "Hearing test",
    "women": "Yearly check-up",
    "pediatrics": "Well-child visit",
    "optometry": "Eye examination",
    "skin": "Skin check",
}
SPECIALISTS = {
    "heart": "Dr. Aaron Feld",
    "eyes": "Dr. Grace Hollis",
    "therapy": "Lena Brandt, PT",
    "dental": "Dr. Omar Quill",
    "audiology": "Dr. June Sattler",
    "optometry": "Dr. Victor Amari",
    "women": "Dr. Elena Rusk",
    "skin": "Dr. Priya Marlow",
}
# The plan for a trouble, its code and what belongs to it.
PLANS = {
    "diabetes": (
        Concept(SNOMED, "735985000", "Diabetes self management plan"),
        ("Hemoglobin A1c twice a year", "Eye examination once a year", "Walk for half an hour on most days"),
    ),
    "hypertension": (
        Concept("", "", "Blood pressure plan"),
        ("Measure blood pressure at home twice a week", "Less salt", "Check-up every six months"),
    ),
    "asthma": (
        Concept(SNOMED, "699728000", "Asthma self management"),
        ("Carry the inhaler", "Keep a diary of wheezing", "Breathing test once a year"),
    ),
}


def encounters(person: Life) -> Iterator[Json]:
    """Yield the visits that took place. This part comes first: a visit already knows the number of its Encounter."""
    kind, reason = (WELL_CHILD_VISIT, "Well-child visit") if person.age < 18 else (CHECK_UP, "Yearly check-up")
    for visit in person.visits:
        yield encounter(person, visit, kind, reason)


def encounter(
    person: Life, visit: Visit, kind: Concept, reason: str, *, minutes: int = 40, stay: Json = AMBULATORY
) -> Json:
    """Return the Encounter of a visit."""
    took = period(visit.at, visit.at + timedelta(minutes=minutes))
    return person.make(
        "Encounter",
        **{"class": stay},
        status="finished",
        type=[concept(kind)],
        subject=person.patient,
        participant=[{"individual": doctor(person)}],
        period=took,
        reasonCode=[words(reason)],
        location=[{"location": location(person, visit.clinic)}],
        serviceProvider=organization(person, visit.clinic),
    )


def appointments(person: Life) -> Iterator[Json]:
    """Yield the appointments of the past visits, with one now and then that was missed, and one to three ahead."""
    usual = "pediatrics" if person.age < 18 else "primary"
    for visit in person.visits:
        if person.rng.random() < 0.05 and visit.day - timedelta(days=9) > person.born:
            yield appointment(person, usual, visit.at - timedelta(days=7), "noshow")
        yield appointment(person, usual, visit.at, "fulfilled")
    if person.died:
        return
    for service in [usual, *specialties(person)][: person.rng.randint(1, 3)]:
        ahead = at_clinic(person.today + timedelta(days=person.rng.randint(6, 120)), person.rng, person.clinic)
        by_video = service in PRIMARY and person.rng.random() < 0.2
        yield appointment(person, service, ahead, "booked", by_video=by_video)


def specialties(person: Life) -> list[str]:
    """Return the specialties to which the conditions send this person, the most needed first."""
    wanted = {"rhythm": "heart", "cataract": "eyes", "hearing": "audiology", "knee": "therapy", "back": "therapy"}
    found = [service for trouble, service in wanted.items() if trouble in person.troubles]
    if person.sex == "F" and 21 <= person.age <= 70:
        found.append("women")
    return list(dict.fromkeys([*found, "dental", "optometry"]))


def appointment(person: Life, service: str, start: datetime, state: str, *, by_video: bool = False) -> Json:
    clinic = person.clinic_on(start.date())
    minutes = 30 if service in PRIMARY else 45
    seen_by = practitioner(person, SPECIALISTS.get(service, person.doctor))
    actors = [person.patient, seen_by, location(person, clinic)]
    return person.make(
        "Appointment",
        status=state,
        serviceCategory=[BY_VIDEO] if by_video else [],
        serviceType=[concept(SERVICES[service])],
        description=REASONS[service],
        start=instant(start),
        end=instant(start + timedelta(minutes=minutes)),
        minutesDuration=minutes,
        patientInstruction=PREPARE.get(service, "") if state == "booked" and not by_video else "",
        participant=[{"actor": actor, "status": "accepted"} for actor in actors],
    )


def documents(person: Life) -> Iterator[Json]:
    """Yield a note for each of the last four visits, in the words that a clinic writes for its patients."""
    troubles = [CONDITIONS[COURSES[trouble].condition].display.lower() for trouble in sorted(person.troubles)]
    for count, visit in enumerate(person.visits[-4:]):
        first = count == 0 and len(person.visits) >= 4
        title = "Well-child visit" if person.age < 18 else "Check-up"
        yield document(person, visit, DOCUMENTS["34117-2" if first else "11506-3"], title, visit_note(person, troubles))


def document(person: Life, visit: Visit, kind: Concept, title: str, text: str, **elements: Any) -> Json:
    """Return a note about a visit, with its text as an attachment."""
    return person.make(
        "DocumentReference",
        status="current",
        docStatus="final",
        type=concept(kind),
        category=CLINICAL_NOTE,
        subject=person.patient,
        date=instant(visit.at + timedelta(hours=3)),
        author=[doctor(person)],
        custodian=organization(person, visit.clinic),
        description=title,
        content=[{"attachment": attachment(text, title)}],
        context={"encounter": [visit.encounter]},
        **elements,
    )


def visit_note(person: Life, known: list[str]) -> str:
    """Return the reason, the findings and the plan, with an empty line between paragraphs."""
    rng = person.rng
    feels = rng.choice(("well", "well, somewhat tired at times", "better than at the last visit"))
    reviewed = f"We went over: {'; '.join(known)}." if known else "There are no lasting conditions to follow."
    plan = [
        rng.choice(("Keep walking for half an hour on most days.", "Keep active in a way that you enjoy.")),
        "Take all medications as prescribed." if known else "No medications are needed.",
        "Laboratory results will be in the portal.",
        f"Next visit in {'six months' if person.troubles else 'a year'}, earlier if anything changes.",
    ]
    return "\n\n".join(
        (
            f"Reason for the visit: a planned check-up. The patient feels {feels}.",
            f"Findings: {reviewed} Heart and lungs sound clear. No new complaints.",
            f"Plan: {' '.join(plan)}",
        )
    )


def goals(person: Life) -> Iterator[Json]:
    """Yield what the person wants to work on. Only adults have goals."""
    if person.age < 18 or person.died:
        return
    wanted: list[tuple[str, Json]] = [("Walk more", detail("Minutes of walking", "30 minutes on 5 days a week"))]
    if "hypertension" in person.troubles:
        pressure = detail("Blood pressure at home", "Below 130 over 80 at home, measured twice a week")
        wanted.append(("Bring blood pressure down", pressure))
    if "diabetes" in person.troubles:
        below = {"high": quantity(Decimal("7.0"), "%")}
        wanted.append(("Keep blood sugar steady", {"measure": concept(LABS["4548-4"]), "detailRange": below}))
    if "sleep" in person.troubles:
        mask = detail("Hours with the CPAP mask", "Wear the CPAP mask for at least 4 hours a night")
        wanted.append(("Sleep through the night", mask))
    for display, target in wanted:
        start = person.today - timedelta(days=person.rng.randint(40, 150))
        yield person.make(
            "Goal",
            lifecycleStatus="active",
            achievementStatus=coded(f"{HL7}/goal-achievement", "in-progress", "In Progress"),
            description=words(display),
            subject=person.patient,
            startDate=start.isoformat(),
            target=[target | {"dueDate": (start + timedelta(days=365)).isoformat()}],
            expressedBy=doctor(person),
        )


def detail(measure: str, text: str) -> Json:
    return {"measure": words(measure), "detailString": text}


def plans(person: Life) -> Iterator[Json]:
    """Yield the plan for each trouble that has one."""
    for trouble, (kind, steps) in PLANS.items():
        if trouble in person.troubles and person.visits and not person.died:
            yield person.make(
                "CarePlan",
                status="active",
                intent="plan",
                category=[concept(kind)],
                title=kind.display,
                subject=person.patient,
                period={"start": person.visits[-1].day.isoformat()},
                author=doctor(person),
                addresses=[person.troubles_known[trouble]],
                activity=[{"detail": {"status": "in-progress", "description": step}} for step in steps],
            )
