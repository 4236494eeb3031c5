"""Whether this process can serve people now, and what around it is late.

A thread looks every few seconds and keeps what it saw, so that the answer takes no time, whatever the database does.
What it says is made of the fixed words below: anybody may read it.
"""

import logging
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.storage import HashedFilesMixin, ManifestFilesMixin, staticfiles_storage
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader

from core import policy
from safeguards import heartbeat, metrics, partitions, probe
from safeguards.lookout import impatient_connection, look_every

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look saw, and when.

    What is `wrong` keeps this process from serving people. What is `late` does not. Every other process sees it too, so
    if it took them out of the load balancer, a worker that is late would take down the whole site.
    """

    at: float
    wrong: tuple[str, ...] = ()
    late: tuple[str, ...] = ()


LOOKING = ("looking",)
"""Nothing was seen yet, or nothing for too long."""
last = Seen(at=float("-inf"))


def watch() -> None:
    """Begin to look, in a thread of this process."""
    look_every(policy.LOOK_EVERY, look, "readiness")


def now() -> Seen:
    """Return what was seen last. What is too old to be believed counts as wrong."""
    is_old = time.monotonic() - last.at > policy.LOOK_BELIEVED.total_seconds()
    return Seen(last.at, (*LOOKING, *last.wrong), last.late) if is_old else last


@metrics.figure("dslogon_wrong", "What is wrong here, or late on all machines, by its word in /readyz.", label="what")
def found() -> dict[str, float] | None:
    """Return 1 for each word that is told now, or None if nobody looks in this process."""
    seen = now()
    return dict.fromkeys((*seen.wrong, *seen.late), 1.0) if seen.at > float("-inf") else None


def look() -> None:
    """Look once, and keep what was seen."""
    global last
    wrong, late = failing(HERE), []
    try:
        began = time.monotonic()
        with impatient_connection():
            ask_database()
            if time.monotonic() - began > policy.DATABASE_PATIENCE.total_seconds():
                wrong.append("database")
            wrong += failing(IN_THE_DATABASE)
            late = failing(AROUND)
    except Error:
        wrong.append("database")
    tell_change(last, seen := Seen(time.monotonic(), tuple(wrong), tuple(late)))
    last = seen


def tell_change(before: Seen, seen: Seen) -> None:
    """Log that something began to be wrong or late, or ceased to be."""
    if (before.wrong, before.late) != (seen.wrong, seen.late):
        words = (", ".join(found) or "nothing" for found in (seen.wrong, seen.late))
        logger.warning("Of this process, wrong: %s. Late on all: %s.", *words)


def failing(checks: dict[str, Callable[[], bool]]) -> list[str]:
    """Return the words of the checks that do not hold."""
    return [word for word, holds in checks.items() if not made(holds)]


def made(holds: Callable[[], bool]) -> bool:
    """Return whether a check holds. One that the database or the disk refuses does not."""
    try:
        return holds()
    except (Error, OSError):
        return False


def ask_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def assets_are_there() -> bool:
    """Return whether every file that pages refer to can be served."""
    if not isinstance(staticfiles_storage, ManifestFilesMixin):
        return True
    names = named_in(staticfiles_storage)
    return bool(names) and all((Path(settings.STATIC_ROOT) / name).is_file() for name in names)


@cache
def named_in(storage: HashedFilesMixin) -> tuple[str, ...]:
    """Return the names of the files that this process read in the manifest when it started."""
    return tuple(storage.hashed_files.values())  # type: ignore[attr-defined]


def disk_has_room() -> bool:
    """Return whether there is space where the process writes."""
    folders = [folder for folder in (settings.VAR_DIR, tempfile.gettempdir()) if Path(folder).is_dir()]
    return all(shutil.disk_usage(folder).free >= policy.DISK_FREE_MIN for folder in folders)


@cache
def last_migrations() -> dict[str, str]:
    """Return the last migration of each app that this code knows. It needs the others."""
    return dict(MigrationLoader(None).graph.leaf_nodes())


def applied_migrations() -> set[tuple[str, str]]:
    """Return app and name of every migration that the database has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app, name FROM django_migrations")
        return set(cursor.fetchall())


def schema_is_not_older() -> bool:
    """Return whether the database has every migration of this code."""
    return last_migrations().items() <= applied_migrations()


def schema_is_not_newer() -> bool:
    """Return whether the database has no migration that this code does not know.

    The processes of one release go on to serve while the next one migrates.
    """
    last = last_migrations()
    return not any(name > last[app] for app, name in applied_migrations() if app in last)


def worker_is_alive() -> bool:
    age = heartbeat.worker_age()
    return age is not None and age <= policy.WORKER_LATE


def jobs_are_in_time() -> bool:
    age = heartbeat.oldest_job_age()
    return age is None or age <= policy.JOBS_LATE


HERE = {"assets": assets_are_there, "disk": disk_has_room}
IN_THE_DATABASE = {"schema-older": schema_is_not_older, "keys": lambda: not probe.misfits()}
AROUND = {
    "schema-newer": schema_is_not_newer,
    "worker": worker_is_alive,
    "jobs": jobs_are_in_time,
    "partitions": partitions.are_ahead,
}
