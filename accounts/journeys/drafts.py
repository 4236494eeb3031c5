"""Finding, beginning and purging drafts. A cookie that only one browser holds binds a draft to that browser."""

import secrets
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.models import Draft, RegistrationDraft, UpgradeDraft
from accounts.sessions.store import SessionStore
from core import policy
from idproofing import quiz
from safeguards import audit, clock, rows
from safeguards.cipher import blind_index

COOKIE = "__Host-draft" if settings.SESSION_COOKIE_SECURE else "draft"

D = TypeVar("D", bound=Draft)


def browser_of(request: HttpRequest) -> bytes | None:
    """Return the keyed hash of this browser's cookie, or None if it has none yet."""
    token = request.COOKIES.get(COOKIE)
    return hash_of(token) if token else None


def hash_of(token: str) -> bytes:
    """Return what a draft stores of its browser's token."""
    return blind_index(token, purpose="draft-browser")


def token_for(request: HttpRequest) -> str:
    """Return this browser's token, or a new one of 256 bits. The caller passes it to `remember`."""
    return request.COOKIES.get(COOKIE) or secrets.token_urlsafe(32)


def remember(response: HttpResponse, token: str) -> None:
    """Store the token in the browser until it is closed."""
    response.set_cookie(
        COOKIE, token, secure=bool(settings.SESSION_COOKIE_SECURE), httponly=True, samesite="Lax", path="/"
    )


def find(model: type[D], draft_id: UUID, request: HttpRequest, *, lock: bool = False) -> D | None:
    """Return this browser's draft with this ID, or None if there is none or it was idle too long. `lock` locks its row.

    A draft that waits for DEERS lives until the promised time.
    """
    browser = browser_of(request)
    if browser is None:
        return None
    now = timezone.now()
    mine = "id = %s AND browser = %s AND (touched_at > %s OR kept_until > %s)"
    return rows.first(model, mine, [draft_id, browser, now - policy.DRAFT_IDLE, now], lock=lock)


def touch(draft: Draft, *, went_on: bool = False) -> None:
    """Note that the person is still active, and save what a step has set. With `went_on`, stop waiting for DEERS."""
    draft.touched_at = timezone.now()
    if went_on:
        draft.awaits_deers, draft.kept_until = False, None
    draft.save()


def backup_codes(draft: Draft, now: datetime | None = None) -> list[str]:
    """Return the new account's backup codes, while its holder may still be writing them down."""
    until = draft.finished_at and draft.finished_at + policy.BACKUP_CODES_SHOWN
    return draft.backup_codes.split() if until and (now or timezone.now()) < until else []


def purge(now: datetime | None = None) -> int:
    """Delete idle drafts and finished ones, and return how many were idle.

    Everything typed into an idle draft goes with it, and so do the backup codes of a finished one.
    """
    now = now or clock.now()
    purged = 0
    for model in (RegistrationDraft, UpgradeDraft):
        with transaction.atomic():
            model._default_manager.filter(finished_at__lte=now - policy.BACKUP_CODES_SHOWN).delete()
            idle = model._default_manager.filter(touched_at__lte=now - policy.DRAFT_IDLE)
            count, _ = idle.exclude(kept_until__gt=now).delete()
            if count:
                audit.record("registration.draft-purged", by="system", drafts=count)
        purged += count
    return purged


@app.task(name="accounts.tasks.purge_drafts", queue="housekeeping")
def purge_drafts(timestamp: int) -> None:
    """Delete idle drafts with all that was typed into them, the words of abandoned quizzes, and expired sessions."""
    purge()
    SessionStore.clear_expired()
    quiz.end_left_alone()
