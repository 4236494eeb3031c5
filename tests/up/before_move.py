"""What people left in a database before the rooms were moved: a script for the code of that time."""

COMMIT = "52e85c7ca04cf0975b3d4111dc655c8fc0766475"
"""The last commit before the move."""

# Text and not a module: it speaks to the modules of COMMIT, and neither the linters nor a rename may touch it.
# It runs with the packages of today. Once those no longer bear the code of COMMIT, no site has such a database either,
# and the test has done its work.
SCRIPT = r'''
import inspect
import json
import re
import sys
from datetime import timedelta
from pathlib import Path

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import setup_test_environment
from django.utils import timezone
from procrastinate.contrib.django import app

from accounts import factors, notices
from accounts.models import Account
from dslogon.demo import population
from dslogon.demo.people import PEOPLE, STAFF
from safeguards import rotation, seal
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import STAFF_DOOR, address, give_password, give_token, holder, registering, signed_in
from tests.support.test_contact import send as write_to_the_service_center

call_command("migrate", verbosity=0)
setup_test_environment()


def cookies(browser):
    return {name: cookie.value for name, cookie in browser.cookies.items()}


def at_page(browser, here):
    return {"address": here, "cookies": cookies(browser)}


def seal_a_day():
    AuditEvent.objects.create(event="consent.given", at=timezone.now() - timedelta(days=2), actor_kind="visitor")
    assert seal.seal_due()


def sign_in_grace():
    """Sign Grace in, and in another browser only as far as her password. Her backup codes are on paper."""
    grace = PEOPLE["grace"]
    population.load(grace, record=False)
    account = Account.objects.get(dod_id=grace.dod_id)
    browser, half = Client(), Client()
    give_password(browser, grace.account.username, grace.account.password)
    assert give_token(browser, walk.token_for(grace.account.authenticator_key))["Location"] == "/portal/"
    assert give_password(half, grace.account.username, grace.account.password).status_code == 302
    notices.tell(account, "password-changed")
    return {
        "account": account.pk,
        "username": grace.account.username,
        "password": grace.account.password,
        "key": grace.account.authenticator_key,
        "backup_code": factors.make_backup_codes(account, by=account)[0],
        "signed_in": cookies(browser),
        "half": cookies(half),
    }


def sign_in_maya():
    """Sign in one of the staff, and note where the first page of the admin leads her."""
    maya = STAFF[0]
    population.load(maya)
    browser = Client()
    give_password(browser, maya.account.username, maya.account.password, door=STAFF_DOOR)
    token = walk.token_for(maya.account.authenticator_key)
    assert give_token(browser, token, door=STAFF_DOOR)["Location"] == "/admin/"
    pages = sorted(set(re.findall(r'href="(/admin/\w+/\w+/)"', browser.get("/admin/").content.decode())))
    return {"cookies": cookies(browser), "pages": {page: browser.get(page).status_code for page in pages}}


def answer_one_question():
    """Let Rosa answer the first of her questions."""
    rosa, browser = people.load("rosa"), Client()
    here = walk.to_questions(browser, rosa)
    walk.send(browser, here, {"action": "start"})
    page = browser.get(here)
    asked = page.context["question"]
    assert walk.send(browser, here, walk.answer_to(asked, walk.right_choice(rosa, page))) == here
    return at_page(browser, here)


def begin_an_upgrade():
    """Let Helen, who has a Basic account, type what an upgrade asks for."""
    helen = people.load("helen")
    browser = signed_in(holder(helen))
    here = walk.send(browser, "/upgrade/", {"code_delivery": "screen"})
    return at_page(browser, walk.send(browser, here, walk.upgrade_details_of(helen)))


def leave_the_questions():
    """Let Nora leave hers, so that she is shown the other ways."""
    browser = Client()
    here = walk.to_questions(browser, people.load("nora"))
    walk.send(browser, here, {"action": "start"})
    return at_page(browser, walk.send(browser, here, {"action": "leave"}))


def come_back_with_a_code():
    """Let Walter write down his code and type his details into another browser."""
    walter, browser, other = people.load("walter"), Client(), Client()
    here = walk.answer_all(browser, walk.to_questions(browser, walter), walter)
    code = walk.code_on(browser, here)
    details = walk.send(other, "/register/with-code/", {"level": 1})
    return at_page(other, walk.send(other, details, walk.details_of(walter))) | {"code": code}


def forget_a_username():
    Client().post("/recover/username/", {"email": PEOPLE["grace"].email})


def ask_for_a_review():
    """Let Kyle, whose record allows no account, ask for a review. A job waits to tell him why by mail."""
    browser = Client()
    here = walk.begin(browser)
    assert browser.post(here, walk.details_of(people.load("kyle"))).status_code == 200
    return at_page(browser, walk.send(browser, here.replace("/details/", "/review/"), {}))


def ask_for_a_letter():
    june, browser = people.load("june"), Client()
    details = walk.send(browser, "/register/", {"level": 1, "route": "letter"})
    letter = walk.send(browser, details, walk.details_of(june))
    return at_page(browser, walk.send(browser, letter, {}))


def stop_elsewhere():
    """Make one draft for each other reason why a registration does not lead on."""
    june = people.load("june")
    for page, field, why in (
        ("way", "blocked", "thin-file"),
        ("way", "blocked", "cooling-down"),
        ("way", "blocked", "no-address"),
        ("done", "ended", "has-account"),
    ):
        browser = Client()
        here = address(registering(browser, june, **{field: why}), page)
        assert browser.get(here).status_code == 200
        yield at_page(browser, here)


def queue_the_calendar():
    """Queue each job of the calendar, as if its minute had come just before the move."""
    for task in app.tasks.values():
        if list(inspect.signature(task.func).parameters) == ["timestamp"]:
            task.defer(timestamp=0)


def jobs():
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, task_name FROM procrastinate_jobs WHERE status = 'todo'")
        return dict(cursor.fetchall())


def sealed():
    """Return every encrypted value in the database, by its table, column and row."""
    return {
        f"{table.name}.{field.column} of {row.pk}": getattr(row, field.attname)
        for table in rotation.sealed_tables()
        for row in table.model._default_manager.all()
        for field in table.fields
    }


seal_a_day()
left = {
    "grace": sign_in_grace(),
    "maya": sign_in_maya(),
    "rosa": answer_one_question(),
    "helen": begin_an_upgrade(),
    "nora": leave_the_questions(),
    "walter": come_back_with_a_code(),
    "stopped": [ask_for_a_review(), ask_for_a_letter(), *stop_elsewhere()],
}
forget_a_username()
write_to_the_service_center(Client())
queue_the_calendar()
left["tasks"] = sorted(app.tasks)
left["jobs"] = jobs()
left["sealed"] = sealed()
Path(sys.argv[1]).write_text(json.dumps(left))
'''
