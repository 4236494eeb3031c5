"""Judging passwords and second factors.

Known and unknown names cost the same work. Failures are counted and committed.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from accounts import actions
from accounts.models import Account, Factor, Passkey, State, TrustedDevice
from accounts.passwords import hashing
from accounts.second_factors import factors, passkeys
from accounts.second_factors.locks import lock_factors
from accounts.sign_in import pauses, trusted_devices
from core import policy
from core.typed import strip_blanks
from safeguards import audit, client, limits, locks


@dataclass(frozen=True)
class RightPassword:
    """The password is right and the account may continue."""

    account: Account


@dataclass(frozen=True)
class WrongPassword:
    """The name or the password is wrong. Nobody learns which."""


@dataclass(frozen=True)
class RightPasskey:
    """A passkey that verified its holder was given in place of name and password, and the account may continue."""

    passkey: Passkey


@dataclass(frozen=True)
class WrongPasskey:
    """The passkey is unknown here, or its answer is not accepted. Nobody learns which."""


@dataclass(frozen=True)
class Wait:
    """There were too many failures. Nothing was judged."""

    wait: timedelta


@dataclass(frozen=True)
class NotActive:
    """The password or passkey is right, but the account is locked, frozen, disabled or closed."""

    state: State


@dataclass(frozen=True)
class StaffOnly:
    """The password is right, but the account belongs to a staff member, who signs in under /admin/."""


@dataclass(frozen=True)
class RightFactor:
    """The second factor is right, and is now used up."""

    factor: Factor


@dataclass(frozen=True)
class WrongFactor:
    """What was given is no current code of an app, no unused backup code and none of the account's passkeys."""


@dataclass(frozen=True)
class PasskeyOnly:
    """A code was given for an account that takes its passkey only. Nothing was judged or counted."""


JudgedFactor = RightFactor | WrongFactor | PasskeyOnly | Wait
JudgedPassword = RightPassword | WrongPassword | Wait | NotActive | StaffOnly


def judge_password(
    username: str, password: str, address: str, *, device: str = "", staff: bool = False
) -> JudgedPassword:
    """Judge a sign-in. An unknown name costs one hash and one set of counters, like a known one (ASVS 6.3.8).

    `device` is the value of the browser's cookie (accounts/sign_in/trusted_devices.py), if it has one. `staff` is true
    for the sign-in under /admin/. Only staff have accounts there, and others are answered as if unknown. An exclusive
    lock serializes guesses at one name, and guesses from one household. Otherwise parallel guesses could pass a limit
    together.
    """
    name = username.lower()
    with locks.exclusive("sign-in", name, ("sign-in-from", limits.household(address))):
        return judged_in_turn(name, password, address, device, staff)


def judged_in_turn(name: str, password: str, address: str, device: str, staff: bool) -> JudgedPassword:
    account = factors.account_with_kinds("lower(username) = %s", [name])
    known = trusted_devices.find(account, device)
    tries = counted_for(name, address, known)
    full = limits.full(tries, account_id=account.pk if account else None, quietly=False)
    if full:
        return Wait(max(full.values()))
    judged = None if account and takes_no_password(account, known) else account
    if not any(is_right(judged, spelling) for spelling in spellings(password)):
        return count_failure(tries, account, known)
    assert account is not None  # nobody has no password
    if account.is_staff != staff:
        return count_failure(tries, account, known) if staff else StaffOnly()
    return continue_if_active(account) or RightPassword(account)


def takes_no_password(account: Account, known: TrustedDevice | None) -> bool:
    """Return whether no password is judged any more: after too many wrong ones in a row, until a recovery.

    The last tries of the hundred (63B §3.2.2) are left to browsers that have signed in before. Otherwise a patient
    stranger could use them all up and keep the holder out. To whom nothing is judged, the password is a wrong one: they
    would learn from another answer that they have found it, or that there is such a name.
    """
    used_up = known is None or account.failures_in_a_row >= policy.SIGN_IN_FAILURES_KEPT
    return account.state == State.LOCKED and used_up


def continue_if_active(account: Account) -> NotActive | None:
    """Return why the account may not sign in, or None. What only wrong passwords have locked, the right one unlocks."""
    if account.state == State.LOCKED:
        actions.unlock(account, by="system")
    if account.state != State.ACTIVE:
        audit.record("sign-in.refused", by="visitor", account_id=account.pk, state=account.state)
        return NotActive(State(account.state))
    return None


def spellings(password: str) -> list[str]:
    """Return the passwords that may be meant: what was sent and, if there are blanks around it, the same without them.

    Blanks come with a password that was copied. Both are one try, so both are judged before a failure is counted, and
    both cost a hash for a known and an unknown name alike.
    """
    bare = strip_blanks(password)
    return [password] if bare in (password, "") else [password, bare]


def is_right(account: Account | None, password: str) -> bool:
    """Return whether this is the account's password. Without an account, do the same work and return False."""
    if account is None:
        make_password(password)
        return False
    return check_password(password, account.password, setter=lambda raw: rehash(account, raw))


def counted_for(name: str, address: str, device: TrustedDevice | None) -> list[pauses.Try]:
    """Return the limits that guard this try, each with its key.

    A browser that has signed in to the account before has counts of its own. Otherwise strangers could keep its owner
    out with wrong passwords, from anywhere or from the same network.
    """
    if device:
        return [(limit, str(device.pk)) for limit in pauses.DEVICE_LIMITS]
    return [(policy.SIGN_IN_PER_ADDRESS, address), *((limit, name) for limit in pauses.ACCOUNT_LIMITS)]


def rehash(account: Account, password: str) -> None:
    """Replace a hash that has older settings with one of today's strength. `check_password` calls this.

    The update applies only to the very hash that was judged, or it would undo a change made in the meantime. If there
    is no room to hash, the old hash stays until the next sign-in: the password was right.
    """
    try:
        renewed = make_password(password)
    except hashing.TooBusy:
        return
    if Account.objects.filter(pk=account.pk, password=account.password).update(password=renewed):
        account.password = renewed  # the session that begins now is bound to the hash


def count_failure(tries: list[pauses.Try], account: Account | None, known: TrustedDevice | None) -> WrongPassword:
    """Count a wrong password against all that guards it. Lock the account after too many failures in a row.

    In a locked account only the failures of known browsers still count: theirs are the only passwords that are judged.
    If the counters fail just now, the account's own count is kept, and the next try is not judged.
    """
    account_id = account.pk if account else None
    with suppress(limits.CountersUnavailable):
        for limit, key in tries:
            limits.hit(limit, key, account_id=account_id)
    with transaction.atomic():
        row = Account.objects.filter(pk=account_id or 0)
        counted = row if known else row.exclude(state=State.LOCKED)
        counted.update(failures_in_a_row=F("failures_in_a_row") + 1)
        audit.record("sign-in.failed", by="visitor", account_id=account_id)
    if account and account.failures_in_a_row + 1 >= policy.SIGN_IN_FAILURES_IN_A_ROW - policy.SIGN_IN_FAILURES_KEPT:
        actions.lock(account, by="system")
    return WrongPassword()


def count_success(account: Account, factor: Factor | None) -> None:
    """Record a complete sign-in and its factor, and reset the count of failures."""
    Account.objects.filter(pk=account.pk).update(failures_in_a_row=0, last_login=timezone.now())
    audit.record("sign-in.succeeded", by=account, factor=(factor and factor._meta.model_name) or "none")


def needs_factor(account: Account) -> bool:
    """Return whether this account, read with its kinds, needs a second factor to sign in.

    Premium and staff accounts always do. A Basic account does if it has one.
    """
    return account.is_premium or account.is_staff or bool(factors.kinds_then(account))


def takes_passkeys_only(account: Account) -> bool:
    """Return whether nothing but a passkey is the second step of this account.

    That is so for staff who have one, where the deployment requires it: a code can be typed into a stranger's page.
    """
    return settings.STAFF_PASSKEY_REQUIRED and account.is_staff and passkeys.KIND.slug in factors.kinds(account)


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
    stopped = continue_if_active(answer.user)
    if stopped:
        return stopped
    audit.record("passkey.passed", by="visitor", account_id=answer.user.pk)
    return RightPasskey(answer)


def judge_given(request: HttpRequest, account: Account, given: Mapping[str, str]) -> JudgedFactor:
    """Judge what a FactorForm holds: the answer of a passkey, or a code."""
    if given["passkey"]:
        return judge_passkey(request, account, given["passkey"])
    return judge_factor(account, given["otp_token"])


def judge_factor(account: Account, typed: str) -> JudgedFactor:
    """Judge a code as the second factor of a half-signed-in account. Failures count against the account."""
    if takes_passkeys_only(account):
        return PasskeyOnly()
    return judge_in_turn(account, lambda: factors.verify(account, typed))


def judge_passkey(request: HttpRequest, account: Account, sent: str) -> RightFactor | WrongFactor | Wait:
    """Judge a passkey as the second factor, with the same count of failures."""

    def passkey() -> Passkey | None:
        answer = passkeys.signed(request, sent, account)
        return None if isinstance(answer, passkeys.Refused) else answer

    return judge_in_turn(account, passkey)


def judge_in_turn(account: Account, given: Callable[[], Factor | None]) -> RightFactor | WrongFactor | Wait:
    """Return what `given` proves, judged under a lock so that only one guess at this account runs at a time."""
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
