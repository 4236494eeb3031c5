"""What is counted and measured for Prometheus, and the port at which it is told.

No label names a person, and each has few values: names of pages, jobs, limits and events that stand in our code.
Every process counts in files of its own, and one of them answers for all (docs/adr/0051-probes.md).
"""

import errno
import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from psutil import pid_exists

from core import policy
from safeguards.lookout import impatient_connection, look_every

logger = logging.getLogger(__name__)

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, float("inf"))

REQUESTS = Counter("dslogon_requests", "Requests that were answered.", ["route", "method", "status"])
REQUEST_SECONDS = Histogram("dslogon_request_seconds", "How long answers took to begin.", ["route"], buckets=SECONDS)
QUEUE_SECONDS = Histogram("dslogon_queue_seconds", "How long requests waited for a thread.", buckets=SECONDS)

HASH_SECONDS = Histogram("dslogon_hash_wait_seconds", "How long passwords waited for a place.", buckets=SECONDS)
HASHES_WAITING = Gauge("dslogon_hashes_waiting", "Passwords that wait for a place.", multiprocess_mode="livesum")
HASHES_RUNNING = Gauge("dslogon_hashes_running", "Passwords that are hashed.", multiprocess_mode="livesum")
HASH_PLACES = Gauge("dslogon_hash_places", "Places for passwords that are hashed.", multiprocess_mode="livesum")
HASHES_REFUSED = Counter("dslogon_hashes_refused", "Passwords that waited for too long.")

LIMITS_HIT = Counter("dslogon_limits_hit", "Tries that had to wait, by the limit.", ["limit"])
COUNTERS_LOST = Counter("dslogon_counters_lost", "Tries that nobody could count.")
EVENTS = Counter("dslogon_events", "Events of the audit trail, some by the way of proofing.", ["event", "route"])
MAIL = Counter("dslogon_mail", "Emails, by what became of them.", ["outcome"])
JOBS = Counter("dslogon_jobs", "Jobs of the worker that ended.", ["task", "outcome"])

READ = ("GET", "HEAD", "OPTIONS")
OUR_FILES = "(file)"
NO_PAGE = "(none)"


def route_of(request: HttpRequest) -> str:
    """Return the name of the page that was asked for. Addresses that lead nowhere have one name together."""
    if match := request.resolver_match:
        return match.view_name
    return OUR_FILES if request.path.startswith(settings.STATIC_URL) else NO_PAGE


def method_of(request: HttpRequest) -> str:
    """Return whether the request only reads. A client may send any word as its method."""
    return "read" if request.method in READ else "write"


def count_request(request: HttpRequest, status: int, began: float) -> None:
    """Count a request that was answered, and how long that took."""
    route = route_of(request)
    REQUESTS.labels(route, method_of(request), status).inc()
    REQUEST_SECONDS.labels(route).observe(time.monotonic() - began)
    # The web server notes when it took the request in.
    if taken_in := request.META.get("dslogon.began"):
        QUEUE_SECONDS.observe(began - taken_in)


# What is read from time to time, because it stands in the database.

Figure = Callable[[], float | dict[str, float] | None]
F = TypeVar("F", bound=Figure)
figures: dict[str, tuple[str, str, Figure]] = {}
found: dict[str, dict[str, float]] = {}


def figure(name: str, says: str, label: str = "") -> Callable[[F], F]:
    """Tell what the function returns as a figure: a number, a number for each value of the label, or None for none."""

    def keep(read: F) -> F:
        figures[name] = says, label, read
        return read

    return keep


@figure("dslogon_log_received", "Whether a standby or the backups receive the database's log, by slot.", label="slot")
def read_receivers() -> dict[str, float]:
    """Return 1 for each slot whose log is received now, and 0 for each other one."""
    return of_slots("active::int")


@figure("dslogon_log_kept_bytes", "Log that the database keeps until it is received, by slot.", label="slot")
def read_log_kept() -> dict[str, float]:
    """Return the bytes kept for each slot, infinitely many if the log of one is lost."""
    return of_slots("coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 'Infinity')")


def of_slots(what: str) -> dict[str, float]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT slot_name, {what} FROM pg_replication_slots WHERE slot_type = 'physical'")  # noqa: S608
        return {slot: float(value) for slot, value in cursor.fetchall()}


def look() -> None:
    """Read every figure. One that cannot be read is not told, rather than told as it was."""
    global found
    seen: dict[str, dict[str, float]] = {}
    try:
        with impatient_connection():
            for name, (_, _, read) in figures.items():
                value = read_or_none(read)
                if value is not None:
                    seen[name] = value if isinstance(value, dict) else {"": value}
    except Error:
        logger.warning("The database does not answer, so no figures are told that stand in it.")
    found = seen


def read_or_none(read: Figure) -> float | dict[str, float] | None:
    try:
        return read()
    except Error:
        return None


class Figures(Collector):
    """Tells the figures that were read last."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, values in found.items():
            says, label, _ = figures[name]
            family = GaugeMetricFamily(name, says, labels=[label] if label else [])
            for value, number in values.items():
                family.add_metric([value] if label else [], number)
            yield family


class OfAllProcesses(MultiProcessCollector):
    """Tells what all processes have counted. What one that is gone was doing is done."""

    def collect(self) -> Iterator:
        for file in Path(self._path).glob("gauge_live*_*.db"):
            pid = int(file.stem.rpartition("_")[2])
            if not pid_exists(pid):
                mark_process_dead(pid, self._path)
        return super().collect()


is_answering = False


def serve() -> None:
    """Tell the figures of this machine at settings.METRICS_PORT, unless another process of ours does it already."""
    if settings.METRICS_PORT:
        look_every(policy.METRICS_LOOK_EVERY, answer_and_look, "metrics")


def answer_and_look() -> None:
    """Begin to answer if the port is free: the process that answered may have ended. Then read the figures."""
    global is_answering
    if not is_answering:
        try:
            start_http_server(settings.METRICS_PORT, settings.METRICS_HOST, registry=registry())
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return
            raise
        is_answering = True
    look()


def registry() -> CollectorRegistry:
    """Return all that is told: of all processes if they share a folder, and otherwise of this one."""
    ours = CollectorRegistry() if "PROMETHEUS_MULTIPROC_DIR" in os.environ else REGISTRY
    if ours is not REGISTRY:
        OfAllProcesses(ours)
    ours.register(Figures())
    return ours
