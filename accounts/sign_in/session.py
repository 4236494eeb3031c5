"""The session: how it begins, how long it lasts, and the state between password and second factor.

The half-signed-in state is kept in the session under its own key. `request.user` stays anonymous until the last factor.
"""

import time
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import login, logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from accounts.models import Account, Factor, Passkey
from accounts.second_factors import factors
from accounts.sessions.store import BEGAN, FACTOR, SEEN, Ended, factor_label
from accounts.sign_in import trusted_devices
from core import policy
from safeguards import audit

BACKEND = "accounts.backend.AccountBackend"
HALF = "half_signed_in"
# When the person last proved their identity, by password, factor or both, in seconds since 1970.
PROVED = "proved_at"
# When the person last gave the second step, in the same way.
FACTOR_PROVED = "factor_proved_at"
# The session is extended at most once a minute, so that reading pages does not write to the database each time.
TOUCH_EVERY = 60


@dataclass(frozen=True)
class Half:
    """A person who gave the right password and still needs the second factor."""

    account: Account
    kinds: factors.Kinds
    next: str


def begin(request: HttpRequest, account: Account, factor: Factor | None) -> None:
    """Sign `account` in, in a session with a new key. `factor` was given in addition to or in place of the password.

    Only staff sign in under /admin/, and nobody else does. The judges see to that, so a mismatch here is a programming
    error and raises PermissionDenied.
    """
    if account.is_staff != request.session.for_staff:  # type: ignore[attr-defined]
        raise PermissionDenied("This account belongs to the other session zone.")
    login(request, account, backend=BACKEND)
    request.session.cycle_key()  # login() leaves the key as it is for an account that is signed in already
    now = int(time.time())
    request.session.pop(HALF, None)
    request.session[BEGAN] = request.session[SEEN] = request.session[PROVED] = now
    if factor is not None:
        request.session[FACTOR] = factor_label(factor)
        request.session[FACTOR_PROVED] = now
    request.session.save()
    trusted_devices.trust(request, account)


def owes_passkey(request: HttpRequest, account: Account) -> bool:
    """Return whether this session of a staff member had to begin with a passkey, and did not."""
    began_with = request.session.get(FACTOR, "")
    required = settings.STAFF_PASSKEY_REQUIRED and account.is_staff
    return required and not began_with.startswith(f"{Passkey._meta.label_lower}/")


def begin_half(request: HttpRequest, account: Account, next_page: str) -> None:
    """Remember that the password was right. The session's key changes here too, against session fixation."""
    request.session.flush()
    request.session[HALF] = {
        "account": account.pk,
        "password": account.get_session_auth_hash(),
        "at": int(time.time()),
        "next": next_page,
    }
    request.session.cycle_key()


def half(request: HttpRequest) -> Half | None:
    """Return who is half signed in here, or None.

    The password must have been given recently and must still be the current one, and the account must be active.
    """
    kept = request.session.get(HALF)
    if not kept or time.time() - kept["at"] > policy.HALF_SIGNED_IN.total_seconds():
        return None
    account = factors.account_with_kinds("id = %s", [kept["account"]])
    if account is None or not account.is_active:
        return None
    if not constant_time_compare(kept["password"], account.get_session_auth_hash()):
        return None
    return Half(account, factors.kinds_then(account), kept["next"])


def end(request: HttpRequest) -> None:
    """Sign out, and delete everything that the session held."""
    if request.user.is_authenticated:
        audit.record("sign-out.done", by=request.user)
    logout(request)


def seconds_left(request: HttpRequest) -> int:
    """Return the seconds until this session ends if nothing happens: by its idle limit or its total limit."""
    now = time.time()
    idle = request.session.get(SEEN, 0) + request.session.idle.total_seconds() - now  # type: ignore[attr-defined]
    whole = request.session.get(BEGAN, 0) + request.session.life.total_seconds() - now  # type: ignore[attr-defined]
    return max(0, int(min(idle, whole)))


def why_over(request: HttpRequest) -> Ended:
    """Return which of its two limits a session has reached."""
    began = request.session.get(BEGAN, 0)
    old = began + request.session.life.total_seconds() <= time.time()  # type: ignore[attr-defined]
    return Ended.OLD if old else Ended.IDLE


def touch(request: HttpRequest, *, every: int = TOUCH_EVERY) -> None:
    """Extend the session, unless that was done within the last `every` seconds."""
    now = int(time.time())
    if now - request.session.get(SEEN, 0) >= every:
        request.session[SEEN] = now
