"""Email: sent only with the change it tells of, once, and forgotten when it is out."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection, transaction
from django.template.loader import render_to_string

from accounts import notices, tasks
from accounts.models import Account, Notice
from dslogon import policy
from dslogon.demo.people import PEOPLE
from tests import walk
from tests.accounts.holders import holder
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db

KINDS = sorted(path.stem for path in (Path(settings.BASE_DIR) / "templates/mail").glob("*.txt"))
HOSTILE = '<b>Rosa</b> & "Söhne"\u202e'
CONTEXT = {
    "first_name": HOSTILE,
    "username": "rosa.holder",
    "code": "ABCDE-12345",
    "link": "http://127.0.0.1:8000/recover/password/token/",
    "level": "Basic",
    "reference": "C-7F3K-9Q2M",
    "topic": "Proving who I am",
}


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(PEOPLE["rosa"])


def send(to: str = "rosa@mail.example") -> Notice:
    notices.send("activation-code", to=to, first_name="Rosa", code="ABCDE-12345")
    return Notice.objects.latest("created_at")


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sent_when_the_change_is_taken_back():
    before = jobs()
    with transaction.atomic():
        send()
        transaction.set_rollback(True)
    assert not Notice.objects.exists()
    assert jobs() == before


@pytest.mark.django_db(transaction=True)
def test_a_notice_delivered_by_thirty_workers_at_once_is_sent_once():
    notice = send()
    outcomes = in_parallel(lambda number: notices.deliver(str(notice.pk)))
    assert sum(outcomes) == 1
    assert len(mail.outbox) == 1


def test_address_and_contents_are_wiped_once_it_is_sent():
    notice = send()
    assert notices.deliver(str(notice.pk))
    notice.refresh_from_db()
    assert (notice.to, notice.context) == ("", "{}")
    assert notice.sent_at
    assert not notices.deliver(str(notice.pk))


def test_address_and_contents_are_sealed_until_then():
    send()
    row: Any = Notice.objects.values("to", "context").get()
    assert not [value for value in row.values() if b"rosa" in bytes(value).lower() or b"ABCDE" in bytes(value)]


def test_a_notice_that_could_not_be_sent_waits_for_the_next_try(monkeypatch):
    notice = send()
    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMultiAlternatives.send", lambda mail: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            notices.deliver(str(notice.pk))
    notice.refresh_from_db()
    assert notice.to == "rosa@mail.example"
    assert notices.deliver(str(notice.pk))


def test_a_person_without_an_address_gets_none():
    notices.send("activation-code", to="", first_name="Rosa", code="ABCDE-12345")
    assert not Notice.objects.exists()


def test_a_notice_that_is_gone_is_no_error():
    assert not notices.deliver("00000000-0000-0000-0000-000000000000")


def jobs() -> list[dict]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT args::text FROM procrastinate_jobs")
        return [json.loads(row[0]) for row in cursor.fetchall()]


def test_jobs_know_nothing_but_numbers(client, rosa):
    before = jobs()
    send()
    client.post("/recover/username/", {"email": rosa.email})
    client.post("/recover/password/", {"username": rosa.username})
    made = [args for args in jobs() if args not in before]
    assert len(made) == 3
    for args in made:
        assert set(args) <= {"notice_id", "request_id"}
        assert all(re.fullmatch(r"[0-9a-f-]{36}", value) for value in args.values())


def test_mail_is_tried_for_more_than_a_day():
    retry = tasks.send_notice.retry_strategy
    assert retry is not None
    waits = [retry.exponential_wait ** (attempt + 1) for attempt in range(retry.max_attempts or 0)]  # type: ignore[attr-defined]
    assert sum(waits) > 24 * 3600


@pytest.mark.parametrize("kind", KINDS)
def test_every_mail_reads_well_as_text_and_as_html(kind):
    notice = Notice(kind=kind)
    notice.to, notice.context = "rosa@mail.example", json.dumps(CONTEXT)
    message = notices.message(notice)
    assert message.subject
    assert "\n" not in message.subject
    assert HOSTILE not in message.subject
    assert "&amp;" not in message.body
    assert "&#" not in message.body
    html = str(message.alternatives[0][0])
    assert "<b>Rosa</b>" not in html
    assert "<script" not in html
    for text in (message.body, html):
        assert "{{" not in text
        assert "{%" not in text
        assert settings.SITE_ADDRESS in text
    assert ("<b>Rosa</b>" in message.body) == ("{{ first_name }}" in template(kind))


def template(kind: str) -> str:
    return (Path(settings.BASE_DIR) / f"templates/mail/{kind}.txt").read_text()


@pytest.mark.parametrize("kind", KINDS)
def test_every_mail_that_people_get_warns_never_to_tell_a_code(kind):
    if kind != "contact-for-staff":
        text = render_to_string(f"mail/{kind}.txt", {**CONTEXT, "policy": policy, "site": settings.SITE_ADDRESS})
        assert "We never ask for your password, a code or your Social Security number" in text


def test_no_mail_loads_anything_from_elsewhere():
    for path in (Path(settings.BASE_DIR) / "templates/mail").glob("*.html"):
        assert not re.search(r"<img|<link|<script|url\(", path.read_text()), path.name


def test_a_header_cannot_be_smuggled_in_through_an_address(client):
    page = client.post("/recover/username/", {"email": "rosa@mail.example\nBcc: all@mail.example"})
    assert "name@example.com" in walk.text_of(page)
