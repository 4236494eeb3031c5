"""A circuit breaker: after some failures in a row nobody waits for DEERS any more, until one question was answered.

Each process has its own. Shared through the cache it would cost a query before each lookup, and would go down together
with the database; a few processes that each find out for themselves ask DEERS a few times more, no worse.
"""

import time
from collections.abc import Callable
from threading import Lock

from core import policy


class Breaker:
    """Closed while all is well; open for a pause after the failures; then half open: one caller may probe.

    Whoever was told True by `may_ask` has to say afterwards how it went. `clock` gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self.reset()

    def reset(self) -> None:
        """Forget everything, as after a restart."""
        self._failures = 0
        self._shut_until = 0.0

    def may_ask(self) -> bool:
        """Whether to ask now. Of many callers after a pause, one alone is told True, and again one after the next."""
        if self._failures < policy.DEERS_FAILURES:
            return True
        with self._lock:
            if self._failures < policy.DEERS_FAILURES:
                return True
            if self._clock() < self._shut_until:
                return False
            self._shut_until = self._pause_ends()
            return True

    def succeeded(self) -> None:
        """An answer came, so everybody may ask again."""
        if self._failures:
            with self._lock:
                self._failures = 0

    def failed(self) -> None:
        """No answer came. When those in a row reach the number of policy, the pause begins."""
        with self._lock:
            self._failures += 1
            if self._failures >= policy.DEERS_FAILURES:
                self._shut_until = self._pause_ends()

    def _pause_ends(self) -> float:
        return self._clock() + policy.DEERS_PAUSE.total_seconds()
