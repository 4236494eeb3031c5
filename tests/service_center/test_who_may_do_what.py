"""The table of who may do what at the desk: as the site answers now, and with the lines that must never change."""

import pytest
from django.db import connection

from demo.management.commands import draw_roles
from service_center.roles import PRINT_ROOM, ROLES
from tests.service_center.test_accounts import PAGES

# All on one worker, which asks once.
pytestmark = pytest.mark.xdist_group("who-may-do-what")

TEXTS = "support/contactmessage/texts/"
# Addresses that open for no role, and why.
NOBODYS = {
    "chat/chat/<uuid:pk>/poll/": "only who has taken the chat",
    "chat/chat/<uuid:pk>/typing/": "only who has taken the chat",
    "secure_messages/thread/<uuid:pk>/file/<uuid:item>/": "there is no file that all of them could open",
}


@pytest.fixture(scope="module")
def drawn(django_db_setup, django_db_blocker):
    """What each role gets at each address. It is asked once, because it takes seconds."""
    with django_db_blocker.unblock():
        asked = draw_roles.ask_everybody()
        connection.close()
    return asked


def acting(drawn, address):
    return {role for role, said in drawn[address].items() if draw_roles.ACTS in said}


def test_the_page_in_the_docs_says_what_the_site_says(drawn):
    assert draw_roles.PAGE.read_text() == draw_roles.draw(drawn)


def opening(drawn, address):
    return {role for role, said in drawn[address].items() if said != draw_roles.NOTHING}


@pytest.mark.parametrize(("page", "permission"), PAGES.items())
def test_a_list_opens_to_the_roles_that_have_its_permission_and_to_nobody_else(drawn, page, permission):
    allowed = {role for role, names in ROLES.items() if permission in names}
    assert opening(drawn, page.removeprefix("/admin/")) == allowed


@pytest.mark.parametrize(
    ("button", "permission"),
    [("unlock", "unlock_account"), ("lift", "unlock_account"), ("freeze", "freeze_account"), ("resend", "resend_code")],
)
def test_a_button_works_for_the_roles_that_have_its_permission_and_for_nobody_else(drawn, button, permission):
    allowed = {role for role, names in ROLES.items() if f"accounts.{permission}" in names}
    assert acting(drawn, f"accounts/account/<int:pk>/{button}/") == allowed


def test_every_address_of_the_desk_opens_for_somebody_or_says_here_why_not(drawn):
    assert len(drawn) > 60
    nobodys = {address for address, cells in drawn.items() if set(cells.values()) == {draw_roles.NOTHING}}
    assert nobodys == NOBODYS.keys()


def test_the_operator_the_editor_and_the_auditor_change_nothing_about_people(drawn):
    for address in drawn:
        if not address.startswith(
            ("operations/", "safeguards/", "search/", "support/datednotice/", "support/rating/", TEXTS)
        ):
            assert acting(drawn, address).isdisjoint({"Operator", "Editor", "Auditor"}), address
    assert {address for address, cells in drawn.items() if cells["Operator"] != draw_roles.NOTHING} == {
        "operations/",
        "operations/jobs/<int:pk>/retry/",
    }


def test_an_agent_freezes_alone_and_opens_nothing_alone(drawn):
    agent = "Service center agent"
    assert acting(drawn, "accounts/account/<int:pk>/freeze/") == {agent, "Supervisor"}
    for opens in ("accounts/account/<int:pk>/approve/", "accounts/account/<int:pk>/help/"):
        assert acting(drawn, opens) == {"Supervisor"}
    for opens in ("idproofing/case/<int:pk>/confirm/", "family/surrogacy/<int:pk>/confirm/"):
        assert opening(drawn, opens) == {"Proofing reviewer"}
    assert acting(drawn, "idproofing/visit/<uuid:pk>/use-again/") == {"Supervisor"}


def test_who_prints_letters_does_nothing_else_and_nobody_else_prints(drawn):
    for address, cells in drawn.items():
        if "batch" in address:
            assert {role for role, said in cells.items() if said != draw_roles.NOTHING} == {PRINT_ROOM}
        elif "letter" not in address:
            assert cells[PRINT_ROOM] == draw_roles.NOTHING, address


def test_every_role_of_the_staff_is_in_the_table(drawn):
    assert all(list(cells) == list(ROLES) for cells in drawn.values())
