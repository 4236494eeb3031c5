"""`python -m bench.chats SECONDS`: 500 open chats on the web server of production, and how long answers take.

Both sides ask as their pages do (static/js/chat.js): as often as the last answer said, and of the four chats of an
agent three are in hidden tabs, which ask five times as seldom. Each chat gets a line each half minute, in turns from
one side and from the other. Requests come at their time whether or not earlier ones are answered, so what has to queue
counts. We share the cores with the site.

Before that, a question without news is compared with an empty view, each alone and in turns.
"""

import heapq
import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection
from random import Random
from statistics import quantiles
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import uuid4

import django
import psutil

from bench.databases import database
from bench.goals import at_most
from bench.site import Site, cpu_of, serving

if TYPE_CHECKING:
    from accounts.models import Account

CHATS, AGENTS = 500, 10
HIDDEN = 5
"""How much less often a tab asks that nobody looks at (static/js/chat.js)."""
LINE_EVERY = 30.0
THREADS = 16
GOAL = 1.0
"""The p95 of an answer in seconds: own."""
CPU = 4
"""Times that of an empty view, PostgreSQL's included: own. At that, 500 chats take half of two cores."""
ALONE = 10.0
CSRF = "b" * 32
WARM_UP = 5.0


@dataclass(order=True)
class Asks:
    """A page that asks again and again: when it is due next, in seconds, and what it has."""

    due: float
    path: str = field(compare=False)
    cookie: str = field(compare=False)
    every: float = field(compare=False)
    writes: bool = field(compare=False, default=False)
    seldom: int = field(compare=False, default=1)
    since: int = field(compare=False, default=0)
    tag: str = field(compare=False, default="")


def main() -> None:
    with database(os.environ["DATABASE_URL"], "chats") as ours:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "bench.settings", "DATABASE_URL": ours, "CHAT_ALWAYS_OPEN": "1"}
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], check=True)
        django.setup()
        logging.disable(logging.WARNING)
        from django.db import connections

        try:
            pages = list(fill(Random(1)))
            for line in without_news():
                print(line, flush=True)
            with serving("chats", {}, workers=2) as served:
                before = cpu(served)
                times = drive(served.port, pages, float(sys.argv[1]))
                used = (cpu(served) - before) / (WARM_UP + float(sys.argv[1]))
        finally:
            connections.close_all()
    cuts = quantiles(times, n=100)
    rate = len(times) / float(sys.argv[1])
    print(
        f"{CHATS} open chats: {rate:.0f} requests a second, p50 {cuts[49] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms"
    )
    print(f"  site and PostgreSQL use {used:.2f} cores")
    print(at_most("chats", "p95 of an answer, in seconds", cuts[94], GOAL), flush=True)


def without_news() -> Iterator[str]:
    """Yield what a question costs on which there is no news, beside an empty view."""
    from django.utils import timezone

    from bench.counts import counted
    from bench.measure import compare
    from bench.pages import EMPTY, Page
    from support.chat import live, talking

    token = str(uuid4())
    begun = talking.open_chat(uuid4(), token, topic="other", words="Where is my code?", now=timezone.now())
    assert not isinstance(begun, talking.Refused)
    chat = live.find(begun.pk, talking.hash_of(token))
    assert chat is not None
    tag = live.look(chat, live.VISITOR, timezone.now()).tag
    path, cookie = f"/support/chat/{chat.pk}/poll/?since=1", f"{talking.COOKIE}={token}"
    page = Page("a question without news", path, cookie, tag=tag, status=304)
    with serving("chats-alone", {}) as served:
        measured = compare((served, page), (served, EMPTY), ALONE)
    for each, turn in ((page, measured.page), (EMPTY, measured.measure)):
        yield f"{each.name}: {turn.whole_cpu * 1000:.2f} ms of CPU, PostgreSQL's included"
    yield at_most("chats", "CPU, beside that of an empty view", measured.whole_cpu_ratio, CPU)
    yield at_most("chats", "queries", counted(page).queries, 1)


def cpu(served: Site) -> float:
    """Return the seconds of processor time that all workers and the database processes of a site have used."""
    workers = psutil.Process(served.worker).parent().children()
    return sum(cpu_of(worker.pid) for worker in workers) + (served.database_cpu() or 0)


def fill(rng: Random) -> Iterator[Asks]:
    """Make the chats, each taken by an agent, and yield the pages that ask."""
    from django.utils import timezone

    from core import policy
    from service_center.chat import desk
    from support.chat import talking

    agents = [signed_in(number) for number in range(AGENTS)]
    every = policy.CHAT_ASKS_EVERY.total_seconds()
    for number in range(CHATS):
        token, (agent, session) = f"browser-{number}", agents[number % AGENTS]
        chat = talking.open_chat(uuid4(), token, topic="other", words="Where is my code?", now=timezone.now())
        assert not isinstance(chat, talking.Refused)
        desk.take(chat, by=agent, now=timezone.now())
        cookie, here = f"{talking.COOKIE}={token}", f"/support/chat/{chat.pk}/"
        page = f"/admin/chat/chat/{chat.pk}/"
        looked_at = number // AGENTS % 4 == 0
        yield Asks(rng.uniform(0, every), f"{here}poll/", cookie, every)
        seldom = 1 if looked_at else HIDDEN
        yield Asks(rng.uniform(0, every * seldom), f"{page}poll/", session, every, seldom=seldom)
        yield Asks(rng.uniform(0, 2 * LINE_EVERY), here, cookie, 2 * LINE_EVERY, writes=True)
        yield Asks(rng.uniform(0, 2 * LINE_EVERY), f"{page}change/", session, 2 * LINE_EVERY, writes=True)


def signed_in(number: int) -> "tuple[Account, str]":
    """Return an agent and the cookie of a session at the desk."""
    from django.test import Client
    from django_otp.oath import totp

    from accounts import actions
    from accounts.second_factors import authenticator_apps
    from bench.people import CONSENT, KEY
    from bench.views import PASSWORD, hashed

    opened = actions.open_staff_account(
        username=f"agent.{number}",
        password_hash=hashed(),
        first_name="Sam",
        last_name="Worker",
        email=f"agent{number}@staff.example",
        role="Service center agent",
        by="mock",
    )
    assert isinstance(opened, actions.Opened)
    authenticator_apps.enroll(opened.account, KEY, step_used=-1, by="mock")
    browser = Client()
    browser.cookies.load(CONSENT)
    browser.post("/admin/sign-in/", {"username": opened.account.username, "password": PASSWORD})
    browser.post("/admin/sign-in/second-factor/", {"otp_token": f"{totp(bytes.fromhex(KEY)):06}"})
    return opened.account, f"admin={browser.cookies['admin'].value}"


def drive(port: int, pages: list[Asks], seconds: float) -> list[float]:
    """Have the pages ask for some seconds, and return how long each answer took from the moment when it was due."""
    heapq.heapify(pages)
    lock, times, began = Lock(), [], time.monotonic()

    def work() -> None:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        while True:
            with lock:
                page = heapq.heappop(pages)
            wait = began + page.due - time.monotonic()
            if page.due > WARM_UP + seconds:
                return
            if wait > 0:
                time.sleep(wait)
            ask(connection, page)
            took = time.monotonic() - began - page.due
            if page.due > WARM_UP:
                times.append(took)
            page.due += page.every * page.seldom
            with lock:
                heapq.heappush(pages, page)

    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(work) for _ in range(THREADS)]:
            done.result()
    return times


def ask(connection: HTTPConnection, page: Asks) -> None:
    """Send the request that is due. Raise RuntimeError for an answer that no page of ours gives."""
    headers: dict[str, Any] = {"Cookie": f"csrftoken={CSRF}; {page.cookie}", "X-Forwarded-For": "10.0.0.1"}
    if page.writes:
        form = {"csrfmiddlewaretoken": CSRF, "do": "say", "line": str(uuid4()), "words": "Thank you. What is next?"}
        headers |= {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        connection.request("POST", page.path, urlencode(form), headers)
    else:
        headers |= {"If-None-Match": page.tag} if page.tag else {}
        connection.request("GET", f"{page.path}?since={page.since}", headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status not in (200, 304):
        raise RuntimeError(f"{page.path} answered {answer.status}.")
    if not page.writes and answer.status == 200:
        page.tag = answer.headers["ETag"]
        page.since = int(said(body, "since"))
        page.every = float(said(body, "every"))


def said(body: bytes, name: str) -> str:
    return body.partition(f'data-{name}="'.encode())[2].partition(b'"')[0].decode()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
