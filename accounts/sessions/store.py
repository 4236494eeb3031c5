"""Sessions in the database, written once per request. Django's own store writes up to three times at sign-in."""

import json
import logging
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.contrib.auth import SESSION_KEY as ACCOUNT
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import DatabaseError
from django.utils import timezone
from django_otp import DEVICE_ID_SESSION_KEY as FACTOR

from accounts.models import Account, Factor, Session
from core import policy
from safeguards import client, clock, rows
from safeguards.cipher import DecryptionError, blind_index
from safeguards.middleware import current_request

# When the session began and was last seen, in seconds since 1970. The other keys in a session are Django's.
BEGAN = "signed_in_at"
SEEN = "seen_at"

log = logging.getLogger(__name__)


class Ended(StrEnum):
    """Why a session that a browser still has the key of is over."""

    IDLE = "idle"
    OLD = "old"
    # It was ended from another device or by a change to the account, or its holder signed out. Its row is gone, so it
    # may also have been the session of a visitor.
    ELSEWHERE = "elsewhere"


class SessionStore(db.SessionStore):
    """Django's store, except for what it writes and when.

    The row is found by a keyed hash of the cookie's key, and its data is encrypted. A new key is not looked up first:
    165 random bits never meet twice, and the primary key would refuse a duplicate. A renewed session is written when it
    is saved, not before, and replaces the row that it had. What was saved inside a transaction is not written again by
    the middleware, so that a sign-in is one transaction.
    """

    purpose = "session"
    for_staff = False
    _written: tuple[str | None, str] | None = None
    _left: str | None = None
    ended: Ended | None = None

    @property
    def idle(self) -> timedelta:
        """Return how long a session may be idle."""
        return policy.SESSION_IDLE

    @property
    def life(self) -> timedelta:
        """Return how long a session may last in all."""
        return policy.SESSION_LIFE

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    @classmethod
    def row_key(cls, session_key: str | None) -> str:
        """Return the primary key of a session's row. The cookie's key cannot be computed from it."""
        return blind_index(session_key or "", purpose=cls.purpose).hex()

    def encode(self, session_dict: dict[str, Any]) -> str:
        return json.dumps(session_dict)

    def decode(self, session_data: str | bytes) -> dict[str, Any]:
        return json.loads(session_data)

    def load(self) -> dict[str, Any]:
        row = rows.first(Session, "session_key = %s", [self.row_key(self.session_key)])
        try:
            if row and row.expire_date > timezone.now():
                return self.decode(row.session_data)
        except DecryptionError:
            log.warning("A session was encrypted with a key that is gone. Its holder has to sign in again.")
        self.ended = self.end_of(row)
        self._session_key = None
        return {}

    def end_of(self, row: Session | None) -> Ended | None:
        """Return why this session is over, or None if nobody was signed in."""
        if row is None:
            return Ended.ELSEWHERE
        if row.began_at is None:
            return None
        return Ended.OLD if row.began_at + self.life <= timezone.now() else Ended.IDLE

    @classmethod
    def clear_expired(cls) -> None:
        """Delete the sessions that ended a while ago. Until then their holders are told why."""
        Session.objects.filter(expire_date__lt=clock.now() - policy.ENDED_SESSIONS_KEPT).delete()

    def exists(self, session_key: str) -> bool:
        return False

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key or self._left
        if key:
            Session.objects.filter(pk=self.row_key(key)).delete()

    def cycle_key(self) -> None:
        """Keep the session's data under a new key.

        The new key is created when the session is saved, and the old one ends then.
        """
        self._get_session()  # type: ignore[attr-defined]
        self._left = self.session_key or self._left
        self._session_key = self._written = None
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        if self.session_key is None:
            return self.create()
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        now = (self.session_key, json.dumps(data, sort_keys=True))
        if now == self._written:
            return None
        row = self.create_model_instance(data)
        try:
            if not (must_create and self.moved(row)):
                row.save(force_insert=must_create, force_update=not must_create)
        except DatabaseError as gone:
            if must_create:
                raise
            raise UpdateError from gone  # the session was ended elsewhere in the meantime
        self._written = now
        return None

    def moved(self, row: Session) -> bool:
        """Return whether the row that `cycle_key` left behind became `row`: one statement instead of two."""
        left, self._left = self._left, None
        if left is None:
            return False
        values = {field.attname: field.pre_save(row, add=False) for field in Session._meta.concrete_fields}
        return bool(Session.objects.filter(pk=self.row_key(left)).update(**values))

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Return the row of this session. Its address and device come from the current request."""
        request, began = current_request.get(), moment(data.get(BEGAN))
        ends = timezone.now() + self.idle
        return Session(
            session_key=self.row_key(self.session_key),
            session_data=self.encode(data),
            expire_date=min(ends, began + self.life) if began else ends,
            account_id=data.get(ACCOUNT),
            began_at=began,
            seen_at=moment(data.get(SEEN)),
            address=(client.address(request) or None) if request else None,
            device=client.device(request) if request else "",
            with_factor=FACTOR in data,
        )


class StaffSessionStore(SessionStore):
    """Sessions under /admin/. They are shorter, and their keys open nothing elsewhere."""

    purpose = "staff-session"
    for_staff = True

    @property
    def idle(self) -> timedelta:
        return policy.STAFF_SESSION_IDLE

    @property
    def life(self) -> timedelta:
        return policy.STAFF_SESSION_LIFE


def moment(seconds: int | None) -> datetime | None:
    """Return seconds since 1970, as sessions keep them, as a datetime in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def factor_label(factor: Factor) -> str:
    """Return how a session notes the factor that it began with."""
    return f"{factor._meta.label_lower}/{factor.pk}"


def end_with_factor(account: Account, factor: Factor) -> None:
    """End the account's sessions that began with this factor.

    Their data is encrypted, so each one is decrypted to find its factor.
    """
    name = factor_label(factor)
    for row in Session.objects.filter(account=account, with_factor=True):
        try:
            begun_with = json.loads(row.session_data).get(FACTOR)
        except DecryptionError:  # its key is gone, so nobody can use this session
            continue
        if begun_with == name:
            row.delete()
