"""What a person brings to a visit: a paper with their readings, notes, medications and allergies, as PDF/UA."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone

from core import policy
from core.dates import read_day
from core.fields import PlainText, SeenField, save_shown
from core.typesetting import typeset_data
from deers import lookup
from portal.certificate import frame
from portal.family.patients import Patient, Who, address_of, helper_of, name_of_writer, record_event
from portal.record import moments, queries
from portal.record.models import Allergy, Prescription
from portal.tools import drawing
from portal.tools.measures import Measure, show, with_unit
from portal.tools.models import Reading, Tracker, VisitNote
from safeguards.locks import exclusive

Context = dict[str, Any]
TITLE = "Bring to my visit"
LAYOUT = '#import "/record.typ": visit\n#visit(json(bytes(sys.inputs.data)))\n'
SECTIONS = {
    "notes": "My notes and questions",
    "readings": "What I measured",
    "medications": "My medications",
    "allergies": "My allergies",
}
# More than anybody takes or has at one time. If there are more, the paper says so.
MOST_ROWS = 200
NONE = {
    "medications": "The record shows no current medication. That does not mean that none is taken.",
    "allergies": "The record shows no allergy. That does not mean that there is none.",
    "readings": "Nothing was measured and stored in these days.",
    "notes": "No notes were written down.",
}


class NoteForm(forms.Form):
    """What the person wants to say or ask."""

    text = PlainText(
        label="Notes and questions for my visit",
        required=False,
        max_length=policy.VISIT_NOTE_MAX,
        widget=forms.Textarea({"rows": 8}),
        error_messages={"max_length": "Shorten this to %(limit_value)d characters. It has %(show_value)d."},
    )
    seen = SeenField()


def prepare(account: Who, query: QueryDict) -> Context:
    """Return the page on which people write their notes and choose what the paper shows."""
    note = note_of_patient(account)
    initial = {"text": note.text, "seen": save_shown(note.changed_at)} if note else {}
    return visit_page(account, NoteForm(initial=initial, label_suffix="")) | {"helper": note.helper if note else None}


def note_of_patient(who: Who) -> VisitNote | None:
    return VisitNote.objects.filter(patient=who.dod_id or "").select_related("helper").first()


def visit_page(who: Who, form: NoteForm) -> Context:
    since, until = period_of(QueryDict())
    return {"form": form, "sections": sections_of(who).items(), "since": since, "until": until, "item_title": TITLE}


def sections_of(who: Who) -> dict[str, str]:
    """Return the sections of the paper. Of another's record only what is open is in it."""
    closed = {"medications", "allergies"} - who.sees if isinstance(who, Patient) else set()
    return {slug: title for slug, title in SECTIONS.items() if slug not in closed}


def save_note(account: Who, request: HttpRequest) -> Context | HttpResponse:
    """Keep the notes for the visit, unless somebody has saved others since the page was opened."""
    form = NoteForm(request.POST, label_suffix="")
    if not form.is_valid():
        return visit_page(account, form)
    newer = write_note(account, **form.cleaned_data)
    if newer:
        again = {"text": form.cleaned_data["text"], "seen": save_shown(newer.changed_at)}
        page = visit_page(account, NoteForm(initial=again, label_suffix=""))
        return page | {"newer": newer, "writer": name_of_writer(account, newer.helper)}
    messages.success(request, "Your notes are saved.")
    return redirect(address_of(account, "tools-visit"))


def write_note(account: Who, text: str, seen: str | None) -> VisitNote | None:
    """Write the notes down. Return other notes that were saved since, and change nothing.

    `seen` is which notes the form showed.
    """
    patient = account.dod_id or ""
    with exclusive("visit-note", patient):
        before = note_of_patient(account)
        if before and save_shown(before.changed_at) != seen and before.text != text:
            return before
        values = {"text": text, "helper": helper_of(account), "changed_at": timezone.now()}
        VisitNote.objects.update_or_create(patient=patient, defaults=values)
        record_event("tools.visit-note-saved", by=account)
    return None


def paper(account: Who, query: QueryDict) -> HttpResponse:
    """Return the paper: the chosen sections, and the readings of the chosen days."""
    since, until = period_of(query)
    sections = sections_of(account)
    chosen = [section for section in sections if section in query.getlist("section")] or list(sections)
    content = write_paper(account, since, until, chosen, timezone.now())
    with transaction.atomic():
        record_event("tools.summary-made", by=account, sections=len(chosen))
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = 'inline; filename="visit.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer


def period_of(query: QueryDict) -> tuple[date, date]:
    """Return the days that the address asks for, by themselves the last policy.SUMMARY_DAYS. Wrong order is turned.

    Of more than policy.SUMMARY_DAYS_MAX it is the last ones. The paper says which days it has.
    """
    until = read_day(query.get("to", "")) or timezone.localdate()
    since = read_day(query.get("from", "")) or until - timedelta(days=policy.SUMMARY_DAYS)
    first, last = min(since, until), max(since, until)
    return max(first, last - timedelta(days=policy.SUMMARY_DAYS_MAX)), last


def write_paper(account: Who, since: date, until: date, chosen: Sequence[str], now: datetime) -> bytes:
    """Return the PDF/UA. If DEERS does not say whose it is, the name that we have has to do."""
    patient = account.dod_id or ""
    person = lookup.person(patient)
    name, born = (person.full_name, person.date_of_birth) if person else (name_of(account), None)
    writers = {"notes": notes_part, "medications": medications_part, "allergies": allergies_part}
    parts: list[dict[str, Any]] = []
    for section in chosen:
        parts += readings_parts(patient, since, until) if section == "readings" else [writers[section](patient)]
    data = {
        "about": frame(name, born, "Summary for a visit", now),
        "before": [
            f"Readings from {moments.show_day_of(since)} to {moments.show_day_of(until)}. The person measured them, "
            "and no clinic has checked them. Medications and allergies are from the health record.",
        ],
        "parts": parts,
    }
    return typeset_data(LAYOUT, data, made=now)


def name_of(who: Who) -> str:
    return who.name if isinstance(who, Patient) else who.get_full_name()


def part(title: str, *said: str, head: Sequence[str] = (), rows: Sequence[Sequence[str]] = ()) -> dict[str, Any]:
    return {"title": title, "said": list(said), "head": list(head), "rows": [list(row) for row in rows]}


def notes_part(patient: str) -> dict[str, Any]:
    note = VisitNote.objects.filter(patient=patient).first()
    lines = note.text.splitlines() if note else []
    return part(SECTIONS["notes"], *([line for line in lines if line.strip()] or [NONE["notes"]]))


def medications_part(patient: str) -> dict[str, Any]:
    listing = queries.list_page(queries.of(Prescription, patient).filter(is_current=True), "", MOST_ROWS)
    rows = [(row.display, row.sig or "Not recorded", row.prescriber or "Not recorded") for row in listing.rows]
    said = [NONE["medications"]] if not rows else ["There are more in the record."] if listing.older else []
    return part(SECTIONS["medications"], *said, head=("Medication", "How to take it", "Prescribed by"), rows=rows)


def allergies_part(patient: str) -> dict[str, Any]:
    """Return the allergies, or what the record says of having none."""
    listing = queries.list_page(queries.of(Allergy, patient), "", MOST_ROWS)
    rows = [(row.display, ", ".join(row.reactions) or "Not recorded") for row in listing.rows if not row.says_none]
    if not rows:
        return part(SECTIONS["allergies"], *([row.display for row in listing.rows] or [NONE["allergies"]]))
    more = ["There are more in the record."] if listing.older else []
    return part(SECTIONS["allergies"], *more, head=("Allergy", "Reaction"), rows=rows)


def readings_parts(patient: str, since: date, until: date) -> list[dict[str, Any]]:
    """Return a part for each measure that has readings in these days."""
    trackers = Tracker.objects.filter(patient=patient).order_by("created_at")
    mine = (
        within(Reading.objects.filter(patient=patient), since, until)
        .order_by("tracker", "-at", "-id")
        .select_related("account")
    )
    found: dict[Any, list[Reading]] = {}
    for row in mine:
        found.setdefault(row.tracker_id, []).append(row)
    parts = [measure_part(tracker, found[tracker.pk]) for tracker in trackers if tracker.pk in found]
    return parts or [part(SECTIONS["readings"], NONE["readings"])]


def within(rows: QuerySet[Reading], since: date, until: date) -> QuerySet[Reading]:
    """Return the readings of these days, by the clock that each was measured by. The times let the index be used."""
    zone, margin = ZoneInfo(settings.TIME_ZONE), timedelta(days=2)
    start, end = (datetime(day.year, day.month, day.day, tzinfo=zone) for day in (since, until))
    rows = rows.filter(at__gte=start - margin, at__lt=end + margin)
    return rows.filter(said__gte=since.isoformat(), said__lt=(until + timedelta(days=1)).isoformat())


def measure_part(tracker: Tracker, rows: Sequence[Reading]) -> dict[str, Any]:
    """Return one measure: count, average, lowest and highest, and its readings, newest first."""
    about, unit = tracker.about, rows[0].unit
    for row in rows:
        row.tracker = tracker
    said = [summary_of(about, place, rows, unit) for place in range(len(about.numbers))]
    if target := drawing.say_target(tracker):
        met = sum(drawing.is_in_target(tracker, row) for row in rows)
        said.append(f"Own target: {target}. {met} of {len(rows)} readings are within it.")
    if len(rows) > policy.SUMMARY_READINGS:
        said.append(f"These are the newest {policy.SUMMARY_READINGS}. The numbers above are of all.")
    cells = [(moments.show(row.said, row.zone), row.with_unit, note_of(row)) for row in rows[: policy.SUMMARY_READINGS]]
    return part(f"{SECTIONS['readings']}: {about.title}", *said, head=("When", "Measured", "Note"), rows=cells)


def note_of(row: Reading) -> str:
    """Return what was noted with a reading, and who entered it if the patient did not."""
    return " ".join(filter(None, (row.note, f"(entered by {row.entered_by})" if row.entered_by else "")))


def summary_of(about: Measure, place: int, rows: Sequence[Reading], unit: str) -> str:
    """Return one number of a measure in words, in one unit."""
    values = [about.changed(row.numbers[place], row.unit, unit) for row in rows]
    words, name = about.unit(unit).words, about.numbers[place].label
    if len(values) == 1:
        return f"{name}: one reading, {with_unit(show(values[0]), words)}."
    average = sum(values, Decimal(0)) / len(values)
    return (
        f"{name}: {len(values)} readings, average {with_unit(show(average), words)}, "
        f"lowest {show(min(values))}, highest {show(max(values))}."
    )
