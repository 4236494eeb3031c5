"""How a job is tried again when it fails."""

from procrastinate import RetryStrategy

from core import policy

# Again after 3, 9, 27 … seconds: eleven tries, the last after about a day.
PATIENTLY = RetryStrategy(max_attempts=policy.JOB_TRIES, exponential_wait=3)
# Again after 3, 9, 27 and 81 seconds.
BRIEFLY = RetryStrategy(max_attempts=policy.JOB_TRIES_BRIEFLY, exponential_wait=3)
