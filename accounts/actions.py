"""The only place that writes accounts. Every action takes `by=` and leaves its event in the same transaction."""

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import states
from accounts.mail import links, notices
from accounts.models import Account, LostFactor, Session, State
from accounts.models.mail import Purpose
from core.policy import Level
from idproofing import codes
from safeguards import audit


@dataclass(frozen=True)
class Opened:
    """The account exists now."""

    account: Account


@dataclass(frozen=True)
class UsernameTaken:
    """Somebody else has this username, whatever its case."""


@dataclass(frozen=True)
class PersonHasAccount:
    """This DoD ID number already has an account that is not closed."""


@dataclass(frozen=True)
class StaffHasAccount:
    """Somebody of staff has this email address: nobody shall confirm what they decided with another account."""


@dataclass(frozen=True)
class Done:
    """The change was made."""


@dataclass(frozen=True)
class NotAllowed:
    """The account's state does not allow this change; nothing was written."""


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
    """Open an active account for a proven person.

    `password_hash` is an encoded hash, never a password. `email_confirmed`: a code that went there has come back. The
    database decides who was first, by its constraints.
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
    """Open an account for a member of staff with one role of roles.ROLES: no level, no DEERS record.

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
    """This person's account that is not closed, if any. Ask only for people who have proven who they are."""
    return Account.objects.filter(dod_id=dod_id).exclude(state=State.CLOSED).first()


def raise_level(account: Account, *, by: object) -> Done | NotAllowed:
    """Raise an active Basic account to Premium, which no session may use that was begun without a second factor.

    They end, that of the upgrade among them: it begins anew with the factor that was given there.
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
    """Refuse sign-in until recovery or staff unlock the account."""
    return change_state(account, State.LOCKED, by=by)


def unlock(account: Account, *, by: object) -> Done | NotAllowed:
    """Let a locked, frozen or disabled account sign in again, with a clean count of failures.

    The password of a frozen account may be known to somebody else, so it does not come back: the holder chooses a new
    one by mail.
    """
    return change_state(account, State.ACTIVE, by=by)


def freeze(account: Account, *, by: object) -> Done | NotAllowed:
    """Stop everything: the person says that somebody else is using their name."""
    return change_state(account, State.FROZEN, by=by)


def close(account: Account, *, by: object) -> Done | NotAllowed:
    """End the account for good; the person may register again later."""
    return change_state(account, State.CLOSED, by=by)


def change_state(account: Account, to: State, *, by: object) -> Done | NotAllowed:
    """Move `account` to another state if the table of transitions allows it, under a lock on its row.

    Its sessions end, as do links that would change a frozen or closed account, and every address of record is told.
    """
    with transaction.atomic():
        row = Account.objects.select_for_update().get(pk=account.pk)
        event = states.TRANSITIONS.get((row.state, to))
        if event is None:
            return NotAllowed()
        # Whoever opens a disabled account again is warned anew before it is disabled the next time.
        Account.objects.filter(pk=row.pk).update(state=to, failures_in_a_row=0, warned_at=None)
        Session.objects.filter(account=row.pk).delete()
        if event == "account.unfrozen":
            Account.objects.filter(pk=row.pk).update(password=make_password(None))
        if to in (State.FROZEN, State.CLOSED):
            links.void(row, links.CHANGES)
            LostFactor.objects.filter(account=row, ended_at=None).update(
                ended_at=timezone.now(), outcome=LostFactor.Outcome.STOPPED
            )
        audit.record(event, by=by, account_id=row.pk, was=row.state)
        notices.tell(row, event.replace(".", "-"), to=notices.addresses_of(row))
    account.state, account.failures_in_a_row = to, 0
    return Done()


def set_email(account: Account, email: str, *, by: object) -> str:
    """Give the account an email address known to be the person's; the one before comes back.

    Links for a new password end.
    """
    with transaction.atomic():
        before = Account.objects.select_for_update().get(pk=account.pk).email
        account.email, account.email_confirmed_at = email, timezone.now()
        account.save(update_fields=["email", "email_confirmed_at"])
        links.void(account, [Purpose.NEW_PASSWORD, Purpose.CONFIRM_EMAIL])
        audit.record("account.email-changed", by=by, account_id=account.pk)
    return before


def confirm_email(account: Account, *, by: object) -> None:
    """The holder reads what goes to the account's address."""
    with transaction.atomic():
        account.email_confirmed_at = timezone.now()
        account.save(update_fields=["email_confirmed_at"])
        audit.record("account.email-confirmed", by=by, account_id=account.pk)


def set_phone(account: Account, phone: str, *, by: object) -> bool:
    """Give the account another phone number, or none; False if it has that one."""
    with transaction.atomic():
        changed = Account.objects.filter(pk=account.pk).exclude(phone=phone).update(phone=phone)
        if changed:
            audit.record("account.phone-changed", by=by, account_id=account.pk)
    account.phone = phone
    return bool(changed)


def set_password(account: Account, password: str, *, by: object) -> None:
    """Give the account a new password; its sessions end, and so do links for a new password that were sent before.

    To let the session go on in which this was asked for, give it the new hash: `update_session_auth_hash`.
    """
    with transaction.atomic():
        links.void(account, [Purpose.NEW_PASSWORD])
        account.password = make_password(password)
        Account.objects.filter(pk=account.pk).update(password=account.password, failures_in_a_row=0)
        Session.objects.filter(account=account.pk).delete()
        audit.record("password.changed", by=by, account_id=account.pk)
