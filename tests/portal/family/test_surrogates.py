"""Surrogates: asking for a patient who cannot act, what two members of staff decide, and who can stop it."""

from datetime import date, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import Account, Notice
from accounts.models.account import State as AccountState
from core import policy
from core.policy import Level
from deers.models import Person
from deers.registry import RegistryUnavailableError
from idproofing.cases import Typed
from idproofing.models import Letter
from portal.family import surrogates
from portal.family.access import Shut, Why, judge_access, page_about
from portal.family.models import Surrogacy
from portal.family.surrogate_states import START, TRANSITIONS, State
from portal.medications.models import Request
from safeguards.events import EVENTS
from safeguards.models import AuditEvent
from tests import walk
from tests.accounts.holders import signed_in, staff
from tests.deers.registered import registered
from tests.parallel import in_parallel
from tests.portal.conftest import Browser, open_account
from tests.portal.family.conftest import wrote, years_ago
from tests.portal.family.test_parents import SENSITIVE
from tests.portal.medications.test_refills import prescribed

pytestmark = pytest.mark.django_db

PAGE = "/portal/family/surrogate/"
ALL = ["medications", "labs", "notes"]


@pytest.fixture
def walter(db: None) -> Person:
    """A veteran who cannot act any more. DEERS has an email address, and he has no account."""
    return registered("Walter", "Lake", born=date(1941, 3, 5), email="walter@mail.example")


@pytest.fixture
def ines(db: None) -> Account:
    return open_account("ines", registered("Ines", "Brook").dod_id, Level.PREMIUM)


def form(person: Person, **other: str) -> dict[str, str]:
    born = person.date_of_birth.isoformat()
    typed = {"first_name": "Walter", "last_name": "Lake", "date_of_birth": born, "dod_id": person.dod_id, "ssn": ""}
    return typed | {"ground": "power", "showing": "mail"} | other


def asked(asker: Account, person: Person) -> Surrogacy:
    typed = Typed(person.date_of_birth.isoformat(), "", "Walter", last_name="Lake", dod_id=person.dod_id)
    row = surrogates.ask(asker, typed, Surrogacy.Ground.POWER, Surrogacy.Showing.MAIL)
    assert row
    return row


def reviewer(name: str) -> Account:
    return open_account(name, None, None, is_staff=True)


def proposed(row: Surrogacy, by: Account, days: int = 30, **other: Any) -> bool:
    scope: dict[str, Any] = {"sees": ALL, "acts": ["medications"], "ends": timezone.localdate() + timedelta(days)}
    scope |= {"reason": Surrogacy.Reason.CERTIFIED, "paper": surrogates.paper_index(row, "77-A", date(2026, 1, 2))}
    return surrogates.propose_approval(row, by=by, **scope | other)


def opened(asker: Account, person: Person, days: int = 30) -> Surrogacy:
    """A request that two members of staff approved."""
    row, number = asked(asker, person), Account.objects.count()
    assert proposed(row, reviewer(f"ann.{number}"), days)
    assert surrogates.confirm(row, by=reviewer(f"bob.{number}"))
    return row


def of(row: Surrogacy, path: str = "") -> str:
    return f"/portal/of/{row.access}/{path}"


def test_ines_asks_for_walter_and_reads_how_it_stands(client, ines, walter):
    client.force_login(ines)
    page = walk.text_of(client.post(PAGE, form(walter), follow=True))
    row = Surrogacy.objects.get()
    assert f"Request {row.number}" in page
    assert "Waits for our decision" in page
    assert "Walter" not in page  # what was typed is on no page
    assert "Request" in walk.text_of(client.get("/portal/family/"))
    assert client.get(of(row)).status_code == 404
    client.post(f"{PAGE}{row.access}/")
    row.refresh_from_db()
    assert (row.state, row.typed, row.subject) == (State.WITHDRAWN, None, None)
    kinds = Notice.objects.order_by("created_at").values_list("kind", flat=True)
    assert list(kinds) == ["surrogate-asked", "surrogate-changed"]


def test_the_answer_is_the_same_for_a_patient_who_does_not_exist(client, ines, walter):
    pages = []
    for other in ({}, {"dod_id": "4040404040"}, {"date_of_birth": "1950-01-01", "dod_id": "4040404041"}):
        client.force_login(ines)
        page = walk.text_of(client.post(PAGE, form(walter, **other), follow=True))
        pages.append(page.replace(f"equest {Surrogacy.objects.latest('number').number}", "equest N"))
    assert pages[0] == pages[1] == pages[2]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"dod_id": ""}, "Enter the patient’s DoD ID number or Social Security number"),
        ({"dod_id": "12"}, "has 10 digits"),
        ({"ssn": "12"}, "nine digits"),
        ({"first_name": ""}, "Enter the patient’s first name"),
        ({"date_of_birth": "2999-01-01"}, "past"),
        ({"ground": "because"}, "Choose what lets you act"),
        ({"showing": ""}, "Choose how you will show it"),
        ({"last_name": "x" * 10_000}, "at most 100 characters"),
    ],
    ids=str,
)
def test_bad_input_gets_a_sentence_and_no_case(client, ines, walter, other, said):
    client.force_login(ines)
    page = client.post(PAGE, form(walter, **other))
    assert said in walk.text_of(page)
    assert not Surrogacy.objects.exists()


def test_nobody_asks_for_themselves_twice_or_without_end(client, ines, walter):
    client.force_login(ines)
    assert "your own number" in walk.text_of(client.post(PAGE, form(walter, dod_id=ines.dod_id or "")))
    client.post(PAGE, form(walter))
    assert "already" in walk.text_of(client.post(PAGE, form(walter)))
    for number in range(policy.SURROGATES_ASKED.times):
        page = client.post(PAGE, form(walter, dod_id=f"505050505{number}"), follow=True)
    assert "many requests today" in walk.text_of(page)


def test_the_access_opens_what_the_paper_says_and_all_of_it_is_on_walters_trail(client, ines, walter):
    item, row = prescribed(walter.dod_id), opened(ines, walter)
    client.force_login(ines)
    page = walk.text_of(client.get(of(row, "medications/")))
    assert "This is the health record of Walter Lake, not yours. It is open to you as surrogate" in page
    assert client.get(of(row, "conditions/")).status_code == 403
    client.post(of(row, "medications/"), {"prescription": item, "action": "refill"})
    request = Request.objects.get()
    assert (request.patient, request.account) == (walter.dod_id, ines)
    of_walter = AuditEvent.objects.exclude(person_index=None).values_list("event", flat=True)
    assert {"surrogate.opened", "surrogate.record-viewed", "refill.submitted"} <= set(of_walter)
    shown = walk.text_of(client.get(f"{PAGE}{row.access}/"))
    assert "Medications, to see and to act" in shown


def test_walter_with_an_account_reads_who_acts_for_him_and_stops_it(client, ines, walter):
    own = open_account("walter", walter.dod_id, Level.PREMIUM)
    row = opened(ines, walter)
    client.force_login(ines)
    assert client.get(of(row, "labs/")).status_code == 200
    his = Browser()
    his.force_login(own)
    assert "Ines Tester" in walk.text_of(his.get("/portal/family/"))
    assert "by Ines Tester, for you" in walk.text_of(his.get("/portal/access/"))
    his.post(f"{PAGE}{row.access}/")
    assert client.get(of(row, "labs/")).status_code == 403
    told = Notice.objects.filter(kind__in=["surrogate-for-you", "surrogate-over"])
    assert {(one.kind, one.to) for one in told} == {
        (kind, to) for kind in ("surrogate-for-you", "surrogate-over") for to in (own.email, "walter@mail.example")
    }


def test_walter_stops_it_with_the_link_in_his_mail_and_without_an_account(client, ines, walter):
    row = opened(ines, walter)
    mail = next(one for one in walk.deliver_mail() if one.to == ["walter@mail.example"])
    assert "Ines" not in mail.body
    link = mail.body.partition("/acts-for-me/")[2].split()[0].rstrip(")>")
    page = f"/acts-for-me/{link}"
    walter_browser = Client()
    assert "Ines Tester can open your health record" in walk.text_of(walter_browser.get(page))
    row.refresh_from_db()
    assert row.state == State.OPEN  # a scanner of mail stops nothing
    assert "The access is stopped" in walk.text_of(walter_browser.post(page))
    assert walter_browser.get(page).status_code == walter_browser.post(page).status_code == 410
    assert Client().get("/acts-for-me/nonsense/").status_code == 410
    client.force_login(ines)
    assert client.get(of(row)).status_code == 403


def test_a_patient_without_email_hears_on_paper_and_can_type_the_link(ines):
    at_home: dict[str, Any] = {"street": "12 Elm Street", "city": "Dayton", "state": "OH", "postal_code": "45424"}
    patient = registered("Walter", "Lake", born=date(1941, 3, 5), email="", **at_home)
    opened(ines, patient)
    letter = Letter.objects.get()
    assert (letter.kind, letter.dod_id) == ("acts", patient.dod_id)
    token = (letter.secret or "").rstrip("/").rpartition("/")[2]
    assert Client().get(f"/acts-for-me/{token.lower().replace('-', '')}/").status_code == 200


def test_for_a_patient_whom_nothing_would_tell_nothing_is_approved(ines):
    row = asked(ines, registered("Walter", "Lake", born=date(1941, 3, 5), email="", street=""))
    assert not proposed(row, reviewer("ann"))
    desk = walk.text_of(signed_in(staff("Proofing reviewer")).get(f"/admin/family/surrogacy/{row.pk}/change/"))
    assert "nothing would tell the patient of it" in desk
    assert "Propose to approve it" not in desk


def test_walter_with_a_basic_account_reads_who_acts_for_him_and_stops_it(client, ines, walter):
    own, row = open_account("walter", walter.dod_id, Level.BASIC), opened(ines, walter)
    client.force_login(own)
    page = client.get("/portal/family/")
    above = walk.text_of(page).partition("This page is part of Premium")[0]
    assert "Ines Tester" in above
    assert f"{PAGE}{row.access}/" in page.content.decode()
    client.post(f"{PAGE}{row.access}/")
    row.refresh_from_db()
    assert row.state == State.STOPPED
    assert "Ines Tester" not in walk.text_of(client.get("/portal/family/"))
    assert client.get(f"/portal/family/access/{row.access}/").context["preview"]


def test_emails_about_what_ines_asks_for_walter_lead_to_what_she_may_open(client, ines, walter):
    row = opened(ines, walter)
    for feature in ("appointments", "medications"):
        Surrogacy.objects.update(sees=[feature], acts=[feature])
        page = page_about(ines, walter.dod_id, f"{feature}-requests")
        client.force_login(ines)
        assert page == of(row, f"{feature}/requests/")
        assert client.get(page).status_code == 200


def test_one_member_of_staff_decides_nothing_alone(ines, walter):
    row, ann = asked(ines, walter), reviewer("ann")
    assert proposed(row, ann)
    assert not surrogates.confirm(row, by=ann)
    with pytest.raises(IntegrityError), transaction.atomic():
        Surrogacy.objects.filter(pk=row.pk).update(
            state="open", confirmed_by=ann.pk, starts=timezone.localdate(), typed=None, subject=None
        )
    assert surrogates.send_back(row, by=reviewer("bob"))
    row.refresh_from_db()
    assert (row.state, row.sees, row.patient, row.proposed_by) == (State.ASKED, [], "", None)


def test_a_request_is_declined_by_two_and_the_asker_reads_why(client, ines, walter):
    row = asked(ines, walter)
    assert surrogates.propose_decline(row, reason=Surrogacy.Reason.NOT_HEALTH, by=reviewer("ann"))
    assert surrogates.confirm(row, by=reviewer("bob"))
    client.force_login(ines)
    assert "The paper does not cover health care" in walk.text_of(client.get(f"{PAGE}{row.access}/"))
    row.refresh_from_db()
    assert (row.state, row.typed) == (State.DECLINED, None)


def test_what_does_not_fit_the_record_cannot_be_approved(ines, walter):
    dead = registered("Walter", "Lake", born=date(1941, 3, 5))
    Person.objects.filter(pk=dead.pk).update(date_of_death=timezone.localdate())
    hidden = registered("Walter", "Lake", born=date(1941, 3, 5), protected=True)
    walter.date_of_birth += timedelta(days=400)  # as it is typed
    for person in (dead, hidden, walter):
        assert not proposed(asked(ines, person), reviewer(f"ann.{person.pk}"))


def test_it_ends_with_its_last_day_and_never_lasts_more_than_a_year(client, ines, walter):
    row = opened(ines, walter)
    assert row.starts
    with pytest.raises(IntegrityError), transaction.atomic():
        Surrogacy.objects.filter(pk=row.pk).update(ends=row.starts + policy.DELEGATION_LONGEST + timedelta(days=1))
    yesterday = timezone.localdate() - timedelta(days=1)
    Surrogacy.objects.filter(pk=row.pk).update(starts=yesterday, ends=yesterday)
    client.force_login(ines)
    assert client.get(of(row, "labs/")).status_code == 403
    assert "Ended on its day" in walk.text_of(client.get("/portal/family/"))
    assert surrogates.end_old() == 1


def test_a_new_case_renews_it_and_the_old_access_ends(ines, walter):
    old, new = opened(ines, walter), opened(ines, walter, days=60)
    old.refresh_from_db()
    assert (old.state, new.state) == (State.ENDED, State.OPEN)


def test_a_request_ends_if_the_paper_never_comes(ines, walter):
    row = asked(ines, walter)
    assert surrogates.end_old(timezone.now() + policy.SURROGATE_PAPER_WITHIN) == 1
    row.refresh_from_db()
    assert (row.state, row.typed) == (State.ENDED, None)


def test_the_guardian_of_a_minor_gets_no_further_than_the_18th_birthday_and_nothing_sensitive(client, ines):
    minor = registered("Walter", "Lake", born=years_ago(18, -20), email="walter@mail.example")
    row = asked(ines, minor)
    assert not proposed(row, reviewer("ann"), days=30)
    assert proposed(row, reviewer("amy"), days=10)
    assert surrogates.confirm(row, by=reviewer("bob"))
    wrote(minor.dod_id, "Closed talk", **SENSITIVE[0])
    wrote(minor.dod_id, "Open talk")
    client.force_login(ines)
    page = walk.text_of(client.get(of(row, "notes/")))
    assert "Open talk" in page
    assert "Closed talk" not in page


def test_it_opens_nothing_after_a_death_or_while_deers_is_silent(ines, walter, monkeypatch):
    row = opened(ines, walter)
    Person.objects.filter(pk=walter.pk).update(date_of_death=timezone.localdate())
    assert judge_access(ines, row.access, "labs") == Shut(Why.OVER)

    def silent(*_: object, **__: object) -> None:
        raise RegistryUnavailableError

    for question in ("record", "person"):
        monkeypatch.setattr(f"deers.mock.MockRegistry.{question}", silent)
    assert judge_access(ines, row.access, "labs") == Shut(Why.NO_ANSWER)


def test_the_access_is_nobody_elses(client, ines, walter, ruth):
    row = opened(ines, walter)
    client.force_login(ruth)
    assert client.get(of(row, "labs/")).status_code == 404
    for ask in (client.get, client.post):
        assert ask(f"{PAGE}{row.access}/").status_code == 404
    Account.objects.filter(pk=ines.pk).update(state=AccountState.FROZEN)
    ines.refresh_from_db()
    assert judge_access(ines, row.access, "labs") == Shut(Why.UNKNOWN)


@pytest.mark.django_db(transaction=True)
def test_of_thirty_approvals_at_once_one_opens_it():
    walter = registered("Walter", "Lake", born=date(1941, 3, 5), email="walter@mail.example")
    ines = open_account("ines", registered("Ines", "Brook").dod_id, Level.PREMIUM)
    row, staff = asked(ines, walter), [reviewer(f"staff.{number}") for number in range(31)]
    assert proposed(row, staff[30])
    took = in_parallel(lambda n: surrogates.confirm(Surrogacy.objects.get(pk=row.pk), by=staff[n]))
    assert took.count(True) == 1
    row.refresh_from_db()
    assert (row.state, row.confirmed_by) == (State.OPEN, staff[took.index(True)].pk)
    assert Notice.objects.filter(kind="surrogate-for-you").count() == 1
    assert AuditEvent.objects.filter(event="surrogate.opened").count() == 1


def test_every_state_can_be_reached_and_has_an_event_and_the_diagram_is_the_table():
    assert {START} | {after for _, after in TRANSITIONS} == set(State)
    assert set(TRANSITIONS.values()) <= EVENTS.keys()
    call_command("draw_states", "portal.family.surrogate_states", check=True, stdout=StringIO())


def test_a_page_of_a_patients_record_asks_few_queries(client, ines, walter, django_assert_max_num_queries):
    wrote(walter.dod_id, "Visit")
    row = opened(ines, walter)
    client.force_login(ines)
    for path in ("", "notes/", "labs/", "medications/"):
        client.get(of(row, path))
        with django_assert_max_num_queries(4 + 8):
            client.get(of(row, path))
    with django_assert_max_num_queries(3 + 8):
        client.get("/portal/family/")
