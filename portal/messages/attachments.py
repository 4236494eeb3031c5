"""Files of messages: what may be attached, told by its content, and how it is kept, sealed and in pieces."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.http import content_disposition_header

from core import policy
from core.typed import clean_typed
from portal.family.patients import Who, reader_of, record_event
from portal.messages.drafts import drafts_of
from portal.messages.models import Attachment, Message, Piece
from safeguards import limits
from safeguards.cipher import blind_index

# How many bytes at the beginning tell the kind of a file.
HEAD = 32
# No plain text has these.
CONTROLS = frozenset(map(chr, range(32))) - set("\t\n\r\f")
HEIC_BRANDS = (b"heic", b"heix", b"mif1", b"msf1", b"heim", b"heis")
# Types that browsers show by themselves without running anything. The rest is saved.
SHOWN_BY_BROWSER = ("jpeg", "png", "text")
KINDS = ", ".join(kind.label for kind in policy.FILE_KINDS.values())


@dataclass(frozen=True)
class Refused:
    """A file was not attached. `sentence` says which one, and why."""

    sentence: str


def kind_of(data: bytes) -> str | None:
    """Return the key of policy.FILE_KINDS that a file is by its content, or None if it is none of them."""
    head = data[:HEAD]
    if head.startswith(b"%PDF-"):
        return "pdf"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS:
        return "heic"
    return "text" if is_text(data) else None


def is_text(data: bytes) -> bool:
    """Return whether a file is plain text in UTF-8, without control characters that no text has."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return CONTROLS.isdisjoint(text)


def clean_name(name: str) -> str:
    """Return the name of a file without folders and invisible marks, cut in the middle if it is too long."""
    plain = clean_typed(PurePath(name.replace("\\", "/")).name.replace("\x00", "")) or "file"
    ending = PurePath(plain).suffix[:10]
    return plain if len(plain) <= policy.ATTACHMENT_NAME_MAX else plain[: policy.ATTACHMENT_NAME_MAX - 10] + ending


def attach(account: Who, message: Message, files: list[UploadedFile]) -> list[Refused]:
    """Keep files with a draft, and return what was refused. Those that are good stay, whatever the others are."""
    return [refused for file in files if (refused := attach_one(account, message, file))]


def attach_one(account: Who, message: Message, file: UploadedFile) -> Refused | None:
    """Keep one file with a draft, or return why not."""
    name = clean_name(file.name or "")
    refused = problem_of(name, file)
    if refused:
        return refused
    data, reader = file.read(), reader_of(account)
    kind = kind_of(data)
    if kind is None or PurePath(name).suffix.lower() not in policy.FILE_KINDS[kind].endings:
        return Refused(f"{name}: this is not a file that we can take. You can attach {KINDS} files.")
    if limits.hit(policy.ATTACHMENTS_A_DAY, str(reader.pk), account_id=reader.pk):
        return Refused(f"{name}: you have attached many files today. Please try again tomorrow.")
    return keep(account, message, name, kind, data)


def problem_of(name: str, file: UploadedFile) -> Refused | None:
    """Return what is wrong with the size of a file, before it is read."""
    if not file.size:
        return Refused(f"{name}: this file is empty.")
    if file.size > policy.ATTACHMENT_MAX:
        return Refused(f"{name}: this file is too large. A file can have {filesizeformat(policy.ATTACHMENT_MAX)}.")
    return too_much(name) if getattr(file, "is_dropped", False) else None


def too_much(name: str) -> Refused:
    most = filesizeformat(policy.ATTACHMENTS_MAX)
    return Refused(f"{name}: all files of a message together can have {most}. This one would be too much.")


def keep(account: Who, message: Message, name: str, kind: str, data: bytes) -> Refused | None:
    """Store a file in its pieces, if the message still is a draft and has room for it."""
    digest = blind_index(hashlib.sha256(data).hexdigest(), purpose="attachment")
    with transaction.atomic():
        draft = drafts_of(account).select_for_update().filter(pk=message.pk)
        if not draft.values_list("pk").first():
            return Refused(f"{name}: this message was sent in the meantime.")
        others = list(Attachment.objects.filter(message=message))
        if any(bytes(other.digest) == digest for other in others):
            return Refused(f"{name}: this file is attached already.")
        if len(others) >= policy.ATTACHMENTS:
            return Refused(f"{name}: a message can have {policy.ATTACHMENTS} files. Remove one first.")
        if sum(other.size for other in others) + len(data) > policy.ATTACHMENTS_MAX:
            return too_much(name)
        row = Attachment.objects.create(
            message=message, name=name, kind=kind, size=len(data), digest=digest, added_at=timezone.now()
        )
        Piece.objects.bulk_create(pieces_of(row, data))
        record_event("message.file-added", by=account, message=str(message.pk), kind=kind)
    return None


def pieces_of(row: Attachment, data: bytes) -> Iterator[Piece]:
    for place, start in enumerate(range(0, len(data), policy.ATTACHMENT_PIECE)):
        yield Piece(attachment=row, place=place, data=data[start : start + policy.ATTACHMENT_PIECE])


def remove(account: Who, message: Message, item: UUID) -> bool:
    """Delete a file of a draft, and return whether it was there."""
    with transaction.atomic():
        drafts = drafts_of(account).filter(pk=message.pk)
        gone, _ = Attachment.objects.filter(pk=item, message__in=drafts).delete()
        if gone:
            record_event("message.file-removed", by=account, message=str(message.pk))
    return bool(gone)


def content_of(row: Attachment) -> bytes:
    """Return the content of a file."""
    return b"".join(piece.data for piece in Piece.objects.filter(attachment=row).order_by("place"))


def response_of(row: Attachment) -> HttpResponse:
    """Return a file as a response. It opens in a sandbox, and browsers do not guess what it is."""
    is_shown = row.kind in SHOWN_BY_BROWSER
    answer = HttpResponse(content_of(row), content_type=policy.FILE_KINDS[row.kind].media_type)
    answer["Content-Disposition"] = content_disposition_header(not is_shown, row.name) or ""
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer
