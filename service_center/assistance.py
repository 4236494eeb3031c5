"""Help for people who cannot get back in on their own. It takes two staff members, and every step is recorded.

Staff never set a password, an address or a second factor. They can start the same wait that a person can start. They
can also have us write to the address that DEERS holds, which an ID card office changes for a person who shows an ID
card there.

Staff who lost their own second factor get the same help from two colleagues. They cannot start the wait alone, because
they could reach more than one person's record. A staff account is frozen and unlocked in this way too, by two
supervisors. Nobody acts on their own account, on that of somebody who watches over them, or on that of somebody close
(service_center/conflicts.py).
"""

from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import actions, giving_back
from accounts.actions import Done, NotAllowed
from accounts.mail import links, notices, reported_mailboxes
from accounts.models import Account, Assistance, NotificationAddress, State
from accounts.profile import email_change
from accounts.recovery import lost_factor, password
from accounts.second_factors import factors
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
# The reasons for which the reported mailbox is given up: nothing is sent there any more, and no link restores it.
MAILBOX_GIVEN_UP = (Assistance.Reason.MAILBOX_LOST, Assistance.Reason.MAILBOX_TAKEN)


def kinds_for(account: Account, *, has_factor: bool | None = None) -> list[Assistance.Kind]:
    """Return what may be asked for now with this account. `has_factor` is whether it has a second factor, if known."""
    kinds = KINDS_FOR_STAFF if account.is_staff else KINDS_FOR_OTHERS
    possible = [kind for kind in kinds if account.state in POSSIBLE[kind]]
    if has_factor is None:
        has_factor = Kind.LOST_FACTOR in possible and factors.has_factor(account)
    return [kind for kind in possible if kind != Kind.LOST_FACTOR or has_factor]


def ask(
    account: Account,
    kind: Assistance.Kind,
    reason: Assistance.Reason,
    *,
    mailboxes: Iterable[str] = (),
    by: Account,
) -> Outcome:
    """Request this for the account. A second staff member has to approve. Every address of the person is notified.

    A request about a mailbox remembers it: the account's address of today and those of `mailboxes`. If somebody else
    reads it, nothing about the account goes there from now on.

    A request to freeze is not announced. A person who misuses an account would have time until the second supervisor
    approves, so the event is in the trail of the one who asks, and not in that of the account. So is one about a
    mailbox that somebody else reads, because that person may be signed in.
    """
    if kind not in kinds_for(account):
        return NotAllowed()
    if conflict := refuse_account(by, account):
        return conflict
    try:
        with transaction.atomic():
            row = Account.objects.select_for_update().get(pk=account.pk)
            asked = Assistance.objects.create(account=account, kind=kind, reason=reason, asked_by=by)
            if kind == Kind.FREEZE:
                audit.record("support.freeze-asked", by=by, about=account.pk, reason=reason.value)
                return Done()
            if kind == Kind.EMAIL_OF_RECORD:
                reported_mailboxes.note(asked, [row.email, *mailboxes])
            if is_about_taken_mailbox(asked):
                links.void(row, links.CHANGES)
                email_change.lost_mailbox(row)
                audit.record("support.help-asked", by=by, about=account.pk, kind=kind.value, reason=reason.value)
            else:
                audit.record("support.help-asked", by=by, account_id=account.pk, kind=kind.value, reason=reason.value)
            notices.tell(row, "help-asked")
    except IntegrityError:
        return NotAllowed()
    return Done()


def former_addresses(account: Account) -> dict[str, NotificationAddress]:
    """Return the account's former addresses that were not given up, the latest first, by what the form calls them."""
    without = {account.email.lower(), *notices.given_up(account)}
    latest: dict[str, NotificationAddress] = {}
    for row in notices.latest_first(account):
        if row.email.lower() not in without:
            latest.setdefault(row.email.lower(), row)
    return {str(row.pk): row for row in latest.values()}


def is_about_taken_mailbox(asked: Assistance) -> bool:
    """Return whether this is help because somebody else reads the person's mail."""
    return asked.kind == Kind.EMAIL_OF_RECORD and asked.reason == Reason.MAILBOX_TAKEN


def waiting(account: Account) -> Assistance | None:
    """Return the request for this account that is not decided yet, or None."""
    return next((asked for asked in account.assistance.all() if asked.decided_at is None), None)


def approve(account: Account, *, by: Account) -> Outcome:
    """Do what a colleague requested.

    The colleague who requested it and the account's own holder may not approve. An account that was stopped in the
    meantime gets no help.
    """
    if conflict := refuse_account(by, account, needs_deers=not account.is_staff):
        return conflict
    with transaction.atomic():
        row = Account.objects.select_for_update().get(pk=account.pk)
        asked = Assistance.objects.select_for_update().filter(account=account, decided_at=None).first()
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
    return write_to_address_of_record(asked, account, by)


def write_to_address_of_record(asked: Assistance, account: Account, by: Account) -> bool:
    """Make the address in DEERS the account's, and give up the mailboxes that the request is about.

    If somebody else reads one of them, everyone is signed out of the account, and a link for a new password goes
    to the address in DEERS. Return False if DEERS has no other address, or if the holder of a frozen account got it
    back in the meantime and has said themselves where to write.
    """
    email = usable_address_of_record(asked, account)
    if not email or reported_mailboxes.was_given_back(asked):
        return False
    given_up = mailboxes_given_up(asked, account)
    for mailbox in given_up:
        actions.give_up(account, mailbox)
    if is_about_taken_mailbox(asked):
        actions.end_access(account, since=asked.asked_at, by=by)
    if email.lower() != account.email.lower():
        email_change.change(account, email, by=by, gives_up=bool(given_up))
    if is_about_taken_mailbox(asked):
        password.mail_link(account)
    return True


def mailboxes_given_up(asked: Assistance, account: Account) -> list[str]:
    """Return the mailboxes that approving this gives up: those of the request, and the account's address of today.

    The address in DEERS is among them only if the request names it. What the account got since the request is in it
    (reported_mailboxes.follow).
    """
    if asked.kind != Kind.EMAIL_OF_RECORD or asked.reason not in MAILBOX_GIVEN_UP:
        return []
    named, today = reported_mailboxes.read(asked), account.email
    is_of_record = today.lower() == notices.address_in_deers(account).lower()
    return notices.distinct(named if is_of_record else [*named, today])


def usable_address_of_record(asked: Assistance, account: Account) -> str:
    """Return the address in DEERS, or "" if there is none, or if the person said that it is taken or lost."""
    person = lookup.person(account.dod_id or "")
    if person is None or notices.is_given_up(account, person.email):
        return ""
    named = reported_mailboxes.read(asked) if asked.mailboxes else [account.email]
    return "" if person.email.lower() in [one.lower() for one in named] else person.email


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
    if not approved:
        asked.mailboxes = None
    asked.save(update_fields=["approved", "decided_by", "decided_at", "mailboxes"])
    if asked.kind == Kind.FREEZE and not approved:
        audit.record("support.freeze-declined", by=by, about=asked.account_id)
        return
    if is_about_taken_mailbox(asked) and not approved:
        audit.record("support.help-declined", by=by, about=asked.account_id, kind=asked.kind)
        return
    event = "support.help-approved" if approved else "support.help-declined"
    audit.record(event, by=by, account_id=asked.account_id, kind=asked.kind)
