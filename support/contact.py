"""Receives messages for the service center, and marks them as answered."""

import random
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.mail import notices
from accounts.models import Account
from core import policy
from safeguards import audit, limits
from support.models import ContactMessage, Topic

# Crockford's base32 has no I, L, O or U, so that a reference can be read aloud on the phone.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_reference(rng: random.Random) -> str:
    """Return a reference such as "C-7F3K-9Q2M": 40 random bits that can be read on the phone."""
    text = "".join(rng.choices(ALPHABET, k=8))
    return f"C-{text[:4]}-{text[4:]}"


def too_many(address: str) -> timedelta | None:
    """Count one message. Return how long to wait if there were too many from this network address."""
    return limits.hit(policy.CONTACT_PER_ADDRESS, address)


def may_confirm(email: str) -> bool:
    """Count one confirmation to this mailbox. Return False if it got many lately.

    This keeps strangers from filling a mailbox with our emails. Messages in its name are accepted all the same:
    otherwise strangers could keep its owner from writing to us.
    """
    return limits.hit(policy.CONTACT_CONFIRMATIONS, email.lower()) is None


def kept(form_id: uuid.UUID, **typed: str) -> ContactMessage | None:
    """Return the message that this form already sent, if what was typed is the same."""
    message = ContactMessage.objects.filter(pk=form_id).first()
    same = message and all(getattr(message, field) == value for field, value in typed.items())
    return message if same else None


def receive(
    form_id: uuid.UUID,
    *,
    name: str,
    email: str,
    topic: str,
    body: str,
    by: Account | None = None,
    confirm: bool = True,
    now: datetime | None = None,
    rng: random.Random | None = None,
) -> ContactMessage:
    """Save a message and notify both sides, the sender only if `confirm` is true.

    The same form sent again returns the message already saved.
    The emails name only the reference and the topic. Nothing that a stranger types is mailed to an unconfirmed address,
    and staff read the message itself in the admin.
    """
    typed = {"name": name, "email": email, "topic": topic, "body": body}
    reference = new_reference(rng or random.SystemRandom())
    message = ContactMessage(id=form_id, reference=reference, created_at=now or timezone.now(), **typed)
    try:
        with transaction.atomic():
            message.save(force_insert=True)
            announce(message, by=by, confirm=confirm)
        return message
    except IntegrityError:
        if before := kept(form_id, **typed):
            return before
        if ContactMessage.objects.filter(pk=form_id).exists():
            # The person went back and wrote something else in a form that was already sent.
            return receive(uuid.uuid4(), **typed, by=by, confirm=confirm, now=now, rng=rng)
        if ContactMessage.objects.filter(reference=reference).exists():
            return receive(form_id, **typed, by=by, confirm=confirm, now=now, rng=rng)
        raise


def announce(message: ContactMessage, *, by: Account | None, confirm: bool) -> None:
    """Record the audit event of a new message, and send the emails."""
    account_id = by.pk if by else None
    topic, reference = message.topic, message.reference
    audit.record(
        "support.contacted", by=by or "visitor", account_id=account_id, topic=topic, reference=reference.lower()
    )
    about = str(Topic(topic).label)
    if confirm:
        notices.send("contact-received", to=message.email, account_id=account_id, reference=reference, topic=about)
    notices.send("contact-for-staff", to=settings.SERVICE_CENTER_EMAIL, reference=reference, topic=about)


def mark_answered(message: ContactMessage, *, by: object, now: datetime | None = None) -> bool:
    """Mark `message` as answered. Return False if it already was."""
    with transaction.atomic():
        waiting = ContactMessage.objects.filter(pk=message.pk, answered_at=None)
        if not waiting.update(answered_at=now or timezone.now()):
            return False
        audit.record("support.message-answered", by=by, reference=message.reference.lower())
    return True
