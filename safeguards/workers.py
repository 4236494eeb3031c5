"""Workers: a process for each queue, so that what holds one up holds no other up.

The command `manage.py procrastinate worker` watches them. A worker ends when it loses the database, when a job of it
does not end, and when the clocks differ. It is started again once the database answers and the clocks agree. What it
had begun is done again (`give_back_stalled`), so every job of ours must tolerate that.

See docs/jobs.md and docs/adr/0052-workers.md.
"""

import asyncio
import logging
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any, NoReturn

import procrastinate.worker
import psycopg
from django.conf import settings
from django.db import Error, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from procrastinate import PsycopgConnector, exceptions
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.job_context import JobContext
from procrastinate.middleware import AsyncCallNext
from procrastinate.periodic import PeriodicDeferrer

from core import policy
from safeguards import clock
from safeguards.probe import require_fitting_keys
from safeguards.readiness import made, schema_is_not_older
from safeguards.retry import BRIEFLY, PATIENTLY

logger = logging.getLogger(__name__)

CALENDAR_QUEUE = "housekeeping"
"""The queue whose worker keeps the calendar."""
AWAY = "The database cannot be used"
OLDER = "The database is older than this code: run manage.py migrate."
THREADS_TO_SPARE = 2
"""Threads of a worker beside those of its jobs: for what the event loop itself asks of threads, such as names."""
CONNECTIONS = 2
"""Connections of a worker beside one for each of its jobs and one that listens."""

# A job that another worker has given back meanwhile is not `doing` any more, or it is locked. One that was given back
# too often is one that kills its worker.
GIVE_BACK = """
    WITH stalled AS (
        SELECT id, attempts FROM procrastinate_jobs AS job WHERE status = 'doing' AND NOT EXISTS (
            SELECT FROM procrastinate_workers
            WHERE id = job.worker_id AND last_heartbeat >= now() - make_interval(secs => %(silent)s)
        ) FOR UPDATE SKIP LOCKED
    )
    SELECT id, CASE WHEN attempts < %(tries)s
        THEN procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL)
        ELSE procrastinate_finish_job_v1(id, 'failed', false)
    END FROM stalled
"""


class DeadlineError(Exception):
    """A job took longer than its queue allows."""


class Ended(BaseException):
    """The workers were asked to end."""


def keep_working(queues: Sequence[str], options: Mapping[str, Any]) -> None:
    """Keep a worker at work for each of these queues, until this process is asked to end.

    `options` are procrastinate's, for each worker. Raise ImproperlyConfigured if the keys do not fit the database.
    """
    crew: dict[str, BaseProcess] = {}
    tries, said_at = 0, float("-inf")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    try:
        while True:
            trouble = find_trouble()
            if trouble and time.monotonic() - said_at >= policy.WORKERS_TROUBLE_SAID_EVERY.total_seconds():
                logger.warning("The workers wait. %s", trouble)
                said_at = time.monotonic()
            if trouble and not trouble.startswith(AWAY):
                tell_to_end(crew)
            ended = () if trouble else look_after(crew, queues, options)
            tries = tries + 1 if trouble or ended else 0
            if tries:
                time.sleep(pause(tries))
    except Ended:
        pass
    finally:
        while tell_to_end(crew):
            wait([process.sentinel for process in crew.values()], 1)


def end(number: int, frame: FrameType | None) -> NoReturn:
    """Unwind. A second signal changes nothing, because the end is already under way."""
    for again in (signal.SIGTERM, signal.SIGINT):
        signal.signal(again, lambda *_: None)
    raise Ended


def find_trouble() -> str:
    """Return why no worker can work now, or "" if all is well. Raise ImproperlyConfigured if the keys do not fit."""
    try:
        clock.now()
        require_fitting_keys()
        if not made(schema_is_not_older):
            return OLDER
    except Error as lost:
        return f"{AWAY} ({type(lost).__name__})."
    except clock.ClocksDifferError as differ:
        return str(differ)
    finally:
        connection.close()  # a worker must not begin with the connection of another process
    return ""


def look_after(crew: dict[str, BaseProcess], queues: Sequence[str], options: Mapping[str, Any]) -> list[str]:
    """Start the workers that are not there, watch all for a while, and return the queues of those that have ended."""
    for queue in queues:
        before = crew.get(queue)
        if before is None or not before.is_alive():
            if before:
                logger.warning("The worker of %s had ended (%s). It is started again.", queue, before.exitcode)
            crew[queue] = multiprocessing.get_context("fork").Process(target=work, args=(queue, options), name=queue)
            crew[queue].start()
    wait([process.sentinel for process in crew.values()], policy.WORKERS_LOOKED_AFTER_EVERY.total_seconds())
    return [queue for queue, process in crew.items() if not process.is_alive()]


def tell_to_end(crew: Mapping[str, BaseProcess]) -> list[BaseProcess]:
    """Tell all workers to finish what they have begun and to end. Return those that have not ended yet."""
    alive = [process for process in crew.values() if process.is_alive()]
    for process in alive:
        process.terminate()
    return alive


def pause(tries: int) -> float:
    """Return the seconds to wait before the next try: twice as long each time, and not for all machines the same."""
    longest = min(policy.WORKERS_WAIT * 2 ** min(tries - 1, 30), policy.WORKERS_WAIT_MOST)
    return longest.total_seconds() * random.uniform(0.5, 1)  # noqa: S311 - no secret


def work(queue: str, options: Mapping[str, Any]) -> None:
    """Be the worker of a queue: the whole life of a process."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    limit_connections(settings.JOB_DEADLINE_SECONDS[queue])
    with app.replace_connector(connector()):
        asyncio.run(work_and_leave(queue, options))


async def work_and_leave(queue: str, options: Mapping[str, Any]) -> None:
    """Work until the end, and end the process. A thread with a job that does not end could not be ended otherwise."""
    status = 1
    try:
        logging.getLogger(f"procrastinate.worker.{queue}").addFilter(shorten)
        await run([queue], concurrency=settings.JOBS_AT_ONCE[queue], **{"name": queue, **options})
        status = 0
    except (exceptions.ConnectorException, psycopg.Error) as lost:
        logger.warning("The worker of %s has lost the database (%s).", queue, type(lost.__cause__ or lost).__name__)
    except BaseException:
        logger.exception("The worker of %s has failed.", queue)
    finally:
        logging.shutdown()
        os._exit(status)


def shorten(record: logging.LogRecord) -> bool:
    """Say in a line that the database is lost. Each part of each worker would say so with its own traceback."""
    if record.exc_info and isinstance(record.exc_info[1], exceptions.ConnectorException):
        record.msg, record.exc_info = "The database is lost.", None
    return True


def work_once(queues: Sequence[str] | None, options: Mapping[str, Any]) -> bool:
    """Do in this process all that can be done now. Return False if a job did not end and still runs in its thread."""
    with app.replace_connector(connector()):
        return asyncio.run(run(queues, wait=False, **options))


async def run(queues: Sequence[str] | None, *, concurrency: int = 1, **options: Any) -> bool:
    """Run one worker until it stops, for all queues if `queues` is None.

    Return False if a job has not ended. Raise ConnectorException if the database is lost.
    """
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(concurrency + THREADS_TO_SPARE))
    if parent := multiprocessing.parent_process():
        loop.add_reader(parent.sentinel, os._exit, 1)
    async with app.open_async():
        let_calendar_try_again()
        worker = Worker(
            app=app,
            **{
                **app.worker_defaults,
                "queues": queues,
                "concurrency": concurrency,
                "install_signal_handlers": False,
                "stalled_worker_timeout": policy.WORKER_SILENT.total_seconds(),
                "update_heartbeat_interval": policy.WORKER_SILENT.total_seconds() / 3,
                "worker_middleware": [keep_deadline],
                **options,
            },
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, worker.stop)
        await give_back_stalled()
        await worker.run()
    return not worker.has_hung_job


class Worker(procrastinate.worker.Worker):
    """Procrastinate's worker, with a calendar by the database's clock, and no job that is left `doing` for ever."""

    has_hung_job = False

    async def _periodic_deferrer(self) -> None:
        """Keep the calendar, if this worker is the one to do so."""
        if self.queues is None or CALENDAR_QUEUE in self.queues:
            await Calendar(registry=self.app.periodic_registry, **self.app.periodic_defaults).worker()
        await asyncio.Event().wait()  # the end of a task like this ends the watch over the others

    async def _persist_job_status(self, *given: Any, **named: Any) -> None:
        """Note how a job ended. If that fails, end too: the jobs of a worker that is gone are given to others."""
        try:
            await super()._persist_job_status(*given, **named)
        except exceptions.ConnectorException:
            logger.warning("How a job ended could not be noted, so it may be done again.")
            self.stop()


class Calendar(PeriodicDeferrer):
    """Procrastinate's calendar, by the clock of the database."""

    async def worker(self) -> None:
        """Queue each job when its time comes. Raise ClocksDifferError if this machine has another time."""
        while True:
            at = (await read_clock()).timestamp()
            await self.defer_jobs(self.get_previous_tasks(at=at))
            await self.wait(next_tick=self.get_next_tick(at=at))


def let_calendar_try_again() -> None:
    """Let jobs of the calendar that fail be tried again. Otherwise one that met trouble would be a day late.

    What the calendar queues at least every quarter of an hour is tried for two minutes, and then comes by itself.
    """
    for periodic in app.periodic_registry.periodic_tasks.values():
        if periodic.task.retry_strategy is None:
            periodic.task.retry_strategy = BRIEFLY if periodic.cron.startswith("*") else PATIENTLY


async def read_clock() -> datetime:
    """Return the database's time, as a worker reads it. Raise ClocksDifferError if this machine has another one."""
    return clock.agreed((await app.connector.execute_query_one_async(clock.READ))["now"])


async def keep_deadline(call_next: AsyncCallNext, context: JobContext, worker: Worker) -> Any:
    """Run a job, and count it as failed once its time is over.

    No thread can be stopped from outside. So the worker takes no more jobs, lets the others of its jobs end, and ends
    with its process.
    """
    queue = context.job.queue if context.job.queue in settings.JOB_DEADLINE_SECONDS else "default"
    deadline = asyncio.timeout(settings.JOB_DEADLINE_SECONDS[queue])
    try:
        async with deadline:
            return await call_next()
    except TimeoutError:
        if not deadline.expired():
            raise
        worker.has_hung_job = True
        worker.stop()
        raise DeadlineError(f"The job did not end within the deadline of the queue {queue}.") from None


async def give_back_stalled() -> None:
    """Let the jobs of killed workers be done by those that live. Otherwise nobody would ever take them up.

    A worker that only seems dead may do its job a second time, so every job of ours must tolerate that.
    """
    silent = policy.WORKER_SILENT.total_seconds()
    await app.connector.execute_query_all_async(GIVE_BACK, silent=silent, tries=policy.JOB_TRIES)


def connector() -> PsycopgConnector:
    """Return a connector for one worker, with few connections of its own."""
    patience = policy.WORKER_SILENT.total_seconds() / 3
    return PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=CONNECTIONS, timeout=patience)


def limit_connections(seconds: int) -> None:
    """Let the database end what a job of this process does for longer, on every connection from now on."""

    def set_limits(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('statement_timeout', %(limit)s, false), "
                "set_config('transaction_timeout', %(limit)s, false)",
                {"limit": f"{seconds}s"},
            )

    connection_created.connect(set_limits, weak=False)
