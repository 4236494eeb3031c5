"""People who have a code already: also in drafts and reviews that were written before the draft had a field for it."""

import json
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client

from accounts.models import Account, RegistrationDraft, UpgradeDraft
from core.policy import Level
from demo.people.person import Person
from idproofing import codes
from idproofing.models import Case
from idproofing.routes import Route
from tests import people, walk
from tests.accounts.holders import address, holder, registering, signed_in, upgrading
from tests.accounts.test_reviews import approved, opens

pytestmark = pytest.mark.django_db

BEFORE, SINCE = [("accounts", "0014_email_confirmed")], [("accounts", "0015_has_code")]


@pytest.fixture
def rosa(db: None) -> Person:
    return people.load("rosa")


def registration_of(rosa: Person, client: Client) -> RegistrationDraft:
    return registering(client, rosa)


def upgrade_of(rosa: Person, client: Client) -> UpgradeDraft:
    account = Account.objects.filter(dod_id=rosa.dod_id).first() or holder(rosa)
    client.cookies = signed_in(account).cookies
    return upgrading(client, account, dod_id=rosa.dod_id, email=rosa.email)


def written_before(draft: RegistrationDraft | UpgradeDraft) -> None:
    """Have the row as a server with the code of before leaves it for somebody who has a code."""
    type(draft)._default_manager.filter(pk=draft.pk).update(code_delivery="have", has_code=False)


def stored(draft: RegistrationDraft | UpgradeDraft) -> tuple[str, bool]:
    return type(draft)._default_manager.values_list("code_delivery", "has_code").get(pk=draft.pk)


def migrate(to: list[tuple[str, str]]) -> Any:
    """Take the one migration back, or make it again; the models as they were before it.

    Only this one: later ones may build indexes concurrently, which no transaction allows. What waits to be checked is
    checked, or no table is altered.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    loader = MigrationExecutor(connection).loader
    before = loader.project_state(BEFORE)
    with connection.schema_editor() as editor:
        step = loader.get_migration(*SINCE[0])
        (step.unapply if to == BEFORE else step.apply)(before.clone(), editor)
    return before.apps


@pytest.mark.parametrize("begun", [registration_of, upgrade_of])
def test_a_draft_from_before_leads_to_its_code(rosa, client, begun):
    draft = begun(rosa, client)
    written_before(draft)
    here = address(draft, "code")
    assert client.get(address(draft, "questions"))["Location"] == here
    assert "Enter the code that you were given." in walk.text_of(client.get(here))
    code = codes.issue(rosa.dod_id, Level(draft.level), "email", rosa.email, by="visitor").text
    walk.send(client, here, {"code": code})
    assert stored(draft) == ("", True)


def test_a_draft_from_before_may_go_on_by_another_route(rosa, client):
    draft = registering(client, rosa)
    written_before(draft)
    there = walk.send(client, address(draft, "way"), {"route": Route.LETTER})
    assert there == address(draft, "letter")
    assert stored(draft) == ("letter", False)


@pytest.mark.parametrize("begun", [registration_of, upgrade_of])
def test_a_server_of_before_goes_on_writing_drafts(rosa, client, begun):
    """It knows nothing of the new column, so the database has to fill it."""
    draft = begun(rosa, client)
    names = [f'"{field.column}"' for field in draft._meta.concrete_fields if field.name not in ("id", "has_code")]
    columns, table = ", ".join(names), draft._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {table} (id, {columns}) SELECT gen_random_uuid(), {columns} FROM {table}")  # noqa: S608
    assert list(type(draft)._default_manager.values_list("has_code", flat=True)) == [False, False]


@pytest.mark.parametrize("begun", [registration_of, upgrade_of])
def test_the_migration_tells_who_has_a_code_and_the_way_back_keeps_it(rosa, client, begun):
    without, within, came = begun(rosa, client), begun(rosa, client), begun(rosa, client)
    kind = type(without)
    kind._default_manager.filter(pk=came.pk).update(code_delivery="", has_code=True)
    old = migrate(BEFORE).get_model("accounts", kind.__name__)
    assert dict(old.objects.values_list("pk", "code_delivery"))[came.pk] == "have"
    old.objects.filter(pk=within.pk).update(code_delivery="have")
    migrate(SINCE)
    assert stored(without) == ("screen", False)
    for draft in (within, came):
        assert stored(draft) == ("have", True)
        draft.refresh_from_db()
        assert (draft.code_delivery, draft.has_code) == ("", True)


def mismatched_with_a_code(browser: Client, emily: Person) -> tuple[str, str]:
    """Emily has a code, gives another name than the one on record and asks for a review: its reference and code."""
    here = walk.send(browser, "/register/with-code/", {"level": 1})
    browser.post(here, walk.details_of(emily, last_name="Tran"))
    page = browser.get(walk.send(browser, here.replace("/details/", "/review/"), {}))
    return page.context["draft"].case.shown_reference, page.context["draft"].continuation_code


def test_somebody_who_has_a_code_is_asked_for_it_after_a_review(client):
    emily = people.load("emily")
    status = opens(client, mismatched_with_a_code(client, emily))
    approved(emily)
    assert walk.send(client, status, {}).endswith("/code/")


def test_somebody_who_asked_for_the_review_before_is_asked_for_the_code_too(client):
    emily = people.load("emily")
    status = opens(client, mismatched_with_a_code(client, emily))
    case = Case.objects.get()
    typed = {name: value for name, value in json.loads(case.typed or "").items() if name != "has_code"}
    case.typed = json.dumps(typed | {"code_delivery": "have"})
    case.save(update_fields=["typed"])
    approved(emily)
    assert walk.send(client, status, {}).endswith("/code/")
    assert RegistrationDraft.objects.latest("created_at").has_code


def test_somebody_who_asked_for_the_review_before_there_were_routes_goes_on_with_the_questions(client):
    emily = people.load("emily")
    status = opens(client, mismatched_with_a_code(client, emily))
    case = Case.objects.get()
    kept = json.loads(case.typed or "")
    case.typed = json.dumps({name: value for name, value in kept.items() if name not in ("route", "has_code")})
    case.save(update_fields=["typed"])
    approved(emily)
    assert walk.send(client, status, {}).endswith("/questions/")


def test_a_server_of_before_reads_the_review_of_somebody_who_has_no_code(client):
    """It takes no field that it does not know."""
    here = walk.begin(client)
    client.post(here, walk.details_of(people.load("emily"), last_name="Tran"))
    walk.send(client, here.replace("/details/", "/review/"), {})
    assert "has_code" not in json.loads(Case.objects.get().typed or "")
