"""The visit step in both journeys: a slip, what to bring, and how to continue with the code that comes afterward."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import Account, RegistrationDraft
from core import policy
from core.policy import Level
from idproofing import visits
from idproofing.models import ActivationCode, Proofing, Visit
from idproofing.routes import Route
from service_center.visits import expire_late_visits, refuse_visit, verify_documents
from tests import people, walk
from tests.accounts.holders import address, holder, registering, signed_in, staff, upgrading

pytestmark = pytest.mark.django_db

PAPERS = (visits.Shown("passport", "C01234567"), visits.Shown("veteran", "V-9911"))


def with_slip(client: Client, key: str = "rosa", level: int = 1, route: str = "in_person") -> str:
    """Register as far as the slip; the address of its page comes back."""
    begun = walk.send(client, "/register/", {"level": level, "route": route})
    here = walk.send(client, begun, walk.details_of(people.load(key)))
    assert here.endswith("/visit/")
    assert walk.send(client, here, {"action": "slip"}) == here
    return here


def show_papers(agent: Account, papers: tuple[visits.Shown, ...] = PAPERS) -> None:
    verify_documents(Visit.objects.latest("made_at"), papers, by=agent)


@pytest.fixture
def agent(db: None) -> Account:
    return staff("Service center agent")


def test_somebody_registers_with_a_visit_to_an_office(client: Client, agent: Account) -> None:
    here = with_slip(client)
    show_papers(agent)
    assert "Your documents are accepted" in walk.text_of(client.get(here))
    here = walk.send(client, here, {"action": "have-code"})
    here = walk.send(client, here, {"code": walk.code_in_mail()})
    here = walk.send(client, here, walk.credentials("rosa.office"))
    assert client.get(here).status_code == 200
    assert Account.objects.get(dod_id=people.load("rosa").dod_id).level == Level.BASIC


def test_somebody_with_a_thin_file_moves_sideways_without_using_an_attempt(client: Client, agent: Account) -> None:
    owen = people.load("owen")
    way = walk.send(client, walk.to_questions(client, owen), {"action": "start"})
    here = walk.send(client, way, {"route": "agent"})
    walk.send(client, here, {"action": "slip"})
    assert Proofing.objects.get().attempts == 0
    show_papers(agent)
    there = walk.send(Client(), "/register/with-code/", {"level": 1})
    assert there
    here = walk.send(client, here, {"action": "have-code"})
    assert walk.send(client, here, {"code": walk.code_in_mail()}).endswith("/credentials/")


def test_the_code_is_redeemed_days_later_in_another_browser(client: Client, agent: Account) -> None:
    with_slip(client)
    RegistrationDraft.objects.all().delete()
    show_papers(agent)
    elsewhere = Client()
    here = walk.send(elsewhere, "/register/with-code/", {"level": 1})
    here = walk.send(elsewhere, here, walk.details_of(people.load("rosa")))
    assert walk.send(elsewhere, here, {"code": walk.code_in_mail()}).endswith("/credentials/")


def test_an_upgrade_by_a_visit_ends_at_premium(agent: Account) -> None:
    rosa = people.load("rosa")
    browser = signed_in(holder(rosa))
    here = walk.send(browser, "/upgrade/", {"route": "agent"})
    here = walk.send(browser, here, walk.upgrade_details_of(rosa))
    walk.send(browser, here, {"action": "slip"})
    show_papers(agent)
    page = walk.text_of(browser.get(here))
    assert "a second member of our staff has to look at them too" in page
    assert str(Visit.objects.get().reference) in page
    walk.send(browser, here, {"action": "slip"})
    assert Visit.objects.count() == 1
    show_papers(staff("Service center agent", "an.other"))
    here = walk.send(browser, here, {"action": "have-code"})
    assert walk.send(browser, here, {"code": walk.code_in_mail()}).endswith("/second-factor/")


def test_the_code_says_by_which_route_it_came_and_how_long_that_took(client: Client, agent: Account) -> None:
    with_slip(client, route="agent")
    show_papers(agent)
    code, draft = ActivationCode.objects.get(), RegistrationDraft.objects.get()
    assert (code.route, code.begun_at) == ("agent", draft.created_at)


def test_the_slip_tells_its_reference_what_to_bring_and_until_when_it_is_good(client: Client) -> None:
    page = walk.text_of(client.get(with_slip(client, level=2)))
    visit = Visit.objects.get()
    assert visit.reference
    assert visit.reference in page
    strong = [d.label for d in policy.DOCUMENTS.values() if d.photo and d.evidence >= policy.Evidence.STRONG]
    assert all(label in page.split("The other can also be")[0] for label in strong)
    assert policy.DOCUMENTS["student"].label in page.split("The other can also be")[1]


def test_the_reference_comes_by_email_too(client: Client) -> None:
    with_slip(client)
    walk.deliver_mail()
    assert str(Visit.objects.get().reference) in str(mail.outbox[-1].body)


def test_a_reload_and_a_second_click_show_the_same_slip(client: Client) -> None:
    here = with_slip(client)
    walk.send(client, here, {"action": "slip"})
    assert client.get(here).context["visit"] == Visit.objects.get()
    assert len(walk.deliver_mail()) == 1


def test_a_person_who_selects_too_early_that_the_code_is_there_finds_back_to_the_slip(client: Client) -> None:
    here = with_slip(client)
    code = walk.send(client, here, {"action": "have-code"})
    assert f'href="{here}"' in client.get(code).content.decode()
    assert (Visit.objects.get().reference or "") in walk.text_of(client.get(here))


def test_the_owner_of_another_slip_hears_that_documents_were_shown(client: Client, agent: Account) -> None:
    here = with_slip(client)
    other = Client()
    begun = walk.send(other, "/register/", {"level": 1, "route": "agent"})
    elsewhere = walk.send(other, begun, walk.details_of(people.load("rosa"), email="other@mail.example"))
    walk.send(other, elsewhere, {"action": "slip"})
    assert (Visit.objects.earliest("made_at").reference or "") in walk.text_of(client.get(here))
    show_papers(agent)
    assert "documents were shown with another slip" in walk.text_of(client.get(here))
    told = [(message.to[0], "with another slip" in str(message.body)) for message in walk.deliver_mail()]
    assert (people.load("rosa").email, True) in told
    assert ("other@mail.example", True) not in told


def test_a_stranger_makes_only_so_many_slips_and_uses_up_none_of_rosas(client: Client) -> None:
    rosa = people.load("rosa")
    stranger = Client(REMOTE_ADDR="203.0.113.5")
    for _ in range(policy.VISITS.times):
        draft = registering(stranger, rosa, route="in_person")
        walk.send(stranger, address(draft, "visit"), {"action": "slip"})
    draft = registering(stranger, rosa, route="in_person")
    page = stranger.post(address(draft, "visit"), {"action": "slip"})
    assert "You have made several slips. Try again after" in walk.text_of(page)
    with_slip(client)


@pytest.mark.parametrize("action", ["", "no-such-thing", "\x00", "x" * 10_000])
def test_an_odd_button_makes_no_slip(client: Client, action: str) -> None:
    draft = registering(client, people.load("rosa"), route="in_person")
    assert client.post(address(draft, "visit"), {"action": action}).status_code in (200, 302)
    assert not Visit.objects.exists()


def test_a_refusal_is_said_on_the_page_and_by_email_and_leads_on(client: Client, agent: Account) -> None:
    here = with_slip(client)
    refuse_visit(Visit.objects.get(), "expired", by=agent)
    assert "A document has expired." in walk.text_of(client.get(here))
    assert "A document has expired." in str(walk.deliver_mail()[-1].body)
    walk.send(client, here, {"action": "slip"})
    assert Visit.objects.filter(state="open").count() == 1


def test_a_person_who_is_held_is_told_and_gets_no_second_slip(client: Client, agent: Account) -> None:
    with_slip(client, "nora")
    show_papers(agent)
    here = with_slip(client)
    show_papers(agent)
    assert "Your visit is on hold" in walk.text_of(client.get(here))
    assert "A supervisor is looking" in walk.text_of(client.post(here, {"action": "slip"}))
    assert "a supervisor has to review" in str(walk.deliver_mail()[-1].body)


def test_the_address_of_record_hears_of_documents_in_the_persons_name(client: Client, agent: Account) -> None:
    rosa = people.load("rosa")
    draft = registering(client, rosa, route="agent", email="thief@mail.example")
    walk.send(client, address(draft, "visit"), {"action": "slip"})
    show_papers(agent)
    told = {message.to[0]: str(message.body) for message in walk.deliver_mail()}
    code = walk.code_in_mail()
    assert "someone showed documents in your name" in told[rosa.email]
    assert code not in told[rosa.email]
    assert code in told["thief@mail.example"]


def test_a_slip_that_nobody_used_ends_and_its_owner_hears_of_it(client: Client) -> None:
    here = with_slip(client)
    end = timezone.now() + policy.VISIT_LIFE + timedelta(minutes=1)
    assert expire_late_visits(end) == 1
    assert expire_late_visits(end) == 0
    assert "no longer good" in str(walk.deliver_mail()[-1].body)
    assert "This slip is no longer good" in walk.text_of(client.get(here))


def test_a_person_at_premium_hears_when_nobody_took_the_second_look(agent: Account) -> None:
    rosa = people.load("rosa")
    booked = visits.book(rosa.dod_id, Level.PREMIUM, Route.IN_PERSON, rosa.email, by="visitor")
    assert isinstance(booked, visits.Booked)
    show_papers(agent)
    assert "a second member of our staff has to look at them too" in str(walk.deliver_mail()[-1].body)
    assert expire_late_visits(timezone.now() + policy.VISIT_SECOND_LOOK_WITHIN) == 1
    assert "did not look at your documents within 3 days" in str(walk.deliver_mail()[-1].body)


def test_a_basic_visit_raises_nobody_to_premium(client: Client, agent: Account) -> None:
    with_slip(client)
    show_papers(agent)
    rosa = people.load("rosa")
    browser = signed_in(holder(rosa))
    draft = upgrading(browser, Account.objects.get(dod_id=rosa.dod_id), dod_id=rosa.dod_id, has_code=True)
    page = browser.post(address(draft, "code"), {"code": walk.code_in_mail()})
    assert "That code is not right" in walk.text_of(page)


def test_the_slip_costs_few_queries(client: Client, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    here = with_slip(client)
    client.get(here)
    with django_assert_max_num_queries(3):
        client.get(here)
