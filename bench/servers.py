"""`python -m bench.servers SECONDS`: the web servers that could serve the site, among slow, many and rude clients.

Each server gets the same site, database and processes, one after the other, and each figure is beside the idle one of
the same server. What asks and what serves share the cores, as on a small machine.
"""

import logging
import os
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address
from itertools import count
from statistics import median
from urllib.parse import urlencode

import django
import psutil

from bench.databases import database
from bench.site import Site, cpu_of, serving
from dslogon.up import serve
from dslogon.up.errors import say

PROCESSES = 2
SERVERS: dict[str, Sequence[str]] = {
    "ours, on uvicorn": serve.WEB,
    "granian, our front": [
        *("-m", "granian", "dslogon.web.front:site", "--interface", "asgi", "--no-ws", "--http", "1"),
        *("--port", "{port}", "--workers", "{workers}"),
    ],
    "granian, WSGI": [
        *("-m", "granian", "dslogon.wsgi:application", "--interface", "wsgi", "--no-ws", "--http", "1"),
        *("--port", "{port}", "--workers", "{workers}", "--blocking-threads", "4"),
    ],
    "gunicorn, asgi, our front": [
        *("-m", "gunicorn", "dslogon.web.front:site", "--worker-class", "asgi", "--no-control-socket"),
        *("--bind", "127.0.0.1:{port}", "--workers", "{workers}"),
    ],
    "gunicorn, gthread": [
        *("-m", "gunicorn", "dslogon.wsgi", "--worker-class", "gthread", "--threads", "4", "--no-control-socket"),
        *("--bind", "127.0.0.1:{port}", "--workers", "{workers}"),
    ],
    "waitress, one process": [
        *("-m", "waitress", "--listen", "127.0.0.1:{port}", "--threads", "8", "--connection-limit", "1000"),
        "dslogon.wsgi:application",
    ],
}
ACCOUNTS = 1000
SOCKETS, BODIES, READERS, SIGN_INS, FLOOD = 200, 50, 50, 60, 240
PATIENCE = 30.0
"""Seconds after which a page counts as not answered."""
BIG = "/static/uswds/css/uswds.min.css"
HEAD = b"Host: 127.0.0.1\r\n"


@dataclass
class Asked:
    """Pages that were asked for: how many seconds each took, and its status, which is 0 if there was no answer."""

    times: list[float] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    def ask(self, port: int, path: str, form: str = "", headers: Mapping[str, str] | None = None) -> None:
        began = time.monotonic()
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        try:
            connection.request("POST" if form else "GET", path, form or None, headers or {})
            answer = connection.getresponse()
            answer.read()
            self.statuses.append(answer.status)
        except (OSError, HTTPException):
            self.statuses.append(0)
        connection.close()
        self.times.append(time.monotonic() - began)


def look(port: int, path: str, seconds: float) -> Asked:
    """Ask for a page again and again, as one person does who waits for each."""
    asked, until = Asked(), time.monotonic() + seconds
    while time.monotonic() < until:
        asked.ask(port, path)
        time.sleep(0.02)
    return asked


@contextmanager
def sockets(port: int, number: int, first: bytes, then: bytes = b"") -> Iterator[None]:
    """Hold connections open that have sent `first`. Each sends `then` once a second, and nobody reads."""
    with ExitStack() as opened:
        held = []
        for _ in range(number):
            one = opened.enter_context(socket.socket())
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.settimeout(1)
            with suppress(OSError):
                one.connect(("127.0.0.1", port))
                one.sendall(first)
            held.append(one)
        over = threading.Event()
        dripping = threading.Thread(target=drip, args=(held, then, over))
        dripping.start()
        yield
        over.set()
        dripping.join()


def drip(held: Sequence[socket.socket], then: bytes, over: threading.Event) -> None:
    while then and not over.wait(1):
        for one in held:
            with suppress(OSError):
                one.send(then, socket.MSG_DONTWAIT)


def sign_in(port: int, number: int, seconds: float) -> tuple[Asked, Asked, Asked]:
    """Have `number` people sign in at once, and return their answers, those of another page, and those of the probe."""
    from bench import people
    from bench.pages import CSRF, NETWORK
    from bench.views import PASSWORD

    signing, names = Asked(), count(int(time.time() * 1000))

    def one(_: int) -> None:
        mine = next(names)
        form = {"csrfmiddlewaretoken": CSRF, "username": people.username(mine % ACCOUNTS), "password": PASSWORD}
        address = str(IPv4Address(NETWORK + mine % 2**24))
        cookies = f"csrftoken={CSRF}; {people.CONSENT}"
        sent = {"X-Forwarded-For": address, "Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        signing.ask(port, "/sign-in/", urlencode(form), sent)

    with ThreadPoolExecutor(number + 2) as pool:
        page, probe = (pool.submit(look, port, path, seconds) for path in ("/", "/healthz"))
        list(pool.map(one, range(number)))
        return signing, page.result(), probe.result()


def look_without_pause(port: int, seconds: float) -> int:
    """Return how many pages one client gets on a kept connection. What is refused is no page."""
    connection, pages, until = HTTPConnection("127.0.0.1", port, timeout=PATIENCE), 0, time.monotonic() + seconds
    while time.monotonic() < until:
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        pages += answer.status == 200
    connection.close()
    return pages


def worst(asked: Asked) -> str:
    """Return the slowest answer, or that there was none."""
    failed = len(asked.statuses) - asked.statuses.count(200)
    return f"{max(asked.times):.2f} s" + (f", {failed} of {len(asked.times)} failed" if failed else "")


def figures(site: Site, seconds: float) -> Iterator[tuple[str, str]]:
    """Yield each figure of a server, with its name."""
    port, workers = site.port, psutil.Process(site.worker).parent().children() or [psutil.Process(site.worker)]
    for _ in range(40):
        Asked().ask(port, "/")
        Asked().ask(port, "/sign-in/")
    before = sum(cpu_of(one.pid) for one in workers)
    idle, probe = look(port, "/", seconds), look(port, "/healthz", 1)
    spent = sum(cpu_of(one.pid) for one in workers) - before
    yield "idle page", f"{median(idle.times) * 1000:.1f} ms"
    yield "idle probe", f"{median(probe.times) * 1000:.1f} ms"
    yield "CPU of a page", f"{spent / (len(idle.times) + len(probe.times)) * 1000:.2f} ms"
    with ThreadPoolExecutor(4) as pool:
        all_at_once = list(pool.map(lambda _: look_without_pause(port, seconds), range(4)))
    yield "pages a second", f"{sum(all_at_once) / seconds:.0f}"
    rude = {
        f"{SOCKETS} unfinished heads": (SOCKETS, b"GET / HTTP/1.1\r\n" + HEAD + b"X-Slow: ", b"a"),
        f"{BODIES} slow bodies": (
            BODIES,
            b"POST /support/contact/ HTTP/1.1\r\n" + HEAD + b"Content-Length: 99999\r\n\r\n",
            b"a",
        ),
        f"{READERS} who do not read": (READERS, (b"GET " + BIG.encode() + b" HTTP/1.1\r\n" + HEAD + b"\r\n") * 20, b""),
    }
    for name, (number, first, then) in rude.items():
        with sockets(port, number, first, then):
            yield name, worst(look(port, "/", seconds))
        time.sleep(1)
    for number in (SIGN_INS, FLOOD):
        signing, page, probe = sign_in(port, number, seconds)
        yield f"{number} sign-ins: page", f"{median(page.times) / median(idle.times):.1f} x idle"
        yield f"{number} sign-ins: slowest page", worst(page)
        yield f"{number} sign-ins: slowest probe", worst(probe)
        busy = [took for took, status in zip(signing.times, signing.statuses, strict=True) if status == 503]
        yield f"{number} sign-ins: in", f"{signing.statuses.count(302)} in {max(signing.times):.1f} s"
        yield f"{number} sign-ins: busy", f"{len(busy)} in {max(busy, default=0):.1f} s"
        yield f"{number} sign-ins: others", str(Counter(signing.statuses))


def main(seconds: float) -> None:
    with database(os.environ["DATABASE_URL"], "servers") as ours:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "bench.settings", "DATABASE_URL": ours}
        django.setup()
        logging.disable(logging.WARNING)
        fill()
        table: dict[str, dict[str, str]] = {}
        for name, command in SERVERS.items():
            say(f"Measuring {name} ...")
            with serving("servers", {}, command, workers=PROCESSES) as site:
                for what, figure in figures(site, seconds):
                    table.setdefault(what, {})[name] = figure
                    say(f"  {what}: {figure}")
    print("| |", " | ".join(SERVERS), "|")
    print("|---" * (len(SERVERS) + 1) + "|")
    for what, row in table.items():
        print(f"| {what} |", " | ".join(row[name] for name in SERVERS), "|")


def fill() -> None:
    """Make the people who sign in."""
    from django.core.management import call_command
    from django.db import connections

    from accounts.models import Account
    from bench import people

    call_command("migrate", verbosity=0)
    Account.objects.bulk_create(people.basic_account(n) for n in range(ACCOUNTS))
    connections.close_all()


if __name__ == "__main__":
    main(float(sys.argv[1]))
