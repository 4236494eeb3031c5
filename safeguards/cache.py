"""Caches that count right: one unlogged PostgreSQL table, and one atomic statement for each operation; or Valkey.

django-ratelimit needs an `add` and an `incr` that lose nothing under load. Django's DatabaseCache reads, computes and
writes back, and so loses most of the counts. Set CACHE_URL to use Valkey instead. Of the one in PostgreSQL:

* Values are JSON, never pickles. Anybody who can write to a cache of pickles can run code in the web server.
* The cache uses the request's own connection. Inside a transaction, a count is final only when that commits. If that is
  rolled back, the count is lost. So limits are counted before a transaction is opened.
* The table is unlogged. A restart keeps it. A crash of the server empties it, as a restart of Valkey would.
* Every entry that is written deletes two that have run out, so the table stays as small as its use.
"""

import json
from collections.abc import Iterable
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from django.db import connection

GET = "SELECT key, value FROM safeguards_cache WHERE key = ANY(%(keys)s) AND expires > statement_timestamp()"
SET = """
    WITH dead AS (
        DELETE FROM safeguards_cache WHERE key = ANY(ARRAY(
            SELECT key FROM safeguards_cache WHERE expires <= statement_timestamp() AND key <> %(key)s
            ORDER BY expires LIMIT 2 FOR UPDATE SKIP LOCKED
        ))
    )
    INSERT INTO safeguards_cache AS entry (key, value, expires)
    VALUES (
        %(key)s, %(value)s, coalesce(statement_timestamp() + make_interval(secs => %(seconds)s), 'infinity')
    )
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires
"""
ADD = f"{SET} WHERE entry.expires <= statement_timestamp()"
# An INSERT ... ON CONFLICT would count as well. But a counter that does not exist must stay so, because Django raises
# an error then.
INCR = """
    UPDATE safeguards_cache SET value = (value::bigint + %(delta)s)::text
    WHERE key = %(key)s AND expires > statement_timestamp() RETURNING value::bigint
"""
TOUCH = """
    UPDATE safeguards_cache
    SET expires = coalesce(statement_timestamp() + make_interval(secs => %(seconds)s), 'infinity')
    WHERE key = %(key)s AND expires > statement_timestamp() RETURNING key
"""
DELETE = "DELETE FROM safeguards_cache WHERE key = ANY(%(keys)s) RETURNING expires > statement_timestamp()"


class PostgresCache(BaseCache):
    """Django's cache interface over the table `safeguards_cache`. A value can be everything that JSON can say."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self.get_many([key], version=version).get(key, default)

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        by_row_key = {self.make_and_validate_key(key, version=version): key for key in keys}
        return {by_row_key[key]: json.loads(value) for key, value in _rows(GET, keys=list(by_row_key))}

    def set(self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._write(SET, key, value, timeout, version)

    def add(self, key: str, value: Any, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Set the value unless a live one is there. Of many that add at once, exactly one gets True."""
        return self._write(ADD, key, value, timeout, version)

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Add `delta` to a live counter in one statement, and keep its time to live.

        Raise ValueError if there is no such counter.
        """
        rows = _rows(INCR, key=self.make_and_validate_key(key, version=version), delta=delta)
        if not rows:
            raise ValueError("There is no such counter, or it has run out.")
        return rows[0][0]

    def touch(self, key: str, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        row_key = self.make_and_validate_key(key, version=version)
        return bool(_rows(TOUCH, key=row_key, seconds=self._seconds(timeout)))

    def delete(self, key: str, version: int | None = None) -> bool:
        return (True,) in _rows(DELETE, keys=[self.make_and_validate_key(key, version=version)])

    def delete_many(self, keys: Iterable[str], version: int | None = None) -> None:
        _rows(DELETE, keys=[self.make_and_validate_key(key, version=version) for key in keys])

    def clear(self) -> None:
        _rows("DELETE FROM safeguards_cache RETURNING key")

    def _write(self, statement: str, key: str, value: Any, timeout: float | None, version: int | None) -> bool:
        row_key = self.make_and_validate_key(key, version=version)
        written = _rows(
            f"{statement} RETURNING key", key=row_key, value=json.dumps(value), seconds=self._seconds(timeout)
        )
        return bool(written)

    def _seconds(self, timeout: Any) -> float | None:
        """Return the seconds to live, or None for no end."""
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return None if seconds is None else float(seconds)


def _rows(statement: str, **values: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


# Django's own looks whether the counter is there, and then counts. One that was cleared in between would begin again
# without an end.
INCR_IF_THERE = "if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('INCRBY', KEYS[1], ARGV[1]) end"


class ValkeyClient(RedisCacheClient):
    """Django's client, with an `incr` of one step."""

    def incr(self, key: Any, delta: int) -> int:
        """Add `delta` to a counter, and keep its time to live. Raise ValueError if there is no such counter."""
        count: int | None = self.get_client(key, write=True).eval(INCR_IF_THERE, 1, key, delta)
        if count is None:
            raise ValueError("There is no such counter, or it has run out.")
        return count


class ValkeyCache(RedisCache):
    """Django's cache in Valkey or Redis, counting with ValkeyClient."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = ValkeyClient
