"""What ails the mock registry, by setting, so that everything which waits on DEERS can be tried on its bad days.

DEERS_LATENCY_MS: how long every answer takes, in milliseconds. DEERS_FAULT: "unavailable" (refuses at once), "slow"
(never answers within the deadline) or "flapping" (refuses as often as DEERS_FAULT_RATE says, from 0 to 1).
"""

import random
import time
from collections.abc import Callable

from django.conf import settings

from core import policy
from deers.registry import RegistryUnavailableError

LUCK = random.SystemRandom()


def simulate(*, rng: random.Random = LUCK, sleep: Callable[[float], object] = time.sleep) -> None:
    """Wait as long as the mock's answers take; RegistryUnavailableError if none is to come, at the latest in time."""
    fault, deadline = settings.DEERS_FAULT, policy.DEERS_DEADLINE.total_seconds()
    if fault == "unavailable" or (fault == "flapping" and rng.random() < settings.DEERS_FAULT_RATE):
        raise RegistryUnavailableError
    seconds = deadline if fault == "slow" else settings.DEERS_LATENCY_MS / 1000
    if seconds:
        sleep(min(seconds, deadline))
    if seconds >= deadline:
        raise RegistryUnavailableError
