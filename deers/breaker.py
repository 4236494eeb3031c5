"""A circuit breaker: after some failures in a row, nobody waits for DEERS until one question was answered.

Each process has its own. A breaker that is shared through the cache would cost a query before each lookup, and would go
down together with the database. A few processes that each find out for themselves only ask DEERS a few times more.
"""

import time
from collections.abc import Callable
from threading import Lock

from core import policy


class Breaker:
    """Closed while all is well, open for a pause after the failures, and then half open: one caller may probe.

    A caller that got True from `may_ask` has to say afterwards how it went. `clock` gives seconds.
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
        """Return whether to ask now.

        Of many callers after a pause, only one gets True. After the next pause, one gets it again.
        """
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
        """Note that an answer came, so that everybody may ask again."""
        if self._failures:
            with self._lock:
                self._failures = 0

    def failed(self) -> None:
        """Note that no answer came. The pause begins after as many failures in a row as policy says."""
        with self._lock:
            self._failures += 1
            if self._failures >= policy.DEERS_FAILURES:
                self._shut_until = self._pause_ends()

    def _pause_ends(self) -> float:
        return self._clock() + policy.DEERS_PAUSE.total_seconds()
