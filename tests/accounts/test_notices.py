"""Email: sent only with the change that it announces, sent once, and forgotten after that."""

import json
import re
from html import escape, unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction

from accounts import tasks
from accounts.mail import notices
from accounts.models import Account, Notice
from demo.people import PEOPLE
from tests import walk
from tests.accounts.holders import holder
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db

FOLDER = Path(settings.BASE_DIR) / "templates/mail"
PARTS = {"again", "choice", "foot", "not-me"}
KINDS = sorted({path.stem for path in FOLDER.glob("*.md")} - PARTS)
HOSTILE = '<b>Rosa</b> & "Söhne"\u202e'
CONTEXT = {
    "first_name": HOSTILE,
    "username": "rosa.holder",
    "code": "ABCDE-12345",
    "link": "http://localhost:8000/recover/password/token/",
    "level": "Basic",
    "day": "August 29, 2026",
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
        assert set(args) <= {"notice_id", "request_id", "for_request"}
        assert all(re.fullmatch(r"[0-9a-f-]{32,36}", value) for value in args.values())


def test_mail_is_tried_for_more_than_a_day():
    retry = tasks.send_notice.retry_strategy
    assert retry is not None
    waits = [retry.exponential_wait ** (attempt + 1) for attempt in range(retry.max_attempts or 0)]  # type: ignore[attr-defined]
    assert sum(waits) > 24 * 3600


def mail_of(kind: str, **other: str) -> EmailMultiAlternatives:
    notice = Notice(kind=kind)
    notice.to, notice.context = "rosa@mail.example", json.dumps({**CONTEXT, **other})
    return notices.message(notice)


def html_of(message: EmailMultiAlternatives) -> str:
    return str(message.alternatives[0][0])


@pytest.mark.parametrize("kind", KINDS)
def test_every_mail_reads_well_as_text_and_as_html(kind):
    message = mail_of(kind)
    assert message.subject
    assert "\n" not in message.subject
    assert HOSTILE not in message.subject
    assert "&amp;" not in message.body
    assert "&#" not in message.body
    assert "**" not in message.body
    html = html_of(message)
    assert "<b>Rosa</b>" not in html
    assert "<script" not in html
    for text in (message.body, html):
        assert "{{" not in text
        assert "{%" not in text
        assert "\\" not in text
        assert settings.SITE_ADDRESS in text
    assert ("<b>Rosa</b>" in message.body) == ("{{ first_name }}" in (FOLDER / f"{kind}.md").read_text())


@pytest.mark.parametrize("kind", KINDS)
def test_text_and_html_of_a_mail_say_the_same(kind):
    message = mail_of(kind, first_name="Rosa")
    in_html = unescape(re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<head>.*</head>", "", html_of(message))))
    for word in re.sub(r"https?://\S+|[-:]", " ", str(message.body)).split():
        assert word.strip(".,") in in_html, word


@pytest.mark.parametrize(
    "name", ["*Rosa*", "[Rosa](http://evil.example)", "# Rosa", "<http://evil.example>", "1. Rosa"]
)
def test_a_name_is_never_read_as_markup(name):
    message = mail_of("password-changed", first_name=name)
    assert f"Hello {name}," in message.body
    html = html_of(message)
    assert 'href="http://evil.example' not in html
    assert f"Hello {escape(name)}," in html


def test_a_link_is_a_button_and_its_address_stands_below_it():
    link = "https://dslogon.example/recover/password/a_b-C~d*e/"
    message = mail_of("new-password", link=link)
    assert f"Choose a new password:\n\n    {link}\n" in message.body
    assert f'<a href="{link}" class="button">' in html_of(message)
    assert f"<p>{link}</p>" in html_of(message)


def test_a_mail_that_goes_out_again_after_a_crash_is_known_as_the_same_one():
    notice = send()
    first, second = notices.message(notice), notices.message(notice)
    assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"] == f"<{notice.pk}@localhost>"


@pytest.mark.parametrize("kind", KINDS)
def test_every_mail_warns_never_to_tell_a_code(kind):
    assert "We never ask for your password, a code or your Social Security number" in mail_of(kind).body


def test_no_mail_loads_anything_from_elsewhere():
    for kind in KINDS:
        assert not re.search(r"<img|<link|<script|url\(", html_of(mail_of(kind))), kind


def test_each_kind_of_mail_has_one_template():
    assert {path.name for path in FOLDER.iterdir()} == {"base.html", *(f"{name}.md" for name in {*KINDS, *PARTS})}


def test_a_header_cannot_be_smuggled_in_through_an_address(client):
    page = client.post("/recover/username/", {"email": "rosa@mail.example\nBcc: all@mail.example"})
    assert "name@example.com" in walk.text_of(page)
