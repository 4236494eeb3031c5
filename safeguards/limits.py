"""How often something may be tried: the limits of policy, counted by django-ratelimit in the shared cache.

Keys (addresses, usernames, numbers) are hashed before they reach the cache, so that none is kept there in clear text.
Windows are fixed, and begin at a different moment for each key.

Where a try is a guess (a password, a code), call `hit` first, then judge, then call `clear` if the guess was right.
Thirty guesses at once would all pass a check that only looks. Call `hit` before you open a transaction. The counters
may be in PostgreSQL, where a transaction that is rolled back takes its counts with it. Until it ends, everybody else's
counts have to queue.

If Valkey cannot be reached, we fail closed: everybody waits a little. Otherwise an attacker who can take down the
counters would take down every limit with them.
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
    """Count one try. Return None if it may go on, or how long it is until the next one may be made.

    The first try in a window that is refused becomes an audit event. `account_id` puts that event on the account's
    trail.
    """
    hashed = _hashed(limit, key)
    try:
        usage = get_usage(None, group=limit.name, key=lambda *_: hashed, rate=_rate(limit), increment=True)
        return _turned_away(limit, hashed, account_id) if usage["should_limit"] else None
    except RedisError:
        return _without_counters()


def waiting(limit: Limit, key: str, *, account_id: int | None = None) -> timedelta | None:
    """Return how long a try would have to wait now, or None. This counts nothing."""
    return longest_wait([(limit, key)], account_id=account_id)


def longest_wait(tries: Iterable[tuple[Limit, str]], *, account_id: int | None = None) -> timedelta | None:
    """Return the longest wait for all limits that guard one action, or None, with one look at the cache.

    This counts nothing.
    """
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
    """Return True for the first call with this key, and False for every later one within the time.

    Use it for things that must not be used twice. If the counters cannot be reached, return False.
    """
    hashed = blind_index(key, purpose=f"once:{what}").hex()
    try:
        return cache.add(f"once:{hashed}", 1, within.total_seconds())
    except RedisError:
        _without_counters()
        return False


def _turned_away(limit: Limit, hashed: str, account_id: int | None) -> timedelta:
    """Return how long to wait. Record an audit event for the first try in a window that has to."""
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
    """Return an IPv6 address as its /64 network, and any other key as it is.

    A household is given a /64 network, to use as it likes.
    """
    if ":" in key:
        try:
            return str(ipaddress.ip_network(f"{key}/64", strict=False))
        except ValueError:
            pass
    return key


def _counter(limit: Limit, hashed: str) -> str:
    """Return the cache key under which django-ratelimit counts now."""
    rate = _rate(limit)
    return _make_cache_key(limit.name, _get_window(hashed, rate[1]), rate, hashed, ALL)
