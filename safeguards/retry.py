"""How a job is tried again when it fails."""

from procrastinate import RetryStrategy

# Again after 3, 9, 27 … seconds: eleven tries, the last after about a day.
PATIENTLY = RetryStrategy(max_attempts=11, exponential_wait=3)
