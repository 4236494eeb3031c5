"""Registering at Basic and at Premium: who can, who cannot, and that no one learns why not."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.journeys.steps.details import NO_MATCH
from accounts.models import Account, AuthenticatorApp, RegistrationDraft
from demo.people import PEOPLE
from idproofing.models import Proofing, Quiz
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import address, holder, is_signed_in, proven, registering

pytestmark = pytest.mark.django_db


def try_details(client: Client, details: dict[str, str]) -> tuple[str, str]:
    """Type these details into a new registration; where it leads, and what the page says."""
    client.defaults["REMOTE_ADDR"] = f"203.0.113.{RegistrationDraft.objects.count() + 1}"
    response = client.post(walk.begin(client), details)
    return response.get("Location", ""), walk.text_of(response)


def matches(client: Client, details: dict[str, str]) -> bool:
    return try_details(client, details)[0].endswith("/questions/")


def test_a_sergeant_registers_at_basic_and_is_signed_in(client):
    person = people.load("rosa")
    walk.register_basic(client, person, "rosa.h")
    account = Account.objects.get()
    assert (account.dod_id, account.level, account.username) == (person.dod_id, 1, "rosa.h")
    assert client.get("/portal/").status_code == 200


def test_a_premium_registration_ends_with_a_second_factor_and_backup_codes(client):
    walk.register_premium(client, people.load("rosa"), "rosa.h")
    account = Account.objects.get()
    assert account.level == 2
    assert AuthenticatorApp.objects.filter(user=account, confirmed=True).count() == 1
    draft = RegistrationDraft.objects.get()
    page = walk.text_of(client.get(address(draft, "done")))
    assert all(code in page for code in draft.backup_codes.split())
    assert len(draft.backup_codes.split()) == 10
    assert client.get("/portal/labs/").status_code == 200


def test_a_widow_with_her_sponsors_benefits_can_register(client):
    walk.register_basic(client, people.load("nora"), "nora.widow")
    assert is_signed_in(client)


def test_a_couple_with_one_email_address_can_both_register():
    walter, june = people.load_all("walter", "june")
    assert walter.email == june.email
    walk.register_basic(Client(), walter, "walter.one")
    walk.register_basic(Client(), june, "june.two")
    assert Account.objects.filter(email=june.email).count() == 2


def test_a_daughter_may_register_from_her_eighteenth_birthday(client):
    assert matches(client, walk.details_of(people.load("lucia")))


@pytest.mark.parametrize("key", ["fnu", "li", "wilhelmina", "brian", "wanjiru", "ngoc", "isabel", "joaquin", "akiko"])
def test_people_whose_names_software_gets_wrong_are_found(client, key):
    assert matches(client, walk.details_of(people.load(key)))


@pytest.mark.parametrize("typed", ["Stone-Whitaker", "STONE WHITAKER", " stone-whitaker "])
def test_a_hyphen_more_or_less_is_the_same_name(client, typed):
    assert matches(client, walk.details_of(people.load("abigail"), last_name=typed))


def test_a_twin_is_never_taken_for_the_other(client):
    darnell, darrell = people.load_all("darnell", "darrell")
    assert not matches(client, walk.details_of(darnell, first_name=darrell.name.first))
    assert not matches(client, walk.details_of(darnell, ssn=darrell.ssn))
    assert matches(client, walk.details_of(darnell))
    assert set(RegistrationDraft.objects.values_list("dod_id", flat=True)) == {"", darnell.dod_id}


def test_the_son_does_not_open_his_fathers_record(client):
    senior, junior = people.load_all("henry_sr", "henry_jr")
    assert not matches(client, walk.details_of(junior, ssn=senior.ssn))
    assert not matches(client, walk.details_of(senior, date_of_birth=junior.born.isoformat()))


def test_a_former_first_name_does_not_open_a_record(client):
    kai = people.load("kai")
    assert matches(client, walk.details_of(kai))
    assert not matches(client, walk.details_of(kai, first_name=kai.names[0].first))


SHUT_OUT = {
    "a child": ("mateo", {}),
    "someone who has died": ("thomas", {}),
    "someone whose coverage ended": ("kyle", {}),
    "a child grown too old": ("sofia", {}),
    "a protected record": ("judith", {}),
    "a locked record": ("victor", {}),
    "a wrong number": ("rosa", {"ssn": "900-12-3456"}),
    "a wrong birth date": ("rosa", {"date_of_birth": "1971-01-01"}),
    "a wrong name": ("rosa", {"last_name": "Somebodyelse"}),
}


@pytest.mark.parametrize(("key", "other"), SHUT_OUT.values(), ids=SHUT_OUT)
def test_a_person_who_cannot_register_reads_the_same_words_as_after_a_mistake(client, key, other):
    person = people.load(key)
    location, page = try_details(client, walk.details_of(person, **other))
    assert location == ""
    assert NO_MATCH in page
    assert "registration.not-matched" in AuditEvent.objects.values_list("event", flat=True)
    draft = RegistrationDraft.objects.get()
    assert draft.dod_id == ""
    assert not Proofing.objects.exists()


def test_refusals_differ_in_nothing_but_what_was_typed(client):
    mateo, rosa = people.load_all("mateo", "rosa")
    typed = walk.details_of(rosa, last_name="Somebodyelse")
    pages = [try_details(client, walk.details_of(mateo))[1], try_details(client, typed)[1]]
    assert pages[0] == pages[1]


def test_a_match_and_a_mismatch_cost_the_same_questions_to_the_database(client):
    rosa = people.load("rosa")
    here = walk.begin(client)
    there = walk.begin(client)
    counts: list[list[str]] = []
    for draft_address, last_name in ((here, rosa.name.last), (there, "Somebodyelse")):
        client.defaults["REMOTE_ADDR"] = f"203.0.113.{len(counts) + 1}"
        ssn = rosa.ssn if not counts else "900-45-6789"
        with CaptureQueriesContext(connection) as queries:
            client.post(draft_address, walk.details_of(rosa, last_name=last_name, ssn=ssn))
        counts.append([query["sql"].split()[0] for query in queries if query["sql"].split()[0] != "SELECT"])
    assert counts[0] == counts[1]


def test_after_a_refusal_all_that_was_typed_is_kept_but_the_number(client):
    rosa = people.load("rosa")
    here = walk.begin(client)
    page = client.post(here, walk.details_of(rosa, last_name="Somebodyelse")).content.decode()
    assert 'value="Somebodyelse"' in page
    assert rosa.email in page
    again = client.get(here).content.decode()
    assert 'value="Somebodyelse"' in again
    assert rosa.ssn not in again


def test_a_mistake_can_be_corrected_on_the_spot(client):
    rosa = people.load("rosa")
    here = walk.begin(client)
    client.post(here, walk.details_of(rosa, last_name="Hernandes-Typo"))
    assert walk.send(client, here, walk.details_of(rosa)).endswith("/questions/")


def test_one_number_can_be_tried_five_times_from_wherever(client):
    rosa = people.load("rosa")
    for _ in range(5):
        try_details(client, walk.details_of(rosa, last_name="Somebodyelse"))
    location, page = try_details(client, walk.details_of(rosa, last_name="Somebodyelse"))
    assert location == ""
    assert "There were too many tries." in page
    assert "ask the service center" in page
    # Who types everything right still goes on, because somebody else may have used up the five tries at the number. How
    # few more of those there are is in test_attacks.py.
    assert try_details(client, walk.details_of(rosa))[0].endswith("/questions/")


def test_one_address_may_ask_deers_ten_times_an_hour(client):
    rosa = people.load("rosa")
    here = walk.begin(client)
    for number in range(10):
        client.post(here, walk.details_of(rosa, ssn=f"900-45-{number + 1000}"))
    assert "There were too many tries." in walk.text_of(client.post(here, walk.details_of(rosa)))


def test_twenty_registrations_an_hour_may_begin_from_one_address(client):
    for _ in range(20):
        walk.begin(client)
    page = client.post("/register/", {"level": 1, "code_delivery": "email"})
    assert "There were many registrations from your network." in walk.text_of(page)
    assert RegistrationDraft.objects.count() == 20


def test_when_deers_does_not_answer_the_person_may_come_back_to_what_was_typed(client, settings):
    rosa = people.load("rosa")
    here = walk.begin(client)
    settings.DEERS_FAULT = "unavailable"
    page = client.post(here, walk.details_of(rosa))
    assert "DEERS does not answer right now." in walk.text_of(page)
    assert rosa.email in client.get(here).content.decode()
    settings.DEERS_FAULT = ""
    assert walk.send(client, here, walk.details_of(rosa)).endswith("/questions/")


def test_no_account_is_opened_while_deers_does_not_answer(client, settings):
    draft = proven(client, people.load("rosa"))
    settings.DEERS_FAULT = "unavailable"
    page = client.post(address(draft, "credentials"), walk.credentials("rosa.h"))
    assert "DEERS does not answer right now." in walk.text_of(page)
    assert not Account.objects.exists()


@pytest.mark.parametrize("key", ["owen", "meiling"])
def test_a_thin_file_leads_to_other_ways_and_uses_up_no_attempt(client, key):
    here = walk.to_questions(client, people.load(key))
    assert walk.send(client, here, {"action": "start"}).endswith("/way/")
    page = client.get(here, follow=True)
    assert "Prove your identity another way" in walk.text_of(page)
    assert Proofing.objects.get().attempts == 0
    assert not Quiz.objects.exists()


def test_nobody_learns_of_an_account_before_proving_who_they_are(client):
    rosa = people.load("rosa")
    holder(rosa)
    pages = [client.get(walk.to_questions(client, rosa))]
    here = walk.answer_all(client, walk.to_questions(client, rosa), rosa)
    pages.append(client.get(here))
    assert not any("have an account" in walk.text_of(page) for page in pages)
    done = client.post(here, {"code": walk.code_on(client, here)}, follow=True)
    assert "account" in walk.text_of(done)
    assert done.templates[0].name == "accounts/has_account.html"
    assert Account.objects.count() == 1
    assert not is_signed_in(client)


def test_the_holder_of_the_account_sees_that_somebody_registered_again(client):
    account = holder(people.load("rosa"))
    here = walk.answer_all(client, walk.to_questions(client, PEOPLE["rosa"]), PEOPLE["rosa"])
    walk.send(client, here, {"code": walk.code_on(client, here)})
    assert AuditEvent.objects.filter(event="registration.already-registered", account_id=account.pk).exists()


def test_an_account_that_was_opened_meanwhile_is_not_opened_twice(client):
    rosa = people.load("rosa")
    draft = proven(client, rosa)
    holder(rosa)
    done = client.post(address(draft, "credentials"), walk.credentials("rosa.again"), follow=True)
    assert done.templates[0].name == "accounts/has_account.html"
    assert Account.objects.count() == 1


def test_everybody_hears_of_the_new_account_at_every_address_of_record(client):
    rosa = people.load("rosa")
    draft = proven(client, rosa, email="other@mail.example")
    walk.send(client, address(draft, "credentials"), walk.credentials("rosa.h"))
    assert {message.to[0] for message in walk.deliver_mail()} == {rosa.email, "other@mail.example"}


def test_what_was_typed_is_wiped_when_the_account_is_open(client):
    draft = proven(client, people.load("rosa"))
    walk.send(client, address(draft, "credentials"), walk.credentials("rosa.h"))
    draft.refresh_from_db()
    assert (draft.ssn, draft.date_of_birth, draft.password_hash, draft.authenticator_key) == ("", "", "", "")


def test_a_person_who_is_signed_in_has_nothing_to_register(client):
    client.force_login(holder(PEOPLE["rosa"]))
    assert client.get("/register/")["Location"] == "/portal/"


def test_somebody_elses_session_does_not_get_the_new_account(client):
    """Two people at one computer: the second registers while the first is signed in."""
    rosa, grace = people.load_all("rosa", "grace")
    client.force_login(holder(grace))
    draft = proven(client, rosa)
    walk.send(client, address(draft, "credentials"), walk.credentials("rosa.h"))
    assert "rosa.h" in client.get("/account/").content.decode()
    assert PEOPLE["grace"].email not in client.get("/account/").content.decode()


def test_a_draft_says_nothing_of_the_number_in_its_pages(client):
    rosa = people.load("rosa")
    draft = registering(client, rosa)
    page = client.get(address(draft, "details")).content.decode()
    assert rosa.ssn not in page
    assert rosa.ssn.replace("-", "") not in page
    assert rosa.dod_id not in page


@pytest.mark.parametrize(("level", "steps", "questions"), [(1, 5, 3), (2, 6, 4)])
def test_a_level_has_one_number_of_steps_and_of_questions_on_all_pages(client, level, steps, questions):
    rosa = people.load("rosa")
    said = [walk.text_of(client.get(f"/register/route/?level={level}"))]
    here = walk.begin(client, level, "email")
    said += [walk.text_of(client.get(here))]
    here = walk.send(client, here, walk.details_of(rosa))
    said += [walk.text_of(client.get(here)), walk.text_of(client.get(here.replace("questions", "way")))]
    walk.send(client, here, {"action": "start"})
    said += [walk.text_of(client.get(here))]
    here = walk.answer_all(client, here, rosa)
    said += [walk.text_of(client.get(here))]
    here = walk.send(client, here, {"code": walk.code_in_mail()})
    said += [walk.text_of(client.get(here))]
    assert [re.findall(r"Step \d+ of (\d+)", page) for page in said] == [[str(steps)]] * len(said)
    told = re.findall(r"[Ww]e ask (\d+) questions|Question \d of (\d+)", " ".join(said))
    assert {number for numbers in told for number in numbers if number} == {str(questions)}
    assert not any("for Premium" in page for page in said)


@pytest.mark.parametrize("page", ["/register/", "/register/?level=2", "/register/with-code/"])
def test_before_the_level_is_chosen_no_page_numbers_the_steps(client, page):
    assert "usa-step-indicator" not in client.get(page).content.decode()
