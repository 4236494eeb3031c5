"""The message that questions failed or a letter was asked for in somebody's name, and its link that stops that.

The person may have no account. So the link belongs to the notice, which knows them by DoD ID number, and works without
signing in.
"""

import secrets
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts import actions
from accounts.mail import links, notices
from accounts.models import Draft, ProofingLink, RegistrationDraft, UpgradeDraft
from core import policy
from core.policy import Level
from deers import lookup
from deers.registry import Beneficiary
from idproofing import codes, letters, stopping
from idproofing.models import FailureNotice
from idproofing.routes import Route
from safeguards import clock
from safeguards.cipher import blind_index

AT_ONCE = 100
"""How many notices one run of the job sends at most, so that it ends before the next one begins."""


def digest(token: str) -> bytes:
    """Return the keyed hash of a token."""
    return blind_index(links.as_meant(token), purpose="link-stop-questions")


def make_link(notice: FailureNotice, *, on_paper: bool, now: datetime) -> tuple[str, datetime]:
    """Create a link for this notice, and return its full URL and when it ends."""
    token = links.typeable() if on_paper else secrets.token_urlsafe(32)
    life = policy.STOP_QUESTIONS_LINK_LIFE_LETTER if on_paper else policy.STOP_QUESTIONS_LINK_LIFE
    ProofingLink.objects.create(notice=notice, digest=digest(token), created_at=now, expires_at=now + life)
    return settings.SITE_ADDRESS + reverse("stop-questions", args=[token]), now + life


def peek(token: str, now: datetime | None = None) -> ProofingLink | None:
    """Return the link without using it, or None if it can no longer be used."""
    live = ProofingLink.objects.filter(used_at=None, expires_at__gt=now or timezone.now())
    return live.filter(digest=digest(token)).first()


def stop(token: str, now: datetime | None = None) -> bool:
    """Use the link up, and stop the questions in this name. Return False if the link is no longer valid.

    It is not valid either if the questions are stopped already, or if the person has come by another route since. Of
    parallel uses exactly one gets it.
    """
    now = now or timezone.now()
    with transaction.atomic():
        found = ProofingLink.objects.filter(digest=digest(token))
        if not found.filter(used_at=None, expires_at__gt=now).update(used_at=now):
            return False
        link = found.select_related("notice").get()
        stopped = stopping.stop(link.notice_id, by="visitor", now=now)
        if stopped:
            take_back_drafts(link.notice)
    return stopped


def take_back_drafts(notice: FailureNotice) -> None:
    """Let no journey go on whose questions were passed before the stop, even if its code was redeemed already.

    After the notice of a letter, none goes on either in which the code of a letter was redeemed.
    """
    dod_id, taken_back = notice.dod_id, Q(quiz_passed_at__isnull=False)
    if notice.kind == FailureNotice.Kind.LETTER:
        levels = [level for level in Level if codes.route_proven(dod_id, level) == Route.LETTER]
        taken_back |= Q(code_redeemed_at__isnull=False, level__in=levels)
    for journey in (RegistrationDraft, UpgradeDraft):
        begun = journey.objects.filter(taken_back, dod_id=dod_id, finished_at=None)
        begun.update(quiz=None, quiz_passed_at=None, code_redeemed_at=None, blocked=Draft.Blocked.CLOSED)


def purge(now: datetime | None = None) -> None:
    """Delete the links that have expired, used or not."""
    ProofingLink.objects.filter(expires_at__lte=now or clock.now()).delete()


def tell_all(now: datetime | None = None) -> int:
    """Write to the people whose notices are due, and return how many were done. While DEERS is silent, they wait."""
    now = now or clock.now()
    return sum(tell_one(notice, now) for notice in stopping.due()[:AT_ONCE])


def tell_one(notice: FailureNotice, now: datetime) -> bool:
    """Write to the address of record: by email, or about failed questions by letter if DEERS has no email address.

    Of a letter, the addresses of the account hear too. Return False if DEERS is silent, or if another worker was
    faster.
    """
    answer = lookup.ask(lambda deers: (deers.person(notice.dod_id),), None)
    if answer is None:
        return False
    (person,) = answer
    with transaction.atomic():
        if not stopping.due().select_for_update(skip_locked=True).filter(pk=notice.pk).exists():
            return False
        write = tell_of_letter if notice.kind == FailureNotice.Kind.LETTER else write_to
        reached = person is not None and write(person, notice, now)
        return stopping.mark_told(notice, reached=reached, by="system", now=now)


def write_to(person: Beneficiary, notice: FailureNotice, now: datetime) -> bool:
    """Send the email or queue the letter. Return whether DEERS has an address for either."""
    stop_at, expires_at = make_link(notice, on_paper=not person.email, now=now)
    if person.email:
        notices.send("questions-failed", to=person.email, first_name=person.first_name, stop=stop_at)
        return True
    kind = letters.Kind.FAILED
    return bool(letters.notify(person, Level(notice.level), stop_at, expires_at, by="system", kind=kind, now=now))


def tell_of_letter(person: Beneficiary, notice: FailureNotice, now: datetime) -> bool:
    """Email the person that a letter with a code was asked for, each address with its own link.

    Return whether there is an address. Without one the letter itself is all that the person gets: a notice on paper
    would come with it, and from the same hands.
    """
    account = actions.account_of(person.dod_id)
    found = notices.addresses_of(account, now) if account else notices.distinct([person.email])
    for address in found:
        stop_at, _ = make_link(notice, on_paper=False, now=now)
        notices.send("letter-asked", to=address, first_name=person.first_name, stop=stop_at)
    return bool(found)


@app.task(name="accounts.tasks.tell_of_failed_questions", queue="housekeeping")
def tell_of_failed_questions(timestamp: int) -> None:
    """Write to people in whose names questions failed or letters were asked for, and delete links that have expired."""
    tell_all()
    purge()
