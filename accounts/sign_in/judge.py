"""Judging a password and a second factor: same work for known and unknown names, failures counted and committed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from accounts import actions
from accounts.models import Account, Factor, Passkey, State
from accounts.passwords import hashing
from accounts.second_factors import factors, passkeys
from accounts.second_factors.locks import lock_factors
from core import policy
from safeguards import audit, client, limits, locks

ACCOUNT_LIMITS = (policy.SIGN_IN_PER_ACCOUNT, policy.SIGN_IN_PER_ACCOUNT_LONG)


@dataclass(frozen=True)
class RightPassword:
    """The password is right and the account may go on."""

    account: Account


@dataclass(frozen=True)
class WrongPassword:
    """No such name, or not its password; nobody learns which."""


@dataclass(frozen=True)
class RightPasskey:
    """A passkey was given in place of name and password, its holder verified by it, and the account may go on."""

    passkey: Passkey


@dataclass(frozen=True)
class WrongPasskey:
    """The passkey is unknown here, or what it says is not accepted; nobody learns which."""


@dataclass(frozen=True)
class Wait:
    """Too many failures; nothing was judged."""

    wait: timedelta


@dataclass(frozen=True)
class NotActive:
    """Password or passkey is right, but the account is locked, frozen, disabled or closed."""

    state: State


@dataclass(frozen=True)
class StaffOnly:
    """The password is right, but it is that of a member of staff, who sign in under /admin/."""


@dataclass(frozen=True)
class RightFactor:
    """The second factor is right, and was used up by this."""

    factor: Factor


@dataclass(frozen=True)
class WrongFactor:
    """Neither a current code of an app, nor an unused backup code, nor one of the account's passkeys."""


JudgedPassword = RightPassword | WrongPassword | Wait | NotActive | StaffOnly


def judge_password(username: str, password: str, address: str, *, staff: bool = False) -> JudgedPassword:
    """Judge a sign-in. An unknown name costs one hash and one set of counters, like a known one (ASVS 6.3.8).

    `staff` is the sign-in under /admin/, where only staff have accounts: anybody else is answered like a stranger.
    Guesses at one name take turns, and so do those from one household, or parallel ones would pass a limit together.
    """
    name = username.lower()
    with locks.exclusive("sign-in", name, ("sign-in-from", limits.household(address))):
        return judged_in_turn(name, password, address, staff)


def judged_in_turn(name: str, password: str, address: str, staff: bool) -> JudgedPassword:
    account = factors.account_with_kinds("lower(username) = %s", [name])
    tries = [(policy.SIGN_IN_PER_ADDRESS, address), *((limit, name) for limit in ACCOUNT_LIMITS)]
    wait = limits.longest_wait(tries, account_id=account.pk if account else None)
    if wait:
        return Wait(wait)
    if account is None:
        make_password(password)
        return count_failure(name, address, None)
    if not check_password(password, account.password, setter=lambda raw: rehash(account, raw)):
        return count_failure(name, address, account)
    if account.is_staff != staff:
        return count_failure(name, address, account) if staff else StaffOnly()
    if account.state != State.ACTIVE:
        audit.record("sign-in.refused", by="visitor", account_id=account.pk, state=account.state)
        return NotActive(State(account.state))
    return RightPassword(account)


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


def count_success(account: Account, factor: Factor | None) -> None:
    """Note a complete sign-in, and the factor that it was with: failures start again from nothing."""
    Account.objects.filter(pk=account.pk).update(failures_in_a_row=0, last_login=timezone.now())
    audit.record("sign-in.succeeded", by=account, factor=(factor and factor._meta.model_name) or "none")


def needs_factor(account: Account) -> bool:
    """Whether an account read with its kinds owes one: Premium and staff always, at Basic whoever has enrolled one."""
    return account.is_premium or account.is_staff or bool(factors.kinds_then(account))


def judge_passkey_alone(request: HttpRequest, sent: str) -> RightPasskey | WrongPasskey | Wait | NotActive:
    """Judge a sign-in by passkey and nothing else.

    Nobody can guess a signature, so failures count against the address and never lock the account of a passkey.
    """
    address = client.address(request)
    wait = limits.waiting(policy.SIGN_IN_PER_ADDRESS, address)
    if wait:
        return Wait(wait)
    answer = passkeys.signed(request, sent)
    if isinstance(answer, Passkey) and answer.user.is_staff != request.session.for_staff:  # type: ignore[attr-defined]
        answer = passkeys.Refused(answer.user.pk)
    if isinstance(answer, passkeys.Refused):
        limits.hit(policy.SIGN_IN_PER_ADDRESS, address, account_id=answer.account_id)
        audit.record("passkey.failed", by="visitor", account_id=answer.account_id)
        return WrongPasskey()
    if answer.user.state != State.ACTIVE:
        audit.record("sign-in.refused", by="visitor", account_id=answer.user.pk, state=answer.user.state)
        return NotActive(State(answer.user.state))
    audit.record("passkey.passed", by="visitor", account_id=answer.user.pk)
    return RightPasskey(answer)


def judge_given(request: HttpRequest, account: Account, given: Mapping[str, str]) -> RightFactor | WrongFactor | Wait:
    """Judge what a form of forms.FactorForm holds: the answer of a passkey, or a code."""
    if given["passkey"]:
        return judge_passkey(request, account, given["passkey"])
    return judge_factor(account, given["otp_token"])


def judge_factor(account: Account, typed: str) -> RightFactor | WrongFactor | Wait:
    """Judge a code as the second factor of a half-signed-in account; failures are counted for the account."""
    return judge_in_turn(account, lambda: factors.verify(account, typed))


def judge_passkey(request: HttpRequest, account: Account, sent: str) -> RightFactor | WrongFactor | Wait:
    """Judge a passkey as the second factor, with the same count of failures."""

    def passkey() -> Passkey | None:
        answer = passkeys.signed(request, sent, account)
        return None if isinstance(answer, passkeys.Refused) else answer

    return judge_in_turn(account, passkey)


def judge_in_turn(account: Account, given: Callable[[], Factor | None]) -> RightFactor | WrongFactor | Wait:
    """What `given` proves, judged while nobody else's guess at this account is."""
    key = str(account.pk)
    with lock_factors(account):
        wait = limits.waiting(policy.TOTP_FAILURES, key, account_id=account.pk)
        if wait:
            return Wait(wait)
        factor = given()
        if factor is None:
            limits.hit(policy.TOTP_FAILURES, key, account_id=account.pk)
            audit.record("second-factor.failed", by="visitor", account_id=account.pk)
            return WrongFactor()
        kind = factors.kind_of(factor)
        event = kind.used if kind else "backup-code.used"
        if event:
            audit.record(event, by="visitor", account_id=account.pk)
        return RightFactor(factor)
