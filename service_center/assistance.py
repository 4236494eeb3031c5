"""Help for people who cannot get back in on their own. It takes two staff members, and every step is recorded.

Staff never set a password, an address or a second factor. They can start the same wait that a person can start. They
can also have us write to the address that DEERS holds, which an ID card office changes for a person who shows an ID
card there.

Staff who lost their own second factor get the same help from two colleagues. They cannot start the wait alone, because
they could reach more than one person's record.
"""

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actions import Done, NotAllowed
from accounts.mail import notices
from accounts.models import Account, Assistance, State
from accounts.profile import email_change
from accounts.recovery import lost_factor
from deers import lookup
from safeguards import audit

HELPED = (State.ACTIVE, State.LOCKED, State.DORMANT)


def ask(account: Account, kind: Assistance.Kind, reason: Assistance.Reason, *, by: Account) -> Done | NotAllowed:
    """Request help with this account. A second staff member has to approve. Every address of the person is notified."""
    of_staff = account.is_staff and kind != Assistance.Kind.LOST_FACTOR  # DEERS holds no address for staff accounts
    if of_staff or account.pk == by.pk or account.state not in HELPED:
        return NotAllowed()
    try:
        with transaction.atomic():
            Assistance.objects.create(account=account, kind=kind, reason=reason, asked_by=by)
            audit.record("support.help-asked", by=by, account_id=account.pk, kind=kind.value, reason=reason.value)
            notices.tell(account, "help-asked", to=notices.addresses_of(account))
    except IntegrityError:
        return NotAllowed()
    return Done()


def waiting(account: Account) -> Assistance | None:
    """Return the request for this account that is not decided yet, or None."""
    return Assistance.objects.select_related("asked_by").filter(account=account, decided_at=None).first()


def approve(account: Account, *, by: Account) -> Done | NotAllowed:
    """Do what a colleague requested.

    The colleague who requested it and the account's own holder may not approve. An account that was stopped in the
    meantime gets no help.
    """
    with transaction.atomic():
        asked = Assistance.objects.select_for_update().filter(account=account, decided_at=None).first()
        row = Account.objects.get(pk=account.pk)
        if (
            asked is None
            or by.pk in (asked.asked_by_id, account.pk)
            or row.state not in HELPED
            or not help_with(asked.kind, row, by)
        ):
            return NotAllowed()
        decide(asked, approved=True, by=by)
    return Done()


def help_with(kind: str, account: Account, by: Account) -> bool:
    """Do what was requested. Return False if it cannot be done now."""
    if kind == Assistance.Kind.LOST_FACTOR:
        return isinstance(lost_factor.start(account, by=by), lost_factor.Waiting)
    person = lookup.person(account.dod_id or "")
    if person is None or person.email.lower() in ("", account.email.lower()):
        return False
    email_change.change(account, person.email, by=by)
    return True


def decline(account: Account, *, by: Account) -> Done | NotAllowed:
    """Decline the request. The staff member who made it may withdraw it in this way too."""
    with transaction.atomic():
        asked = Assistance.objects.select_for_update().filter(account=account, decided_at=None).first()
        if asked is None:
            return NotAllowed()
        decide(asked, approved=False, by=by)
    return Done()


def decide(asked: Assistance, *, approved: bool, by: Account) -> None:
    asked.approved, asked.decided_by, asked.decided_at = approved, by, timezone.now()
    asked.save(update_fields=["approved", "decided_by", "decided_at"])
    event = "support.help-approved" if approved else "support.help-declined"
    audit.record(event, by=by, account_id=asked.account_id, kind=asked.kind)
