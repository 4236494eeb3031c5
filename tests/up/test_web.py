"""The web server among slow, many and rude clients, through real sockets. No client here waits for a page for long."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from core import policy
from dslogon.request import Application
from dslogon.web import pages
from tests.up import gated_site
from tests.up.conftest import ROOT

PATIENCE = 120
"""Seconds after which a server counts as hanging."""
NUMBER = "900-12-3456"

# They share one server, so one process runs them.
pytestmark = pytest.mark.xdist_group("web")


class Server:
    """A web server with one process, and the gate at which its views wait."""

    def __init__(self, log: Path, **env: str) -> None:
        self.gate = socket.create_server(("127.0.0.1", 0))
        self.gate.settimeout(PATIENCE)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        env = {"PORT": str(self.port), "GATE": str(self.gate.getsockname()[1]), "WEB_CONCURRENCY": "1"} | env
        self.log = log
        with log.open("wb") as out:
            command = [sys.executable, "-m", "dslogon.web", "tests.up.gated_site:site"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=os.environ | env, stdout=out, stderr=out)
        self.wait_until_it_answers()

    def wait_until_it_answers(self) -> None:
        wait_until(self.answers)

    def answers(self) -> bool:
        """Whether a person who comes now gets a page, and the balancer its answer."""
        assert self.process.poll() is None, self.log.read_text()
        try:
            return all(self.ask(path)[0].status == 200 for path in ("/", "/healthz"))
        except OSError:
            return False

    def open(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE)

    def begin(self, path: str, form: str | None = None, **headers: str) -> HTTPConnection:
        """Sends a request, and waits for nothing."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("GET" if form is None else "POST", path, form, headers)
        return connection

    def ask(self, path: str, form: str | None = None, **headers: str) -> tuple[HTTPResponse, bytes]:
        with closing(self.begin(path, form, **headers)) as connection:
            answer = connection.getresponse()
            return answer, answer.read()

    def say(self, sent: bytes) -> bytes:
        """Sends bytes, and returns all that comes until the server hangs up."""
        with self.open() as connection:
            connection.sendall(sent)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def worker(self) -> psutil.Process:
        children = psutil.Process(self.process.pid).children()
        return next(child for child in children if "spawn_main" in " ".join(child.cmdline()))

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.gate.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("web") / "web.log")
    yield server
    server.end()


@pytest.fixture
def server(shared: Server) -> Server:
    """The server that these tests share. It is as it was before, or the next test says so."""
    assert shared.ask("/healthz")[0].status == 200
    return shared


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts a server that a test may break."""
    with ExitStack() as begun:

        def start(**env: str) -> Server:
            server = Server(tmp_path / "web.log", **env)
            begun.callback(server.process.kill)
            return server

        yield start


def wait_until(happened: Callable[[], bool]) -> None:
    """Asks again and again, until it has happened."""
    until = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < until


def test_two_hundred_unfinished_heads_keep_nobody_waiting_and_are_closed(server: Server) -> None:
    with ExitStack() as opened:
        slow = [opened.enter_context(server.open()) for _ in range(200)]
        for one in slow:
            one.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        assert server.answers()
        for one in slow[:5]:
            one.sendall(b"a")  # a byte now and then buys no time
        assert {end_of(one) for one in slow} == {b""}


def end_of(connection: socket.socket) -> bytes:
    """What comes before the server hangs up."""
    try:
        return connection.recv(65536)
    except ConnectionResetError:
        return b""


def test_fifty_slow_bodies_keep_nobody_waiting_and_are_told_so(server: Server) -> None:
    with ExitStack() as opened:
        slow = [opened.enter_context(server.open()) for _ in range(50)]
        for one in slow:
            one.sendall(b"POST /echo/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\na")
        assert server.answers()
        for one in slow:
            assert one.recv(65536).startswith(b"HTTP/1.1 408 ")


def test_who_does_not_read_keeps_no_other_download_waiting_and_is_cut_off(server: Server) -> None:
    with ExitStack() as opened:
        stuck = []
        for _ in range(30):
            one = opened.enter_context(socket.socket())
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.settimeout(PATIENCE)
            one.connect(("127.0.0.1", server.port))
            one.sendall(b"GET /download/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
            stuck.append(one)
        assert server.answers()
        assert server.ask("/download/")[1] == gated_site.PIECE * gated_site.PIECES
        worker = server.worker()
        wait_until(lambda: not any(one.status == psutil.CONN_ESTABLISHED for one in worker.net_connections("tcp")))


def occupied(
    server: Server, opened: ExitStack, number: int, form: str | None
) -> list[tuple[HTTPConnection, socket.socket]]:
    """Sends so many requests, each of which has begun, and returns them with what lets them go on."""
    pairs = []
    for _ in range(number):
        asked = opened.enter_context(closing(server.begin("/wait/", form)))
        pairs.append((asked, opened.enter_context(server.gate.accept()[0])))
    return pairs


def let_go(pairs: list[tuple[HTTPConnection, socket.socket]]) -> None:
    """Lets requests go on, all of which are then answered."""
    for asked, gate in pairs:
        gate.sendall(b".")
        assert asked.getresponse().read() == b"waited"


def is_busy(answer: HTTPResponse) -> bool:
    return answer.status == 503 and answer.headers["Retry-After"] == str(int(policy.HASH_WAIT.total_seconds()))


def test_sign_ins_that_wait_keep_no_page_waiting_and_those_for_whom_there_is_no_time_are_told(server: Server) -> None:
    form = "username=rosa.holder&password=correct+horse"
    with ExitStack() as opened:
        hashing = occupied(server, opened, settings.HASHES_AT_ONCE + 1, form)
        waiting = [opened.enter_context(closing(server.begin("/wait/", form))) for _ in range(60)]
        assert server.answers()
        more = [opened.enter_context(closing(server.begin("/wait/", form))) for _ in range(30)]
        assert all(is_busy(one.getresponse()) for one in [*more, *waiting])
        let_go(hashing)


def test_the_page_that_says_so_is_whole_and_the_same_for_nobody(server: Server) -> None:
    with ExitStack() as opened:
        pages = occupied(server, opened, policy.WEB_THREADS, None)
        assert server.ask("/healthz")[0].status == 200
        first, second = (server.ask("/", Accept="text/html") for _ in range(2))
        script, problem = server.ask("/", Accept="application/json")
        let_go(pages)
    nonces = set()
    for answer, body in (first, second):
        assert is_busy(answer)
        assert b"What you typed may still be there, except passwords" in body
        assert "Set-Cookie" not in answer.headers
        nonce = re.search(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
        assert nonce
        assert set(re.findall(rb'nonce="([^"]*)"', body)) == {nonce[1].encode()}
        nonces.add(nonce[1])
    assert len(nonces) == 2
    assert is_busy(script)
    assert "Wait a few seconds" in json.loads(problem)["problem"]
    assert server.answers()


@pytest.mark.django_db
def test_the_page_that_says_so_is_there_where_all_others_are_led_to_https(settings: Any) -> None:
    settings.SITE_ADDRESS, settings.ALLOWED_HOSTS = "https://site.example", ["site.example"]
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert pages.apology(Application(), "busy").status == 503
    settings.ALLOWED_HOSTS = ["other.example"]
    with pytest.raises(ImproperlyConfigured, match="ALLOWED_HOSTS"):
        pages.apology(Application(), "busy")


def test_a_page_that_takes_too_long_is_answered_and_its_thread_is_free_again_afterward(
    own: Callable[..., Server],
) -> None:
    server = own(REQUEST_SECONDS="1")
    with ExitStack() as opened:
        late = occupied(server, opened, policy.WEB_THREADS, None)
        for asked, _ in late:
            answer = asked.getresponse()
            assert is_busy(answer)
            assert b"it may still be done" in answer.read()
        for _, gate in late:
            gate.sendall(b".")
        let_go(occupied(server, opened, policy.WEB_THREADS, None))


def test_who_hangs_up_before_their_turn_is_not_served(server: Server) -> None:
    with ExitStack() as opened:
        pages = occupied(server, opened, policy.WEB_THREADS, None)
        server.begin("/wait/").close()
        wait_until(lambda: " dslogon.access GET /wait/ - 0 " in server.log.read_text())
        let_go(pages)
        assert server.answers()
    server.gate.settimeout(0)
    with pytest.raises(BlockingIOError):
        server.gate.accept()
    server.gate.settimeout(PATIENCE)


NO_REQUESTS = {
    "garbage": f"GARBAGE {NUMBER}\r\n\r\n",
    "no version": f"GET /?ssn={NUMBER} HTTP/x\r\nHost: localhost\r\n\r\n",
    "no host": f"GET / HTTP/1.1\r\nX: {NUMBER}\r\n\r\n",
    "two lengths": f"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\nX: {NUMBER}\r\n\r\n",
    "a blank in a name": f"GET / HTTP/1.1\r\nHost: localhost\r\nX {NUMBER}: 1\r\n\r\n",
    "another site": f"GET http://evil.example/{NUMBER} HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "too long": "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + f"{NUMBER} " * 4000 + "\r\n\r\n",
    "HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}


@pytest.mark.parametrize("kind", NO_REQUESTS)
def test_what_is_no_request_is_refused_and_neither_echoed_nor_logged(server: Server, kind: str) -> None:
    said = server.say(NO_REQUESTS[kind].encode("latin-1"))
    assert re.match(rb"HTTP/1.1 4\d\d ", said)
    assert NUMBER.encode() not in said
    assert NUMBER not in server.log.read_text()
    assert server.answers()


def test_a_body_that_is_too_large_is_refused_when_it_is_there(server: Server) -> None:
    answer, said = server.ask("/echo/", "x" * (2 * 1024 * 1024))
    assert answer.status == 413
    assert b"too large" in said


def test_a_body_in_chunks_arrives_whole(server: Server) -> None:
    sent = b"POST /echo/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert b'"body": "Rosa"' in server.say(sent + b"2\r\nRo\r\n2\r\nsa\r\n0\r\n\r\n")


def test_requests_that_come_at_once_are_answered_in_turn(server: Server) -> None:
    both = b"GET /echo/?1 HTTP/1.1\r\nHost: localhost\r\n\r\n"
    both += b"GET /echo/?2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert re.findall(rb'"QUERY_STRING": "(.)"', server.say(both)) == [b"1", b"2"]


def test_a_probe_may_name_any_host(server: Server) -> None:
    assert server.ask("/healthz", Host="10.0.0.7")[0].status == 200
    assert server.ask("/", Host="10.0.0.7")[0].status == 400


def test_no_client_can_say_what_only_the_server_says(server: Server) -> None:
    headers = {"SCRIPT_NAME": "/evil", "Script-Name": "/evil", "X_Forwarded_For": "203.0.113.77", "REMOTE_ADDR": "x"}
    environ = json.loads(server.ask("/echo/", **headers, **{"dslogon.unserved": "busy"})[1])
    assert environ["SCRIPT_NAME"] == ""
    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert environ["wsgi.url_scheme"] == "http"
    assert "HTTP_X_FORWARDED_FOR" not in environ
    assert "dslogon.unserved" not in environ
    assert environ["HTTP_SCRIPT_NAME"] == "/evil"  # a header like any other, which nothing reads


def test_a_line_of_the_log_says_what_was_asked_and_of_whom_it_tells_nothing(server: Server) -> None:
    draft = "0123456789abcdef0123456789abcdef"
    answer, _ = server.ask(f"/echo/{draft}/%0AERROR%20forged/?ssn={NUMBER}", **{"User-Agent": "Peculiar/1.0"})
    assert "Server" not in answer.headers
    server.ask("/fail/")
    log = server.log.read_text()
    assert re.search(r" INFO dslogon.access GET /echo/\[secret\]/\\nERROR forged/ 404 \d+ \d\.\d{6}\n", log)
    assert log.count("A request could not be answered.") == 1
    for unsaid in (draft, NUMBER, "Peculiar", "127.0.0.1"):
        assert unsaid not in log


def test_a_failure_of_the_application_is_an_answer_too(server: Server) -> None:
    answer, said = server.ask("/fail/")
    assert answer.status == 500
    assert NUMBER.encode() not in said


def test_what_runs_is_finished_when_the_server_is_told_to_end(own: Callable[..., Server]) -> None:
    server = own()
    with ExitStack() as opened:
        running = occupied(server, opened, 1, None)
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not listens(server))
        let_go(running)
    assert server.process.wait(PATIENCE) == 0


def listens(server: Server) -> bool:
    try:
        server.open().close()
    except OSError:
        return False
    return True


def test_a_process_that_is_killed_is_replaced(own: Callable[..., Server]) -> None:
    server = own()
    killed = server.worker()
    killed.kill()
    killed.wait(PATIENCE)
    server.wait_until_it_answers()
    assert server.worker().pid != killed.pid


def test_no_process_outlives_the_one_that_started_it(own: Callable[..., Server]) -> None:
    server = own()
    worker = server.worker()
    server.process.kill()
    assert psutil.wait_procs([worker], timeout=PATIENCE)[1] == []
