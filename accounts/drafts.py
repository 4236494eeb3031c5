"""Finding, beginning and purging drafts. A draft belongs to one browser, by a cookie that only it holds."""

import secrets
from datetime import datetime
from functools import cache
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import Draft, RegistrationDraft, UpgradeDraft
from dslogon import policy
from safeguards import audit
from safeguards.cipher import blind_index

COOKIE = "__Host-draft" if settings.SESSION_COOKIE_SECURE else "draft"

D = TypeVar("D", bound=Draft)


def browser_of(request: HttpRequest) -> bytes | None:
    """The keyed hash of this browser's cookie; None when it has none yet."""
    token = request.COOKIES.get(COOKIE)
    return hash_of(token) if token else None


def hash_of(token: str) -> bytes:
    """What a draft keeps of its browser's token."""
    return blind_index(token, purpose="draft-browser")


def token_for(request: HttpRequest) -> str:
    """This browser's token, or a new one of 256 bits. The caller hands it back with `remember`."""
    return request.COOKIES.get(COOKIE) or secrets.token_urlsafe(32)


def remember(response: HttpResponse, token: str) -> None:
    """Leave the token in the browser until it is closed."""
    response.set_cookie(
        COOKIE, token, secure=bool(settings.SESSION_COOKIE_SECURE), httponly=True, samesite="Lax", path="/"
    )


def find(model: type[D], draft_id: UUID, request: HttpRequest, *, lock: bool = False) -> D | None:
    """This browser's draft with that id, unless it was left idle for too long. `lock` locks its row.

    Every page of a journey asks this, so it is asked in SQL: the ORM would take longer to word it than to answer.
    """
    browser = browser_of(request)
    if browser is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute(search(model, lock), [draft_id, browser, timezone.now() - policy.DRAFT_IDLE])
        row = cursor.fetchone()
    names = [field.attname for field in model._meta.concrete_fields]
    return model.from_db(connection.alias, names, row) if row else None


@cache
def search(model: type[Draft], lock: bool) -> str:
    """The statement for one draft by id, browser and the moment since which it was touched."""
    columns = ", ".join(str(field.column) for field in model._meta.concrete_fields)
    sql = f"SELECT {columns} FROM {model._meta.db_table} WHERE id = %s AND browser = %s AND touched_at > %s"  # noqa: S608
    return f"{sql} FOR UPDATE" if lock else sql


def touch(draft: Draft) -> None:
    """Note that the person is still at it, and keep what a step has set."""
    draft.touched_at = timezone.now()
    draft.save()


def purge(now: datetime | None = None) -> int:
    """Delete idle drafts with everything typed into them; tells how many."""
    idle_since = (now or timezone.now()) - policy.DRAFT_IDLE
    purged = 0
    for model in (RegistrationDraft, UpgradeDraft):
        with transaction.atomic():
            count, _ = model._default_manager.filter(touched_at__lte=idle_since).delete()
            if count:
                audit.record("registration.draft-purged", by="system", drafts=count)
        purged += count
    return purged
