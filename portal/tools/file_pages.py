"""The pages that take readings from a file, and the file with all readings."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils import timezone

from core import policy
from portal.family.patients import Who, address_of, record_event
from portal.record import queries
from portal.tools import reading_files, readings
from portal.tools.measures import Measure
from portal.tools.models import Reading, Tracker
from portal.tools.reading_files import Preview
from portal.zones import zone_of

Context = dict[str, Any]


class FileForm(forms.Form):
    """A file of readings, or its text. The page that shows the rows sends the text once more, to be stored."""

    file = forms.FileField(
        label="Choose a CSV file",
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput({"accept": ".csv,text/csv,text/plain"}),
    )
    text = forms.CharField(
        label="Or paste the rows",
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 8, "spellcheck": "false"}),
    )

    def clean(self) -> dict[str, Any]:
        """Put the text of the file in the place of what was pasted. One of them has to be there."""
        cleaned, file = self.cleaned_data, self.cleaned_data.get("file")
        if file:
            try:
                cleaned["text"] = reading_files.read_bytes(file.read(policy.READINGS_FILE_BYTES + 1))
            except ValueError as error:
                self.add_error("file", str(error))
        elif not cleaned.get("text", "").strip():
            self.add_error("file", "Choose a file, or paste the rows.")
        return cleaned


def ask_file(account: Who, query: QueryDict, measure: str) -> Context:
    """Return the form for a file of readings."""
    about, _ = readings.find_tracker(account.dod_id, measure)
    return file_page(about, measure, FileForm(label_suffix=""))


def file_page(about: Measure, slug: str, form: FileForm) -> Context:
    names = [number.label.partition(" (")[0] for number in about.numbers]
    return {
        "form": form,
        "measure": about,
        "slug": slug,
        "columns": names,
        "most_bytes": policy.READINGS_FILE_BYTES // 1024,
        "item_title": f"{about.title} from a file",
    }


def take_file(account: Who, request: HttpRequest, measure: str) -> Context | HttpResponse:
    """Show what a file would bring or, once the person has seen it, store all of it."""
    about, tracker = readings.find_tracker(account.dod_id, measure)
    form = FileForm(request.POST, request.FILES, label_suffix="")
    if not form.is_valid():
        return file_page(about, measure, form)
    preview = preview_of(about, tracker, form.cleaned_data["text"], request)
    if preview.problem:
        form.add_error("file" if form.cleaned_data.get("file") else "text", preview.problem)
        return file_page(about, measure, form) | {"unused": preview.unused}
    page = file_page(about, measure, form) | {"found": preview, "text": form.cleaned_data["text"]}
    if request.POST.get("action") != "store":
        return page
    if preview.known == len(preview.rows):  # the same was sent twice
        messages.success(request, "All of these readings are stored.")
        return redirect(address_of(account, "tools-measure", measure))
    if not preview.can_store or (preview.odd and not request.POST.get("sure")):
        return page | {"must_be_sure": bool(preview.odd)}
    return store_file(account, request, about, tracker, preview) or page | {"is_full": True}


def preview_of(about: Measure, tracker: Tracker | None, text: str, request: HttpRequest) -> Preview:
    """Return what a text would bring, with the rows marked that are stored already."""
    preview = reading_files.read_file(about, text, zone_of(request), timezone.now())
    known = readings.known_of(tracker, preview.new) if tracker and preview.rows else set()
    reading_files.mark_known(preview, known)
    return preview


def store_file(
    account: Who, request: HttpRequest, about: Measure, tracker: Tracker | None, preview: Preview
) -> HttpResponse | None:
    """Store all new rows of a file, and lead to the chart. Return None if there is no room for them."""
    now, entries = timezone.now(), preview.new
    with transaction.atomic():
        tracker = tracker or readings.begin_tracker(account, about, now)
        stored = readings.store_readings(account, tracker, entries, zone_of(request), now, Reading.Source.CSV)
    if stored.is_full:
        return None
    known = preview.known + stored.known
    there = f" {known} {'was' if known == 1 else 'were'} there already." if known else ""
    messages.success(request, f"Stored {stored.new} reading{'' if stored.new == 1 else 's'}.{there}")
    return redirect(address_of(account, "tools-measure", tracker.slug))


def download(account: Who, query: QueryDict, measure: str) -> HttpResponse:
    """Return all readings of a measure, newest first, as a file for spreadsheets. Raise Http404 if there are none."""
    about, tracker = readings.find_tracker(account.dod_id, measure)
    if tracker is None:
        raise Http404
    mine = readings.readings_of(tracker).select_related("account", "tracker")
    rows = queries.newest_first(mine).iterator()  # type: ignore[type-var]
    answer = HttpResponse(reading_files.write_file(about, rows), content_type="text/csv; charset=utf-8")
    # The name says nothing about what was measured: a folder of downloads is seen by others.
    answer["Content-Disposition"] = 'attachment; filename="readings.csv"'
    answer["Cache-Control"] = "no-store"
    with transaction.atomic():
        record_event("tools.readings-downloaded", by=account, measure=tracker.measure)
    return answer
