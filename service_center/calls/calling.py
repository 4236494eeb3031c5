"""An agent's call: it begins, its caller shows who they are, and it ends with what it was about.

What a caller may have done at which identity is one table here. The buttons of the desk ask it.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Account
from core import policy
from safeguards import audit
from service_center.calls.models import Call
from support.models import CallBack

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
    return Call.objects.filter(staff=staff, ended_at=None).select_related("account", "call_back").first()


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
    since = (now or timezone.now()) - policy.CALLER_KNOWN_FOR
    dod_id = getattr(subject, "dod_id", "") or ""
    person = Q(account_id=subject.pk) if isinstance(subject, Account) else Q(pk=None)
    if dod_id:
        person |= Q(dod_id=dod_id)
    shown = Call.objects.filter(person, staff=staff, ended_at=None, identified_at__gt=since)
    return Identity(shown.values_list("identity", flat=True).first() or Identity.NONE)


def is_identity_missing(staff: Account, permission: str, subject: object) -> bool:
    """Return whether the caller has to show more before the agent may do to this person what the permission allows.

    Staff accounts have no holder who calls: two supervisors act on them together.
    """
    needed = NEEDED.get(permission, Identity.NONE)
    if needed == Identity.NONE or getattr(subject, "is_staff", False):
        return False
    return STRENGTH.index(identity_of(staff, subject)) < STRENGTH.index(needed)


def calls_of(account: Account | None, dod_id: str = "") -> QuerySet[Call]:
    """Return the calls about a person, by account or DoD ID number, newest first."""
    number = dod_id or (account.dod_id if account else "") or ""
    person = Q(account=account) if account else Q(pk=None)
    calls = Call.objects.filter(person | Q(dod_id=number) if number else person)
    return calls.select_related("staff").order_by("-began_at")


def calls_that_ended(staff: Account | None) -> QuerySet[Call]:
    """Return the calls that an agent had, or all agents had, newest first."""
    calls = Call.objects.exclude(ended_at=None).select_related("staff").order_by("-began_at")
    return calls.filter(staff=staff) if staff else calls
