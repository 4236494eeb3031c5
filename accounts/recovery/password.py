"""Forgotten username or password. The page answers everyone alike, and the worker finds out who is meant."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Lower
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts import actions
from accounts.mail import links, notices
from accounts.models import Account, RecoveryRequest, State
from accounts.models.mail import Purpose
from accounts.sign_in import trusted_devices
from core import policy
from safeguards import audit, limits
from safeguards.retry import PATIENTLY

# Frozen and closed accounts get no email: the person who reads it may be the one they were frozen for.
REACHABLE = (State.ACTIVE, State.LOCKED, State.DORMANT)


@dataclass(frozen=True)
class Asked:
    """The request is stored. Nothing here shows whether it matches an account."""


@dataclass(frozen=True)
class Wait:
    """There were too many requests from this network address."""

    wait: timedelta


def ask(wanted: str, typed: str, address: str, device: str = "") -> Asked | Wait:
    """Store a request for a "username" (by email) or a "password" (by username), and leave it to the worker.

    `device` is the value of the browser's cookie, if it has signed in before.
    """
    wait = limits.hit(policy.RECOVERY_PER_ADDRESS, address)
    if wait:
        return Wait(wait)
    with transaction.atomic():
        request = RecoveryRequest.objects.create(wanted=wanted, typed=typed, device=device)
        answer_recovery.defer(request_id=str(request.pk))
    return Asked()


def answer(request_id: str) -> None:
    """Email the person whom a request is about, once. Nothing happens if there is no such person."""
    with transaction.atomic():
        request = RecoveryRequest.objects.select_for_update().filter(pk=request_id, answered_at=None).first()
        if request is None:
            return
        if request.wanted == "username":
            send_usernames(request.typed, request.device or "")
        else:
            send_link(request.typed, request.device or "")
        request.typed, request.device, request.answered_at = "", "", timezone.now()
        request.save(update_fields=["typed", "device", "answered_at"])


def send_usernames(email: str, device: str = "") -> None:
    """Email each account with this email address separately, because several people may share an address.

    The mailbox is counted once, however many they are.
    """
    accounts = Account.objects.alias(lowered=Lower("email")).filter(lowered=email.lower(), state__in=REACHABLE)
    counted: dict[str, bool] = {}
    for account in accounts:
        audit.record("recovery.username-asked", by="visitor", account_id=account.pk)
        to = mailbox_of(account)
        if to not in counted:
            counted[to] = may_mail(account, to, device)
        if counted[to]:
            context = {"first_name": account.first_name, "username": account.username}
            notices.send("your-username", to=to, account_id=account.pk, **context)


def send_link(username: str, device: str = "") -> None:
    """Email a link for a new password. The links that were sent before stay valid, so that a stranger ends none.

    Each is valid for half an hour, there are no more than the mailbox gets emails, and using one ends the others.
    """
    with links.exclusive(Account.objects.filter(username__lower=username.lower(), state__in=REACHABLE)) as account:
        if account is None:
            return
        audit.record("recovery.password-asked", by="visitor", account_id=account.pk)
        if may_mail(account, mailbox_of(account), device):
            mail_link(account)


def mail_link(account: Account) -> bool:
    """Email the holder a link for a new password. Return False if there is no address that is known to be theirs."""
    to = mailbox_of(account)
    if to:
        link = links.make(account, Purpose.NEW_PASSWORD)
        notices.send("new-password", to=to, account_id=account.pk, first_name=account.first_name, link=link)
    return bool(to)


def mailbox_of(account: Account) -> str:
    """Return the account's address if it is confirmed, otherwise the one that DEERS holds, or "" if there is none.

    An unconfirmed address may belong to a stranger, who reads of an account there and asks to be let in. An address
    that was given up, or reported as such, is read by somebody else.
    """
    given_up = notices.given_up(account)
    if account.email_confirmed_at and account.email.lower() not in given_up:
        return account.email
    in_deers = notices.address_in_deers(account)
    return "" if in_deers.lower() in given_up else in_deers


def may_mail(account: Account, to: str, device: str) -> bool:
    """Count one email to this mailbox, and return whether it may be sent.

    Strangers share a count, and each browser that has signed in to the account has its own. Otherwise strangers could
    use up the emails that the holder needs.
    """
    known = trusted_devices.find(account, device)
    return bool(to) and not limits.hit(policy.RECOVERY_PER_MAILBOX, f"device {known.pk}" if known else to.lower())


def account_of(token: str, now: datetime | None = None) -> Account | None:
    """Return the account of a link for a new password, or None if the link can no longer be used."""
    link = links.peek(token, Purpose.NEW_PASSWORD, now)
    return link.account if link and link.account.state in REACHABLE else None


def set_password(token: str, password: str, now: datetime | None = None) -> bool:
    """Use the link up and set the password. Return False if the link is no longer valid.

    The second factor stays in force. A locked account is unlocked: the person who reads the account's email is not the
    one who guessed. A disabled account becomes active again.
    """
    with transaction.atomic():
        link = links.use(token, Purpose.NEW_PASSWORD, now)
        if link is None or link.account.state not in REACHABLE:
            return False
        account = link.account
        audit.record("recovery.password-set", by="visitor", account_id=account.pk)
        change = actions.set_password(account, password, by="visitor")
        notices.tell(account, "password-changed", since=change.at)
        if account.state != State.ACTIVE:
            actions.unlock(account, by="system")
    return True


@app.task(name="accounts.tasks.answer_recovery", queue="mail", retry=PATIENTLY)
def answer_recovery(request_id: str) -> None:
    """Find who is meant by a request for a username or a new password, and email them if they exist."""
    answer(request_id)
