"""An agent's call: it begins, its caller shows who they are, and it ends with what it was about.

What a caller may have done at which identity is one table here. The buttons of the desk ask it.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.mail import notices
from accounts.models import Account
from core import policy
from safeguards import audit
from service_center.calls.models import Call
from support import pins
from support.models import CallBack, SupportPin

Identity = Call.Identity
# How sure each identity is.
STRENGTH = (Identity.NONE, Identity.COMPARED, Identity.PIN)
# What a caller must have shown for what a permission of the desk does to them. What is not named here needs nothing:
# freezing an account protects it no matter who calls, and help with getting back in takes two members of staff, a wait
# and mail to every address.
NEEDED: dict[str, Call.Identity] = {
    "accounts.unlock_account": Identity.COMPARED,
    "accounts.resend_code": Identity.COMPARED,
}
SENTENCES = {
    Identity.NONE: "In this call nobody has shown to be this person.",
    Identity.COMPARED: "In this call the caller gave details that fit this person.",
    Identity.PIN: "In this call the caller showed with a support PIN to be this person.",
}
SHOW_FIRST = (
    "First find out in a call that it is this person: by support PIN, or by details that are compared. "
    "Nothing was changed."
)


def open_call(staff: Account) -> Call | None:
    """Return the call that an agent has now, or None."""
    return calls_by(staff).filter(ended_at=None).select_related("account", "call_back").first()


def calls_by(staff: Account) -> QuerySet[Call]:
    """Return the calls that an agent has or had."""
    return Call.objects.filter(staff=staff)


def begin_call(staff: Account, *, call_back: CallBack | None = None, now: datetime | None = None) -> Call:
    """Begin a call and return it. If the agent has one already, return that."""
    try:
        with transaction.atomic():
            call = Call.objects.create(staff=staff, call_back=call_back, began_at=now or timezone.now())
            audit.record("support.call-begun", by=staff, called_back=call_back is not None)
            return call
    except IntegrityError:
        if going_on := open_call(staff):
            return going_on
        raise


def end_call(call: Call, *, about: str, outcome: str, note: str, now: datetime | None = None) -> bool:
    """End a call with what it was about. Return False if it has ended already."""
    with transaction.atomic():
        row = Call.objects.select_for_update().filter(pk=call.pk, ended_at=None).first()
        if row is None:
            return False
        row.about, row.outcome, row.note, row.ended_at = about, outcome, note or None, now or timezone.now()
        row.save()
        audit.record(
            "support.call-ended", by=row.staff, account_id=row.account_id, dod_id=row.dod_id or None,
            about=about, outcome=outcome, identity=row.identity,
        )  # fmt: skip
    return True


def is_noted(call: Call, *, about: str, outcome: str, note: str) -> bool:
    """Return whether a call has ended with just this, as after a double click."""
    row = Call.objects.filter(pk=call.pk, about=about, outcome=outcome).first()
    return row is not None and (row.note or "") == note


def add_note(call: Call, note: str) -> bool:
    """Add to the note of a call that has ended. Return False if there is nothing to add."""
    with transaction.atomic():
        row = Call.objects.select_for_update().get(pk=call.pk)
        if not note or note in (row.note or ""):
            return False
        row.note = "\n".join(filter(None, [row.note, note]))
        row.save()
        audit.record("support.call-noted-more", by=row.staff, account_id=row.account_id, dod_id=row.dod_id or None)
    return True


@dataclass(frozen=True)
class OtherPerson:
    """The agent's open call is about somebody else. Nothing was changed."""


@dataclass(frozen=True)
class PinOver:
    """The PIN was used meanwhile, or is over. Nothing was changed."""


def note_caller(
    staff: Account, identity: Call.Identity, *, account: Account | None, dod_id: str, pin: SupportPin | None = None
) -> Call | OtherPerson | PinOver:
    """Note in an agent's call, which begins if there is none, who is calling. A PIN that showed it is used up by that.

    The holder of the account hears of it by email, once a call. It is checked before that the agent may act on them.
    """
    addresses = notices.addresses_of(account) if account else []  # which asks DEERS, and so stands outside
    with transaction.atomic():
        call = Call.objects.select_for_update().get(pk=begin_call(staff).pk)
        is_first = call.identity == Identity.NONE
        if not identify(call, identity, account=account, dod_id=dod_id):
            return OtherPerson()  # and no call was begun: a new one is about nobody
        if pin is None or pins.use_pin(pin, by=staff):
            if account and addresses and is_first:
                since = pin.made_at if pin else call.began_at
                notices.tell(account, "caller-identified", to=addresses, since=since)
            return call
        transaction.set_rollback(True)
    pins.note_refusal(pin, staff)
    return PinOver()


def identify(
    call: Call, identity: Call.Identity, *, account: Account | None, dod_id: str, now: datetime | None = None
) -> bool:
    """Note that the caller showed to be this person. Return False if the call is over, or about somebody else."""
    same = Q(account=None, dod_id="") | (Q(account=account) if account else Q(account=None, dod_id=dod_id))
    shown = {"identity": identity, "identified_at": now or timezone.now()}
    with transaction.atomic():
        if not Call.objects.filter(same, pk=call.pk, ended_at=None).update(account=account, dod_id=dod_id, **shown):
            return False
        audit.record(
            "support.caller-identified", by=call.staff, account_id=account.pk if account else None,
            dod_id=dod_id or None, identity=str(identity),
        )  # fmt: skip
    return True


def identity_of(staff: Account, subject: object, now: datetime | None = None) -> Call.Identity:
    """Return what the caller of the agent's open call has shown lately about being this account's holder or person.

    `subject` is an account, or a row with a `dod_id`.
    """
    dod_id = getattr(subject, "dod_id", "") or ""
    person = Q(account_id=subject.pk) if isinstance(subject, Account) else Q(pk=None)
    if dod_id:
        person |= Q(dod_id=dod_id)
    shown = shown_in_call(staff, person, now or timezone.now())
    return Identity(shown.values_list("identity", flat=True).first() or Identity.NONE)


def shown_in_call(staff: Account, person: Q, now: datetime) -> QuerySet[Call]:
    """Return the agent's open call, if its caller has shown lately to be this person."""
    since = now - policy.CALLER_KNOWN_FOR
    return Call.objects.filter(person, staff=staff, ended_at=None, identified_at__gt=since).order_by("pk")


def is_identity_missing(staff: Account, permission: str, subject: object) -> bool:
    """Return whether the caller has to show more before the agent may do to this person what the permission allows.

    Staff accounts have no holder who calls: two supervisors act on them together.
    """
    needed = NEEDED.get(permission, Identity.NONE)
    if needed == Identity.NONE or getattr(subject, "is_staff", False):
        return False
    return STRENGTH.index(identity_of(staff, subject)) < STRENGTH.index(needed)


def calls_that_ended(staff: Account | None) -> QuerySet[Call]:
    """Return the calls that an agent had, or all agents had, newest first."""
    calls = Call.objects.exclude(ended_at=None).select_related("staff").order_by("-began_at")
    return calls.filter(staff=staff) if staff else calls
