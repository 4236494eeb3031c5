"""What the pages of trackers and readings show and do. Every query starts from the patient whose they are."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone

from core import policy
from portal.charts import Chart
from portal.family.patients import Patient, Who, address_of, record_event
from portal.history import reminders_of
from portal.record import queries
from portal.record.models import CarePlan, Goal
from portal.tools import drawing, goals, readings
from portal.tools.forms import ReadingForm, TargetForm, TrackerForm, did_you_mean, written
from portal.tools.measures import MEASURES, Measure
from portal.tools.models import Reading, Tracker
from portal.tools.readings import Entry, find_tracker
from portal.tools.typed_values import Moment
from portal.zones import zone_of
from safeguards.standby import may_be_read_from_standby

Context = dict[str, Any]
PAGE_SIZE = 20
PLANS = 100
READINGS = 50


@dataclass(frozen=True)
class Tile:
    """A tracker in the list: its last reading, its target in words and its chart."""

    tracker: Tracker
    last: Reading | None
    target: str
    chart: Chart | None

    @property
    def measure(self) -> Measure:
        return self.tracker.about


@dataclass(frozen=True)
class Question:
    """What is asked about an odd number before it is stored: the one that was typed, and the one that may be meant."""

    sentence: str
    typed: str
    keep: str
    instead: str = ""
    take: str = ""


@may_be_read_from_standby
def tools(account: Who, query: QueryDict) -> Context:
    """Return trackers, own goals, what the clinic plans, and reminders that follow from the record."""
    mine = readings.trackers_of(account.dod_id)
    followed = {tracker.measure for tracker in mine}
    return {
        "tiles": [tile_of(tracker) for tracker in mine],
        "others": [measure for measure in MEASURES if measure.slug not in followed],
        "own_goals": goals.goals_of(account.dod_id, mine),
        "listing": queries.list_page(queries.of(Goal, account.dod_id), query.get("before", ""), PAGE_SIZE),
        "plans": queries.list_page(queries.of(CarePlan, account.dod_id), query.get("plans", ""), PLANS),
        # It follows from medications and vaccines, which another person may not see.
        **({} if isinstance(account, Patient) else reminders_of(account)),
    }


def tile_of(tracker: Tracker) -> Tile:
    newest = tracker.newest
    chart = drawing.draw_readings(tracker, newest, is_small=True)
    return Tile(tracker, newest[0] if newest else None, drawing.say_target(tracker), chart)


def new_tracker(account: Who, query: QueryDict) -> Context:
    """Return the form for something of the person's own."""
    return {"form": TrackerForm(label_suffix=""), "item_title": "Keep track of something else"}


def add_tracker(account: Who, request: HttpRequest) -> Context | HttpResponse:
    """Make a tracker of the person's own, and lead to it."""
    form = TrackerForm(request.POST, label_suffix="")
    if form.is_valid():
        made = readings.create_tracker(account, form.cleaned_data["name"], form.cleaned_data["unit"], timezone.now())
        if made:
            return redirect(address_of(account, "tools-measure", made.slug))
        form.add_error(
            "name",
            "You have a tracker of this name already, or as many as there can be "
            f"({policy.TRACKERS_MAX}). Choose another name, or use one that you have.",
        )
    return new_tracker(account, request.GET) | {"form": form}


@may_be_read_from_standby
def measure(account: Who, query: QueryDict, measure: str) -> Context:
    """Return one tracker: the form, the chart and a page of its readings, newest first."""
    about, tracker = find_tracker(account.dod_id, measure)
    return page_of(about, tracker, query.get("before", ""), ReadingForm(measure=about, initial=last_unit(tracker)))


def last_unit(tracker: Tracker | None) -> dict[str, str]:
    """Return the unit of the newest reading, so that nobody has to choose theirs each time."""
    newest = queries.newest_first(readings.readings_of(tracker)).first() if tracker else None  # type: ignore[type-var]
    return {"unit": newest.unit} if newest else {}


def page_of(about: Measure, tracker: Tracker | None, before: str, form: ReadingForm) -> Context:
    context: Context = {
        "form": form,
        "measure": about,
        "tracker": tracker,
        "slug": tracker.slug if tracker else about.slug,
        "item_title": about.title,
        "listing": queries.Listing([]),
    }
    if tracker is None:
        return context
    mine = readings.readings_of(tracker)
    newest = list(queries.newest_first(mine)[: drawing.POINTS])  # type: ignore[type-var]
    listing: Any = queries.list_page(mine.select_related("account"), before, READINGS)  # type: ignore[type-var]
    for row in (*newest, *listing.rows):
        row.tracker = tracker
        row.is_outside = tracker.has_target and not drawing.is_in_target(tracker, row)
    return context | {
        "listing": listing,
        "chart": drawing.draw_readings(tracker, newest),
        "is_part": len(newest) == drawing.POINTS,
        "target": drawing.say_target(tracker),
        "advice": about.advice if newest and is_urgent(about, newest[0]) else "",
    }


def is_urgent(about: Measure, row: Reading) -> bool:
    """Return whether the numbers are such that people should not wait."""
    return any(value > limit for value, limit in zip(row.numbers, about.urgent, strict=False))


def add_reading(account: Who, request: HttpRequest, measure: str) -> Context | HttpResponse:
    """Store the reading that was typed. An odd number is asked about first."""
    about, tracker = find_tracker(account.dod_id, measure)
    now, zone = timezone.now(), zone_of(request)
    form = ReadingForm(request.POST, measure=about, zone=zone, now=now)
    entry = entry_of(form, request.POST) if form.is_valid() else None
    if entry is None:
        return page_of(about, tracker, "", form) | {"question": question_of(form)}
    with transaction.atomic():
        tracker = tracker or readings.begin_tracker(account, about, now)
        stored = readings.store_readings(account, tracker, [entry], zone, now, Reading.Source.FORM)
    if stored.is_full:
        form.add_error(None, f"There is no room for more than {policy.READINGS_MAX:,} readings. Delete old ones first.")
        return page_of(about, tracker, "", form)
    said = written(about, entry.numbers, entry.unit)
    messages.success(request, f"Stored: {said}." if stored.new else f"You have this reading already: {said}.")
    return redirect(address_of(account, "tools-measure", tracker.slug))


def entry_of(form: ReadingForm, data: QueryDict) -> Entry | None:
    """Return the reading that is meant, or None if an odd number has to be asked about.

    `keep` says that the typed number is right. It holds for the very number that was asked about. `instead` takes the
    number that was offered.
    """
    numbers, unit, doubt = form.numbers, form.ucum, form.doubt
    if doubt and data.get("keep") != written(form.measure, numbers, unit):
        if not doubt.instead or data.get("instead") != written(form.measure, *doubt.instead):
            return None
        numbers, unit = doubt.instead
    return Entry(form.moment, numbers, unit, form.cleaned_data.get("note", ""))


def question_of(form: ReadingForm) -> Question | None:
    """Return the question about an odd number of a form that is right otherwise."""
    if form.errors or not form.doubt:
        return None
    typed, doubt = written(form.measure, form.numbers, form.ucum), form.doubt
    if not doubt.instead:
        return Question(f"{doubt.sentence} Is it right?", typed, f"Yes, store {typed}")
    meant = written(form.measure, *doubt.instead)
    sentence = f"{doubt.sentence}{did_you_mean(form.measure, doubt)}"
    return Question(sentence, typed, f"No, store {typed}", meant, f"Yes, store {meant}")


def reading(account: Who, query: QueryDict, measure: str, item: UUID) -> Context:
    """Return one reading, to change or to delete."""
    about, tracker = find_tracker(account.dod_id, measure)
    row = readings.find_reading(account.dod_id, tracker, item)
    initial = {"number": f"{row.number:f}", "unit": row.unit, "at": for_input(row.said), "note": row.note}
    if row.second is not None:
        initial["second"] = f"{row.second:f}"
    return reading_page(row, ReadingForm(measure=about, initial=initial))


def for_input(said: str) -> str:
    """Return a moment as the browser's input for a date and a time takes it, by the clock that it was read from."""
    return said[: len("2026-03-14T07:30")]


def reading_page(row: Reading, form: ReadingForm) -> Context:
    about = form.measure
    return {"form": form, "row": row, "measure": about, "slug": row.tracker.slug, "item_title": f"Change {about.title}"}


def change_reading(account: Who, request: HttpRequest, measure: str, item: UUID) -> Context | HttpResponse:
    """Change or delete one reading."""
    about, tracker = find_tracker(account.dod_id, measure)
    row, now = readings.find_reading(account.dod_id, tracker, item), timezone.now()
    if request.POST.get("action") == "delete":
        readings.delete_reading(account, row)
        messages.success(request, "The reading was deleted.")
        return redirect(address_of(account, "tools-measure", row.tracker.slug))
    zone = row.zone or zone_of(request)
    form = ReadingForm(request.POST, measure=about, zone=zone, now=now)
    entry = entry_of(form, request.POST) if form.is_valid() else None
    if entry is None:
        return reading_page(row, form) | {"question": question_of(form)}
    if form.cleaned_data["at"] in ("", for_input(row.said)):  # not changed, or a day alone, which the input cannot show
        entry = replace(entry, moment=Moment(row.at, row.said))
    if not readings.change_reading(account, row, entry, zone, now):
        form.add_error("number", "You have another reading with the same time and numbers.")
        return reading_page(row, form)
    messages.success(request, f"Changed to {written(about, entry.numbers, entry.unit)}.")
    return redirect(address_of(account, "tools-measure", row.tracker.slug))


BOUNDS = ("low", "high", "second_low", "second_high")


def target(account: Who, query: QueryDict, measure: str) -> Context:
    """Return the form for the target of a measure."""
    about, tracker = find_tracker(account.dod_id, measure)
    initial = {"unit": tracker.target_unit} if tracker else {}
    for name in BOUNDS if tracker else ():
        if (bound := getattr(tracker, name)) is not None:
            initial[name] = f"{bound:f}"
    return target_page(about, measure, TargetForm(measure=about, initial=initial))


def target_page(about: Measure, slug: str, form: TargetForm) -> Context:
    return {"form": form, "measure": about, "slug": slug, "item_title": f"Target for {about.title}"}


def set_target(account: Who, request: HttpRequest, measure: str) -> Context | HttpResponse:
    """Set the target of a measure, or take it away if all its boxes are empty."""
    about, tracker = find_tracker(account.dod_id, measure)
    form = TargetForm(request.POST, measure=about)
    if not form.is_valid():
        return target_page(about, measure, form)
    with transaction.atomic():
        tracker = tracker or readings.begin_tracker(account, about, timezone.now())
        values = {name: form.cleaned_data.get(name) for name in BOUNDS}
        Tracker.objects.filter(pk=tracker.pk).update(**values, target_unit=form.ucum)
        record_event("tools.target-set", by=account, measure=tracker.measure)
    is_set = any(value is not None for value in values.values())
    messages.success(request, "Your target is set." if is_set else "There is no target now.")
    return redirect(address_of(account, "tools-measure", tracker.slug))


def delete_tracker(account: Who, request: HttpRequest, measure: str) -> HttpResponse:
    """Delete a tracker with all its readings, its target and its reminder."""
    _, tracker = find_tracker(account.dod_id, measure)
    if tracker is None:
        raise Http404
    with transaction.atomic():
        deleted, _ = Tracker.objects.filter(pk=tracker.pk).delete()
        if deleted:
            record_event("tools.tracker-deleted", by=account, measure=tracker.measure)
    messages.success(request, f"{tracker.about.title} and all its readings were deleted.")
    return redirect(address_of(account, "feature", "tools"))


def asked_to_delete(account: Who, query: QueryDict, measure: str) -> Context:
    """Return the page that asks whether a tracker should be deleted, with how much goes with it."""
    about, tracker = find_tracker(account.dod_id, measure)
    if tracker is None:
        raise Http404
    count = readings.readings_of(tracker).count()
    return {"measure": about, "slug": measure, "count": count, "item_title": f"Delete {about.title}"}
