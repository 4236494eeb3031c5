"""The session: how it begins, how long it lasts, and the state between password and second factor.

Half signed in is kept in the session under a key of its own: `request.user` stays anonymous until the last factor.
"""

import time
from dataclasses import dataclass

from django.contrib.auth import login, logout
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from accounts.models import Account, Factor
from accounts.second_factors import factors
from accounts.sessions.store import BEGAN, FACTOR, SEEN, factor_label
from core import policy
from safeguards import audit

BACKEND = "accounts.backend.AccountBackend"
HALF = "half_signed_in"
# When the person last proved who they are, by password, factor or both, in seconds since 1970.
PROVED = "proved_at"
# The end is moved once a minute at most, so that reading pages does not write to the database each time.
TOUCH_EVERY = 60


@dataclass(frozen=True)
class Half:
    """Somebody who gave the right password and owes the second factor."""

    account: Account
    kinds: factors.Kinds
    next: str


def begin(request: HttpRequest, account: Account, factor: Factor | None) -> None:
    """Sign `account` in, in a session with a new key; `factor` is what was given beside or in place of the password.

    Staff only under /admin/, and nobody else there: the judges see to it, so that here it is refused as a mistake.
    """
    if account.is_staff != request.session.for_staff:  # type: ignore[attr-defined]
        raise PermissionDenied("This account has no business in this zone.")
    login(request, account, backend=BACKEND)
    request.session.cycle_key()  # login() leaves the key as it is for an account that is signed in already
    now = int(time.time())
    request.session.pop(HALF, None)
    request.session[BEGAN] = request.session[SEEN] = request.session[PROVED] = now
    if factor is not None:
        request.session[FACTOR] = factor_label(factor)
    request.session.save()


def begin_half(request: HttpRequest, account: Account, next_page: str) -> None:
    """Remember that the password was right. The session key changes here too, against fixation."""
    request.session.flush()
    request.session[HALF] = {
        "account": account.pk,
        "password": account.get_session_auth_hash(),
        "at": int(time.time()),
        "next": next_page,
    }
    request.session.cycle_key()


def half(request: HttpRequest) -> Half | None:
    """Who is half signed in here: not too long ago, with the password of today, into an account that is active."""
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
    """Sign out, with everything the session held."""
    if request.user.is_authenticated:
        audit.record("sign-out.done", by=request.user)
    logout(request)


def seconds_left(request: HttpRequest) -> int:
    """Seconds until this session ends if nothing happens: the idle end or the absolute end, whichever is first."""
    now = time.time()
    idle = request.session.get(SEEN, 0) + request.session.idle.total_seconds() - now  # type: ignore[attr-defined]
    whole = request.session.get(BEGAN, 0) + request.session.life.total_seconds() - now  # type: ignore[attr-defined]
    return max(0, int(min(idle, whole)))


def touch(request: HttpRequest, *, every: int = TOUCH_EVERY) -> None:
    """Move the idle end, unless that was done within the last `every` seconds."""
    now = int(time.time())
    if now - request.session.get(SEEN, 0) >= every:
        request.session[SEEN] = now
