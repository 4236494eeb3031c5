"""Goals that people set for themselves, and how far they are by their own readings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone

from core import policy
from portal.family.patients import Who, address_of, reader_of, record_event
from portal.tools import readings
from portal.tools.forms import GoalForm
from portal.tools.measures import with_unit
from portal.tools.models import OwnGoal, Reading, Tracker
from safeguards import locks

Context = dict[str, Any]


@dataclass(frozen=True)
class Progress:
    """How far a goal is: the latest number, how many of the newest readings meet it, and the way in percent.

    `percent` is None if nothing can be said: without a reading when the goal was set, or if that met it already.
    """

    latest: str
    is_met: bool
    met: int
    of: int
    percent: int | None


@dataclass(frozen=True)
class Shown:
    """A goal with its target in words and its progress, if it is measured and there are readings."""

    goal: OwnGoal
    target: str
    progress: Progress | None


def goals_of(patient: str | None, trackers: Sequence[Tracker]) -> list[Shown]:
    """Return a person's goals, newest first, those that are done last. The trackers have their newest readings."""
    by_id = {tracker.pk: tracker for tracker in trackers}
    mine = OwnGoal.objects.filter(patient=patient or "").select_related("account")
    rows = mine.order_by("done_at", "-created_at")[: policy.GOALS_MAX]
    return [shown_of(goal, by_id.get(goal.tracker_id)) for goal in rows]  # type: ignore[arg-type]


def shown_of(goal: OwnGoal, tracker: Tracker | None) -> Shown:
    if tracker is None or goal.number is None:
        return Shown(goal, "", None)
    words = tracker.about.unit(goal.unit).words
    side = "at most" if goal.wants == OwnGoal.Wants.AT_MOST else "at least"
    name = "Blood pressure, upper number" if tracker.about.is_pair else tracker.about.title
    return Shown(goal, f"{name}: {side} {with_unit(f'{goal.number:f}', words)}", progress_of(goal, tracker))


def progress_of(goal: OwnGoal, tracker: Tracker) -> Progress | None:
    """Return how far a goal is by the readings since it was set, or None if there is none."""
    since = [row for row in tracker.newest if row.at >= goal.created_at.replace(hour=0, minute=0, second=0)]
    if not since or goal.number is None:
        return None
    met = [meets(goal, tracker, row) for row in since]
    latest = in_unit_of(goal, tracker, since[0])
    return Progress(since[0].with_unit, met[0], sum(met), len(met), percent_of(goal, latest))


def in_unit_of(goal: OwnGoal, tracker: Tracker, row: Reading) -> Decimal:
    return tracker.about.changed(row.number, row.unit, goal.unit)


def meets(goal: OwnGoal, tracker: Tracker, row: Reading) -> bool:
    value, number = in_unit_of(goal, tracker, row), goal.number or Decimal(0)
    return value <= number if goal.wants == OwnGoal.Wants.AT_MOST else value >= number


def percent_of(goal: OwnGoal, latest: Decimal) -> int | None:
    """Return the part of the way from the start to the number, from 0 to 100."""
    if goal.start is None or goal.number is None:
        return None
    way = goal.number - goal.start
    if way == 0 or (way > 0) != (goal.wants == OwnGoal.Wants.AT_LEAST):
        return None
    return int(max(Decimal(0), min(Decimal(100), 100 * (latest - goal.start) / way)))


def new_goal(account: Who, query: QueryDict) -> Context:
    """Return the form for a new goal."""
    return goal_page(GoalForm(trackers=readings.trackers_of(account.dod_id)))


def goal_page(form: GoalForm) -> Context:
    return {"form": form, "item_title": "Set a goal"}


def add_goal(account: Who, request: HttpRequest) -> Context | HttpResponse:
    """Set a goal."""
    form = GoalForm(request.POST, trackers=readings.trackers_of(account.dod_id))
    if not form.is_valid():
        return goal_page(form)
    if not create_goal(account, form, timezone.now()):
        form.add_error(None, f"You have {policy.GOALS_MAX} goals. Delete one first.")
        return goal_page(form)
    messages.success(request, "Your goal is set.")
    return redirect(address_of(account, "feature", "tools"))


def create_goal(account: Who, form: GoalForm, now: datetime) -> bool:
    """Store a goal. Return False if there are too many. The same goal sent twice is stored once."""
    patient, said = account.dod_id or "", form.cleaned_data
    tracker = form.trackers.get(said["tracker"])
    unit = tracker.about.units[0].ucum if tracker else ""
    newest = tracker.newest[0] if tracker and tracker.newest else None
    start = tracker.about.changed(newest.number, newest.unit, unit) if tracker and newest else None
    wanted = {
        "text": said["text"],
        "tracker": tracker,
        "wants": said["wants"] if tracker else "",
        "number": said["number"],
        "unit": unit,
        "due": said["due"],
    }
    with locks.exclusive("tools.goals", patient):
        mine = OwnGoal.objects.filter(patient=patient)
        if mine.filter(done_at=None, **wanted).exists():
            return True
        if mine.count() >= policy.GOALS_MAX:
            return False
        OwnGoal.objects.create(patient=patient, account=reader_of(account), start=start, created_at=now, **wanted)
        record_event("tools.goal-set", by=account)
    return True


def goal(account: Who, query: QueryDict, item: UUID) -> Context:
    """Return one goal, to mark it as reached or to delete it."""
    found = find_goal(account, item)
    mine = readings.trackers_of(account.dod_id)
    by_id = {tracker.pk: tracker for tracker in mine}
    return {"shown": shown_of(found, by_id.get(found.tracker_id)), "item_title": "Your goal"}  # type: ignore[arg-type]


def find_goal(account: Who, item: UUID) -> OwnGoal:
    """Return the person's goal. Raise Http404 for anyone else's."""
    found = OwnGoal.objects.filter(patient=account.dod_id or "", pk=item).select_related("account").first()
    if found is None:
        raise Http404
    return found


def change_goal(account: Who, request: HttpRequest, item: UUID) -> HttpResponse:
    """Mark a goal as reached, take that back, or delete the goal."""
    found, action = find_goal(account, item), request.POST.get("action")
    mine = OwnGoal.objects.filter(pk=found.pk)
    with transaction.atomic():
        if action == "done" and mine.filter(done_at=None).update(done_at=timezone.now()):
            record_event("tools.goal-reached", by=account)
            messages.success(request, "Well done! Your goal is marked as reached.")
        elif action == "open" and mine.exclude(done_at=None).update(done_at=None):
            record_event("tools.goal-reopened", by=account)
            messages.success(request, "Your goal is open again.")
        elif action == "delete" and mine.delete()[0]:
            record_event("tools.goal-deleted", by=account)
            messages.success(request, "The goal was deleted.")
    return redirect(address_of(account, "feature", "tools"))
