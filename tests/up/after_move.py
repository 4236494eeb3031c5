"""What the code of today makes of a database from before the rooms were moved. test_move.py runs it in a process."""

import io
import json
import re
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import setup_test_environment
from procrastinate.contrib.django import app

from accounts.models import Account, Notice, UpgradeDraft
from demo.people import PEOPLE
from safeguards import rotation
from tests import walk
from tests.accounts.holders import give_password, give_token

Left = dict[str, Any]


def main(left: str, found: str) -> None:
    """Go on with what the file `left` tells of, and write what became of it to the file `found`."""
    Path(found).write_text(json.dumps(go_on(json.loads(Path(left).read_text()))))


def go_on(left: Left) -> Left:
    """Migrate, read what is there, let the worker catch up, and let each person do what they would have done next."""
    call_command("migrate", verbosity=0)
    setup_test_environment()
    grace, maya = left["grace"], left["maya"]
    return {
        "missing_migrations": outcome_of(missing_migrations),
        "sealed": outcome_of(sealed),
        "jobs": outcome_of(work),
        "mail": outcome_of(sent_mail),
        "tasks": outcome_of(sorted, app.tasks),
        "session": outcome_of(use_session, grace["signed_in"]),
        "half": outcome_of(finish_sign_in, grace),
        "sign_in": outcome_of(sign_in, grace),
        "admin": outcome_of(open_pages, browser_with(maya["cookies"]), maya["pages"]),
        "registration": outcome_of(finish_questions, left["rosa"]),
        "upgrade": outcome_of(finish_upgrade, left["helen"]),
        "other_way": outcome_of(choose_another_way, left["nora"]),
        "code": outcome_of(bring_code, left["walter"]),
        "stopped": outcome_of(open_drafts, left["stopped"]),
        "audit": outcome_of(verify_audit),
        "not_me": outcome_of(say_it_was_not_me, grace),
    }


def outcome_of(step: Callable[..., Any], *given: Any) -> Left:
    """Return what a step came to, or how it failed: one that fails must not hide the others."""
    try:
        return {"came_to": step(*given)}
    except Exception:  # noqa: BLE001 - the test that looks at it fails with these lines
        return {"failed": traceback.format_exc()}


def browser_with(cookies: dict[str, str]) -> Client:
    browser = Client()
    browser.cookies.load(cookies)
    return browser


def missing_migrations() -> str:
    """Return what makemigrations would still write; nothing is written."""
    said = io.StringIO()
    call_command("makemigrations", dry_run=True, stdout=said)
    return said.getvalue()


def sealed() -> dict[str, str]:
    """Return every encrypted value in the database, by its table, column and row."""
    return {
        f"{table.name}.{field.column} of {row.pk}": getattr(row, field.attname)
        for table in rotation.sealed_tables()
        for row in table.model._default_manager.all()
        for field in table.fields
    }


def open_pages(browser: Client, addresses: Iterable[str]) -> dict[str, int]:
    return {address: browser.get(address).status_code for address in addresses}


def open_drafts(drafts: list[Left]) -> list[int]:
    return [browser_with(draft["cookies"]).get(draft["address"]).status_code for draft in drafts]


def use_session(cookies: dict[str, str]) -> Left:
    browser = browser_with(cookies)
    user = user_of(browser)
    return {
        "account": user.pk,
        "verified": user.is_verified(),
        "pages": open_pages(browser, ["/portal/", "/account/", "/account/security/", "/portal/labs/"]),
    }


def finish_sign_in(grace: Left) -> str:
    return give_token(browser_with(grace["half"]), grace["backup_code"])["Location"]


def sign_in(grace: Left) -> list[str]:
    """Return where password and authenticator lead. The digits are the next ones: those of now may be used already."""
    browser = Client()
    first = give_password(browser, grace["username"], grace["password"])
    second = give_token(browser, walk.token_for(grace["key"], drift=1))
    return [first["Location"], second["Location"]]


def finish_questions(rosa: Left) -> Left:
    browser, here = browser_with(rosa["cookies"]), rosa["address"]
    number = browser.get(here).context["question_number"]
    here = walk.answer_all(browser, here, PEOPLE["rosa"])
    return {"question_number": number, "then": redeem(browser, here, walk.code_on(browser, here), "rosa.moved")}


def finish_upgrade(helen: Left) -> list[str]:
    """Return the steps that follow the questions, and the level of the account after them.

    Since then an upgrade asks for other details, and emails its code to an address that was known before. So a person
    who began before gives the details again.
    """
    browser, here = browser_with(helen["cookies"]), helen["address"]
    details = browser.get(here)["Location"]
    here = walk.send(browser, details, walk.upgrade_details_of(PEOPLE["helen"]))
    here = walk.answer_all(browser, here, PEOPLE["helen"])
    notice = Notice.objects.filter(kind="activation-code", sent_at=None).latest("created_at")
    second_factor = walk.send(browser, here, {"code": json.loads(notice.context)["code"]})
    key = UpgradeDraft.objects.get().authenticator_key
    done = walk.send(browser, second_factor, {"otp_token": walk.token_for(key)})
    return [step_of(second_factor), step_of(done), user_of(browser).get_level_display()]


def bring_code(walter: Left) -> list[str]:
    return redeem(browser_with(walter["cookies"]), walter["address"], walter["code"], "walter.moved")


def redeem(browser: Client, here: str, code: str, username: str) -> list[str]:
    """Return the steps that follow the code in a registration at Basic, and who is signed in after them."""
    credentials = walk.send(browser, here, {"code": code})
    done = walk.send(browser, credentials, walk.credentials(username))
    return [step_of(credentials), step_of(done), user_of(browser).get_username()]


def step_of(address: str) -> str:
    """Return the last word of an address such as /register/<draft>/code/."""
    return address.strip("/").rpartition("/")[2]


def user_of(browser: Client) -> Any:
    """Return who asks when this browser asks for a page."""
    return browser.get("/account/").wsgi_request.user


def choose_another_way(nora: Left) -> str:
    return walk.send(browser_with(nora["cookies"]), nora["address"], {"route": "in_person"})


def work() -> dict[str, str]:
    """Let a worker do all that waits, and return how each job ended, by its number."""
    with app.replace_connector(app.connector.get_worker_connector()) as working:  # type: ignore[attr-defined]
        working.run_worker(wait=False, listen_notify=False, install_signal_handlers=False)
    with connection.cursor() as cursor:
        cursor.execute("SELECT id::text, status::text FROM procrastinate_jobs")
        return dict(cursor.fetchall())


def sent_mail() -> list[Left]:
    return [{"to": message.to, "text": message.body} for message in mail.outbox]


def verify_audit() -> str:
    said = io.StringIO()
    call_command("verify_audit", stdout=said)
    return said.getvalue()


def say_it_was_not_me(grace: Left) -> str:
    """Follow the link of a mail that was written before the move, and return the state of the account after that."""
    links = [found[0] for message in mail.outbox if (found := re.search(r"/not-me/[^/\s]+/", str(message.body)))]
    Client().post(links[0])
    return Account.objects.get(pk=grace["account"]).state
