"""Threads that answer requests, and how many requests may wait for them."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from core import policy

Result = TypeVar("Result")


class Busy(Exception):
    """Too many requests wait for a thread, or this one has waited for too long. Nothing was done."""


class Lane:
    """A few threads, each with its kept database connection. Only so many requests may wait for one."""

    def __init__(self, name: str, threads: int, may_wait: int) -> None:
        self.threads, self.free = ThreadPoolExecutor(threads, name), asyncio.Semaphore(threads)
        self.waiting, self.may_wait = 0, may_wait

    async def run(self, work: Callable[[], Result]) -> Result:
        """Run `work` in a thread. Raise Busy if none is free in time.

        If the caller is canceled, work that has begun goes on, and its thread is not free before it ends.
        """
        await self.wait_for_thread()
        done = asyncio.get_running_loop().run_in_executor(self.threads, work)
        done.add_done_callback(self.release)
        return await asyncio.shield(done)

    async def wait_for_thread(self) -> None:
        if self.free.locked() and self.waiting >= self.may_wait:
            raise Busy
        self.waiting += 1
        try:
            async with asyncio.timeout(policy.THREAD_WAIT.total_seconds()):
                await self.free.acquire()
        except TimeoutError:
            raise Busy from None
        finally:
            self.waiting -= 1

    def release(self, done: asyncio.Future[Result]) -> None:
        self.free.release()
        if not done.cancelled():
            done.exception()  # it may be that nobody waits for it any more
