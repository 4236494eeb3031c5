"""Messages to the service center: they are received, answered or closed by staff, and replied to.

No email holds a word of a message or of an answer. Who was signed in when they wrote reads the answer signed in.
Anybody else reads it with a code that goes to the address they typed (support/reading.py, ADR 46).
"""

import random
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.mail import notices
from accounts.models import Account
from core import policy
from idproofing.transitions import TransitionRefused
from safeguards import audit, limits
from support import reading
from support.contact_states import State, change_state
from support.models import ContactEntry, ContactMessage, Topic

Kind = ContactEntry.Kind

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
    now = now or timezone.now()
    message = ContactMessage(id=form_id, reference=reference, account=by, created_at=now, waits_since=now, **typed)
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


def entries_for_writer(message: ContactMessage) -> QuerySet[ContactEntry]:
    """Return the answers and replies, the oldest first. Notes are for staff alone."""
    return message.entries.filter(kind__in=(Kind.ANSWER, Kind.REPLY)).order_by("at", "pk")


def answer(
    message: ContactMessage, answer_id: uuid.UUID, body: str, *, by: Account, now: datetime | None = None
) -> bool:
    """Answer a message as it was seen, once, and write to its writer that there is an answer.

    Return False if a colleague was faster. The same form sent again returns True.
    """
    now = now or timezone.now()
    ended: dict[str, object] = {"taken_by": None, "answered_at": now, "ended_by": by, "ended_at": now}
    code = "" if message.account_id else reading.new_code()
    opens = reading.code_values(message, code, now) if code else {}
    try:
        with transaction.atomic():
            add_entry(message, answer_id, Kind.ANSWER, body, by=by, now=now)
            change_state(message, State.ANSWERED, by=by, values=ended | opens)
            tell_writer(message, "contact-answered", code=code, link=address_of(message))
    except (IntegrityError, TransitionRefused):
        return is_kept(message, answer_id, Kind.ANSWER, body)
    return True


def close(message: ContactMessage, reason: str, *, by: Account, now: datetime | None = None) -> bool:
    """Close a message without an answer. Its writer is told why, unless it asks nothing."""
    now = now or timezone.now()
    try:
        with transaction.atomic():
            ended = {"taken_by": None, "ended_by": by, "ended_at": now, "reason": reason}
            change_state(message, State.CLOSED, by=by, values=ended)
            if reason != ContactMessage.Reason.NO_QUESTION:
                tell_writer(message, "contact-closed", reason=str(ContactMessage.Reason(reason).label))
    except TransitionRefused:
        return False
    return True


def may_reply(message: ContactMessage, now: datetime | None = None) -> bool:
    """Return whether the writer can still reply: once it is answered or closed, for policy.CONTACT_ANSWER_LIFE."""
    since = (now or timezone.now()) - policy.CONTACT_ANSWER_LIFE
    return message.ended_at is not None and message.ended_at > since


def reply(message: ContactMessage, reply_id: uuid.UUID, body: str, *, by: object, now: datetime | None = None) -> bool:
    """Add what the writer replies, once. The message waits again, for anybody at the desk.

    Return False if it can no longer be replied to.
    """
    now = now or timezone.now()
    again = {"waits_since": now, "round": message.round + 1, "ended_by": None, "ended_at": None, "reason": ""}
    try:
        with transaction.atomic():
            if not may_reply(message, now):
                raise TransitionRefused("too late")
            add_entry(message, reply_id, Kind.REPLY, body, by=None, now=now)
            change_state(message, State.NEW, by=by, values=again)
            about = str(Topic(message.topic).label)
            notices.send(
                "contact-for-staff", to=settings.SERVICE_CENTER_EMAIL, reference=message.reference, topic=about
            )
    except (IntegrityError, TransitionRefused):
        return is_kept(message, reply_id, Kind.REPLY, body)
    return True


def add_entry(
    message: ContactMessage, key: uuid.UUID, kind: str, body: str, *, by: Account | None, now: datetime
) -> None:
    ContactEntry(id=key, message=message, kind=kind, author=by, body=body, at=now).save(force_insert=True)


def is_kept(message: ContactMessage, key: uuid.UUID, kind: str, body: str) -> bool:
    """Return whether this form was sent before, with the same text."""
    kept = ContactEntry.objects.filter(pk=key, message=message.pk, kind=kind).first()
    return bool(kept and kept.body == body)


def address_of(message: ContactMessage) -> str:
    """Return the address of the page that shows where a message stands."""
    return settings.SITE_ADDRESS + reverse("contact-received", settings.ROOT_URLCONF, args=[message.pk])


def tell_writer(message: ContactMessage, kind: str, **said: str) -> None:
    """Email the writer that there is news. Neither the message nor the answer is in it."""
    about = str(Topic(message.topic).label)
    notices.send(
        kind, to=message.email, account_id=message.account_id, reference=message.reference, topic=about, **said
    )
