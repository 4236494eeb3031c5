"""The one search of the desk: what it finds, for whom, and what it does with bad input."""

import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Account
from core import policy
from core.policy import Level
from deers import lookup
from demo.people import PEOPLE
from idproofing.models import Letter, Proofing
from safeguards.models import AuditEvent
from support import contact
from support.models import ContactMessage
from tests import people, walk
from tests.accounts.holders import holder, signed_in, staff
from tests.idproofing import reviewers
from tests.idproofing.letter_people import asked
from tests.tripwire import no_secret_is_written

pytestmark = pytest.mark.django_db

SEARCH = "/admin/search/"


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(people.load("rosa"))


@pytest.fixture
def agent(db: None) -> Client:
    return signed_in(staff("Service center agent"))


def search(client: Client, text: str) -> str:
    return walk.text_of(client.post(SEARCH, {"q": text}, follow=True))


def test_a_person_is_found_by_all_that_a_caller_can_say(agent: Client, rosa: Account) -> None:
    who = PEOPLE["rosa"]
    said = [rosa.username, rosa.username[2:6], who.name.last, f"{who.name.last}, {who.name.first}", who.email]
    said += [who.phone, who.dod_id, who.ssn, f"{who.ssn[:3]}-{who.ssn[3:5]}-{who.ssn[5:]}", who.ssn[-4:]]
    for text in said:
        page = search(agent, text)
        assert "People with an account" in page, text
        assert rosa.username in page, text


def test_an_account_is_found_by_its_number_while_deers_does_not_answer(agent, rosa, monkeypatch) -> None:
    monkeypatch.setattr(lookup, "search", lambda text, most=50: [])  # what it returns then
    page = search(agent, f"{rosa.dod_id[:5]} {rosa.dod_id[5:]}")
    assert rosa.username in page
    assert "People with an account" in page


def test_what_is_found_is_masked_and_what_was_typed_is_in_no_address(agent: Client, rosa: Account) -> None:
    who = PEOPLE["rosa"]
    with no_secret_is_written([who.ssn, who.dod_id]):
        found = agent.post(SEARCH, {"q": who.ssn})
        page = agent.get(found["Location"]).content.decode()
    assert who.ssn not in found["Location"]
    assert who.ssn not in page
    assert who.dod_id not in page
    assert who.email not in page
    assert f"/admin/person/a-{rosa.pk}/" in page


def test_somebody_else_s_sealed_search_finds_nothing(agent: Client, rosa: Account) -> None:
    address = agent.post(SEARCH, {"q": rosa.username})["Location"]
    other = signed_in(staff("Supervisor", "other.here"))
    assert rosa.username not in walk.text_of(other.get(address))
    assert rosa.username not in walk.text_of(agent.get(SEARCH, {"q": rosa.username}))


def test_people_without_an_account_are_found_if_they_have_begun(agent: Client) -> None:
    nora, who = people.load("nora"), PEOPLE["nora"]
    assert "Nothing fits your search." in search(agent, who.name.last)
    Proofing.objects.create(dod_id=nora.dod_id, level=Level.BASIC)
    for text in (who.name.last, who.dod_id, who.ssn[-4:]):
        page = search(agent, text)
        assert "People without an account yet" in page, text
        assert who.dod_id not in page


def test_whatever_has_a_reference_is_found_by_it() -> None:
    people.load_all("emily", "judith")
    case, letter = reviewers.open_case().case, asked("rosa", now=timezone.now())
    message = contact.receive(uuid.uuid4(), name="Opal", email="o@example.com", topic="other", body="Hello")
    supervisor = signed_in(staff("Supervisor"))
    for text, title in (
        (case.shown_reference, "Reviews"),
        (str(case.number), "Reviews"),
        (message.reference.lower(), "Messages to the service center"),
        (letter.reference.replace("-", " "), "Letters"),
    ):
        assert title in search(supervisor, text), text
    assert Letter.objects.count() == ContactMessage.objects.count() == 1


def test_the_code_of_an_error_page_leads_to_its_article(agent: Client) -> None:
    assert "/support/code/H-12/" in agent.post(SEARCH, {"q": "h 12"}, follow=True).content.decode()
    assert "Nothing fits your search." in search(agent, "H-99")


def test_each_role_finds_only_what_it_may_see(rosa: Account) -> None:
    message = contact.receive(uuid.uuid4(), name="Opal", email="o@example.com", topic="other", body="Hello")
    reviewer = signed_in(staff("Proofing reviewer"))
    assert rosa.username in search(reviewer, rosa.username)
    assert "Nothing fits your search." in search(reviewer, message.reference)
    nurse = signed_in(staff("Care team", "a.nurse"))
    assert nurse.post(SEARCH, {"q": rosa.username}).status_code == 403
    assert 'id="desk-search"' not in nurse.get("/admin/").content.decode()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Enter what the person can tell you."),
        ("   ", "Enter what the person can tell you."),
        ("\x00", "Enter what the person can tell you."),
        ("a", "One letter would find too many."),
        ("é" * 10_240, "Shorten your search to 100 characters. It had 10240."),
    ],
)
def test_a_search_for_nothing_everything_or_too_much_is_explained(agent: Client, typed: str, sentence: str) -> None:
    answer = agent.post(SEARCH, {"q": typed})
    assert answer.status_code == 200
    assert sentence in walk.text_of(answer)
    assert not AuditEvent.objects.filter(event="support.person-searched").exists()


@pytest.mark.parametrize(
    "typed", ["<script>alert(1)</script>", "%%%", "__", "a\x00b", "' OR 1=1 --", "\u202egnitirw", "~~~~", "((", "H-1"]
)
def test_odd_characters_find_nobody_and_break_nothing(agent: Client, rosa: Account, typed: str) -> None:
    page = agent.post(SEARCH, {"q": typed}, follow=True)
    assert page.status_code == 200
    assert "Nothing fits your search." in walk.text_of(page)
    assert "<script>alert" not in page.content.decode()


@pytest.mark.parametrize("sealed", ["~", "~x", "~" + "A" * 5_000, "%00", "~é"])
def test_a_broken_seal_is_no_error(agent: Client, sealed: str) -> None:
    assert agent.get(SEARCH, {"q": sealed}).status_code in (200, 400)


def test_of_many_some_are_shown_and_the_rest_on_demand(agent: Client) -> None:
    keys = list(PEOPLE)[: policy.SEARCH_SHOWN + 2]
    for key in keys:
        holder(people.load(key), username=f"{key[:8]}.samename")
    page = agent.post(SEARCH, {"q": "samename"}, follow=True)
    assert page.content.decode().count(".samename") == policy.SEARCH_SHOWN
    [more] = re.findall(r'href="(\?q=[^"]+kind=accounts)"', page.content.decode())
    assert agent.get(SEARCH + more.replace("&amp;", "&")).content.decode().count(".samename") == len(keys)


def test_searches_are_counted_and_on_record(agent: Client, rosa: Account, monkeypatch: Any) -> None:
    limit = policy.Limit("few-searches", 2, policy.SEARCHES_PER_STAFF.period)
    monkeypatch.setattr(policy, "SEARCHES_PER_STAFF", limit)
    for _ in range(2):
        search(agent, rosa.username)
    refused = agent.post(SEARCH, {"q": rosa.username})
    assert refused.status_code == 429
    assert "You searched very often" in walk.text_of(refused)
    assert AuditEvent.objects.filter(event="support.person-searched").count() == 2


def test_there_is_no_way_round_the_count_of_searches(rosa: Account, monkeypatch: Any) -> None:
    monkeypatch.setattr(policy, "SEARCHES_PER_STAFF", policy.Limit("few", 1, policy.SEARCHES_PER_STAFF.period))
    lists = ("accounts/account", "idproofing/proofing", "idproofing/letter")
    for number, page in enumerate((*lists, "safeguards/auditevent")):
        client, name = signed_in(staff("Supervisor", f"curious.{number}")), "who" if "audit" in page else "q"
        first, second = (client.post(f"/admin/{page}/", {name: rosa.dod_id}, follow=True) for _ in range(2))
        assert "You searched very often" not in walk.text_of(first), page
        assert str(rosa.dod_id) not in "".join(address for address, _ in first.redirect_chain)
        assert "You searched very often" in walk.text_of(second), page
        by_address = walk.text_of(client.get(f"/admin/{page}/", {name: rosa.username}, follow=True))
        assert name == "who" or "You searched very often" in by_address
        assert f"About {rosa.username}" not in by_address


def test_a_list_is_searched_within_its_filters_and_nobody_else_opens_what_was_found(rosa: Account) -> None:
    here, agent = "/admin/idproofing/proofing/", signed_in(staff("Service center agent"))
    Proofing.objects.create(dod_id=rosa.dod_id or "", level=Level.BASIC)
    found = agent.post(here, {"q": rosa.last_name, "level__exact": "1"}, follow=True)
    assert "level__exact=1" in found.redirect_chain[0][0]
    assert rosa.last_name not in found.redirect_chain[0][0]
    assert [row.dod_id for row in found.context["cl"].result_list] == [rosa.dod_id]
    assert f'value="{rosa.last_name}" id="searchbar"' in found.content.decode()


def test_a_search_takes_a_few_queries(rosa: Account) -> None:
    supervisor = signed_in(staff("Supervisor"))
    address = supervisor.post(SEARCH, {"q": rosa.username})["Location"]
    supervisor.get(address)
    with CaptureQueriesContext(connection) as queries:
        supervisor.get(address)
    assert len(queries) <= 16, [one["sql"][:90] for one in queries.captured_queries]
