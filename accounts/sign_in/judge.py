"""Judging a password and a second factor: same work for known and unknown names, failures counted and committed."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from accounts import actions, factors, hashing
from accounts.models import Account, AuthenticatorApp, BackupCode, State
from dslogon import policy
from safeguards import audit, limits, turns

ACCOUNT_LIMITS = (policy.SIGN_IN_PER_ACCOUNT, policy.SIGN_IN_PER_ACCOUNT_LONG)


@dataclass(frozen=True)
class RightPassword:
    """The password is right and the account may go on."""

    account: Account


@dataclass(frozen=True)
class WrongPassword:
    """No such name, or not its password; nobody learns which."""


@dataclass(frozen=True)
class Wait:
    """Too many failures; nothing was judged."""

    wait: timedelta


@dataclass(frozen=True)
class NotActive:
    """The password is right, but the account is locked, frozen, disabled or closed."""

    state: State


@dataclass(frozen=True)
class RightFactor:
    """The second factor is right, and was used up by this."""

    factor: AuthenticatorApp | BackupCode


@dataclass(frozen=True)
class WrongFactor:
    """Neither a current code of the app nor an unused backup code."""


def judge_password(username: str, password: str, address: str) -> RightPassword | WrongPassword | Wait | NotActive:
    """Judge a sign-in. An unknown name costs one hash and one set of counters, like a known one (ASVS 6.3.8).

    Guesses at one name take turns, so that parallel ones cannot pass its limit together.
    """
    name = username.lower()
    with turns.turn("sign-in", name):
        return judged_in_turn(name, password, address)


def judged_in_turn(name: str, password: str, address: str) -> RightPassword | WrongPassword | Wait | NotActive:
    wait = limits.longest_wait([(policy.SIGN_IN_PER_ADDRESS, address), *((limit, name) for limit in ACCOUNT_LIMITS)])
    if wait:
        return Wait(wait)
    account = with_factor().filter(username__lower=name).first()
    if account is None:
        make_password(password)
        return count_failure(name, address, None)
    if not check_password(password, account.password, setter=lambda raw: rehash(account, raw)):
        return count_failure(name, address, account)
    if account.state != State.ACTIVE:
        audit.record("sign-in.refused", by="visitor", account_id=account.pk, state=account.state)
        return NotActive(State(account.state))
    return RightPassword(account)


def with_factor() -> QuerySet[Account]:
    """Accounts, each with whether it has a second factor: one query instead of two."""
    enrolled = AuthenticatorApp.objects.filter(user=OuterRef("pk"), confirmed=True)
    return Account.objects.annotate(factor_enrolled=Exists(enrolled))


def rehash(account: Account, password: str) -> None:
    """Called when the hash was made with an older setting: keep one of today's strength.

    Only in place of the very hash that was judged, or a change made meanwhile would be undone; and with no room to
    hash, some other time: the password was right.
    """
    try:
        renewed = make_password(password)
    except hashing.TooBusy:
        return
    if Account.objects.filter(pk=account.pk, password=account.password).update(password=renewed):
        account.password = renewed  # the session that begins now is tied to the hash


def count_failure(name: str, address: str, account: Account | None) -> WrongPassword:
    """Count a wrong password against the address and the name; at the hundredth in a row the account is locked."""
    limits.hit(policy.SIGN_IN_PER_ADDRESS, address)
    for limit in ACCOUNT_LIMITS:
        limits.hit(limit, name, account_id=account.pk if account else None)
    with transaction.atomic():
        row = Account.objects.filter(pk=account.pk if account else 0)
        row.update(failures_in_a_row=F("failures_in_a_row") + 1)
        audit.record("sign-in.failed", by="visitor", account_id=account.pk if account else None)
    if account and account.failures_in_a_row + 1 >= policy.SIGN_IN_FAILURES_IN_A_ROW:
        actions.lock(account, by="system")
    return WrongPassword()


def count_success(account: Account, factor: AuthenticatorApp | BackupCode | None) -> None:
    """Note a complete sign-in: failures start again from nothing."""
    Account.objects.filter(pk=account.pk).update(failures_in_a_row=0, last_login=timezone.now())
    audit.record("sign-in.succeeded", by=account, second_factor=factor is not None)


def needs_factor(account: Account) -> bool:
    """Whether an account of `with_factor` owes one: Premium and staff always, at Basic whoever has enrolled one."""
    return account.is_premium or account.is_staff or account.factor_enrolled  # type: ignore[attr-defined]


def judge_factor(account: Account, typed: str) -> RightFactor | WrongFactor | Wait:
    """Judge the second factor of a half-signed-in account; failures are counted for the account."""
    with factors.turn(account):
        return factor_in_turn(account, typed)


def factor_in_turn(account: Account, typed: str) -> RightFactor | WrongFactor | Wait:
    key = str(account.pk)
    wait = limits.waiting(policy.TOTP_FAILURES, key)
    if wait:
        return Wait(wait)
    factor = factors.verify(account, typed)
    if factor is None:
        limits.hit(policy.TOTP_FAILURES, key, account_id=account.pk)
        audit.record("second-factor.failed", by="visitor", account_id=account.pk)
        return WrongFactor()
    event = "backup-code.used" if isinstance(factor, BackupCode) else "second-factor.passed"
    audit.record(event, by="visitor", account_id=account.pk)
    return RightFactor(factor)
