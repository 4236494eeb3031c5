"""What staff do with a message to the service center besides answering it: take, put back, hand over and note.

Each function returns False if a colleague or the writer was faster, and then changes nothing.
"""

from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Account
from accounts.models.account import State as AccountState
from idproofing.transitions import TransitionRefused
from safeguards import audit
from safeguards.locks import exclusive
from support import contact
from support.contact_states import State, change_state
from support.models import ContactEntry, ContactMessage

CHANGE = "support.change_contactmessage"


@dataclass(frozen=True)
class Writer:
    """Whose account may belong to a message. `is_certain` if they were signed in when they wrote."""

    account: Account
    is_certain: bool


def find_writer(message: ContactMessage) -> Writer | None:
    """Return the account of the writer, or the only account that has confirmed the address that was typed, or None.

    Anybody can type any address. So the second is a hint for staff, and nothing that the writer is told.
    """
    if message.account:
        return Writer(message.account, is_certain=True)
    having = Account.objects.filter(email__lower=message.email.lower(), email_confirmed_at__isnull=False)
    found = list(having.exclude(state=AccountState.CLOSED)[:2])
    return Writer(found[0], is_certain=False) if len(found) == 1 else None


def staff_who_answer() -> QuerySet[Account]:
    """Return the active staff whose role answers messages to the service center, by name."""
    who = {"groups__permissions__content_type__app_label": "support"}
    who |= {"groups__permissions__codename": CHANGE.partition(".")[2]}
    rows = Account.objects.filter(**who, is_staff=True, state=AccountState.ACTIVE)
    return rows.distinct().order_by("last_name", "first_name", "pk")


def take(message: ContactMessage, *, by: Account) -> bool:
    """Take up a message, so that colleagues leave it. Of two, one takes it."""
    return move(message, State.TAKEN, by=by, taken_by=by) if message.state == State.NEW else False


def put_back(message: ContactMessage, *, by: Account) -> bool:
    """Let a colleague take up what was taken. Everybody may do that, because the one who took it may be away."""
    return move(message, State.NEW, by=by, taken_by=None) if message.state == State.TAKEN else False


def move(message: ContactMessage, to: str, *, by: Account, **values: object) -> bool:
    try:
        change_state(message, to, by=by, values=values)
    except TransitionRefused:
        return False
    return True


def hand_over(message: ContactMessage, to: Account, *, by: Account) -> bool:
    """Give a message to a colleague by name. How long it waits goes on. A note says who gave it to whom."""
    text = f"Handed over to {to.get_full_name()}."
    try:
        with transaction.atomic():
            if message.state == State.NEW:
                change_state(message, State.TAKEN, by=by, values={"taken_by": by})
            change_state(message, State.TAKEN, by=by, values={"taken_by": to}, details={"to": to.pk})
            contact.add_entry(message, uuid4(), ContactEntry.Kind.NOTE, text, by=by, now=timezone.now())
    except TransitionRefused:
        return False
    return True


def write_note(message: ContactMessage, body: str, *, by: Account, key: UUID | None = None) -> None:
    """Keep an internal note about a message, once a form whose `key` is given. Its writer never sees it."""
    kind, key = ContactEntry.Kind.NOTE, key or uuid4()
    with exclusive("contact-note", str(key)):
        if contact.is_kept(message, key, kind, body):
            return
        if ContactEntry.objects.filter(pk=key).exists():  # who went back wrote something else
            key = uuid4()
        contact.add_entry(message, key, kind, body, by=by, now=timezone.now())
        reference = message.reference.lower()
        audit.record("support.message-noted", by=by, account_id=message.account_id, reference=reference)
