"""How often something may be tried: policy's limits, counted by django-ratelimit in the shared cache.

Keys (addresses, usernames, numbers) are hashed before they reach the cache, so none stands there in clear.
Windows are fixed, and begin at another moment for each key. Count before opening a transaction: with the
counters in PostgreSQL, one that is rolled back takes its counts with it and holds the row until it ends.

If Valkey cannot be reached we fail closed: everybody waits a little. An attacker who can take the counters
down would otherwise have taken every limit down with them.
"""

import ipaddress
import logging
from datetime import timedelta

from django.core.cache import cache
from django_ratelimit import ALL
from django_ratelimit.core import EXPIRATION_FUDGE, _get_window, _make_cache_key, get_usage
from redis.exceptions import RedisError

from dslogon.policy import Limit
from safeguards import audit
from safeguards.cipher import blind_index

logger = logging.getLogger(__name__)

WAIT_WITHOUT_COUNTERS = timedelta(minutes=1)


def hit(limit: Limit, key: str, *, account_id: int | None = None) -> timedelta | None:
    """Count one try. None: go on. Otherwise how long until the next one may be made.

    `account_id` puts the event about a limit reached on that account's trail.
    """
    return _wait(limit, key, count_one=True, account_id=account_id)


def waiting(limit: Limit, key: str, *, account_id: int | None = None) -> timedelta | None:
    """Whether a try would have to wait now, and for how long, without counting one."""
    return _wait(limit, key, count_one=False, account_id=account_id)


def clear(limit: Limit, key: str) -> None:
    """Forget what was counted, as after a success."""
    counter = _counter(limit, _hashed(limit, key))
    cache.delete_many([counter, f"{counter}:told"])


def _wait(limit: Limit, key: str, *, count_one: bool, account_id: int | None) -> timedelta | None:
    hashed = _hashed(limit, key)
    try:
        usage = get_usage(
            None, group=limit.name, key=lambda group, request: hashed, rate=_rate(limit), increment=count_one
        )
        if usage["count"] + (not count_one) <= usage["limit"]:
            return None
        newly = cache.add(f"{_counter(limit, hashed)}:told", 1, _rate(limit)[1] + EXPIRATION_FUDGE)
    except RedisError:
        logger.exception("The counters of attempts cannot be reached; everybody waits.")
        return WAIT_WITHOUT_COUNTERS
    if newly:
        audit.record("limit.reached", by="visitor", account_id=account_id, limit=limit.name)
    return timedelta(seconds=max(usage["time_left"], 1))


def _rate(limit: Limit) -> tuple[int, int]:
    return limit.times, int(limit.period.total_seconds())


def _hashed(limit: Limit, key: str) -> str:
    return blind_index(_household(key), purpose=f"limit:{limit.name}").hex()


def _household(key: str) -> str:
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
