"""What the web server itself logs about requests that never reach the site."""

import logging
import runpy
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import InvalidHeader, InvalidRequestLine
from gunicorn.http.wsgi import Response
from gunicorn.workers.gthread import ThreadWorker

ROOT = Path(__file__).resolve().parents[2]
NUMBER, ADDRESS = "900-12-3456", "203.0.113.77"


@pytest.fixture
def worker(monkeypatch) -> ThreadWorker:
    """A worker of the web server as gunicorn.conf.py sets it up, that has no socket."""
    monkeypatch.setattr(Response, "default_headers", Response.default_headers)
    conf = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
    made = ThreadWorker.__new__(ThreadWorker)
    made.log = conf["DiscreetLogger"](Config())
    made.log.error_log.propagate = True
    return made


@pytest.mark.parametrize(
    ("request_line", "failure"),
    [
        (None, InvalidRequestLine(f"GET /?ssn={NUMBER}")),
        (None, InvalidHeader(f"Cookie: {NUMBER}")),
        (SimpleNamespace(method="GET", uri=f"/?ssn={NUMBER}"), ZeroDivisionError()),
        (SimpleNamespace(uri=f"/?ssn={NUMBER}"), ZeroDivisionError()),
    ],
)
def test_of_a_request_that_cannot_be_served_the_log_tells_neither_who_sent_it_nor_what(
    worker, caplog, monkeypatch, request_line, failure
):
    monkeypatch.setattr(worker.log, "access", lambda *args: None)
    worker.cfg = Config()
    if request_line:
        for name, value in {"headers": [], "version": (1, 1), "query": "", "path": "/"}.items():
            setattr(request_line, name, value)
    with caplog.at_level(logging.DEBUG):
        monkeypatch.setattr("gunicorn.workers.base.default_environ", lambda *args: {})
        monkeypatch.setattr("gunicorn.workers.base.Response", lambda *args: SimpleNamespace())
        worker.handle_error(request_line, None, (ADDRESS, 4711), failure)
    assert caplog.messages
    assert NUMBER not in caplog.text
    assert ADDRESS not in caplog.text


@pytest.mark.parametrize("token", ["7K3QH-0ABCD-EFGHJ", "7k3qh 0abcd efghj", "7K3QH0ABCDEFGHJ", "7K3QH"])
def test_the_link_that_walter_types_from_his_letter_is_in_no_access_line(worker, token):
    assert path_in_line(worker, f"/not-me/{token}/") == "/not-me/[secret]/"


def test_other_addresses_are_in_the_access_line_as_they_are(worker):
    assert path_in_line(worker, "/account/security/authenticator/") == "/account/security/authenticator/"


def path_in_line(worker: ThreadWorker, path: str) -> str:
    served = SimpleNamespace(status="200 OK", sent=1, response_length=1, headers=[])
    environ = {"PATH_INFO": path, "REQUEST_METHOD": "GET", "RAW_URI": path, "SERVER_PROTOCOL": "HTTP/1.1"}
    return worker.log.atoms(served, SimpleNamespace(headers=[]), environ, timedelta(0))["U"]


def test_a_stranger_cannot_write_a_line_of_the_log(worker):
    assert path_in_line(worker, "/no/x\nERROR forged\x1b[31m/\r/\x00/") == "/no/x\\nERROR forged\\x1b[31m/\\r/\\x00/"
