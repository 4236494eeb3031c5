"""What an invented person and the care team said, wrote and decided: visits, notes, goals and messages."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from demo.invent.records.course import COURSES, coded
from demo.invent.records.life import Life, at_clinic
from portal.codes import CONDITIONS, DOCUMENTS, SERVICES
from portal.models import Appointment, Document, Goal, Message, Resource, Thread

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


def appointments(person: Life) -> Iterator[Resource]:
    """Yield the past visits, and one to three that are booked."""
    usual = "pediatrics" if person.age < 18 else "primary"
    for visit in person.visits:
        missed = person.rng.random() < 0.05
        yield _appointment(person, usual, visit, "noshow" if missed else "fulfilled")
    for service in [usual, *specialties(person)][: person.rng.randint(1, 3)]:
        ahead = at_clinic(person.today + timedelta(days=person.rng.randint(6, 120)), person.rng)
        yield _appointment(person, service, ahead, "booked", virtual=person.rng.random() < 0.2)


def specialties(person: Life) -> list[str]:
    """Return the specialties to which the conditions send this person, the most needed first."""
    wanted = {"rhythm": "heart", "cataract": "eyes", "hearing": "audiology", "knee": "therapy", "back": "therapy"}
    found = [service for trouble, service in wanted.items() if trouble in person.troubles]
    if person.sex == "F" and 21 <= person.age <= 70:
        found.append("women")
    return list(dict.fromkeys([*found, "dental", "optometry"]))


def _appointment(person: Life, service: str, start: datetime, status: str, *, virtual: bool = False) -> Appointment:
    virtual = virtual and service in ("primary", "pediatrics")
    return Appointment(
        id=person.new("appointment"),
        patient=person.dod_id,
        status=status,
        start=start,
        end=start + timedelta(minutes=30 if service in ("primary", "pediatrics") else 45),
        description=REASONS[service],
        practitioner=SPECIALISTS.get(service, person.clinic.doctor),
        location=person.clinic.name,
        address=person.clinic.address,
        phone=person.clinic.phone,
        virtual=virtual,
        patient_instruction=PREPARE.get(service, "") if status == "booked" and not virtual else "",
        **coded(SERVICES[service]),
    )


def documents(person: Life) -> Iterator[Resource]:
    """Yield a note for each of the last four visits, in the words that a clinic writes for its patients."""
    known = [coded_name(trouble) for trouble in sorted(person.troubles)]
    for count, visit in enumerate(person.visits[-4:]):
        first = count == 0 and len(person.visits) >= 4
        concept = DOCUMENTS["34117-2" if first else "11506-3"]
        yield Document(
            id=person.new("document"),
            patient=person.dod_id,
            status="current",
            date=visit + timedelta(hours=3),
            author=person.clinic.doctor,
            location=person.clinic.name,
            title="Well-child visit" if person.age < 18 else "Check-up",
            text=visit_note(person, known),
            **coded(concept),
        )


def coded_name(trouble: str) -> str:
    return CONDITIONS[COURSES[trouble].condition].display.lower()


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


def goals(person: Life) -> Iterator[Resource]:
    """Yield what the person wants to work on. Only adults have goals."""
    if person.age < 18:
        return
    wanted = [("Walk more", "30 minutes on 5 days a week")]
    if "hypertension" in person.troubles:
        wanted.append(("Bring blood pressure down", "Below 130 over 80 at home, measured twice a week"))
    if "diabetes" in person.troubles:
        wanted.append(("Keep blood sugar steady", "Hemoglobin A1c below 7 percent"))
    if "sleep" in person.troubles:
        wanted.append(("Sleep through the night", "Wear the CPAP mask for at least 4 hours a night"))
    for display, target in wanted:
        start = person.today - timedelta(days=person.rng.randint(40, 150))
        yield Goal(
            id=person.new("goal"),
            patient=person.dod_id,
            status="active",
            display=display,
            start=start,
            due=start + timedelta(days=365),
            target=target,
            expressed_by=person.clinic.doctor,
        )


def conversations(person: Life) -> Iterator[Thread | Message]:
    """Yield a conversation or two with the care team about the most important matters. Only adults have them."""
    if person.age < 18 or not person.visits:
        return
    team = f"Primary care, {person.clinic.name}"
    talks = [
        (
            "Results of your last visit",
            [
                (
                    person.clinic.doctor,
                    "Your results have come in. I am content with them. You find them under Lab "
                    "results. Let us keep to the plan that we made, and talk about the rest at the next visit.",
                ),
                ("", "Thank you, Doctor. That is good to hear. Do I need to fast before the next blood test?"),
                (
                    person.clinic.nurse,
                    "Please do not eat for eight hours before it. Water is fine, and take your medications as usual.",
                ),
            ],
        ),
    ]
    if person.troubles & {"hypertension", "rhythm", "diabetes"}:
        talks.append(
            (
                "Question about my medication",
                [
                    ("", "I missed my tablet yesterday evening. Should I take two today?"),
                    (
                        person.clinic.nurse,
                        "Please do not take two. Take your usual dose today at the usual time. "
                        "If you miss more than one day, call us and we will go over it together.",
                    ),
                ],
            )
        )
    for days_after, (subject, lines) in zip((4, 1), talks, strict=False):
        yield from _thread(person, team, subject, lines, person.visits[-1].date() + timedelta(days=days_after))


def _thread(
    person: Life, team: str, subject: str, lines: list[tuple[str, str]], begins: date
) -> Iterator[Thread | Message]:
    times = sorted(at_clinic(begins + timedelta(days=count), person.rng) for count in range(len(lines)))
    thread = Thread(
        id=person.new("thread"), patient=person.dod_id, subject=subject, care_team=team, last_sent_at=times[-1]
    )
    yield thread
    for sent_at, (author, body) in zip(times, lines, strict=True):
        yield Message(id=person.new("message"), thread=thread, sent_at=sent_at, author=author, body=body)
