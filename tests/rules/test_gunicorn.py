"""What the web server itself logs about requests that never reach the site."""

import logging
import runpy
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
