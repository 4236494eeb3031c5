"""How often something may be tried: policy's limits, counted by django-ratelimit in the shared cache.

Keys (addresses, usernames, numbers) are hashed before they reach the cache, so none stands there in clear.
Windows are fixed, and begin at another moment for each key.

Where a try is a guess (a password, a code), `hit` first, then judge, then `clear` if it was right: thirty guesses
at once would all pass a check that only looks. And `hit` before opening a transaction: with the counters in
PostgreSQL, one that is rolled back takes its counts with it, and until it ends everybody else's have to queue.

If Valkey cannot be reached we fail closed: everybody waits a little. An attacker who can take the counters
down would otherwise have taken every limit down with them.
"""

import ipaddress
import logging
import time
from collections.abc import Iterable
from datetime import timedelta

from django.core.cache import cache
from django_ratelimit import ALL
from django_ratelimit.core import EXPIRATION_FUDGE, _get_window, _make_cache_key, get_usage
from redis.exceptions import RedisError

from core.policy import Limit
from safeguards import audit
from safeguards.cipher import blind_index

logger = logging.getLogger(__name__)

WAIT_WITHOUT_COUNTERS = timedelta(minutes=1)


def hit(limit: Limit, key: str, *, account_id: int | None = None) -> timedelta | None:
    """Count one try. None: go on. Otherwise how long until the next one may be made.

    `account_id` puts the event about a limit that was reached on that account's trail.
    """
    hashed = _hashed(limit, key)
    try:
        usage = get_usage(None, group=limit.name, key=lambda *_: hashed, rate=_rate(limit), increment=True)
        return _turned_away(limit, hashed, account_id) if usage["should_limit"] else None
    except RedisError:
        return _without_counters()


def waiting(limit: Limit, key: str, *, account_id: int | None = None) -> timedelta | None:
    """Whether a try would have to wait now, and for how long. Counts nothing."""
    return longest_wait([(limit, key)], account_id=account_id)


def longest_wait(tries: Iterable[tuple[Limit, str]], *, account_id: int | None = None) -> timedelta | None:
    """As `waiting`, for all limits that stand before one action, in one look at the cache."""
    counters = {_counter(limit, hashed): (limit, hashed) for limit, hashed in ((t[0], _hashed(*t)) for t in tries)}
    try:
        counts = cache.get_many(counters)
        full = [counters[counter] for counter, count in counts.items() if count >= counters[counter][0].times]
        return max((_turned_away(limit, hashed, account_id) for limit, hashed in full), default=None)
    except RedisError:
        return _without_counters()


def clear(limit: Limit, key: str) -> None:
    """Forget what was counted, as after a success."""
    counter = _counter(limit, _hashed(limit, key))
    try:
        cache.delete_many([counter, f"{counter}:told"])
    except RedisError:
        _without_counters()


def once(what: str, key: str, *, within: timedelta) -> bool:
    """True for the first who asks, False for whoever asks again in this time: for what must not be used twice."""
    hashed = blind_index(key, purpose=f"once:{what}").hex()
    try:
        return cache.add(f"once:{hashed}", 1, within.total_seconds())
    except RedisError:
        _without_counters()
        return False


def _turned_away(limit: Limit, hashed: str, account_id: int | None) -> timedelta:
    """How long to wait; the first one in a window who has to is an event in the audit trail."""
    seconds_left = _get_window(hashed, _rate(limit)[1]) - int(time.time())
    if cache.add(f"{_counter(limit, hashed)}:told", 1, seconds_left + EXPIRATION_FUDGE):
        audit.record("limit.reached", by="visitor", account_id=account_id, limit=limit.name)
    return timedelta(seconds=max(seconds_left, 1))


def _without_counters() -> timedelta:
    logger.exception("The counters of tries cannot be reached, so everybody waits.")
    return WAIT_WITHOUT_COUNTERS


def _rate(limit: Limit) -> tuple[int, int]:
    return limit.times, int(limit.period.total_seconds())


def _hashed(limit: Limit, key: str) -> str:
    return blind_index(household(key), purpose=f"limit:{limit.name}").hex()


def household(key: str) -> str:
    """An IPv6 address counts as its /64 network: that is what one household is given, to use as it likes."""
    if ":" in key:
        try:
            return str(ipaddress.ip_network(f"{key}/64", strict=False))
        except ValueError:
            pass
    return key


def _counter(limit: Limit, hashed: str) -> str:
    """The cache key under which django-ratelimit counts now."""
    rate = _rate(limit)
    return _make_cache_key(limit.name, _get_window(hashed, rate[1]), rate, hashed, ALL)
