"""The demo's pages: whom people can be, and the mail that was sent, for people and for scripts."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.test import Client

from accounts.models import Account
from demo import population
from demo.mail import KeepingBackend
from demo.models import SentMail
from demo.people import PEOPLE, STAFF
from idproofing import letters
from idproofing.models import Fact
from idproofing.questions import word_question
from tests import people
from tests.idproofing.letter_people import asked

FORM = {"name", "story", "first_name", "middle_name", "last_name", "suffix", "date_of_birth", "ssn", "dod_id"} | {
    *("email", "phone", "address", "facts", "account")
}


@pytest.mark.django_db
def test_anybody_may_see_who_one_can_be(client: Client) -> None:
    people.load("raymond")
    page = client.get("/demo/").content.decode()
    assert "920-11-3052" in page
    assert "Answers to the identity questions" in page
    assert "premium.grace" in page


@pytest.mark.django_db
def test_the_page_costs_two_queries_however_many_people_there_are(client: Client, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    people.load_all("raymond", "rosa", "nora")
    with django_assert_num_queries(2):
        client.get("/demo/")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("widow", "nora"),
        ("NUNEZ quinones", ""),
        ("quinones", "isabel"),
        ("tuskegee", "ida"),
        ("920-11-3052", "raymond"),
    ],
)
def test_the_search_finds_people_by_what_their_cards_say(client: Client, typed: str, found: str) -> None:
    cards = [card for _, cards in client.get("/demo/", {"q": typed}).context["groups"] for card in cards]
    assert [card.person.key for card in cards] == ([found] if found else [])


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["\0", "x" * 10_000, "\u202e<script>alert(1)</script>", "%s {{ 7 }}", "'"])
def test_the_search_takes_whatever_is_typed(client: Client, typed: str) -> None:
    page = client.get("/demo/", {"q": typed})
    assert page.status_code == 200
    assert b"<script>alert" not in page.content


@pytest.mark.django_db
def test_a_person_who_has_registered_is_marked(client: Client) -> None:
    population.load(PEOPLE["rosa"], record=False)
    Account.objects.update(username="somebody.else")
    assert "somebody.else" not in client.get("/demo/?q=rosa").content.decode()  # hers was ready from the start
    Account.objects.update(dod_id=PEOPLE["raymond"].dod_id)
    assert "somebody.else" in client.get("/demo/?q=kessler").content.decode()


@pytest.mark.django_db
def test_people_json_has_the_form_that_scripts_rely_on(client: Client) -> None:
    people.load("raymond")
    everyone = client.get("/demo/people.json").json()
    assert len(everyone) == len(PEOPLE) + len(STAFF)
    assert all(set(person) == FORM for person in everyone)
    raymond = next(person for person in everyone if person["first_name"] == "Raymond")
    assert (raymond["date_of_birth"], raymond["ssn"], raymond["account"]) == ("1948-03-14", "920113052", None)
    facts = Fact.objects.filter(dod_id=PEOPLE["raymond"].dod_id)
    worded = [dict(zip(("question", "answer"), word_question(fact), strict=True)) for fact in facts]
    assert sorted(raymond["facts"], key=str) == sorted(worded, key=str)


@pytest.mark.django_db
def test_people_json_tells_how_to_use_each_ready_account(client: Client) -> None:
    accounts = [person["account"] for person in client.get("/demo/people.json").json() if person["account"]]
    by_level = {account["level"]: account for account in accounts}
    assert set(by_level) == {1, 2, None}
    assert by_level[1]["totp_secret"] is None
    assert len(by_level[2]["totp_secret"]) == 32
    assert by_level[None]["role"]
    assert set(by_level[2]) == {"username", "password", "level", "totp_secret", "role"}


def mail(subject: str, *to: str) -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(subject, "Your code is https://127.0.0.1/x & more", to=list(to))
    message.attach_alternative("<p>Your code</p><script>alert(1)</script>", "text/html")
    return message


@pytest.mark.django_db
def test_mail_is_kept_once_for_each_recipient_and_shown_newest_first(client: Client) -> None:
    backend = get_connection("demo.mail.KeepingBackend")
    assert backend.send_messages([mail("The first", "june@example.org"), mail("The second", "a@b.c", "d@e.f")]) == 2
    SentMail.objects.filter(subject="The first").update(sent_at=datetime(2026, 1, 1, tzinfo=UTC))
    kept = client.get("/demo/mail.json").json()
    assert [each["to"] for each in kept] == ["d@e.f", "a@b.c", "june@example.org"]
    assert set(kept[0]) == {"to", "subject", "text", "html", "sent_at"}
    page = client.get("/demo/mail/").content.decode()
    assert page.index("The second") < page.index("The first")


@pytest.mark.django_db
def test_a_mails_html_can_run_nothing(client: Client) -> None:
    get_connection("demo.mail.KeepingBackend").send_messages([mail("Hello", "june@example.org")])
    shown = client.get(f"/demo/mail/{SentMail.objects.get().pk}.html")
    assert "<p>Your code</p>" in shown.content.decode()
    rules = shown["Content-Security-Policy"]
    assert "sandbox" in rules
    assert "script-src 'none'" in rules
    assert client.get("/demo/mail/99999999.html").status_code == 404


def test_without_the_demo_there_is_no_such_page() -> None:
    left_out = "import django; django.setup(); from django.urls import resolve; resolve('/demo/')"
    settings_module = (
        "from dslogon.settings.test import *\nDEMO = False\n"
        "INSTALLED_APPS = [app for app in INSTALLED_APPS if app != 'dslogon.demo']\n"
    )
    ran = run(
        f"import sys, types; m = types.ModuleType('plain'); exec({settings_module!r}, m.__dict__); "
        f"sys.modules['plain'] = m; {left_out}",
        DJANGO_SETTINGS_MODULE="plain",
    )
    assert ran.returncode != 0
    assert "Resolver404" in ran.stderr


def test_production_refuses_to_start_with_the_demo() -> None:
    ran = run("import django; django.setup()", DJANGO_SETTINGS_MODULE="dslogon.settings.production", DSLOGON_DEMO="1")
    assert ran.returncode != 0
    assert "never runs with production settings" in " ".join(ran.stderr.split())


def run(code: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], env=os.environ | env, cwd=settings.BASE_DIR, capture_output=True, text=True
    )


@pytest.mark.django_db
def test_a_newcomer_reads_the_letter_before_it_is_printed(client: Client) -> None:
    letter = asked("rosa", now=datetime(2026, 11, 20, tzinfo=UTC))
    KeepingBackend().send_messages([EmailMultiAlternatives("Newer", "text", to=["rosa@example.org"])])
    newer, found = client.get("/demo/mail.json").json()
    assert newer["subject"] == "Newer"
    assert set(found) == {"to", "subject", "text", "html", "sent_at"}
    assert found["to"] == "Rosa Elena Delgado, 2214 Sawmill Creek Lane, Clarksville, TN 37042"
    assert letter.secret in found["text"]
    (address,) = re.findall(r"/demo/letters/[\w-]+\.pdf", client.get("/demo/mail/").content.decode())
    assert client.get(address).content.startswith(b"%PDF-")
    letters.void(letter, by="system")
    assert client.get(address).status_code == 404
    assert len(client.get("/demo/mail.json").json()) == 1
