"""The only module that writes accounts.

Every action takes `by=` and records its audit event in the same transaction.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import states
from accounts.changes import Kind as Change
from accounts.changes import live_freeze, note_change
from accounts.mail import links, notices, shared_mailboxes
from accounts.models import (
    Account,
    CredentialChange,
    Freeze,
    LostFactor,
    NotificationAddress,
    Session,
    State,
    TrustedDevice,
)
from accounts.models.mail import Purpose
from accounts.second_factors import suspended
from core.policy import Level
from idproofing import codes
from safeguards import audit


@dataclass(frozen=True)
class Opened:
    """The account was opened."""

    account: Account


@dataclass(frozen=True)
class UsernameTaken:
    """Another account has this username, regardless of case."""


@dataclass(frozen=True)
class PersonHasAccount:
    """The person with this DoD ID number already has an account that is not closed."""


@dataclass(frozen=True)
class StaffHasAccount:
    """A staff member already has this email address.

    With two accounts, one person could confirm their own decisions.
    """


@dataclass(frozen=True)
class Done:
    """The change was made."""


@dataclass(frozen=True)
class NotAllowed:
    """The account's state does not allow this change. Nothing was written."""


@dataclass(frozen=True)
class NeedsProof:
    """The account is frozen. It is given back when its holder has proven again who they are. Nothing was written."""


def open_account(
    *,
    dod_id: str,
    first_name: str,
    last_name: str,
    level: Level,
    username: str,
    password_hash: str,
    email: str,
    email_confirmed: bool = False,
    phone: str = "",
    by: object,
) -> Opened | UsernameTaken | PersonHasAccount:
    """Open an active account for a person whose identity is proven.

    `password_hash` is an encoded hash, never a password. `email_confirmed` says that the person has entered a code that
    was emailed to the address. The database's constraints decide which of two parallel requests was first.
    """
    try:
        with transaction.atomic():
            account = Account.objects.create(
                dod_id=dod_id,
                first_name=first_name,
                last_name=last_name,
                level=level,
                proofed_at=timezone.now(),
                username=username,
                password=password_hash,
                email=email,
                email_confirmed_at=timezone.now() if email_confirmed else None,
                phone=phone,
            )
            details: dict[str, int | str] = {"level": int(level), "route": codes.route_proven(dod_id, level) or "none"}
            audit.record("account.opened", by=by, account_id=account.pk, dod_id=dod_id, **details)
            shared_mailboxes.look_later(account)
    except IntegrityError as refused:
        if "account_username_once" in str(refused):
            return UsernameTaken()
        if "account_person_once" in str(refused):
            return PersonHasAccount()
        raise
    return Opened(account)


def open_staff_account(
    *, username: str, password_hash: str, first_name: str, last_name: str, email: str, role: str, by: object
) -> Opened | UsernameTaken | StaffHasAccount:
    """Open an account for a staff member with one role of roles.ROLES: no level, no DEERS record.

    The second factor is enrolled at the first sign-in, before anything else.
    """
    if Account.objects.filter(is_staff=True, email__lower=email.lower()).exclude(state=State.CLOSED).exists():
        return StaffHasAccount()
    try:
        with transaction.atomic():
            account = Account.objects.create(
                username=username,
                password=password_hash,
                first_name=first_name,
                last_name=last_name,
                email=email,
                email_confirmed_at=timezone.now(),
                is_staff=True,
            )
            account.groups.add(Group.objects.get(name=role))
            audit.record("account.opened", by=by, account_id=account.pk)
    except IntegrityError as refused:
        if "account_username_once" in str(refused):
            return UsernameTaken()
        raise
    return Opened(account)


def account_of(dod_id: str) -> Account | None:
    """Return this person's account that is not closed, or None.

    Call this only for people who have proven their identity.
    """
    return Account.objects.filter(dod_id=dod_id).exclude(state=State.CLOSED).first()


def raise_level(account: Account, *, by: object) -> Done | NotAllowed:
    """Raise an active Basic account to Premium and end its sessions that began without a second factor.

    No session may use Premium without one. The session of the upgrade ends too: a new one begins with the factor that
    was given there.
    """
    with transaction.atomic():
        raised = Account.objects.filter(pk=account.pk, level=Level.BASIC, state=State.ACTIVE).update(
            level=Level.PREMIUM, proofed_at=timezone.now()
        )
        if not raised:
            return NotAllowed()
        route = codes.route_proven(account.dod_id or "", Level.PREMIUM) or "none"
        Session.objects.filter(account=account.pk, with_factor=False).delete()
        audit.record("account.level-raised", by=by, account_id=account.pk, dod_id=account.dod_id, level=2, route=route)
    account.level = Level.PREMIUM
    return Done()


def lock(account: Account, *, by: object) -> Done | NotAllowed:
    """Refuse sign-in until a recovery or the staff unlock the account."""
    return change_state(account, State.LOCKED, by=by)


def unlock(account: Account, *, by: object) -> Done | NotAllowed | NeedsProof:
    """Let a locked or disabled account sign in again, and reset its count of failures.

    A frozen account is not unlocked but given back (accounts/giving_back.py).
    """
    if Account.objects.filter(pk=account.pk, state=State.FROZEN).exists():
        return NeedsProof()
    return change_state(account, State.ACTIVE, by=by)


def freeze(account: Account, *, by: object, since: datetime | None = None) -> Done | NotAllowed:
    """Freeze the account, because the person says that somebody else is using their name.

    `since` is from when on that may be so, if that is known. The factors added since then are suspended. A second
    report for a frozen account may name an earlier moment.
    """
    with transaction.atomic():
        outcome = change_state(account, State.FROZEN, by=by)
        if Account.objects.filter(pk=account.pk, state=State.FROZEN).exists():
            note_freeze(account, since, by)
            if since:
                suspended.suspend_since(account, since, by=by)
    return outcome


def note_freeze(account: Account, since: datetime | None, by: object) -> None:
    """Begin the account's freeze, or let the one that it is under go back further. Call it with the account locked."""
    kept = live_freeze(account)
    if kept is None:
        Freeze.objects.create(account=account, since=since, by=by if isinstance(by, Account) else None)
    elif since and (kept.since is None or since < kept.since):
        Freeze.objects.filter(pk=kept.pk).update(since=since)


def give_up(account: Account, email: str) -> None:
    """Note that this address is not the holder's any more: nothing is sent there, and no link restores it."""
    if email and not has_given_up(account, email):
        NotificationAddress.objects.create(account=account, email=email, given_up=True)


def has_given_up(account: Account, email: str) -> bool:
    """Return whether it was noted that this address is not the holder's any more. A mere report does not count."""
    rows = NotificationAddress.objects.filter(account=account, given_up=True)
    return email.lower() in {row.email.lower() for row in rows}


def take_up(account: Account, email: str) -> None:
    """Forget that this address was given up: it is the account's again, so it hears of changes like any other."""
    for row in NotificationAddress.objects.filter(account=account, given_up=True):
        if row.email.lower() == email.lower():
            row.delete()


def end_access(account: Account, *, since: datetime, by: object) -> None:
    """End all by which somebody who read the holder's mail may be in the account, or get into it.

    The sessions, the password, the links that change the account and the trusted devices end. The factors added since
    a moment are suspended. The holder chooses a new password by email.
    """
    with transaction.atomic():
        account.password = make_password(None)
        Account.objects.filter(pk=account.pk).update(password=account.password)
        Session.objects.filter(account=account.pk).delete()
        TrustedDevice.objects.filter(account=account.pk).delete()
        links.void(account, links.CHANGES)
        suspended.suspend_since(account, since, by=by)
        note_change(account, Change.PASSWORD)
        audit.record("account.access-ended", by=by, account_id=account.pk)


def close(account: Account, *, by: object) -> Done | NotAllowed:
    """Close the account for good. The person may register again later."""
    return change_state(account, State.CLOSED, by=by)


def change_state(account: Account, to: State, *, by: object) -> Done | NotAllowed:
    """Change the state of `account` if the table of transitions allows it, under a lock on its row.

    All of its sessions end. If the account is frozen or closed, links that would change it end too. Every address of
    record gets an email.
    """
    with transaction.atomic():
        row = Account.objects.select_for_update().get(pk=account.pk)
        event = states.TRANSITIONS.get((row.state, to))
        if event is None:
            return NotAllowed()
        # `warned_at` is cleared so that a reopened account gets a new warning before it is disabled again.
        Account.objects.filter(pk=row.pk).update(state=to, failures_in_a_row=0, warned_at=None)
        Session.objects.filter(account=row.pk).delete()
        if row.state == State.FROZEN:
            Account.objects.filter(pk=row.pk).update(password=make_password(None))
            Freeze.objects.filter(account=row, ended_at=None).update(ended_at=timezone.now())
        if to in (State.FROZEN, State.CLOSED):
            TrustedDevice.objects.filter(account=row.pk).delete()
            links.void(row, links.CHANGES)
            LostFactor.objects.filter(account=row, ended_at=None).update(
                ended_at=timezone.now(), outcome=LostFactor.Outcome.STOPPED
            )
        audit.record(event, by=by, account_id=row.pk, was=row.state)
        notices.tell(row, event.replace(".", "-"))
    account.state, account.failures_in_a_row = to, 0
    return Done()


NOW = object()


def set_email(
    account: Account, email: str, *, by: object, confirmed_at: datetime | object | None = NOW, gives_up: bool = False
) -> CredentialChange:
    """Set an email address that is known to be the person's, and return the change, which knows the previous one.

    `confirmed_at` is when the address was confirmed, if not now. The previous address gets notices for a while, unless
    `gives_up` says that somebody else reads it or nobody does. Links for a new password and for confirming an address
    end.
    """
    with transaction.atomic():
        row = Account.objects.select_for_update().get(pk=account.pk)
        confirmed_before = row.email_confirmed_at.isoformat() if row.email_confirmed_at else None
        before = json.dumps({"email": row.email, "confirmed_at": confirmed_before})
        change = note_change(account, Change.EMAIL, before=before)
        take_up(account, email)
        if row.email and row.email.lower() != email.lower():
            NotificationAddress.objects.create(account=account, email=row.email, until_at=change.at, given_up=gives_up)
        account.email, account.email_confirmed_at = email, change.at if confirmed_at is NOW else confirmed_at  # type: ignore[assignment]
        account.mailbox_shared_at = None
        account.save(update_fields=["email", "email_confirmed_at", "mailbox_shared_at"])
        links.void(account, [Purpose.NEW_PASSWORD, Purpose.CONFIRM_EMAIL])
        audit.record("account.email-changed", by=by, account_id=account.pk)
        shared_mailboxes.look_later(account)
    return change


def confirm_email(account: Account, *, by: object) -> None:
    """Note that the holder receives email at the account's address."""
    with transaction.atomic():
        account.email_confirmed_at = timezone.now()
        account.save(update_fields=["email_confirmed_at"])
        audit.record("account.email-confirmed", by=by, account_id=account.pk)


def set_phone(account: Account, phone: str, *, by: object) -> CredentialChange | None:
    """Set another phone number, or none. Return the change, or None if the account already has that number."""
    with transaction.atomic():
        before = Account.objects.select_for_update().get(pk=account.pk).phone
        account.phone = phone
        if phone == before:
            return None
        Account.objects.filter(pk=account.pk).update(phone=phone)
        audit.record("account.phone-changed", by=by, account_id=account.pk)
        return note_change(account, Change.PHONE, before=json.dumps(before))


def set_password(account: Account, password: str, *, by: object) -> CredentialChange:
    """Set a new password, and end the account's sessions and all earlier links for a new password. Return the change.

    To keep the session in which the change was requested, give it the new hash with `update_session_auth_hash`.
    """
    with transaction.atomic():
        links.void(account, [Purpose.NEW_PASSWORD])
        account.password = make_password(password)
        Account.objects.filter(pk=account.pk).update(password=account.password, failures_in_a_row=0)
        Session.objects.filter(account=account.pk).delete()
        audit.record("password.changed", by=by, account_id=account.pk)
        return note_change(account, Change.PASSWORD)
