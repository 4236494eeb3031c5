"""The module that Django loads for the ENGINE safeguards.postgres."""

import logging
import re
import select
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.core.management import CommandError
from django.db import OperationalError
from django.db.backends import utils
from django.db.backends.postgresql import base, schema

from core import policy

logger = logging.getLogger(__name__)

BESIDE_TRAFFIC = re.compile(r'\s*(CREATE (?:UNIQUE )?|DROP )INDEX CONCURRENTLY (?:IF (?:NOT )?EXISTS )?"?(\w+)')
"""A statement that holds up nobody, however long it takes."""
HALF_MADE = "SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(%s) AND NOT indisvalid"


def until_locks_are_free(work: Callable[[], object]) -> None:
    """Do what needs locks, and again after a pause where one was not free. What did not get its lock did nothing.

    Raise CommandError if it was tried often enough.
    """
    for _ in range(policy.MIGRATION_TRIES):
        try:
            work()
            return
        except OperationalError as error:
            if not isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
                raise
            logger.warning("A table that a migration changes is in use. It is tried again soon.")
            time.sleep(policy.MIGRATION_PAUSE.total_seconds())
    raise CommandError("A table that a migration changes was always in use, so it was given up. Run migrate again.")


class DatabaseSchemaEditor(schema.DatabaseSchemaEditor):
    """Django's own, for tables that are in use. What it does in a transaction, the command migrate does again."""

    def execute(self, sql: Any, params: Sequence[Any] | None = ()) -> None:
        """Send a statement, with the patience that it deserves."""
        usual = super().execute
        if self.collect_sql or self.connection.in_atomic_block:
            usual(sql, params)
        elif found := BESIDE_TRAFFIC.match(str(sql)):
            with self.lasting_patience():
                if found[1].startswith("CREATE"):
                    self.drop_half_made(found[2])
                usual(sql, params)
        else:
            until_locks_are_free(lambda: usual(sql, params))

    @contextmanager
    def lasting_patience(self) -> Iterator[None]:
        """Wait for every transaction that is older. If one is waited for in vain, a half-made index is left."""
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout')")
            usual = cursor.fetchall()[0][0]
            cursor.execute("SET lock_timeout = 0")
            try:
                yield
            finally:
                cursor.execute("SELECT set_config('lock_timeout', %s, false)", [usual])

    def drop_half_made(self, index: str) -> None:
        """Drop what is left of an index whose making ended midway. It would stay unused, and slow down each change."""
        with self.connection.cursor() as cursor:
            cursor.execute(HALF_MADE, [index])
            if cursor.fetchall():
                cursor.execute(f"DROP INDEX CONCURRENTLY {self.quote_name(index)}")


class ThoroughMixin:
    """A cursor whose every use raises Django's exceptions. Django leaves psycopg's in a COPY, and when it is closed."""

    cursor: Any
    db: "DatabaseWrapper"

    def close(self) -> None:
        """Close it. The server is told of one that is its own, and where it is gone, the next statement says so."""
        try:
            self.cursor.close()
        except psycopg.Error:
            if not self.db.is_lost():
                raise

    @contextmanager
    def copy(self, statement: Any, params: Any = None) -> Iterator[psycopg.Copy]:
        """Yield psycopg's object that rows are written to, or read from.

        Where the server ends the connection midway, psycopg finds two results instead of one and raises ValueError.
        That is OperationalError here.
        """
        with self.db.wrap_database_errors:
            try:
                with self.cursor.copy(statement, params) as copying:
                    yield copying
            except ValueError as cut_off:
                if not self.db.is_lost():
                    raise
                raise psycopg.OperationalError("The server ended the connection in a COPY.") from cut_off


class CursorWrapper(ThoroughMixin, utils.CursorWrapper):
    """Django's own, with all of psycopg's exceptions as Django's."""


class CursorDebugWrapper(ThoroughMixin, base.CursorDebugWrapper):
    """The same, where statements are counted."""

    @contextmanager
    def copy(self, statement: Any, params: Any = None) -> Iterator[psycopg.Copy]:
        """Do that, and count it as one statement."""
        with self.debug_sql(statement, params), super().copy(statement, params) as copying:
            yield copying


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own wrapper, with time limits and a cheaper check of kept connections.

    The limits are TIME_LIMITS of settings.DATABASES, in seconds, by PostgreSQL's own names. With READ_ONLY, nothing can
    be written by mistake.
    """

    SchemaEditorClass = DatabaseSchemaEditor

    def make_cursor(self, cursor: Any) -> CursorWrapper:
        """Wrap psycopg's cursor."""
        return CursorWrapper(cursor, self)

    def make_debug_cursor(self, cursor: Any) -> CursorDebugWrapper:
        """Wrap psycopg's cursor where statements are counted."""
        return CursorDebugWrapper(cursor, self)

    def init_connection_state(self) -> None:
        """Set what the server keeps for this connection.

        One statement for a new connection. As an option of the connection it would cost none, but PgBouncer takes no
        such options.
        """
        super().init_connection_state()
        limits = self.settings_dict.get("TIME_LIMITS", {})
        values = {name: f"{seconds * 1000:.0f}" for name, seconds in limits.items()}
        if self.settings_dict.get("READ_ONLY"):
            values["default_transaction_read_only"] = "on"
        if values:
            wanted = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in values.items())
            with self.connection.cursor() as cursor:
                cursor.execute(f"SELECT {wanted}")

    def is_usable(self) -> bool:
        """Return whether the connection is still open, and its server has not turned into one that only reads.

        A server that ends a connection says so, and one that is gone hangs up. Both can be heard without a query. A
        question, a fifth of the cost of a page with a single query, is sent only if something is heard, or if the last
        use ended in an error: that may have been the refusal to write.
        """
        if self.is_lost():
            return False
        line = select.poll()
        line.register(self.connection.pgconn.socket, select.POLLIN)
        return not (self.errors_occurred or line.poll(0)) or self.may_be_written()

    def is_lost(self) -> bool:
        """Return whether there is no connection, or one that has ended and was used since."""
        return self.connection is None or self.connection.closed

    def may_be_written(self) -> bool:
        """Return whether the server answers, and takes what we write if we want to write."""
        try:
            with self.connection.cursor() as cursor:
                cursor.execute("SHOW transaction_read_only")
                return cursor.fetchone() == ("off",) or self.settings_dict.get("READ_ONLY", False)
        except self.Database.Error:
            return False
