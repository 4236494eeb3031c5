"""Sessions in the database, written once a request: Django's own store writes up to three times at sign-in."""

import json

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import DatabaseError


class SessionStore(db.SessionStore):
    """Django's store, but for when it writes.

    A new key is not looked up first: 165 random bits meet no other, and the primary key would refuse. A renewed
    session is written when it is saved, not before. What was saved inside a transaction is not written again by the
    middleware, so that a sign-in is one transaction.
    """

    _written: tuple[str | None, str] | None = None

    def exists(self, session_key: str) -> bool:
        return False

    def cycle_key(self) -> None:
        """Keep what the session holds, under a key that is made when it is saved; the old key ends now."""
        self._get_session()  # type: ignore[attr-defined]
        if self.session_key:
            self.delete(self.session_key)
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
            row.save(force_insert=must_create, force_update=not must_create)
        except DatabaseError as gone:
            if must_create:
                raise
            raise UpdateError from gone  # signed out elsewhere in the meantime
        self._written = now
        return None
