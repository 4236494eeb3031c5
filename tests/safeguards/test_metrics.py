"""What Prometheus is told of what people do, and of what waits."""

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.mail.backends.locmem import EmailBackend
from django.db import OperationalError, connection, transaction
from django.test import Client
from prometheus_client import REGISTRY

from accounts.mail import notices
from accounts.models import Notice
from accounts.passwords import hashing
from core import policy
from safeguards import audit, limits, metrics, seal, tracing
from service_center.audit_viewer import chain
from service_center.audit_viewer.models import AuditCheck


def count(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"dslogon_{name}", labels) or 0


@pytest.mark.django_db
def test_requests_are_counted_by_page_kind_and_status():
    home = {"route": "home", "method": "read", "status": "200"}
    nowhere = {"route": "(none)", "method": "write", "status": "404"}
    before = count("requests_total", **home), count("request_seconds_count", route="home")
    lost = count("requests_total", **nowhere)
    Client().get("/")
    Client().post("/900-12-3456/")
    Client().generic("MADEUP", "/rosa/")
    assert (count("requests_total", **home), count("request_seconds_count", route="home")) == (
        before[0] + 1,
        before[1] + 1,
    )
    assert count("requests_total", **nowhere) == lost + 2


@pytest.mark.django_db
def test_how_long_a_request_waited_for_a_thread_is_measured_from_when_the_server_took_it_in():
    before = count("queue_seconds_count"), count("queue_seconds_bucket", le="2.5")
    Client(**{"dslogon.began": time.monotonic() - 3}).get("/")  # type: ignore[arg-type]
    assert (count("queue_seconds_count"), count("queue_seconds_bucket", le="2.5")) == (before[0] + 1, before[1])


def test_a_password_that_gets_no_place_is_counted(monkeypatch):
    monkeypatch.setattr(policy, "HASH_WAIT", policy.HASH_WAIT * 0)
    monkeypatch.setattr(hashing, "places", hashing.BoundedSemaphore(1))
    before = count("hashes_refused_total"), count("hash_wait_seconds_count")
    with hashing.place():
        assert count("hashes_running") == 1
        with pytest.raises(hashing.TooBusy), hashing.place():
            pass
    assert (count("hashes_running"), count("hashes_waiting")) == (0, 0)
    assert (count("hashes_refused_total"), count("hash_wait_seconds_count")) == (before[0] + 1, before[1] + 2)


@pytest.mark.django_db(transaction=True)
def test_limits_that_are_hit_and_events_are_counted():
    limit = policy.SIGN_IN_PER_ADDRESS
    before = count("limits_hit_total", limit=limit.name), count("events_total", event="limit.reached", route="")
    for _ in range(limit.times + 2):
        limits.hit(limit, "192.0.2.1")
    assert count("limits_hit_total", limit=limit.name) == before[0] + 2
    assert count("events_total", event="limit.reached", route="") == before[1] + 1


@pytest.mark.django_db(transaction=True)
def test_an_event_that_was_taken_back_is_not_counted():
    before = count("events_total", event="account.opened", route="letter")
    with transaction.atomic():
        audit.record("account.opened", by="system", route="letter")
        transaction.set_rollback(True)
    assert count("events_total", event="account.opened", route="letter") == before
    audit.record("account.opened", by="system", route="letter")
    assert count("events_total", event="account.opened", route="letter") == before + 1


@pytest.mark.django_db
def test_mail_is_counted_by_what_became_of_it(monkeypatch):
    before = [count("mail_total", outcome=outcome) for outcome in ("sent", "failed", "given-up")]
    notices.send("your-username", to="rosa@mail.example", first_name="Rosa", username="rosa.reader")
    notice = Notice.objects.get()
    with monkeypatch.context() as away:
        away.setattr(EmailBackend, "send_messages", refuse)
        with pytest.raises(ConnectionRefusedError):
            notices.deliver(str(notice.pk))
    Notice.objects.update(handed_over_at=None)
    notices.deliver(str(notice.pk))
    Notice.objects.update(handed_over_at=notice.created_at, sent_at=None)
    notices.deliver(str(notice.pk))
    after = [count("mail_total", outcome=outcome) for outcome in ("sent", "failed", "given-up")]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, 1]


def refuse(backend: object, messages: list) -> int:
    raise ConnectionRefusedError


@pytest.mark.django_db
def test_the_seal_is_told_until_when_it_reaches_and_whether_it_holds():
    assert (seal.sealed_until(), chain.seal_holds()) == (None, None)
    audit.record("keys.rotated", by="system")
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(at) FROM safeguards_auditevent")
        at = cursor.fetchone()[0]
    midnight = (at + seal.ONE_DAY).replace(hour=0, minute=0, second=0, microsecond=0)
    (sealed,) = seal.seal_days(midnight + 2 * policy.AUDIT_SEAL_GRACE)  # this day, at whatever time it is
    until = seal.sealed_until()
    assert until == midnight.timestamp()
    for found, holds in (([], 1.0), (["An event is missing."], 0.0)):
        AuditCheck.objects.create(first=sealed.day, last=sealed.day, state="done", ended_at=at, found=found)
        at += seal.ONE_DAY
        assert chain.seal_holds() == holds


def test_the_next_process_answers_when_the_one_that_did_has_ended(settings, monkeypatch):
    monkeypatch.setattr(metrics, "is_answering", False)
    monkeypatch.setattr(metrics, "look", lambda: None)
    begun: list[Any] = []
    begin = metrics.start_http_server
    monkeypatch.setattr(metrics, "start_http_server", lambda *at, **how: begun.append(begin(*at, **how)))
    with socket.create_server(("127.0.0.1", 0)) as first:
        settings.METRICS_PORT = first.getsockname()[1]
        metrics.answer_and_look()
        assert begun == []
    metrics.answer_and_look()
    metrics.answer_and_look()
    ((server, _),) = begun
    server.shutdown()
    server.server_close()


@pytest.mark.django_db
def test_who_does_not_receive_the_log_of_the_database_is_told():
    slot = f"away_{os.getpid()}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_create_physical_replication_slot(%s, true)", [slot])
        try:
            assert metrics.read_receivers()[slot] == 0
            assert 0 <= metrics.read_log_kept()[slot] < float("inf")
        finally:
            cursor.execute("SELECT pg_drop_replication_slot(%s)", [slot])
    assert slot not in metrics.read_receivers()


def test_without_a_port_nothing_is_told(settings, monkeypatch):
    monkeypatch.setattr(metrics, "look_every", lambda *how: pytest.fail("Somebody looks."))
    assert settings.METRICS_PORT == 0
    metrics.serve()


def test_a_figure_that_cannot_be_read_is_not_told_as_it_was(db, monkeypatch):
    def unreadable() -> float:
        raise OperationalError

    monkeypatch.setattr(metrics, "found", {"dslogon_oldest_job_seconds": {"": 7.0}})
    monkeypatch.setattr(metrics, "impatient_connection", nullcontext)
    monkeypatch.setitem(metrics.figures, "dslogon_oldest_job_seconds", ("Says.", "", unreadable))
    metrics.look()
    assert "dslogon_oldest_job_seconds" not in metrics.found
    assert "dslogon_jobs_waiting" in metrics.found


@pytest.fixture
def opentelemetry(monkeypatch) -> Iterator[list[dict]]:
    """What the packages of OpenTelemetry would send, if they were installed."""
    sent: list[dict] = []

    def start_span(name: str, **about: Any) -> SimpleNamespace:
        return SimpleNamespace(end=lambda at: sent.append({"name": name, "ended": at, **about}))

    maker = SimpleNamespace(start_span=start_span)
    provider = SimpleNamespace(add_span_processor=lambda sends: None, get_tracer=lambda name: maker)
    installed: dict[str, dict[str, Any]] = {
        "opentelemetry.exporter.otlp.proto.http.trace_exporter": {"OTLPSpanExporter": lambda: None},
        "opentelemetry.sdk.trace": {"TracerProvider": lambda: provider},
        "opentelemetry.sdk.trace.export": {"BatchSpanProcessor": lambda exporter: None},
        "opentelemetry.trace": {"SpanKind": SimpleNamespace(SERVER="server")},
    }
    for name, holds in installed.items():
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(**holds))
    tracing.tracer.cache_clear()
    yield sent
    tracing.tracer.cache_clear()


def test_a_span_names_the_page_and_not_what_its_address_says(opentelemetry, monkeypatch, db):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    answer = Client().get("/recover/password/7K3QH-0ABCD-EFGHJ/")
    (span,) = opentelemetry
    assert span["name"] == span["attributes"]["http.route"] == "recover-password-link"
    assert span["kind"] == "server"
    assert span["attributes"]["http.request.method"] == "GET"
    assert span["attributes"]["http.response.status_code"] == answer.status_code
    assert span["attributes"]["request.id"] == answer["X-Request-ID"]
    assert span["start_time"] <= span["ended"]
    assert "7K3QH" not in str(span)


def test_a_method_that_a_client_made_up_is_in_no_span(opentelemetry, monkeypatch, db):
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    Client().generic("MARTINEZ", "/")
    (span,) = opentelemetry
    assert span["attributes"]["http.request.method"] == "_OTHER"
    assert "MARTINEZ" not in str(span)


def test_without_an_endpoint_or_the_packages_there_are_no_spans(opentelemetry, monkeypatch, caplog):
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    Client().get("/")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    tracing.tracer.cache_clear()  # last, because a page that a browser left open may ask in a thread of its own
    Client().get("/")
    assert opentelemetry == []
    assert "No spans are sent" in caplog.text
