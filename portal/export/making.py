"""Making a copy: the worker's job, from the choice of resources to a ZIP that was read again and found whole."""

import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.mail import notices
from core import policy
from deers import lookup
from portal.export import checking, contents, own_readings, pdf, writing
from portal.export.archive import Archive
from portal.export.contents import AT_ONCE, ChangedError, Chosen, Entry, File, Section
from portal.export.models import Export, Piece
from portal.export.own_readings import Own
from portal.export.states import State, TransitionRefused, change_state
from portal.export.summary import make_summary
from portal.record.canonical import write_canonical
from portal.record.exporting import DamagedError, bundle_of
from portal.record.models import Resource
from portal.record.reading.reports import data_at
from safeguards import clock, locks
from safeguards.retry import PATIENTLY

logger = logging.getLogger(__name__)

# By what a file begins with: its kind is not believed. Any other gets a name that no program opens by itself.
BEGINNINGS = {b"%PDF-": ".pdf", b"\x89PNG\r\n\x1a\n": ".png", b"\xff\xd8\xff": ".jpg", b"GIF8": ".gif"}


# How many files are written from all entries.
WALKS = 3


class StoppedError(Exception):
    """The person, or another worker, has ended this copy."""


@app.task(name="portal.export.make_copy", queue="exports", retry=PATIENTLY)
def make_copy(export_id: str) -> None:
    """Make one copy. A job that is run again begins again, and one that was stopped does nothing."""
    with locks.alone("export", export_id) as ours:
        if not ours:
            raise locks.HeldError
        export = Export.objects.select_related("account").filter(pk=export_id).first()
        if export is None or export.state not in (State.WAITING, State.MAKING):
            return
        try:
            make(export)
        except (StoppedError, TransitionRefused):
            Piece.objects.filter(export=export).delete()
        except (checking.DifferenceError, DamagedError):
            logger.exception("A copy of a record was not what the store holds, so it was thrown away.")
            fail(export)


def make(export: Export) -> None:
    """Write the ZIP, read it again, compare it with the store, and tell the person.

    If the record was changed meanwhile, begin again.
    """
    for attempt in range(policy.EXPORT_ATTEMPTS):
        Piece.objects.filter(export=export).delete()
        change_state(export, State.MAKING, by="system", done=0, of=0)
        try:
            archive, chosen, own = write(export)
            counts = checking.compare(export, archive, chosen, own)
        except ChangedError:
            if attempt + 1 == policy.EXPORT_ATTEMPTS:
                raise checking.DifferenceError("The record was changed each time it was copied.") from None
            continue
        finish(export, archive, counts)
        return


def finish(export: Export, archive: Archive, counts: dict[str, object]) -> None:
    now = timezone.now()
    with transaction.atomic():
        change_state(
            export,
            State.READY,
            by="system",
            now=now,
            counts=counts,
            size=archive.file.size,
            digest=archive.file.digest.digest(),
            expires_at=now + policy.EXPORT_KEPT,
        )
        notices.tell(export.account, "copy-ready", since=export.asked_at)


def fail(export: Export) -> None:
    """Throw the pieces away, and tell the person and the service center."""
    with transaction.atomic():
        change_state(export, State.FAILED, by="system")
        Piece.objects.filter(export=export).delete()
        notices.tell(export.account, "copy-failed", since=export.asked_at)
        notices.send("copy-failed-for-staff", to=settings.SERVICE_CENTER_EMAIL, reference=str(export.pk))


def write(export: Export) -> tuple[Archive, list[Chosen], list[Own]]:
    """Write all files of the copy. Return the ZIP, and the resources and own readings that are in it."""
    chosen = contents.choose(export.patient, export.sections, export.since, export.until)
    own = own_readings.choose(export.patient, export.sections, export.since, export.until)
    with Archive(export, timezone.localtime()) as archive:
        write_all(export, archive, chosen, own)
    return archive, chosen, own


def write_all(export: Export, archive: Archive, chosen: list[Chosen], own: list[Own]) -> None:
    files = contents.files_of(export.patient, chosen)
    entries = sum(not one.is_error for one in chosen) + len(own)
    progress = Progress(export, of=len(files) + WALKS * entries + len(chosen))
    names = write_files(archive, files, progress)
    read = contents.sections_of(export.patient, chosen, names) + own_readings.sections_of(export.patient, own)
    sections = progress.watching(sorted(read, key=lambda section: contents.ORDER.index(section.slug)))
    person = person_of(export)
    left_out = [title for slug, title in contents.TITLES.items() if slug not in export.sections]
    about = {"export": export, "site": settings.SITE_ADDRESS, "left_out": left_out}
    archive.add("record.html", writing.write_html(person, sections, about), entries=entries)
    archive.add("record.txt", writing.write_text(person, sections, about), entries=entries)
    for section in sections:
        for part in pdf.write_parts(person, section):
            archive.add(f"pdf/{part.name}", [part.content], entries=part.entries)
    archive.add("fhir/bundle.json", progress.lines(bundle(export, chosen)), entries=len(chosen))
    ips = make_summary(export.patient, person, document_id=export.pk, only={one.id for one in chosen})
    archive.add("fhir/summary.json", [write_canonical(ips)])
    if own:
        archive.add(own_readings.FILE, own_readings.bundle_of(export.patient, own, person), entries=len(own))
    archive.add("README.txt", [render_to_string("portal/export/readme.txt", {"person": person, **about})])
    archive.add("manifest.json", [manifest(export, archive, person, chosen, own)])


def person_of(export: Export) -> writing.Person:
    """Return whose record it is, as DEERS has them. If DEERS does not answer, the account's name has to do."""
    person = lookup.person(export.patient)
    name = person.full_name if person else export.account.get_full_name()
    return writing.Person(name, person.date_of_birth if person else None, timezone.localtime())


def bundle(export: Export, chosen: list[Chosen]) -> Iterator[str]:
    """Yield the FHIR bundle, each entry on a line of its own. What was entered in error is in it, as it came."""
    return bundle_of(export.patient, only=[one.id for one in chosen])


def write_files(archive: Archive, files: list[File], progress: "Progress") -> dict[UUID, list[str]]:
    """Write the files within the record. Return their names in the ZIP by resource. What came damaged is left out."""
    names: dict[UUID, list[str]] = {}
    for number, file in enumerate(files, 1):
        data = data_at(Resource.objects.values_list("raw", flat=True).get(pk=file.resource), file.path)
        progress.step()
        if data is not None:
            name = f"attachments/{number:05}{ending_of(data)}"
            archive.add(name, [data])
            names.setdefault(file.resource, []).append(name)
    return names


def ending_of(data: bytes) -> str:
    """Return the ending of a file's name by its content. Text and markup are text, so that no browser runs them."""
    for beginning, ending in BEGINNINGS.items():
        if data.startswith(beginning):
            return ending
    try:
        data.decode()
    except UnicodeDecodeError:
        return ".bin"
    return ".txt"


def manifest(export: Export, archive: Archive, person: writing.Person, chosen: list[Chosen], own: list[Own]) -> str:
    """Return the list of all files with their SHA-256, and what was chosen."""
    return json.dumps(
        {
            "made_at": person.made_at.isoformat(),
            "made_by": settings.SITE_ADDRESS,
            "sections": export.sections,
            "since": export.since and export.since.isoformat(),
            "until": export.until and export.until.isoformat(),
            "resources": len(chosen),
            "own_readings": len(own),
            "entered_in_error": sum(one.is_error for one in chosen),
            "files": [member.as_json() for member in archive.members],
        },
        indent=1,
    )


class Progress:
    """How far the work is, written down now and then. Raise StoppedError when the copy was stopped meanwhile."""

    def __init__(self, export: Export, of: int) -> None:
        self.export, self.of, self.done = export, of, 0
        self.write()

    def write(self) -> None:
        mine = Export.objects.filter(pk=self.export.pk, state=State.MAKING)
        if not mine.update(done=self.done, of=self.of, changed_at=timezone.now()):
            raise StoppedError

    def step(self) -> None:
        self.done += 1
        if self.done % AT_ONCE == 0:
            self.write()

    def lines(self, parts: Iterable[str]) -> Iterator[str]:
        """Yield the parts with a line feed after each, one step a part."""
        for part in parts:
            self.step()
            yield f"{part}\n"

    def watching(self, sections: list[Section]) -> list[Section]:
        """Return the sections so that each entry that is read is a step."""

        return [replace(section, entries=partial(self.watch, section)) for section in sections]

    def watch(self, section: Section) -> Iterator[Entry]:
        for entry in section.entries():
            self.step()
            yield entry


def end_copies(now: datetime | None = None) -> int:
    """Delete copies whose time is over, and fail those on which no worker works any more. Return how many."""
    now = now or clock.now()
    ended = 0
    for export in Export.objects.filter(state=State.READY, expires_at__lte=now):
        ended += end(export, State.GONE, now)
    silent = Export.objects.filter(state__in=(State.WAITING, State.MAKING), changed_at__lte=now - policy.EXPORT_SILENT)
    for export in silent.select_related("account"):
        ended += end(export, State.FAILED, now)
    return ended


def end(export: Export, to: str, now: datetime) -> bool:
    """End one copy, unless another worker was first."""
    try:
        if to == State.FAILED:
            fail(export)
        else:
            with transaction.atomic():
                change_state(export, to, by="system", now=now)
                Piece.objects.filter(export=export).delete()
    except TransitionRefused:
        return False
    return True


@app.task(name="portal.export.end_old_copies", queue="housekeeping")
def end_old_copies(timestamp: int) -> None:
    """Delete copies whose time is over."""
    end_copies()
