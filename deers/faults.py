"""Faults of the mock registry, by setting, to try everything that waits on DEERS on its bad days.

DEERS_LATENCY_MS is how long every answer takes, in milliseconds. DEERS_FAULT is "unavailable" (refuses at once), "slow"
(never answers within the deadline) or "flapping" (refuses as often as DEERS_FAULT_RATE says, from 0 to 1).
"""

import random
import time
from collections.abc import Callable

from django.conf import settings

from deers.registry import RegistryUnavailableError

LUCK = random.SystemRandom()


def simulate(*, rng: random.Random = LUCK, sleep: Callable[[float], object] = time.sleep) -> None:
    """Wait as long as the mock's answers take.

    Raise RegistryUnavailableError if no answer is to come, no later than the deadline.
    """
    fault, deadline = settings.DEERS_FAULT, settings.DEERS_SECONDS
    if fault == "unavailable" or (fault == "flapping" and rng.random() < settings.DEERS_FAULT_RATE):
        raise RegistryUnavailableError
    seconds = deadline if fault == "slow" else settings.DEERS_LATENCY_MS / 1000
    if seconds:
        sleep(min(seconds, deadline))
    if seconds >= deadline:
        raise RegistryUnavailableError
