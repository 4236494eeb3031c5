"""How often something may be tried: the limits of policy, counted by django-ratelimit in the shared cache.

Keys (addresses, usernames, numbers) are hashed before they reach the cache, so that none is kept there in clear text.
Windows are fixed, and begin at a different moment for each key.

Where a try is a guess (a password, a code), call `hit` first, then judge, then call `clear` if the guess was right.
Thirty guesses at once would all pass a check that only looks. Call `hit` before you open a transaction. The counters
may be in PostgreSQL, where a transaction that is rolled back takes its counts with it. Until it ends, everybody else's
counts have to queue.

If the counters cannot be reached, we fail closed: nothing is judged. Otherwise an attacker who can take down the
counters would take down every limit with them. But nobody made too many tries then, so nobody is told so and no event
says so: CountersUnavailable is raised, and the answer is a 503 that says what is wrong.
"""

import ipaddress
import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

from django.core.cache import cache
from django.db import InterfaceError, OperationalError
from django_ratelimit import ALL
from django_ratelimit.core import EXPIRATION_FUDGE, _get_window, _make_cache_key, get_usage
from redis.exceptions import RedisError

from core import policy
from core.policy import Limit
from core.words import duration
from safeguards import audit, metrics
from safeguards.cipher import blind_index

logger = logging.getLogger(__name__)

# Valkey's failures, and those of a PostgreSQL that counts.
FAILURES = (RedisError, OperationalError, InterfaceError)
# django-ratelimit begins a counter, and if it is there counts on. In between somebody else's success may clear it.
# Then the count is lost, and made once more. Nobody clears one so often in the midst of one try.
COUNTED_WITHIN = 10


class CountersUnavailable(Exception):
    """The counters cannot be reached, so nothing that is limited can be judged now.

    Its text is the sentence for the person.
    """

    def __init__(self) -> None:
        wait = duration(policy.COUNTERS_RETRY)
        super().__init__(
            "Something on our side does not work right now, so we could not check this and nothing was changed. "
            f"Wait {wait}, then try again."
        )


def hit(limit: Limit, key: str, *, account_id: int | None = None) -> timedelta | None:
    """Count one try. Return None if it may go on, or how long it is until the next one may be made.

    The first try in a window that is refused becomes an audit event. `account_id` puts that event on the account's
    trail. Raise CountersUnavailable if it could not be counted.
    """
    hashed = _hashed(limit, key)
    with reaching_counters():
        for _ in range(COUNTED_WITHIN):
            usage = get_usage(None, group=limit.name, key=lambda *_: hashed, rate=_rate(limit), increment=True)
            if usage["limit"]:  # is 0 when the count was lost
                return _turned_away(limit, hashed, account_id) if usage["should_limit"] else None
        raise CountersUnavailable


def waiting(limit: Limit, key: str, *, account_id: int | None = None) -> timedelta | None:
    """Return how long a try would have to wait now, or None. This counts nothing."""
    return longest_wait([(limit, key)], account_id=account_id)


def longest_wait(tries: Iterable[tuple[Limit, str]], *, account_id: int | None = None) -> timedelta | None:
    """Return the longest wait for all limits that guard one action, or None, with one look at the cache.

    This counts nothing. Raise CountersUnavailable if there is nothing to look at.
    """
    return max(full(tries, account_id=account_id, quietly=False).values(), default=None)


def full(
    tries: Iterable[tuple[Limit, str]], *, account_id: int | None = None, quietly: bool = True
) -> dict[tuple[Limit, str], timedelta]:
    """Return those of the limits that are full now, each with its wait. With one look at the cache; it counts nothing.

    Unless `quietly`, a try is turned away by this, which becomes an audit event as with `hit`. Raise
    CountersUnavailable if there is nothing to look at.
    """
    over = waits(counts(tries))
    if quietly:
        return over
    with reaching_counters():
        return {(limit, key): _turned_away(limit, _hashed(limit, key), account_id) for limit, key in over}


def waits(counted: Mapping[tuple[Limit, str], int]) -> dict[tuple[Limit, str], timedelta]:
    """Return those of the limits that are full by these counts, each with its wait. It asks and counts nothing."""
    over = (tried for tried, count in counted.items() if count >= tried[0].times)
    return {(limit, key): _time_left(limit, _hashed(limit, key)) for limit, key in over}


def counts(tries: Iterable[tuple[Limit, str]]) -> dict[tuple[Limit, str], int]:
    """Return how many tries were counted in this window, with one look at the cache. It counts nothing."""
    counters = {_counter(limit, _hashed(limit, key)): (limit, key) for limit, key in tries}
    with reaching_counters():
        return {counters[counter]: count for counter, count in cache.get_many(counters).items()}


def left(limit: Limit, key: str) -> int:
    """Return how many more tries may be made in this window."""
    counter = _counter(limit, _hashed(limit, key))
    with reaching_counters():
        return max(limit.times - (cache.get(counter) or 0), 0)


def take_back(limit: Limit, key: str, *, tries: int = 1) -> None:
    """Uncount tries that this request has counted, because they were no guesses: right, or judged by nobody.

    Unlike `clear` it leaves what others have counted. With 0 `tries` it does the same work and leaves all. If the
    window has ended meanwhile, or the counters cannot be reached, the try stays counted.
    """
    try:
        cache.incr(_counter(limit, _hashed(limit, key)), -tries)
    except ValueError:
        pass
    except FAILURES:
        logger.exception("A try could not be taken back, because the counters cannot be reached.")


def clear(limit: Limit, key: str) -> None:
    """Forget what was counted, as after a success.

    If the counters cannot be reached, the count stays. What was judged is judged.
    """
    counter = _counter(limit, _hashed(limit, key))
    try:
        cache.delete_many([counter, f"{counter}:told"])
    except FAILURES:
        logger.exception("A count of tries could not be cleared, because the counters cannot be reached.")


def once(what: str, key: str, *, within: timedelta) -> bool:
    """Return True for the first call with this key, and False for every later one within the time.

    Use it for things that must not be used twice. Raise CountersUnavailable if nobody can tell which call is first.
    """
    hashed = blind_index(key, purpose=f"once:{what}").hex()
    with reaching_counters():
        return cache.add(f"once:{hashed}", 1, within.total_seconds())


def _turned_away(limit: Limit, hashed: str, account_id: int | None) -> timedelta:
    """Return how long to wait. Record an audit event for the first try in a window that has to."""
    wait = _time_left(limit, hashed)
    metrics.LIMITS_HIT.labels(limit.name).inc()
    if cache.add(f"{_counter(limit, hashed)}:told", 1, wait.total_seconds() + EXPIRATION_FUDGE):
        audit.record("limit.reached", by="visitor", account_id=account_id, limit=limit.name)
    return wait


def _time_left(limit: Limit, hashed: str) -> timedelta:
    return timedelta(seconds=max(_get_window(hashed, _rate(limit)[1]) - int(time.time()), 1))


@contextmanager
def reaching_counters() -> Iterator[None]:
    """Turn a failure of the cache, in which the counters are, into CountersUnavailable."""
    try:
        yield
    except FAILURES as failure:
        logger.exception("The counters of tries cannot be reached, so nothing is judged.")
        metrics.COUNTERS_LOST.inc()
        raise CountersUnavailable from failure


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
