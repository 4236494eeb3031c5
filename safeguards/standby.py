"""Pages that only read, read from the standby: a copy of the database that follows the primary.

The gate of a page, and all that is written, stays with the primary. A page that says so by `@may_be_read_from_standby`
gets what it shows from the standby, if the standby has all that this browser wrote, and all that anybody wrote until
policy.STANDBY_BEHIND ago. Otherwise it gets it from the primary, as without a standby. See
docs/adr/0056-reads-from-a-standby.md.

How far a server is, is a position in the log of the primary, which only grows.
"""

import logging
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.contrib.auth import SESSION_KEY as ACCOUNT
from django.core.exceptions import MiddlewareNotUsed, ObjectDoesNotExist
from django.db import DEFAULT_DB_ALIAS, Error, InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import Http404, HttpRequest, HttpResponse
from psycopg.errors import ReadOnlySqlTransaction

from core import policy
from safeguards import cipher, metrics
from safeguards.deadline import within_deadline
from safeguards.lookout import look_every

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

ALIAS = "standby"
COOKIE = "__Host-written" if settings.SESSION_COOKIE_SECURE else "written"
# What the cookie is sealed for. A position tells how much is written here, which concerns nobody else.
CONTEXT = "cookie:written"
UNKNOWN = 2**64
"""A position that no server has reached."""

PRIMARY_IS_AT = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint"
STANDBY_IS_AT = "SELECT (pg_last_wal_replay_lsn() - '0/0')::bigint WHERE pg_is_in_recovery()"
# A copy has the identifier of what it was copied from, and everything in it under the same numbers.
WHICH = """
    (SELECT system_identifier FROM pg_control_system()),
    (SELECT oid::bigint FROM pg_database WHERE datname = current_database())
"""

PAGES = metrics.Counter(
    "dslogon_standby_pages", "Pages that may be read from the standby, by where they were read, or why not.", ["where"]
)
READ = "standby"
OWN, BEHIND, AWAY, FAILED, MISSING = "own-write", "behind", "away", "failed", "missing"
"""Why the primary was read: the browser has just written something, the standby lags, or is not there, or did not
answer, or lacked what was asked for."""


class WrittenOnStandbyError(Exception):
    """A page that may be read from the standby has tried to write something: a mistake in our code."""


@dataclass(frozen=True, slots=True)
class Reached:
    """How far the standby has come: a position, and a moment (monotonic) from before which it lacks nothing."""

    position: int = -1
    moment: float = float("-inf")


NOWHERE = Reached()
reached = NOWHERE
# Moments of the last seconds, and where the primary was then.
_primary_was_at: deque[tuple[float, int]] = deque()


def may_be_read_from_standby(page: Callable[P, T]) -> Callable[P, T]:
    """Declare that what a page shows may be read from the standby. The function must not write anything."""
    page.from_standby = True  # type: ignore[attr-defined]
    return page


def is_there() -> bool:
    """Return whether this site has a standby to read from."""
    return ALIAS in connections.settings


def read(request: HttpRequest, page: Callable[P, T], *given: P.args, **parts: P.kwargs) -> T:
    """Return what a page shows, from the standby if it may and can be read there. Otherwise read the primary.

    Raise WrittenOnStandbyError if the page writes there. What else goes wrong on the standby is tried again on the
    primary: it may have what the standby does not have yet.
    """
    if not (getattr(page, "from_standby", False) and is_there()):
        return page(*given, **parts)
    where = AWAY
    try:
        where = place_for(request)
        if where == READ:
            with on_standby():
                shown = page(*given, **parts)
            PAGES.labels(READ).inc()
            return shown
    except (Http404, ObjectDoesNotExist):
        where = MISSING
    except Error as failure:
        if isinstance(failure.__cause__, ReadOnlySqlTransaction):
            raise WrittenOnStandbyError(f"{page.__module__}.{page.__qualname__} writes.") from failure
        where = FAILED
        if isinstance(failure, OperationalError | InterfaceError):
            give_up()
    PAGES.labels(where).inc()
    return page(*given, **parts)


def place_for(request: HttpRequest) -> str:
    """Return READ if the standby has what this browser has to see, or why it is not read."""
    if request.method not in ("GET", "HEAD") or has_written(request):
        return OWN
    known, written = reached, position_in(request)
    if time.monotonic() - known.moment > policy.STANDBY_BEHIND.total_seconds():
        return AWAY if known is NOWHERE else BEHIND
    # What the thread saw may be a second old, and a person who has just written something comes back sooner.
    if written > known.position and written > position_of_standby():
        return OWN
    return READ


@contextmanager
def on_standby() -> Iterator[None]:
    """Have the block read from the standby, whatever it asks the database with, and for a short time only."""
    usual, standby = connections[DEFAULT_DB_ALIAS], connections[ALIAS]
    leave_promoted(standby)
    connections[DEFAULT_DB_ALIAS] = standby
    try:
        with within_deadline(policy.STANDBY_PATIENCE.total_seconds()):
            yield
    finally:
        connections[DEFAULT_DB_ALIAS] = usual


def leave_promoted(standby: BaseDatabaseWrapper) -> None:
    """Close a connection whose server is a standby no more. The next one may lead to the new standby.

    The server says so by itself, unless a pool is in between.
    """
    link = standby.connection
    if link and not link.closed and link.pgconn.parameter_status(b"in_hot_standby") == b"off":
        standby.close()


def position_of_standby() -> int:
    """Return where the standby is at this moment, or -1 if it is none any more."""
    with on_standby():
        found = ask(ALIAS, STANDBY_IS_AT)
    return found[0] if found else -1


def ask(alias: str, statement: str) -> tuple[int, ...] | None:
    """Return the one row of a statement, or None if it has none."""
    with connections[alias].cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()


# What a thread of each process sees.


def watch() -> None:
    """Begin to look after the standby, in a thread of this process, if there is one."""
    if is_there():
        look_every(policy.STANDBY_LOOK_EVERY, look, "standby")


def look() -> None:
    """Look once how far the standby has come."""
    global reached
    before, reached = reached, seen()
    if (before is NOWHERE) != (reached is NOWHERE):
        logger.warning("Pages are %s from the standby.", "not read" if reached is NOWHERE else "read")


def seen() -> Reached:
    """Return how far the standby has come. It is NOWHERE if it does not answer, or is none, or another database's."""
    now = time.monotonic()
    try:
        with within_deadline(policy.STANDBY_PATIENCE.total_seconds()):
            primary = ask(DEFAULT_DB_ALIAS, f"SELECT ({PRIMARY_IS_AT}), {WHICH}")
            leave_promoted(connections[ALIAS])
            standby = ask(ALIAS, f"SELECT ({STANDBY_IS_AT}), {WHICH}")
    except Error:
        connections.close_all()
        return NOWHERE
    if primary is None or standby is None or standby[0] is None or primary[1:] != standby[1:]:
        connections[ALIAS].close()
        return NOWHERE
    # The primary may have gone on while it answered, so what it said holds for all that was written before `now`.
    _primary_was_at.append((now, primary[0]))
    while _primary_was_at[0][0] < now - policy.STANDBY_BEHIND.total_seconds():
        _primary_was_at.popleft()
    moments = (moment for moment, position in _primary_was_at if position <= standby[0])
    return Reached(standby[0], max(moments, default=float("-inf")))


def give_up() -> None:
    """Read nothing from the standby until the thread has seen it again."""
    global reached
    reached = NOWHERE
    connections[ALIAS].close()


@metrics.figure("dslogon_standby_behind_seconds", "How old what pages read from the standby may be.")
def behind() -> float | None:
    """Return for how long the standby may lack what was written, or None if nothing is read from it."""
    age = time.monotonic() - reached.moment
    return age if age < float("inf") else None


# What a browser has written.


class WrittenMiddleware:
    """Remembers in the browser where the primary was when a signed-in person had written something.

    The position stays for as long as the standby may lag. From then on the standby has it, or is not read.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not is_there():
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if has_written(request) and ACCOUNT in request.session:
            response.set_cookie(
                COOKIE,
                sealed_position(position_now()),
                max_age=int(policy.STANDBY_BEHIND.total_seconds()) + 1,
                secure=bool(settings.SESSION_COOKIE_SECURE),
                httponly=True,
                samesite="Lax",
            )
        return response


def has_written(request: HttpRequest) -> bool:
    """Return whether a request may have written something: a form was sent, or it has left an event."""
    return request.method not in ("GET", "HEAD", "OPTIONS") or getattr(request, "left_event", False)


def position_now() -> int:
    """Return where the primary is, or UNKNOWN if it does not say."""
    try:
        found = ask(DEFAULT_DB_ALIAS, PRIMARY_IS_AT)
    except Error:
        return UNKNOWN
    return found[0] if found else UNKNOWN


def sealed_position(position: int) -> str:
    """Return what a browser keeps of a position."""
    return urlsafe_b64encode(cipher.encrypt(str(position), context=CONTEXT)).decode()


def position_in(request: HttpRequest) -> int:
    """Return the position that this browser has to see: -1 if there is none, UNKNOWN if it cannot be read."""
    sealed = request.COOKIES.get(COOKIE, "")
    try:
        return int(cipher.decrypt(urlsafe_b64decode(sealed), context=CONTEXT)) if sealed else -1
    except (ValueError, cipher.DecryptionError):
        return UNKNOWN
