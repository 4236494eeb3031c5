"""Help for people who cannot get back in on their own. It takes two staff members, and every step is recorded.

Staff never set a password, an address or a second factor. They can start the same wait that a person can start. They
can also have us write to the address that DEERS holds, which an ID card office changes for a person who shows an ID
card there.

Staff who lost their own second factor get the same help from two colleagues. They cannot start the wait alone, because
they could reach more than one person's record. A staff account is frozen and unlocked in this way too, by two
supervisors. Nobody acts on their own account, on that of somebody who watches over them, or on that of somebody close
(service_center/conflicts.py).
"""

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import actions, giving_back
from accounts.actions import Done, NotAllowed
from accounts.mail import notices
from accounts.models import Account, Assistance, State
from accounts.profile import email_change
from accounts.recovery import lost_factor
from deers import lookup
from safeguards import audit
from service_center.conflicts import Conflicted, refuse_account

Kind, Reason = Assistance.Kind, Assistance.Reason
Outcome = Done | NotAllowed | Conflicted

# In which states of the account each thing may be asked for and approved.
POSSIBLE: dict[str, tuple[State, ...]] = {
    Kind.LOST_FACTOR: (State.ACTIVE, State.LOCKED, State.DORMANT),
    Kind.EMAIL_OF_RECORD: (State.ACTIVE, State.LOCKED, State.DORMANT),
    Kind.FREEZE: (State.ACTIVE, State.LOCKED, State.DORMANT),
    Kind.UNLOCK: (State.LOCKED, State.FROZEN, State.DORMANT),
}
# DEERS holds no address for staff accounts. For a beneficiary, one staff member freezes and unlocks.
KINDS_FOR_STAFF = (Kind.LOST_FACTOR, Kind.FREEZE, Kind.UNLOCK)
KINDS_FOR_OTHERS = (Kind.LOST_FACTOR, Kind.EMAIL_OF_RECORD)
REASONS: dict[str, tuple[Assistance.Reason, ...]] = {
    Kind.LOST_FACTOR: (Reason.DEVICE_LOST, Reason.DEVICE_TAKEN),
    Kind.EMAIL_OF_RECORD: (Reason.MAILBOX_LOST, Reason.MAILBOX_TAKEN),
    Kind.FREEZE: (Reason.ACCOUNT_TAKEN, Reason.DEVICE_TAKEN, Reason.MAILBOX_TAKEN, Reason.AWAY),
    Kind.UNLOCK: (Reason.SETTLED,),
}
# The reasons for which the old mailbox is given up: nothing is sent there any more, and no link restores it.
MAILBOX_GIVEN_UP = (Assistance.Reason.MAILBOX_LOST, Assistance.Reason.MAILBOX_TAKEN)


def kinds_for(account: Account) -> list[Assistance.Kind]:
    """Return what may be asked for now with this account."""
    kinds = KINDS_FOR_STAFF if account.is_staff else KINDS_FOR_OTHERS
    return [kind for kind in kinds if account.state in POSSIBLE[kind]]


def ask(account: Account, kind: Assistance.Kind, reason: Assistance.Reason, *, by: Account) -> Outcome:
    """Request this for the account. A second staff member has to approve. Every address of the person is notified.

    A request to freeze is not announced. A person who misuses an account would have time until the second supervisor
    approves, so the event is in the trail of the one who asks, and not in that of the account.
    """
    if kind not in kinds_for(account):
        return NotAllowed()
    if conflict := refuse_account(by, account):
        return conflict
    try:
        with transaction.atomic():
            Assistance.objects.create(account=account, kind=kind, reason=reason, asked_by=by)
            if kind == Kind.FREEZE:
                audit.record("support.freeze-asked", by=by, about=account.pk, reason=reason.value)
            else:
                audit.record("support.help-asked", by=by, account_id=account.pk, kind=kind.value, reason=reason.value)
                notices.tell(account, "help-asked")
    except IntegrityError:
        return NotAllowed()
    return Done()


def waiting(account: Account) -> Assistance | None:
    """Return the request for this account that is not decided yet, or None."""
    return Assistance.objects.select_related("asked_by").filter(account=account, decided_at=None).first()


def approve(account: Account, *, by: Account) -> Outcome:
    """Do what a colleague requested.

    The colleague who requested it and the account's own holder may not approve. An account that was stopped in the
    meantime gets no help.
    """
    if conflict := refuse_account(by, account, needs_deers=not account.is_staff):
        return conflict
    with transaction.atomic():
        asked = Assistance.objects.select_for_update().filter(account=account, decided_at=None).first()
        row = Account.objects.get(pk=account.pk)
        if (
            asked is None
            or by.pk in (asked.asked_by_id, account.pk)
            or row.state not in POSSIBLE[asked.kind]
            or not help_with(asked, row, by)
        ):
            return NotAllowed()
        decide(asked, approved=True, by=by)
    return Done()


def help_with(asked: Assistance, account: Account, by: Account) -> bool:
    """Do what was requested. Return False if it cannot be done now."""
    if asked.kind in (Kind.FREEZE, Kind.UNLOCK):
        act = actions.freeze if asked.kind == Kind.FREEZE else giving_back.unlock_staff
        return isinstance(act(account, by=by), Done)
    if asked.kind == Kind.LOST_FACTOR:
        return isinstance(lost_factor.start(account, by=by), lost_factor.Waiting)
    person = lookup.person(account.dod_id or "")
    if person is None or person.email.lower() in ("", account.email.lower()):
        return False
    if notices.is_given_up(account, person.email):
        return False
    email_change.change(account, person.email, by=by, gives_up=asked.reason in MAILBOX_GIVEN_UP)
    return True


def decline(account: Account, *, by: Account) -> Outcome:
    """Decline the request. The staff member who made it may withdraw it in this way too."""
    if conflict := refuse_account(by, account):
        return conflict
    with transaction.atomic():
        asked = Assistance.objects.select_for_update().filter(account=account, decided_at=None).first()
        if asked is None:
            return NotAllowed()
        decide(asked, approved=False, by=by)
    return Done()


def decide(asked: Assistance, *, approved: bool, by: Account) -> None:
    asked.approved, asked.decided_by, asked.decided_at = approved, by, timezone.now()
    asked.save(update_fields=["approved", "decided_by", "decided_at"])
    if asked.kind == Kind.FREEZE and not approved:
        audit.record("support.freeze-declined", by=by, about=asked.account_id)
        return
    event = "support.help-approved" if approved else "support.help-declined"
    audit.record(event, by=by, account_id=asked.account_id, kind=asked.kind)
