"""An agent handles a visit: finds the slip only by its reference, compares, and accepts once. A supervisor settles."""

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import Account
from core import policy
from core.policy import Level
from idproofing import visits
from idproofing.models import ActivationCode, Document, Visit
from idproofing.routes import Route
from safeguards import limits
from safeguards.models import AuditEvent
from tests import people, walk
from tests.accounts.holders import holder, signed_in, staff
from tests.service_center.whys import WHY
from tests.tripwire import no_secret_is_written

pytestmark = pytest.mark.django_db

ATTEND, SLIP = "/admin/idproofing/visit/attend/", "/admin/idproofing/visit/attend/slip/"
REFUSE = "/admin/idproofing/visit/attend/refuse/"
NUMBER, OTHER_NUMBER = "T12345678", "C01234567"
CHECKS = ("photo_matches", "name_matches", "birth_date_matches", "not_expired")


def papers(first: str = "state-id", second: str = "veteran", **other: str) -> dict[str, str]:
    """The form for two documents, each with all checks made."""
    filled = {f"document-{n}-{check}": "on" for n in (1, 2) for check in CHECKS}
    filled |= {"document-1-kind": first, "document-1-number": NUMBER, "document-1-state": "VA"}
    filled |= {"document-2-kind": second, "document-2-number": OTHER_NUMBER, "document-2-state": ""}
    return {**filled, **other}


def slip(key: str = "rosa", level: Level = Level.BASIC) -> Visit:
    person = people.load(key)
    booked = visits.book(person.dod_id, level, Route.IN_PERSON, person.email, by="visitor")
    assert isinstance(booked, visits.Booked)
    return booked.visit


def opened(browser: Client, visit: Visit) -> Client:
    walk.send(browser, ATTEND, {"reference": visit.reference})
    return browser


@pytest.fixture
def agent(db: None) -> Client:
    return signed_in(staff("Service center agent"))


@pytest.fixture
def supervisor(db: None) -> Client:
    return signed_in(staff("Supervisor", "sue.visor"))


def test_an_agent_opens_a_slip_compares_and_accepts(agent: Client) -> None:
    visit = slip()
    page = walk.text_of(opened(agent, visit).get(SLIP))
    rosa = people.load("rosa")
    assert rosa.name.last in page
    assert rosa.dod_id in page
    assert walk.send(agent, SLIP, papers()) == ATTEND
    assert "The activation code is on its way" in walk.text_of(agent.get(ATTEND))
    assert ActivationCode.objects.get().route == "in_person"
    assert walk.deliver_mail()[-1].to == [rosa.email]


def test_no_page_of_the_agent_shows_a_social_security_number_the_address_or_the_code(agent: Client) -> None:
    rosa = people.load("rosa")
    page = opened(agent, slip()).get(SLIP).content.decode()
    code = walk.text_of(agent.post(SLIP, papers(), follow=True))
    assert rosa.ssn not in page
    assert rosa.ssn.replace("-", "") not in page
    assert rosa.email not in page
    assert walk.code_in_mail() not in code


def test_every_check_has_to_be_made(agent: Client) -> None:
    opened(agent, slip())
    for missing in (f"document-{n}-{check}" for n in (1, 2) for check in CHECKS):
        filled = papers()
        del filled[missing]
        assert "Make the check" in walk.text_of(agent.post(SLIP, filled)), missing
    assert not Document.objects.exists()


def test_a_number_is_never_shown_again_logged_or_kept(agent: Client) -> None:
    with no_secret_is_written([NUMBER, OTHER_NUMBER]):
        page = opened(agent, slip()).post(SLIP, papers(**{"document-1-kind": ""})).content.decode()
        assert NUMBER not in page
        assert OTHER_NUMBER not in page
        agent.post(SLIP, papers())
    assert not any(NUMBER.encode() in bytes(row) for row in Document.objects.values_list("digest", flat=True))


WRONG: list[tuple[dict[str, str], str]] = [
    ({"document-1-state": ""}, "Choose the state that issued it."),
    ({"document-1-number": ""}, "Enter the number on the document."),
    ({"document-1-number": "--- -"}, "Enter the number exactly as the document shows it."),
    ({"document-1-number": "9" * 10_000}, "No document number is that long."),
    ({"document-1-kind": "library-card"}, "Choose a kind."),
    ({"document-1-state": "\x00"}, "Choose a state from the list."),
    ({"document-2-kind": "state-id", "document-2-state": "VA"}, "2 documents of different kinds are needed."),
]


def test_what_is_wrong_is_said_and_nothing_is_accepted(agent: Client) -> None:
    opened(agent, slip())
    for filled, sentence in WRONG:
        assert sentence in walk.text_of(agent.post(SLIP, papers(**filled))), sentence
    assert Visit.objects.get().state == "open"


def test_what_is_enough_for_basic_is_not_for_premium(agent: Client) -> None:
    weak = papers("employer", "student")
    page = opened(agent, slip(level=Level.PREMIUM)).post(SLIP, weak)
    assert "strong evidence or better" in walk.text_of(page)
    assert walk.send(opened(agent, slip("nora")), SLIP, weak) == ATTEND


def test_nobody_attends_a_visit_without_its_reference(agent: Client) -> None:
    visit = slip()
    assert agent.get(SLIP)["Location"] == ATTEND
    assert agent.post(SLIP, papers())["Location"] == ATTEND
    assert agent.post(REFUSE, {"reason": "photo"})["Location"] == ATTEND
    assert agent.get("/admin/idproofing/visit/")["Location"] == ATTEND
    assert agent.get(f"/admin/idproofing/visit/{visit.pk}/change/").status_code in (302, 403)
    colleague = signed_in(staff("Service center agent", "an.other"))
    opened(colleague, visit)
    assert agent.get(SLIP)["Location"] == ATTEND
    visit.refresh_from_db()
    assert visit.state == "open"


def test_guesses_at_references_come_to_an_end(agent: Client) -> None:
    visit = slip()
    for number in range(policy.VISIT_LOOKUPS.times):
        page = agent.post(ATTEND, {"reference": f"AAAAA-{number:05}"})
        assert "No open slip has this reference." in walk.text_of(page)
    page = agent.post(ATTEND, {"reference": visit.reference})
    assert "You have looked for many slips." in walk.text_of(page)
    assert AuditEvent.objects.filter(event="visit.not-found").count() == policy.VISIT_LOOKUPS.times


def test_while_nothing_can_be_counted_no_slip_is_opened_and_the_page_says_so(agent: Client, monkeypatch: Any) -> None:
    def fail(*args: Any, **kwargs: Any) -> None:
        raise limits.CountersUnavailable

    monkeypatch.setattr(limits, "hit", fail)
    page = agent.post(ATTEND, {"reference": slip().reference})
    assert "Something on our side does not work right now" in walk.text_of(page)


def test_two_agents_with_one_slip_send_one_code(agent: Client) -> None:
    visit = slip()
    colleague = opened(signed_in(staff("Service center agent", "an.other")), visit)
    opened(agent, visit).post(SLIP, papers())
    page = colleague.post(SLIP, papers(), follow=True)
    assert "Attend a visit" in walk.text_of(page)
    assert ActivationCode.objects.count() == 1


def test_the_same_form_sent_twice_sends_one_code(agent: Client) -> None:
    opened(agent, slip())
    for _ in range(2):
        assert walk.send(agent, SLIP, papers()) == ATTEND
    assert ActivationCode.objects.count() == 1


def test_a_refusal_needs_a_reason_and_sends_no_code(agent: Client) -> None:
    opened(agent, slip())
    assert "Choose a reason." in walk.text_of(agent.post(REFUSE, {}))
    assert "reason" in agent.post(REFUSE, {"reason": "used-before"}).context["refusal"].errors
    assert walk.send(agent, REFUSE, {"reason": "photo"}) == ATTEND
    assert Visit.objects.get().reason == "photo"
    assert not ActivationCode.objects.exists()


def test_nobody_is_verified_while_deers_is_silent(agent: Client, settings: Any) -> None:
    opened(agent, slip())
    settings.DEERS_FAULT = "unavailable"
    page = agent.post(SLIP, papers(), follow=True)
    assert "DEERS does not answer right now." in walk.text_of(page)
    assert "Compare" in walk.text_of(page)
    assert Visit.objects.get().state == "open"


def test_a_document_of_somebody_else_goes_to_a_supervisor_who_was_not_there(agent: Client, supervisor: Client) -> None:
    opened(agent, slip("nora")).post(SLIP, papers())
    held = slip()
    page = opened(agent, held).post(SLIP, papers(), follow=True)
    assert "a supervisor has to look at this visit" in walk.text_of(page)
    assert ActivationCode.objects.count() == 1
    here = f"/admin/idproofing/visit/{held.pk}/"
    assert "belongs to someone else" in walk.text_of(supervisor.get(f"{here}change/"))
    assert agent.post(f"{here}use-again/", WHY["use-again"]).status_code == 403
    supervisor.post(f"{here}reject/", WHY["reject"])
    held.refresh_from_db()
    assert (held.state, held.reason) == ("refused", "used-before")


def test_a_supervisor_does_not_settle_a_visit_of_their_own(agent: Client, supervisor: Client) -> None:
    opened(agent, slip("nora")).post(SLIP, papers())
    held = slip()
    opened(supervisor, held).post(SLIP, papers())
    here = f"/admin/idproofing/visit/{held.pk}/"
    assert "someone else has to settle it" in walk.text_of(supervisor.get(f"{here}change/"))
    page = supervisor.post(f"{here}use-again/", WHY["use-again"], follow=True)
    assert "you attended it yourself" in walk.text_of(page)
    held.refresh_from_db()
    assert held.state == "held"


@pytest.mark.parametrize("role", ["Proofing reviewer", "Auditor", "Care team"])
def test_other_roles_attend_no_visits(role: str) -> None:
    browser = signed_in(staff(role))
    for address in (ATTEND, SLIP):
        assert browser.get(address).status_code == 403
        assert browser.post(address, papers()).status_code == 403


def test_a_beneficiary_gets_to_no_page_of_the_agents() -> None:
    browser = signed_in(holder(people.load("rosa")))
    assert browser.get(ATTEND).status_code in (302, 403, 404)


def test_everything_an_agent_does_is_on_record(agent: Client) -> None:
    opened(agent, slip()).post(SLIP, papers())
    worker = Account.objects.get(is_staff=True)
    done = AuditEvent.objects.filter(actor_id=worker.pk, event__startswith="visit.").order_by("pk")
    assert list(done.values_list("event", flat=True)) == ["visit.looked-up", "visit.verified"]


def test_no_reference_stands_in_an_address(agent: Client) -> None:
    visit = slip()
    location = walk.send(agent, ATTEND, {"reference": visit.reference})
    assert not re.search(str(visit.reference), location)


def test_the_slip_of_another_level_verifies_its_own_level_only(agent: Client) -> None:
    slip()
    premium = slip(level=Level.PREMIUM)
    opened(agent, premium).post(SLIP, papers())
    opened(signed_in(staff("Service center agent", "an.other")), premium).post(SLIP, papers())
    assert ActivationCode.objects.get().level == Level.PREMIUM
    assert Visit.objects.get(level=Level.BASIC).state == "open"


def test_two_agents_prove_a_person_at_premium_and_one_does_not(agent: Client) -> None:
    visit = slip(level=Level.PREMIUM)
    page = opened(agent, visit).get(SLIP)
    assert "a colleague has to look at the documents too" in walk.text_of(page)
    assert "ask a colleague to open the slip" in walk.text_of(agent.post(SLIP, papers(), follow=True))
    assert not ActivationCode.objects.exists()
    assert "The second look is for a colleague." in walk.text_of(agent.post(ATTEND, {"reference": visit.reference}))
    colleague = opened(signed_in(staff("Service center agent", "an.other")), visit)
    assert "Yours is the second look" in walk.text_of(colleague.get(SLIP))
    other = colleague.post(SLIP, papers(**{"document-1-number": "X99999999"}))
    assert "not the documents that your colleague entered" in walk.text_of(other)
    assert not ActivationCode.objects.exists()
    assert "The activation code is on its way" in walk.text_of(colleague.post(SLIP, papers(), follow=True))
    assert ActivationCode.objects.get().level == Level.PREMIUM


def test_an_agent_does_not_guess_what_a_colleague_entered(agent: Client) -> None:
    visit = slip(level=Level.PREMIUM)
    opened(agent, visit).post(SLIP, papers())
    colleague = opened(signed_in(staff("Service center agent", "an.other")), visit)
    for number in range(policy.SECOND_LOOKS.times):
        colleague.post(SLIP, papers(**{"document-1-number": f"X9999{number}"}))
    assert "several times. Wait 1 hour, then try again." in walk.text_of(colleague.post(SLIP, papers()))
    assert Visit.objects.get().state == "checked"
    assert AuditEvent.objects.filter(event="visit.not-the-same").count() == policy.SECOND_LOOKS.times


def test_a_supervisor_sees_who_looked_and_who_has_yet_to_look(agent: Client, supervisor: Client) -> None:
    visit = slip(level=Level.PREMIUM)
    opened(agent, visit).post(SLIP, papers())
    here = f"/admin/idproofing/visit/{visit.pk}/change/"
    assert "Waiting for a second look" in walk.text_of(supervisor.get(here))
    opened(supervisor, visit).post(SLIP, papers())
    assert "Second look by" in walk.text_of(supervisor.get(here))
    assert Visit.objects.get().state == "verified"


def test_at_an_office_with_one_agent_a_reader_is_the_second_pair_of_eyes(agent: Client) -> None:
    visit = slip(level=Level.PREMIUM)
    read = {"document-1-kind": "passport", "document-1-state": "", "document-1-number": f"DOC{visit.dod_id}"}
    opened(agent, visit)
    forged = agent.post(SLIP, papers(**read, **{"document-1-scan": f"forged-{visit.dod_id}"}))
    assert "does not take this document for genuine" in walk.text_of(forged)
    assert forged.context["documents"][0].errors["scan"]
    assert Visit.objects.get().state == "open"
    agent.post(SLIP, papers(**read, **{"document-1-scan": f"passport-{visit.dod_id}-1"}))
    assert Visit.objects.get().state == "verified"
    assert ActivationCode.objects.get().level == Level.PREMIUM


def test_one_scan_is_not_shown_for_a_second_visit(agent: Client) -> None:
    for state in ("verified", "checked"):
        visit = slip(level=Level.PREMIUM)
        read = {"document-1-kind": "passport", "document-1-state": "", "document-1-number": f"DOC{visit.dod_id}"}
        opened(agent, visit).post(SLIP, papers(**read, **{"document-1-scan": f"passport-{visit.dod_id}-1"}))
        visit.refresh_from_db()
        assert visit.state == state


def test_without_a_reader_nobody_is_asked_for_a_scan(agent: Client, settings: Any) -> None:
    settings.DOCUMENT_READER = ""
    visit = slip(level=Level.PREMIUM)
    assert "Number of the scan" not in walk.text_of(opened(agent, visit).get(SLIP))
    agent.post(SLIP, papers(**{"document-1-scan": f"passport-{visit.dod_id}"}))
    assert Visit.objects.get().state == "checked"


def test_the_agents_page_costs_few_queries(agent: Client, django_assert_max_num_queries: Any) -> None:
    opened(agent, slip()).get(SLIP)
    with django_assert_max_num_queries(12):
        agent.get(SLIP)
