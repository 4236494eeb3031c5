"""No personal data and no secrets in logs, in the audit trail, in URLs or in jobs, over whole journeys."""

import re

import pytest
from django.core import mail
from django.db import connection
from django.test import Client

from accounts.models import RecoveryRequest, RegistrationDraft, UpgradeDraft
from accounts.recovery import password as recovery
from demo.people.person import Person
from tests import people, tripwire, walk
from tests.accounts.holders import WRONG, give_password, give_token

pytestmark = pytest.mark.django_db

USERNAME = "quiet.river.7"
NEW_PASSWORD = "Möwen über dem Watt"


def secrets_of(person: Person) -> list[str]:
    """What may stand in no log, in any writing."""
    name, born = person.name, person.born
    numbers = [person.ssn, person.ssn.replace("-", ""), person.ssn.replace("-", " "), person.dod_id]
    dates = [born.isoformat(), f"{born:%m/%d/%Y}", f"{born:%Y%m%d}", f"{born:%B} {born.day}, {born.year}"]
    words = [name.first, name.last, person.email, person.phone, person.address.street, USERNAME]
    return [*numbers, *dates, *words, walk.PASSWORD, NEW_PASSWORD, WRONG]


class Browser(Client):
    """Remembers where it has been."""

    def __init__(self) -> None:
        super().__init__()
        self.visited: list[str] = []

    def generic(self, method: str, path: str, *args: object, **kwargs: object) -> object:  # type: ignore[override]
        self.visited.append(path)
        return super().generic(method, path, *args, **kwargs)  # type: ignore[arg-type]


def jobs() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(args::text, ' ') FROM procrastinate_jobs")
        return cursor.fetchone()[0] or ""


def check(browser: Browser, logged: str, secrets: list[str]) -> None:
    """What is known only afterwards, such as codes and keys, is looked for everywhere at once."""
    audited = " ".join(row for _, row in tripwire.audited())
    written = "\n".join([logged, audited, jobs(), *browser.visited]).lower()
    assert not [place for place, secret in enumerate(secrets) if secret.lower() in written]


def test_a_premium_registration_writes_nothing_about_the_person(caplog):
    person, browser = people.load("rosa"), Browser()
    with caplog.at_level("DEBUG"), tripwire.no_secret_is_written(secrets_of(person)):
        browser.post(walk.begin(browser), walk.details_of(person, last_name="Somebodyelse"))
        key = walk.register_premium(browser, person, USERNAME)
        walk.deliver_mail()
    draft = RegistrationDraft.objects.latest("created_at")
    codes = re.findall(r"\b[0-9A-Z]{5}-[0-9A-Z]{5}\b", " ".join(str(sent.body) for sent in mail.outbox))
    assert codes
    check(browser, caplog.text, [*secrets_of(person), key, *codes, *draft.backup_codes.split()])


def test_an_upgrade_writes_nothing_about_the_person(caplog):
    person, browser = people.load("rosa"), Browser()
    with caplog.at_level("DEBUG"), tripwire.no_secret_is_written(secrets_of(person)):
        walk.register_basic(browser, person, USERNAME)
        key = walk.upgrade(browser, person, next_page="/portal/labs/")
        walk.deliver_mail()
    codes = UpgradeDraft.objects.get().backup_codes.split()
    check(browser, caplog.text, [*secrets_of(person), key, *codes])


def test_signing_in_and_recovering_write_nothing_about_the_person(caplog):
    person, browser = people.load("rosa"), Browser()
    key = walk.register_premium(Client(), person, USERNAME)
    with caplog.at_level("DEBUG"), tripwire.no_secret_is_written(secrets_of(person)):
        give_password(browser, USERNAME, WRONG)
        give_password(browser, USERNAME)
        give_token(browser, "000000")
        give_token(browser, walk.token_for(key, 1))
        for page in ("/account/", "/account/activity/", "/portal/", "/portal/labs/", "/portal/contact/"):
            assert browser.get(page).status_code == 200
        browser.post("/sign-out/")
        browser.post("/recover/username/", {"email": person.email})
        browser.post("/recover/password/", {"username": USERNAME})
        for request in RecoveryRequest.objects.all():
            recovery.answer(str(request.pk))
        walk.deliver_mail()
        (link,) = re.findall(r"/recover/password/[\w-]+/", " ".join(str(sent.body) for sent in mail.outbox))
        browser.post(link, {"password": NEW_PASSWORD, "password_again": NEW_PASSWORD})
        walk.deliver_mail()
    token = link.split("/")[3]
    logged = [caplog.text, " ".join(row for _, row in tripwire.audited()), jobs()]
    assert token not in " ".join(logged)
    check(browser, caplog.text, [*secrets_of(person), key])


def test_an_error_page_tells_nothing_of_what_was_typed(settings):
    settings.DEBUG = False
    person, browser = people.load("rosa"), Client(raise_request_exception=False)
    here = walk.begin(browser)
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr("accounts.journeys.steps.details.judge_match", lambda *args, **kwargs: 1 / 0)
        with tripwire.no_secret_is_written(secrets_of(person)):
            page = browser.post(here, walk.details_of(person))
    assert page.status_code == 500
    shown = page.content.decode().lower()
    assert not [place for place, secret in enumerate(secrets_of(person)) if secret.lower() in shown]
    assert "traceback" not in shown
