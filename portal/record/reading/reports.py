"""DiagnosticReport and DocumentReference, and the files in any resource."""

from base64 import b64decode
from collections.abc import Iterator
from typing import Any

from portal.record import words
from portal.record.models import Attachment, Note, Panel, Projected, Result
from portal.record.reading.elements import (
    Json,
    codes_of,
    concept,
    count,
    every,
    get,
    joined,
    known_code,
    notes,
    text,
)
from portal.record.reading.reading import Reading, is_error
from portal.record.reading.results import is_counted, read_observation

# Table 0074 of HL7 v2: where a report comes from.
KINDS = {
    **dict.fromkeys(("LAB", "CH", "HM", "CG", "GE", "BLB", "IMM", "TX", "URN", "SR"), Panel.Kind.LABORATORY),
    **dict.fromkeys(("MB", "MCB", "MYC", "PAR", "VR"), Panel.Kind.MICROBIOLOGY),
    **dict.fromkeys(("SP", "PAT", "CP", "CTH", "AP"), Panel.Kind.PATHOLOGY),
    **dict.fromkeys(("RAD", "IMG", "CT", "CUS", "NMR", "NMS", "OUS", "RUS", "RX", "VUS", "XRC"), Panel.Kind.IMAGING),
    **dict.fromkeys(("MRI", "MR", "US", "XR", "MAM", "DX", "ECHO"), Panel.Kind.IMAGING),
    # LOINC, as US Core has it.
    "LP29684-5": Panel.Kind.IMAGING,
    "LP7839-6": Panel.Kind.PATHOLOGY,
    "LP7819-8": Panel.Kind.MICROBIOLOGY,
    "LP29693-6": Panel.Kind.LABORATORY,
    "26436-6": Panel.Kind.LABORATORY,
    "laboratory": Panel.Kind.LABORATORY,
    "imaging": Panel.Kind.IMAGING,
}
NAMES = {
    "laboratory": Panel.Kind.LABORATORY,
    "lab": Panel.Kind.LABORATORY,
    "hematology": Panel.Kind.LABORATORY,
    "chemistry": Panel.Kind.LABORATORY,
    "microbiology": Panel.Kind.MICROBIOLOGY,
    "pathology": Panel.Kind.PATHOLOGY,
    "radiology": Panel.Kind.IMAGING,
    "imaging": Panel.Kind.IMAGING,
}
# The more special kind counts where a report has several.
ORDER = (Panel.Kind.MICROBIOLOGY, Panel.Kind.PATHOLOGY, Panel.Kind.IMAGING, Panel.Kind.LABORATORY)
ATTACHED = {"presentedForm", "attachment", "photo", "image", "contentAttachment", "sourceAttachment", "valueAttachment"}
FILE_NAMES = (
    ("application/pdf", "PDF document"),
    ("image/", "Image"),
    ("video/", "Video"),
    ("audio/", "Sound"),
    ("application/xhtml", "Formatted text"),
    ("text/html", "Formatted text"),
    ("text/", "Text"),
    ("application/xml", "Document for computers"),
    ("application/json", "Document for computers"),
)


def kind_of(raw: Json) -> str:
    """Return the form that the page of a report has."""
    said = every(raw, "category")
    found = {KINDS[code] for code in codes_of(said) if code in KINDS}
    found |= {NAMES[name] for one in said if (name := concept(one).lower()) in NAMES}
    return next((kind.value for kind in ORDER if kind in found), Panel.Kind.OTHER.value)


def read_report(reading: Reading) -> list[Projected]:
    """Return the panel, the results that stand within it, and its files."""
    raw = reading.raw
    within: list[Result] = []
    for reference in every(raw, "result"):
        inner = reading.contained(reference)
        if inner and not is_error(inner):
            inside = Reading({"contained": raw.get("contained"), **inner}, reading.resource, reading.lookup)
            within += read_observation(inside, reading.resource.id, len(within))
    missing = joined(
        text(one, "display")
        for one in every(raw, "result")
        if not text(one, "reference") and not get(one, "identifier")
    )
    own = [row for row in within if is_counted(row)]
    results, unusual, unjudged = reading.lookup.counts.get(reading.resource.id, (0, 0, 0))
    panel = reading.row(
        Panel,
        get(raw, "code"),
        reading.said("effective", "issued"),
        text(raw, "status"),
        kind=kind_of(raw),
        issued=text(raw, "issued")[:40],
        performer=joined([reading.names("performer"), reading.names("resultsInterpreter")]),
        requester=joined(requester(reading)),
        specimen=reading.names("specimen"),
        conclusion=joined([text(raw, "conclusion"), *map(concept, every(raw, "conclusionCode"))], "\n"),
        note=f"Also named, but not in your record: {missing}" if missing else "",
        results=results + len(own),
        unusual=unusual + sum(row.verdict == "unusual" for row in own),
        unjudged=unjudged + sum(row.verdict == "none" for row in own),
    )
    tests = reading.lookup.tests.get(reading.resource.id, set()) | {row.display for row in within}
    panel.searched = "\n".join([panel.display, *sorted(tests)]).lower()
    return [panel, *within]


def requester(reading: Reading) -> Iterator[str]:
    """Yield who asked for a report, as far as its order within says so."""
    for reference in every(reading.raw, "basedOn"):
        if inner := reading.contained(reference):
            yield reading.name(get(inner, "requester"))


def read_document(reading: Reading) -> list[Projected]:
    """Return the note. Its files have rows of their own."""
    raw = reading.raw
    titles = get(raw, "description"), get(raw, "content", "attachment", "title")
    main = next((one for one in (get(raw, "type"), get(raw, "category"), *titles) if concept(one)), None)
    context, created = get(raw, "context", "period", "start"), get(raw, "content", "attachment", "creation")
    said = text(raw, "docStatus")
    return [
        reading.row(
            Note,
            {"text": main} if isinstance(main, str) else main,
            reading.said("date") or text(context) or text(created),
            said if said not in ("", "final") else text(raw, "status"),
            category=joined(known_code(one, words.CATEGORIES) for one in every(raw, "category")),
            author=reading.names("author") or reading.names("authenticator"),
            location=reading.names("custodian"),
            note=notes(get(raw, "description")),
        )
    ]


def read_attachments(reading: Reading, at: str) -> list[Attachment]:
    """Return the files in a resource, wherever they stand. `at` is the moment of those that say none."""
    rows = []
    for place, (path, one) in enumerate(attachments_in(reading.raw)):
        kind = text(one, "contentType")
        values: dict[str, Any] = {"size": size_of(one), "url": text(one, "url"), "content_type": kind}
        rows.append(
            reading.row(
                Attachment,
                {"text": text(one, "title") or file_name(kind)},
                text(one, "creation") or at,
                "",
                place=place,
                path=f"{path}.data" if path else "data",
                **values,
            )
        )
    return rows


def attachments_in(raw: Json, path: str = "") -> Iterator[tuple[str, dict[str, Json]]]:
    """Yield (path, attachment) of each file within; a path is keys and numbers with points between."""
    if not path and isinstance(raw, dict) and text(raw, "resourceType") == "Binary":
        yield "", raw
    for key, value in raw.items() if isinstance(raw, dict) else enumerate(raw) if isinstance(raw, list) else ():
        if not isinstance(value, dict | list):
            continue
        here = f"{path}.{key}" if path else str(key)
        if isinstance(value, dict) and is_attachment(key, value, path):
            yield here, value
        elif key in ATTACHED and isinstance(value, list):
            yield from ((f"{here}.{i}", one) for i, one in enumerate(value) if isinstance(one, dict))
        else:
            yield from attachments_in(value, here)


def is_attachment(key: object, value: dict[str, Json], path: str) -> bool:
    """Tell whether this is an Attachment: by its name or, as the content of Media, by what it has."""
    return key in ATTACHED or (key == "content" and not path and ("data" in value or "contentType" in value))


def size_of(attachment: Json) -> int | None:
    """Return the size of a file in bytes from its base64, or None if it stands elsewhere."""
    data = get(attachment, "data")
    if not isinstance(data, str):
        return None
    length = len(data) - sum(map(data.count, " \n\r\t"))
    return count(length * 3 // 4 - (len(data.rstrip()) - len(data.rstrip().rstrip("="))))


def data_at(raw: Json, path: str) -> bytes | None:
    """Return the content of a file by the `path` of its Attachment row, or None if it is no base64."""
    for key in path.split("."):
        if isinstance(raw, list):
            raw = raw[int(key)] if key.isdecimal() and int(key) < len(raw) else None
        else:
            raw = raw.get(key) if isinstance(raw, dict) else None
    try:
        return b64decode("".join(raw.split()), validate=True) if isinstance(raw, str) else None
    except ValueError:
        return None


def file_name(content_type: str) -> str:
    return next((name for start, name in FILE_NAMES if content_type.lower().startswith(start)), "File")
