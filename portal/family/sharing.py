"""A look at parts of a record for a doctor without an account: one code, one browser, a short time, only to read."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F, Func, Q, QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.mail import notices
from accounts.models import Account
from core import policy
from idproofing.codes import normalize
from portal.family.access import OPEN, is_able
from portal.family.models import Share
from portal.family.offering import write_code
from portal.family.patients import Patient
from safeguards import audit
from safeguards.cipher import blind_index

COOKIE = "__Host-share" if settings.SESSION_COOKIE_SECURE else "share"
# What a doctor can be shown: parts of the health record. What was asked for is between the person and who answers it.
FOR_DOCTORS = (
    *("appointments", "medications", "allergies", "conditions", "immunizations"),
    *("labs", "vitals", "notes", "procedures"),
)
SHARED = {
    slug: tuple(page for page in OPEN[slug] if page not in ("asked", "requests", "request")) for slug in FOR_DOCTORS
}


def make(owner: Account, sees: Sequence[str], born: date, now: datetime | None = None) -> Share:
    """Write a share down with its code, there until the owner has seen it. `born` is the owner's birth date."""
    now, code = now or timezone.now(), write_code()
    with transaction.atomic():
        row = Share(owner=owner, sees=list(sees), code=code, code_index=index_of(code), made_at=now)
        row.birth_index, row.ends_at = birth_index(row, born), now + policy.SHARE_LIFE
        row.save()
        audit.record("share.made", by=owner)
        notices.tell(owner, "record-code-made", since=now)
    return row


def index_of(code: str) -> bytes:
    return blind_index(normalize(code), purpose="share-code")


def birth_index(row: Share, born: date) -> bytes:
    """Return the keyed hash of a birth date, another one for each share."""
    return blind_index(f"{row.pk}/{born.isoformat()}", purpose="share-birth")


def of(account: Account) -> QuerySet[Share]:
    """Return the shares that an account made, the newest first."""
    return Share.objects.filter(owner=account).order_by("-made_at")


def show_code_once(row: Share) -> str:
    """Return the code of a share the first time, and "" from then on."""
    code = row.code or ""
    shown = Share.objects.filter(pk=row.pk, code__isnull=False).update(code=None)
    return code if shown else ""


def open_share(code: str, born: date, token: str, now: datetime | None = None) -> Share | None:
    """Give the share to the browser with this token, and tell the owner. Return None for whatever is not right.

    Of many at once, the first gets it.
    """
    now = now or timezone.now()
    live = Share.objects.filter(code_index=index_of(code), opened_at=None, stopped_at=None, ends_at__gt=now)
    row = live.select_related("owner").first()
    if row is None or not is_able(row.owner) or bytes(row.birth_index) != birth_index(row, born):
        return None
    with transaction.atomic():
        if not live.filter(pk=row.pk).update(opened_at=now, browser=browser_of(token), code=None):
            return None
        audit.record("share.opened", by="visitor", account_id=row.owner_id)
        notices.tell(row.owner, "record-shared", since=row.made_at)
    return row


def browser_of(token: str) -> bytes:
    return blind_index(token, purpose="share-browser")


def new_token() -> str:
    return secrets.token_urlsafe(32)


def remember(response: HttpResponse, token: str, row: Share) -> None:
    """Store the token in the browser until the look ends."""
    response.set_cookie(
        COOKIE,
        token,
        expires=row.ends_at,
        secure=bool(settings.SESSION_COOKIE_SECURE),
        httponly=True,
        samesite="Strict",
        path="/",
    )


def find_open(request: HttpRequest, now: datetime | None = None) -> Share | None:
    """Return the share that this browser opened, if it has not ended and its owner can still let anybody in."""
    token, now = request.COOKIES.get(COOKIE, ""), now or timezone.now()
    if not token:
        return None
    mine = Share.objects.filter(browser=browser_of(token), stopped_at=None, ends_at__gt=now)
    row = mine.select_related("owner").first()
    return row if row and is_able(row.owner) else None


def patient_of(row: Share) -> Patient:
    """Return the patient whose record a share opens."""
    owner = row.owner
    return Patient(
        id=row.pk,
        name=owner.get_full_name(),
        dod_id=owner.dod_id or "",
        reader=owner,
        account=owner,
        sees=frozenset(row.sees) & SHARED.keys(),
        acts=frozenset(),
        ends=timezone.localdate(row.ends_at),
        until=row.ends_at,
    )


def note_view(row: Share, slug: str) -> None:
    """Leave an event that a part was looked at, once."""
    if slug in row.viewed:
        return
    with transaction.atomic():
        added = Func(F("viewed"), Value(slug), function="array_append")
        if Share.objects.filter(~Q(viewed__contains=[slug]), pk=row.pk).update(viewed=added):
            audit.record("share.viewed", by="visitor", account_id=row.owner_id, feature=slug)


def stop(row: Share, now: datetime | None = None) -> bool:
    """Stop a share at once. Return False if it was over already."""
    now = now or timezone.now()
    with transaction.atomic():
        live = Share.objects.filter(pk=row.pk, stopped_at=None, ends_at__gt=now)
        if not live.update(stopped_at=now, code=None):
            return False
        audit.record("share.stopped", by=row.owner)
        notices.tell(row.owner, "record-code-stopped", since=now)
    return True
