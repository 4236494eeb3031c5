"""What each page of the portal costs on a record of an ordinary size and on one of 50,000 observations.

Both records are in one database and each page is asked for in turns, in one process, so that what disturbs the machine
disturbs both. The large record is the small one and what forty years of tests, visits, papers and messages add to it.
"""

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from accounts.sign_in import session
from bench import history
from bench.counts import CONTROL
from core.policy import Level
from demo.invent.records import record_for, store
from portal.features import FEATURES
from portal.messages import queries as message_queries
from portal.messages.models import CareTeam, Message, PatientTeam, Thread
from portal.record import queries
from portal.record.importing import store_resources
from portal.record.models import Appointment, Attachment, Condition, Note, Panel, Prescription, Projected, Result

SMALL, LARGE = "3000000001", "3000000002"
OBSERVATIONS, OTHERS = 50_000, 2_000
# As few as fill a page of each folder, so that both records show as many.
FEW_MESSAGES, MANY_MESSAGES = 100, 20_000
ROUNDS = 25
QUERIES, RATIO, SIZE = 8, 1.3, 40
# How many queries the session and the account take, before the page has asked for anything.
BEFORE = 2
START = datetime.fromisoformat("1985-01-01T15:00:00+00:00")
TESTS = tuple(f"Test {letter}{number}" for letter in "abcdefghij" for number in range(20))
HEADING = f"{'':<46}{'queries':>8}{'p50 ms':>9}{'of 50,000':>11}{'ratio':>7}{'kB':>6}{'of 50,000':>11}"


@dataclass(frozen=True)
class Asked:
    """A page: its name and its address in the small record and in the large one."""

    name: str
    small: str
    large: str


def verdicts() -> Iterator[str]:
    """Yield a line for each page, and at the end whether the goals were met."""
    yield "filling two records ..."
    fill()
    browsers = {patient: browser(patient) for patient in (SMALL, LARGE)}
    yield HEADING
    missed = []
    for page in pages():
        line, met = measured(page, browsers)
        missed += [] if met else [page.name]
        yield line
    goals = f"at most {QUERIES} queries beside session and account, {RATIO} x the time, {SIZE} kB"
    yield f"  pages that miss a goal ({goals}): {', '.join(missed) or 'none'}"


def fill() -> None:
    """Store the two records."""
    for patient in (SMALL, LARGE):
        record = record_for(patient, date(1950, 6, 1), "F", Random(1), theme="diabetes")
        store([record])
    with transaction.atomic():
        store_resources(LARGE, "bench", (("", raw) for raw in decades()))
    team = CareTeam.objects.create(name="Bench", since=START.date())
    for patient, messages in ((SMALL, FEW_MESSAGES), (LARGE, MANY_MESSAGES)):
        PatientTeam.objects.create(patient=patient, team=team, since=START.date())
        talks = list(conversations(patient, team, messages // 2))
        Thread.objects.bulk_create(talk[0] for talk in talks)
        Message.objects.bulk_create((message for talk in talks for message in talk[1]), batch_size=2_000)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def conversations(patient: str, team: CareTeam, many: int) -> Iterator[tuple[Thread, list[Message]]]:
    """Yield conversations of a question and an answer, each with the draft of another. Every other one is put away."""
    now = timezone.now()
    for number in range(many):
        at = now - timedelta(hours=number + 1)
        text: dict[str, Any] = {"topic": "general", "subject": f"Matter {number}", "team": team, "patient": patient}
        put_away = at if number % 2 else None
        thread = Thread(id=uuid4(), last_sent_at=at, last_answer_at=at, archived_at=put_away, **text)
        text |= {"body": f"May I take it with thing {number}?", "saved_at": at}
        sent: dict[str, Any] = {"held_at": at, "send_due_at": at, "sent_at": at, "thread": thread}
        yield (
            thread,
            [
                Message(id=thread.pk, **text, **sent, answered_at=at),
                Message(id=uuid4(), **text, **sent, author="staff", opened_at=at if number > 5 else None),
                Message(id=uuid4(), **text),
            ],
        )


def decades() -> Iterator[dict[str, Any]]:
    """Yield observations of all kinds, a report for each ten of the laboratory, and other resources."""
    named: list[str] = []
    for number in range(OBSERVATIONS):
        kind = ("laboratory", "laboratory", "laboratory", "vital-signs", "social-history")[number % 5]
        yield observation(number, kind)
        if kind == "laboratory" and number % 7:
            named.append(f"o{number}")
        if len(named) == 10:
            yield report(number, named)
            named = []
    for number in range(OTHERS):
        yield from others(number)


def moment(number: int, of: int) -> str:
    """Return the time of the `number`th of so many, spread over forty years."""
    return (START + timedelta(minutes=number * 40 * 525_600 // of)).isoformat()


def observation(number: int, kind: str) -> dict[str, Any]:
    vital = {"coding": [{"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}]}
    name = TESTS[number % len(TESTS)]
    test = {"coding": [{"system": "http://loinc.org", "code": name, "display": name}], "text": name}
    return {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "category": [{"coding": [{"code": kind}]}],
        "code": vital if kind == "vital-signs" else test,
        "effectiveDateTime": moment(number, OBSERVATIONS),
        "valueQuantity": {"value": 60 + number % 60, "unit": "mg/dL", "code": "mg/dL"},
        "referenceRange": [{"low": {"value": 65, "unit": "mg/dL"}, "high": {"value": 115, "unit": "mg/dL"}}],
    }


def report(number: int, named: list[str]) -> dict[str, Any]:
    return {
        "resourceType": "DiagnosticReport",
        "id": f"r{number}",
        "status": "final",
        "category": [{"coding": [{"code": "LAB"}]}],
        "code": {"text": "Rare panel" if number < 100 else f"Panel {number % 90}"},
        "effectiveDateTime": moment(number, OBSERVATIONS),
        "result": [{"reference": f"Observation/{one}"} for one in named],
    }


def others(number: int) -> Iterator[dict[str, Any]]:
    at, text = moment(number, OTHERS), {"text": f"Thing {number}"}
    of: dict[str, dict[str, Any]] = {
        "Encounter": {"status": "finished", "class": {"code": "AMB"}, "type": [text], "period": {"start": at}},
        "Condition": {"code": text, "onsetDateTime": at, "clinicalStatus": {"coding": [{"code": "resolved"}]}},
        "Procedure": {"status": "completed", "code": text, "performedDateTime": at},
        "AllergyIntolerance": {"code": text, "recordedDate": at},
        "Immunization": {"status": "completed", "vaccineCode": text, "occurrenceDateTime": at},
        "MedicationRequest": {"status": "completed", "medicationCodeableConcept": text, "authoredOn": at},
        "Appointment": {"status": "fulfilled", "appointmentType": text, "start": at, "participant": []},
        "DocumentReference": {"status": "current", "type": text, "date": at},
        "Goal": {"lifecycleStatus": "active", "description": text, "startDate": at[:10]},
        "ExplanationOfBenefit": {"status": "active", "created": at},
        "Practitioner": {"name": [{"text": f"Dr. {number}"}]},
    }
    for type_, raw in of.items():
        yield {"resourceType": type_, "id": f"x{number}", **raw}


def browser(patient: str) -> Client:
    """Return the browser of a Premium person who has just signed in and looked at the dashboard twice."""
    account = Account.objects.create(
        username=f"Bench.{patient}", dod_id=patient, level=Level.PREMIUM, proofed_at=timezone.now(), first_name="Ada"
    )
    client = Client()
    for _ in range(2):
        client.logout()
        client.force_login(account)
        kept = client.session
        kept[session.PROVED] = int(time.time())
        kept[session.FACTOR] = "accounts.authenticatorapp/1"
        kept.save()
        client.get(reverse("portal"))
    return client


def newest(kind: type[Projected], patient: str, **which: Any) -> Any:
    return queries.newest_first(queries.of(kind, patient).filter(**which))[0]


def item(kind: type[Projected], patient: str, **which: Any) -> UUID:
    return newest(kind, patient, **which).resource_id


def end_of(kind: type[Projected], patient: str, **which: Any) -> str:
    """Return ?before= for the last page of a list."""
    rows = queries.of(kind, patient).filter(at__isnull=False, **which).order_by("at", "id")
    return queries.write_cursor(rows[min(3, rows.count() - 1)])


def pages() -> Iterator[Asked]:
    """Yield every page: the dashboard, each feature, its items and further pages, ends of long lists and searches."""
    found = {patient: list(addresses(patient)) for patient in (SMALL, LARGE)}
    for (name, small), (_, large) in zip(found[SMALL], found[LARGE], strict=True):
        yield Asked(name, small, large)


def addresses(patient: str) -> Iterator[tuple[str, str]]:
    yield "dashboard", reverse("portal")
    for feature in FEATURES:
        yield feature.slug, feature.url
    items = {"appointments": Appointment, "medications": Prescription, "labs": Panel, "notes": Note}
    for slug, kind in items.items():
        yield f"{slug}: one", reverse("feature-item", args=[slug, item(kind, patient)])
    yield "medications: fills", reverse("medications-fills", args=[item(Prescription, patient)])
    yield "labs: more of a report", reverse("labs-more", args=[item(Panel, patient)])
    for slug in ("labs", "vitals"):
        category = "laboratory" if slug == "labs" else "vital-signs"
        row = newest(Result, patient, category=category, value__isnull=False)
        yield f"{slug}: one test", reverse(f"{slug}-test", args=[row.resource_id, row.place])
    file = queries.of(Attachment, patient).filter(size__isnull=False).first()
    if file:
        yield "notes: a file", reverse("notes-file", args=[file.resource_id, file.place])
    yield "record: one paper", reverse("record-paper", args=[item(Note, patient)])
    for name in ("appointments-visits", "labs-single", "labs-other", "record-papers", "record-people"):
        yield name.replace("-", ": "), reverse(name)
    ends: tuple[tuple[str, type[Projected], dict[str, Any]], ...] = (
        ("labs", Panel, {}),
        ("vitals", Result, {"category": "vital-signs"}),
        ("conditions", Condition, {}),
        ("appointments", Appointment, {}),
        ("notes", Note, {}),
    )
    for slug, kind, which in ends:
        yield f"{slug}: its end", f"{reverse('feature', args=[slug])}?before={end_of(kind, patient, **which)}"
    yield from message_addresses(patient)
    labs = reverse("feature", args=["labs"])
    yield "labs: of a kind", f"{labs}?kind=pathology"
    day = newest(Panel, patient).said[:10]
    yield "labs: of a day", f"{labs}?from={day}&until={day}"
    for searched in ("glucose", "Test a1", "Rare panel", "nowhere at all", "e"):
        yield f"labs: search “{searched}”", f"{labs}?q={searched.replace(' ', '+')}"
    for name in ("labs-single", "labs-other"):
        for searched in ("Test a1", "nowhere at all"):
            yield f"{name.replace('-', ': ')} “{searched}”", f"{reverse(name)}?q={searched.replace(' ', '+')}"


def message_addresses(patient: str) -> Iterator[tuple[str, str]]:
    """Yield the folders of the messages, the end of the inbox, a conversation, and searches."""
    for name in ("messages-sent", "messages-drafts", "messages-archive", "messages-compose"):
        yield name.replace("-", ": "), reverse(name)
    answered = Thread.objects.filter(patient=patient, archived_at=None).order_by("last_answer_at")
    end = urlencode({"before": message_queries.write_cursor(answered[5], "last_answer_at")})
    yield "messages: its end", f"{reverse('feature', args=['messages'])}?{end}"
    yield "messages: one", reverse("messages-thread", args=[answered[0].pk])
    for searched in ("thing 7", "nowhere at all", "take"):
        yield f"messages: search “{searched}”", f"{reverse('messages-search')}?{urlencode({'q': searched})}"


def measured(page: Asked, browsers: dict[str, Client]) -> tuple[str, bool]:
    """Return the line of a page, and whether it keeps to the goals."""
    sizes, asked = {}, 0
    both = {SMALL: page.small, LARGE: page.large}
    for patient, address in both.items():
        browsers[patient].get(address)
        with CaptureQueriesContext(connection) as captured:
            response = browsers[patient].get(address)
        assert response.status_code == 200, f"{address} answered {response.status_code}."
        sizes[patient] = len(response.content) / 1024
        asked = max(asked, len([each for each in captured.captured_queries if each["sql"] not in CONTROL]))
    times: dict[str, list[float]] = {SMALL: [], LARGE: []}
    for _ in range(ROUNDS):
        for patient, address in both.items():
            began = time.perf_counter()
            browsers[patient].get(address)
            times[patient].append(time.perf_counter() - began)
    small, large = (statistics.median(times[patient]) * 1000 for patient in (SMALL, LARGE))
    met = asked - BEFORE <= QUERIES and large / small <= RATIO and max(sizes.values()) <= SIZE
    figures = f"{small:>9.1f}{large:>11.1f}{large / small:>7.2f}{sizes[SMALL]:>6.0f}{sizes[LARGE]:>11.0f}"
    line = f"  {page.name:<44}{asked:>8}{figures}"
    before = history.keep("portal-pages", page.name, large / small, high=RATIO)
    return f"{line}{'' if met else '  MISSED'}{before}", met
