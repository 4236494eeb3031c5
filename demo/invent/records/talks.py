"""The secure messages of an invented person: the care team, and conversations with it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID, uuid5

from accounts.models import Account
from demo.invent.records.life import CLINICS, INVENTED, NURSE, Clinic, Life, at_clinic
from portal.messages.models import CareTeam, Membership, Message, PatientTeam, Template, Thread, Topic
from portal.messages.teams import answer_due

# The teams are older than all records.
SINCE = date(2000, 1, 1)
PRIMARY, PHARMACY = "Primary care", "Clinical pharmacy"
# Where the nurse of the demo works, and where its Premium account goes.
NURSES_CLINIC = CLINICS[2]
# Who works at the other clinics.
AT_THE_OTHERS = {"scheduler.walter"}
TALKATIVE = {"hypertension", "rhythm", "diabetes"}


class Talk(NamedTuple):
    """A conversation: the days after the last visit on which it began, and its lines. The author "" is the patient."""

    days_after: int
    topic: Topic
    subject: str
    lines: list[tuple[str, str]]


def team_id(clinic: Clinic, name: str = PRIMARY) -> UUID:
    return uuid5(INVENTED, f"team:{name}:{clinic.name}")


def care_teams() -> Iterator[CareTeam]:
    """Yield the care teams of every clinic: one for primary care, and one that knows medications."""
    for clinic in CLINICS:
        for name in (PRIMARY, PHARMACY):
            yield CareTeam(
                id=team_id(clinic, name),
                name=name,
                clinic=clinic.name,
                phone=clinic.phone,
                zone=clinic.zone,
                since=SINCE,
            )


def join_care_team(account: Account) -> None:
    """Make a member of staff with such a role a member of care teams: of the nurse's clinic, or of all the others."""
    roles = set(account.groups.values_list("name", flat=True))
    if not roles & {"Care team", "Scheduling"}:
        return
    CareTeam.objects.bulk_create(care_teams(), ignore_conflicts=True)
    elsewhere = [clinic for clinic in CLINICS if clinic != NURSES_CLINIC]
    name = PHARMACY if account.username.startswith("pharmacist") else PRIMARY
    for clinic in elsewhere if account.username in AT_THE_OTHERS else [NURSES_CLINIC]:
        Membership.objects.get_or_create(account=account, team_id=team_id(clinic, name), since=SINCE)
    if "Care team" in roles:
        text = "Thank you for your message. I will ask your doctor and write to you again within two days."
        team = team_id(NURSES_CLINIC, name)
        Template.objects.get_or_create(team_id=team, title="I ask the doctor first", defaults={"body": text})


def talks_of(person: Life) -> list[Talk]:
    """Return what the person and the care team wrote about the most important matters."""
    found = [
        Talk(
            4,
            Topic.TEST,
            "Results of your last visit",
            [
                (
                    person.doctor,
                    "Your results have come in. I am content with them. You find them under Lab "
                    "results. Let us keep to the plan that we made, and talk about the rest at the next visit.",
                ),
                ("", "Thank you, Doctor. That is good to hear. Do I need to fast before the next blood test?"),
                (
                    NURSE,
                    "Please do not eat for eight hours before it. Water is fine, and take your medications as usual.",
                ),
            ],
        )
    ]
    if person.troubles & TALKATIVE:
        found.append(
            Talk(
                1,
                Topic.MEDICATION,
                "Question about my medication",
                [
                    ("", "I missed my tablet yesterday evening. Should I take two today?"),
                    (
                        NURSE,
                        "Please do not take two. Take your usual dose today at the usual time. "
                        "If you miss more than one day, call us and we will go over it together.",
                    ),
                ],
            )
        )
    return found


def conversations(person: Life) -> Iterator[PatientTeam | Thread | Message]:
    """Yield the care team of a person and their conversations. Only adults have them.

    A person with several of the conditions that need medications asked about them yesterday, and waits for an answer.
    """
    if person.age < 18 or not person.visits:
        return
    yield PatientTeam(patient=person.dod_id, team_id=team_id(person.clinic), since=SINCE, until=person.died)
    for talk in talks_of(person):
        begins = person.visits[-1].day + timedelta(days=talk.days_after)
        days = (begins + timedelta(days=count) for count in range(len(talk.lines)))
        yield from talk_rows(person, talk, sorted(at_clinic(day, person.rng, person.clinic) for day in days))
    if len(person.troubles & TALKATIVE) > 1 and not person.died:
        asked = "Can I take ibuprofen for my knee, or does it not go together with my other tablets?"
        yesterday = datetime.combine(person.today - timedelta(days=1), time(15, 10), UTC)
        yield from talk_rows(person, Talk(0, Topic.MEDICATION, "Something for my knee", [("", asked)]), [yesterday])


def talk_rows(person: Life, talk: Talk, times: list[datetime]) -> Iterator[Thread | Message]:
    """Yield the thread and the messages of a conversation. Answers of long ago were read."""
    answers = [at for at, (author, _) in zip(times, talk.lines, strict=True) if author]
    team = CareTeam(id=team_id(person.clinic), zone=person.clinic.zone)
    thread = Thread(
        id=person.new("Thread"),
        patient=person.dod_id,
        team_id=team.pk,
        topic=talk.topic,
        subject=talk.subject,
        last_sent_at=times[-1],
        last_answer_at=answers[-1] if answers else None,
    )
    yield thread
    for at, (author, body) in zip(times, talk.lines, strict=True):
        answered = next((later for later in answers if later >= at), None)
        yield Message(
            id=person.new("Message"),
            patient=person.dod_id,
            thread=thread,
            team_id=team.pk,
            topic=talk.topic,
            subject=talk.subject,
            body=body,
            author=Message.Author.STAFF if author else Message.Author.PATIENT,
            author_name=author,
            saved_at=at,
            held_at=at,
            send_due_at=at,
            sent_at=at,
            opened_at=at if author else answered,
            answered_at=None if author else answered,
            answer_due_at=None if author else answer_due(team, at),
        )
