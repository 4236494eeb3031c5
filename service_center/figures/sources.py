"""Where the figures of a day come from: the trail, the tables of proofing, and what was answered."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, QuerySet
from django.db.models.fields.json import KT

from accounts.models import Account
from core import policy
from core.dates import age_on
from deers import lookup
from idproofing.models import ActivationCode, AnswerTally, Case, Quiz, Visit
from idproofing.routes import Route
from portal.appointments.models import Request as VisitRequest
from portal.appointments.models import Step as VisitStep
from portal.medications.models import Request as RefillRequest
from portal.medications.models import Step as RefillStep
from portal.messages.models import Message
from safeguards.events import COUNTED
from safeguards.models import AuditEvent
from service_center.figures.counting import Day, SilentError, Sum, Sums, add_times
from support.models import ContactMessage

REVIEW = "review"
UNKNOWN = "unknown"
BY_LETTER = ("letter", "letter_abroad")
# Older messages to the service center are not timed, so that an index of their days is enough.
TIMED_WITHIN = timedelta(days=365)


@dataclass(frozen=True)
class Answers:
    """Something that people wait for: what was answered on a day, as pairs of start and end, and what waits now."""

    key: str
    label: str
    answered: Callable[[Day], Iterable[tuple[Any, Any]]]
    waiting: Callable[[], QuerySet[Any]]
    since: str


def count_all(day: Day) -> Sums:
    """Return everything that is counted of a day. Raise SilentError if DEERS does not tell how old people are."""
    sums: Sums = {}
    count_funnels(day, sums)
    count_openings(day, sums)
    count_proofs(day, sums)
    for kind, answered, correct in AnswerTally.objects.filter(day=day.date).values_list("kind", "answered", "correct"):
        sums.setdefault(("kind", kind), Sum()).add_rated(answered, correct)
    add_times(sums, "issue", ((of, end - begin) for of, begin, end in codes("issued_at", "begun_at", day)))
    add_times(sums, "use", ((of, end - begin) for of, begin, end in codes("used_at", "issued_at", day)))
    for source in SOURCES:
        add_times(sums, "answer", ((source.key, end - begin) for begin, end in source.answered(day)))
    return sums


def codes(end: str, begin: str, day: Day) -> Iterable[Any]:
    found = ActivationCode.objects.filter(**in_day(end, day), **{f"{begin}__isnull": False})
    return found.values_list("delivery", begin, end)


def in_day(column: str, day: Day) -> dict[str, Any]:
    return {f"{column}__gte": day.begin, f"{column}__lt": day.end}


def count_funnels(day: Day, sums: Sums) -> None:
    """Count how many journeys came how far on each route, and who left it for another."""
    seen = AuditEvent.objects.filter(event__in=COUNTED, **in_day("at", day))
    details = {"route": KT("details__route"), "was": KT("details__was"), "again": KT("details__again")}
    for event, route, was, again, count in seen.values_list(
        "event", details["route"], details["was"], details["again"]
    ).annotate(count=Count("*")):
        if again == "true":
            continue
        if route in Route:
            sums.setdefault((STAGES[event], route), Sum()).add(count)
        if was in Route:
            sums.setdefault(("left", was), Sum()).add(count)


STAGES = {
    "registration.started": "begun",
    "upgrade.started": "begun",
    "registration.matched": "matched",
    "proofing.route-chosen": "joined",
    "code.redeemed": "proven",
    "account.opened": "opened",
    "account.level-raised": "opened",
}
OPENINGS = {"account.opened": "registration", "account.level-raised": "upgrade"}


def count_openings(day: Day, sums: Sums) -> None:
    """Count the accounts that were opened and raised, by the age of their holders. Staff have no age here."""
    opened = AuditEvent.objects.filter(event__in=OPENINGS, **in_day("at", day)).values_list("event", "account_id")
    rows = list(opened)
    holders = Account.objects.filter(pk__in=[key for _, key in rows], dod_id__isnull=False)
    people = dict(holders.values_list("pk", "dod_id"))
    bands = bands_of(set(people.values()), day.date)
    for event, key in rows:
        if key in people:
            sums.setdefault((OPENINGS[event], bands[people[key]]), Sum()).add()


def count_proofs(day: Day, sums: Sums) -> None:
    """Count who tried to prove who they are, and how many could, by route and by age."""
    tries = list(proofs(day))
    bands = bands_of({dod_id for _, dod_id, _ in tries}, day.date)
    for route, dod_id, good in tries:
        sums.setdefault(("proof", route), Sum()).add_rated(1, good)
        sums.setdefault(("age", bands[dod_id]), Sum()).add_rated(1, good)
    decided = Counter(event for event, _ in decisions(day))
    if decided:
        sums.setdefault(("proof", REVIEW), Sum()).add_rated(decided.total(), decided["case.approved"])


def proofs(day: Day) -> Iterator[tuple[str, str, bool]]:
    """Yield each proof of identity that ended on a day: its route, whose it was, and whether it succeeded."""
    for dod_id, state in Quiz.objects.filter(**in_day("ended_at", day)).values_list("dod_id", "state"):
        yield Route.QUESTIONS.value, dod_id, state == Quiz.State.PASSED
    letters = ActivationCode.objects.filter(delivery__in=BY_LETTER)
    for dod_id in letters.filter(**in_day("used_at", day)).values_list("dod_id", flat=True):
        yield Route.LETTER.value, dod_id, True
    unused = letters.filter(used_at=None, voided_at=None, **in_day("expires_at", day))
    for dod_id in unused.values_list("dod_id", flat=True):
        yield Route.LETTER.value, dod_id, False
    visits = Visit.objects.filter(state__in=["verified", "refused"], **in_day("changed_at", day))
    for route, dod_id, state in visits.values_list("route", "dod_id", "state"):
        yield route, dod_id, state == Visit.State.VERIFIED


def decisions(day: Day) -> QuerySet[AuditEvent, Any]:
    """Return the decided reviews of a day: the event, and the number of the case as text."""
    events = ("case.approved", "case.declined", "case.in-person")
    return AuditEvent.objects.filter(event__in=events, **in_day("at", day)).values_list("event", KT("details__case"))


def bands_of(people: set[str | None], day: date) -> dict[str | None, str]:
    """Return the age band of each person on a day. The birth dates are DEERS's, and are not kept."""
    found: dict[str | None, str] = {}
    for dod_id in people:
        person = lookup.person(dod_id or "")
        found[dod_id] = band_of(age_on(person.date_of_birth, day)) if person else UNKNOWN
    if UNKNOWN in found.values() and not lookup.answers():
        raise SilentError
    return found


def band_of(age: int) -> str:
    """Return the age band, named by its first year: "18" is from 18 up to the next band."""
    place = bisect_right(policy.AGE_BANDS, age)
    return str(policy.AGE_BANDS[place - 1]) if place else "0"


def answered_contacts(day: Day) -> Iterable[Any]:
    since = {"created_at__gte": day.begin - TIMED_WITHIN, "created_at__lt": day.end}
    return ContactMessage.objects.filter(**since, **in_day("answered_at", day)).values_list("created_at", "answered_at")


def answered_messages(day: Day) -> Iterable[Any]:
    messages = Message.objects.filter(author=Message.Author.PATIENT, **in_day("answered_at", day))
    return messages.values_list("send_due_at", "answered_at")


def first_answers(steps: Any, states: list[str], day: Day) -> Iterable[Any]:
    """Return when requests were made and first answered, of those whose first answer is of this day."""
    answers = steps.filter(state__in=states, **in_day("at", day)).annotate(made_at=F("request__made_at"))
    earlier = steps.filter(state__in=states, at__lt=day.begin, request__in=answers.values("request"))
    first: dict[Any, tuple[Any, Any]] = {}
    for request, made_at, at in answers.exclude(request__in=earlier.values("request")).values_list(
        "request_id", "made_at", "at"
    ):
        first[request] = min(first.get(request, (made_at, at)), (made_at, at))
    return first.values()


def answered_refills(day: Day) -> Iterable[Any]:
    return first_answers(RefillStep.objects.all(), ["received", "refused"], day)


def answered_visits(day: Day) -> Iterable[Any]:
    return first_answers(VisitStep.objects.all(), ["received", "booked", "refused"], day)


def decided_cases(day: Day) -> Iterable[Any]:
    """Return when cases were opened and decided. The time of a decision stands in the trail alone."""
    events = ("case.approved", "case.declined", "case.in-person")
    decided = AuditEvent.objects.filter(event__in=events, **in_day("at", day)).values_list(KT("details__case"), "at")
    times = {int(number): at for number, at in decided if number}
    opened = Case.objects.filter(pk__in=times).values_list("pk", "opened_at")
    return [(begin, times[number]) for number, begin in opened]


# Chats and calls join here when they have their tables.
SOURCES: tuple[Answers, ...] = (
    Answers(
        "contact",
        "Messages to the service center",
        answered_contacts,
        lambda: ContactMessage.objects.filter(answered_at=None),
        "created_at",
    ),
    Answers(
        "care-team",
        "Messages to care teams",
        answered_messages,
        lambda: Message.objects.filter(
            author=Message.Author.PATIENT, held_at__isnull=False, answered_at=None, closed_at=None
        ),
        "send_due_at",
    ),
    Answers(
        "refills",
        "Refills and renewals",
        answered_refills,
        lambda: RefillRequest.objects.filter(state="submitted"),
        "made_at",
    ),
    Answers(
        "appointments",
        "Appointments",
        answered_visits,
        lambda: VisitRequest.objects.filter(state="submitted"),
        "made_at",
    ),
    Answers("cases", "Reviews", decided_cases, lambda: Case.objects.filter(state__in=Case.WAITING), "opened_at"),
)
