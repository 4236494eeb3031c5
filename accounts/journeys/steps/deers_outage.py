"""An outage of DEERS: the draft is kept, and an email says when DEERS works again.

The request is part of the draft and ends with it. The email goes once to the address typed there, and says nothing
else.
"""

from datetime import datetime

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts.journeys.wizard import Refused, Step, actor, always
from accounts.mail import notices
from accounts.models import Draft, RegistrationDraft, UpgradeDraft
from core import policy
from core.words import try_again_in
from deers import lookup
from safeguards import audit, client, clock, limits

# Each kind of draft, with the names of the URLs of its steps and of its first page.
JOURNEYS: dict[type[Draft], tuple[str, str]] = {
    RegistrationDraft: ("register-step", "register"),
    UpgradeDraft: ("upgrade-step", "upgrade"),
}
AT_ONCE = 100
"""How many drafts are locked in one transaction."""

WORKS_AGAIN = "DEERS works again. You can continue now."
WILL_WRITE = "We will send you an email when DEERS works again. Keep this browser open."


def ask_deers(request: HttpRequest, draft: Draft, form: forms.Form) -> bool | Refused:
    """Return True if DEERS is silent, False if it answers by now. Refuse if there were too many such requests."""
    if draft.awaits_deers:
        return True
    if lookup.answers():
        return False
    wait = limits.hit(policy.DEERS_NEWS_PER_ADDRESS, client.address(request)) or limits.hit(
        policy.DEERS_NEWS_PER_MAILBOX, draft.email.lower()
    )
    if wait:
        return Refused(f"There were several such requests. {try_again_in(wait)}")
    return True


def keep_waiting(request: HttpRequest, draft: Draft, form: forms.Form, silent: bool) -> None:
    """Keep the draft until DEERS works again, or until policy.DRAFT_KEPT_FOR_DEERS is over."""
    if not silent:
        messages.info(request, WORKS_AGAIN)
        return
    if not draft.awaits_deers:
        draft.awaits_deers, draft.kept_until = True, timezone.now() + policy.DRAFT_KEPT_FOR_DEERS
        audit.record("registration.deers-awaited", by=actor(request))
    messages.success(request, WILL_WRITE)


TELL_ME = Step(
    name="tell-me",
    label="",
    template="accounts/tell_me.html",
    form=lambda data, draft: forms.Form(data),
    ask=ask_deers,
    save=keep_waiting,
    ready=lambda draft: bool(draft.email),
    done=always,
    again=True,
)


def tell(now: datetime | None = None) -> int:
    """Email everyone who waits for DEERS, once each, if it answers. Return how many there were."""
    now = now or clock.now()
    waiting = [kind for kind in JOURNEYS if kind._default_manager.filter(awaits_deers=True).exists()]
    if not waiting or not lookup.answers():
        return 0
    told = 0
    for kind in waiting:
        while some := tell_some(kind, now):
            told += some
    return told


def tell_some(kind: type[Draft], now: datetime) -> int:
    """Email the first people who wait with this kind of draft.

    What they typed is kept for policy.DRAFT_KEPT_FOR_DEERS from now on.
    """
    step, begin = JOURNEYS[kind]
    kept_until = now + policy.DRAFT_KEPT_FOR_DEERS
    with transaction.atomic():
        drafts = kind._default_manager.select_for_update(skip_locked=True).filter(awaits_deers=True)[:AT_ONCE]
        for draft in drafts:
            if not (draft.ended or draft.finished_at):
                go_on = settings.SITE_ADDRESS + reverse(step, args=[draft.pk, "details"])
                notices.send("deers-answers", to=draft.email, go_on=go_on, begin=settings.SITE_ADDRESS + reverse(begin))
            kind._default_manager.filter(pk=draft.pk).update(awaits_deers=False, kept_until=kept_until)
        return len(drafts)


@app.task(name="accounts.tasks.tell_that_deers_answers", queue="housekeeping")
def tell_that_deers_answers(timestamp: int) -> None:
    """Email the people who wait, once DEERS works again."""
    tell()
