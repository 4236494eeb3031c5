"""One page a person: what is masked and shown for a reason, who sees what, and what an agent finds there."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from accounts.changes import note_change
from accounts.models import (
    Account,
    Assistance,
    CredentialChange,
    LostFactor,
    Notice,
    NotificationAddress,
    TrustedDevice,
)
from accounts.sessions.store import StaffSessionStore
from accounts.sign_in.session import FACTOR_PROVED
from core import policy
from demo import stopped
from demo.people import PEOPLE
from demo.people.stopped import PEOPLE as STOPPED
from idproofing.models import Proofing
from portal.family.models import Delegation
from safeguards import audit, limits
from safeguards.events import REVEALED, REVEALED_BECAUSE
from safeguards.models import AuditEvent
from service_center import roles
from service_center.calls.models import Call
from service_center.person import gathering, keys, reveal, who
from support.chat.models import Chat
from support.models import CallBack, ContactMessage
from tests import people, walk
from tests.accounts.holders import holder, premium, signed_in, staff, upgrading
from tests.idproofing.letter_people import asked

pytestmark = pytest.mark.django_db


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(people.load("rosa"))


@pytest.fixture
def agent(db: None) -> Client:
    return signed_in(staff("Service center agent"))


def page_of(account: Account) -> str:
    return f"/admin/person/a-{account.pk}/"


def at_desk(key: str) -> str:
    """The address of the page of a person without an account, for the one member of staff."""
    return keys.page_of_person(PEOPLE[key].dod_id, Account.objects.get(is_staff=True))


def ask(client: Client, address: str, detail: str = "email", reason: str = "called") -> Any:
    return client.post(f"{address}reveal/", {"detail": detail, "reason": reason}, follow=True)


def line(response: Any, words: str) -> str:
    """What the page says of one detail."""
    return response.content.decode().partition(f"<dt>{words}</dt>")[2].partition("</dd>")[0].rpartition(">")[2]


def test_the_page_says_who_it_is_and_hides_every_detail(agent, rosa):
    page = agent.get(page_of(rosa))
    shown, person = page.content.decode(), PEOPLE["rosa"]
    assert f"<h1>{person.name.first} {person.name.last}</h1>" in shown
    assert line(page, "Email address") == "r•••@example.org"
    assert line(page, "Date of birth") == f"•••, {person.born.year}"
    assert line(page, "Last four digits of the Social Security number") == "***-**-•••"
    for whole in (person.email, person.phone, person.dod_id, person.ssn[-4:], person.address.street):
        assert whole not in shown


@pytest.mark.parametrize("detail", REVEALED)
def test_each_detail_is_shown_for_a_reason(agent, rosa, detail):
    Account.objects.filter(pk=rosa.pk).update(email="rosa@moved.example", phone="(931) 555-0199")
    person = PEOPLE["rosa"]
    whole = {
        "middle-name": person.name.middle,
        "dod-id": person.dod_id,
        "last-four": f"***-**-{person.ssn[-4:]}",
        "birth-date": f"{person.born:%B} {person.born.day}, {person.born.year}",
        "email": "rosa@moved.example",
        "phone": "(931) 555-0199",
        "address": person.address.street,
        "email-of-record": person.email,
        "phone-of-record": person.phone,
    }[detail]
    if not whole:
        pytest.skip("She has none.")
    assert whole in ask(agent, page_of(rosa), detail).content.decode()


def test_the_person_reads_what_was_looked_at_and_why(agent, rosa):
    ask(agent, page_of(rosa), "email", "mail-came-back")
    event = AuditEvent.objects.get(event="support.detail-revealed")
    assert (event.actor_kind, event.account_id) == ("staff", rosa.pk)
    assert event.details == {"revealed": "email", "reason": "mail-came-back"}
    said = "Our staff looked at your email address, because mail to you came back."
    assert said in walk.text_of(signed_in(rosa).get("/account/activity/"))
    assert "looked at the person's email address, because mail to the person came back." in event.staff_sentence


def test_who_opens_a_premium_account_later_reads_what_was_looked_at_before(agent):
    people.load("hank")
    assert "why, when they have a Premium account." in walk.text_of(agent.get(at_desk("hank")))
    ask(agent, at_desk("hank"), "address", "mail-came-back")
    ask(agent, page_of(holder(people.load("walter"))), "email")
    hank = premium(PEOPLE["hank"])
    for page in ("/account/activity/", "/portal/access/"):
        text = walk.text_of(signed_in(hank).get(page))
        assert "Our staff looked at your postal address, because mail to you came back." in text
        assert text.index("Your account was opened.") < text.index("Our staff looked at")
        assert "looked at your email address" not in text


def test_a_basic_account_which_has_not_proven_whose_it_is_reads_nothing_from_before(agent):
    people.load("hank")
    ask(agent, at_desk("hank"), "address")
    assert "Our staff looked at" not in walk.text_of(signed_in(holder(PEOPLE["hank"])).get("/account/activity/"))


def test_after_a_minute_the_server_hides_it_again(agent, rosa, monkeypatch):
    assert line(ask(agent, page_of(rosa)), "Email address") == rosa.email
    now = reveal.time.time()
    monkeypatch.setattr(reveal.time, "time", lambda: now + policy.REVEALED_FOR.total_seconds() + 1)
    assert line(agent.get(page_of(rosa)), "Email address") == "r•••@example.org"


def test_a_detail_that_is_shown_is_hidden_by_the_page_too(agent, rosa):
    page = ask(agent, page_of(rosa)).content.decode()
    assert 'data-hidden="r•••@example.org"' in page
    assert re.search(r'<dd class="lines__act" hidden><button[^>]* value="email">Show<', page)  # for after the minute
    assert "js/reveal.js" in page
    assert "js/reveal.js" not in agent.get(page_of(holder(people.load("walter")))).content.decode()


def test_another_colleague_and_another_person_stay_hidden(agent, rosa):
    walter = holder(people.load("walter"))
    ask(agent, page_of(rosa))
    assert line(agent.get(page_of(walter)), "Email address") != walter.email
    other = signed_in(staff("Supervisor", "other.one"))
    assert line(other.get(page_of(rosa)), "Email address") == "r•••@example.org"


@pytest.mark.parametrize("reason", ["", "curious", "\x00"])
def test_without_a_reason_nothing_is_shown_and_the_field_says_so(agent, rosa, reason):
    page = ask(agent, page_of(rosa), reason=reason)
    assert page.status_code == 200
    assert 'href="#reveal-reason"' in page.content.decode()
    assert rosa.email not in page.content.decode()
    assert not AuditEvent.objects.filter(event="support.detail-revealed").exists()


@pytest.mark.parametrize("detail", ["", "ssn", "password", "email-of-record", "x" * 10_000])
def test_what_is_not_on_the_page_cannot_be_asked_for(agent, rosa, detail):
    assert "That detail is not known." in walk.text_of(ask(agent, page_of(rosa), detail))
    assert not AuditEvent.objects.filter(event="support.detail-revealed").exists()


def test_who_looks_at_many_details_has_to_wait(agent, rosa, monkeypatch):
    monkeypatch.setattr(policy, "REVEALS_PER_STAFF", policy.Limit("reveals", 2, timedelta(hours=1)))
    for _ in range(2):
        assert line(ask(agent, page_of(rosa), "phone"), "Phone number") == rosa.phone
    page = ask(agent, page_of(rosa), "email")
    assert "You have looked at many details lately." in walk.text_of(page)
    assert rosa.email not in page.content.decode()


def test_while_nothing_can_be_counted_no_detail_is_shown_and_the_page_says_so(agent, rosa, monkeypatch):
    def fail(*args, **kwargs):
        raise limits.CountersUnavailable

    monkeypatch.setattr(limits, "hit", fail)
    page = ask(agent, page_of(rosa), "email")
    assert "Something on our side does not work right now" in walk.text_of(page)
    assert rosa.email not in page.content.decode()


def test_the_second_step_is_asked_for_again_only_if_it_is_long_ago(agent, rosa):
    store = StaffSessionStore(agent.cookies["admin"].value)
    store[FACTOR_PROVED] = 0
    store.save()
    answer = agent.post(f"{page_of(rosa)}reveal/", {"detail": "email", "reason": "called"})
    assert answer["Location"].startswith("/admin/sign-in/again/")
    assert not AuditEvent.objects.filter(event="support.detail-revealed").exists()


def test_nobody_looks_at_the_details_of_somebody_close(rosa):
    ann = staff("Supervisor", "ann.supervisor")
    holder(people.load("walter"), email=ann.email)
    Account.objects.filter(pk=rosa.pk).update(email=ann.email)
    client = signed_in(ann)
    page = walk.text_of(client.get(page_of(rosa)))
    assert "Why do you have to see it?" not in page
    assert "What happened" not in page
    assert "A colleague has to do that." in walk.text_of(ask(client, page_of(rosa), "phone"))
    assert AuditEvent.objects.filter(event="support.conflict-found").exists()


@pytest.mark.parametrize("role", roles.ROLES)
def test_each_role_sees_people_and_their_details_as_it_says(rosa, role):
    client, may = signed_in(staff(role)), roles.ROLES[role]
    assert client.get(page_of(rosa)).status_code == (200 if "accounts.view_account" in may else 403)
    answer = client.post(f"{page_of(rosa)}reveal/", {"detail": "email", "reason": "called"})
    assert answer.status_code == (302 if "accounts.reveal_details" in may else 403)


def test_no_list_or_page_of_a_row_shows_the_number_that_takes_a_reason(rosa):
    letter = asked("rosa", now=timezone.now())
    client, proofing = signed_in(staff("Supervisor")), Proofing.objects.get()
    rows = [f"proofing/{proofing.pk}/change/", f"letter/{letter.pk}/change/"]
    for page in ("proofing/", "letter/", *rows):
        assert rosa.dod_id not in client.get(f"/admin/idproofing/{page}").content.decode(), page
    assert f"••• {rosa.dod_id[-4:]}" in walk.text_of(client.get(f"/admin/idproofing/{rows[0]}"))


def test_a_link_shows_no_detail(agent, rosa):
    assert agent.get(f"{page_of(rosa)}reveal/").status_code == 405
    assert not AuditEvent.objects.filter(event="support.detail-revealed").exists()


def test_of_a_shielded_record_nothing_is_shown_to_staff(agent):
    judith = people.load("judith")
    page = agent.get(at_desk("judith"))
    shown = page.content.decode()
    assert "This record is shielded." in shown
    assert judith.name.last not in shown.partition("<h1>")[2]
    for detail in (judith.email, judith.phone, judith.dod_id[-4:], str(judith.born.year), judith.address.city):
        assert detail not in shown.partition('id="who"')[2].partition("</section>")[0]
    assert "That detail is not known." in walk.text_of(ask(agent, at_desk("judith"), "address"))


def test_a_person_who_never_finished_registering_has_a_page_too(agent):
    people.load("hank")
    stopped.stop(PEOPLE["hank"])
    page = agent.get(at_desk("hank"))
    text = walk.text_of(page)
    assert "No account" in text
    assert "A letter with a code is in the mail." in text
    assert "should be with you by" in text
    assert AuditEvent.objects.filter(event="support.account-viewed", person_index__isnull=False).count() == 1
    assert "A letter to the person was mailed." in text
    assert PEOPLE["hank"].address.street in ask(agent, at_desk("hank"), "address").content.decode()


def test_a_person_of_whom_nothing_is_begun_is_found_by_a_number_and_not_by_name(agent):
    yolanda = people.load("yolanda")
    stopped.stop(yolanda)
    for text, is_found in ((yolanda.ssn, True), (yolanda.email, True), (yolanda.dod_id, True), ("Reyes-Ortiz", False)):
        page = agent.post("/admin/search/", {"q": text}, follow=True).content.decode()
        assert ("Reyes-Ortiz, Yolanda" in page) == is_found
    page = agent.get(at_desk("yolanda"))
    assert "A review of the details waits for a reviewer." in walk.text_of(page)


def test_the_address_of_a_person_without_an_account_is_for_one_colleague_and_names_nobody(agent):
    people.load("hank")
    here = at_desk("hank")
    assert PEOPLE["hank"].dod_id not in here
    assert agent.get(here).status_code == 200
    assert signed_in(staff("Supervisor", "other.one")).get(here).status_code == 404


def test_a_person_who_has_an_account_by_now_is_shown_with_it(agent, rosa):
    assert agent.get(at_desk("rosa"))["Location"] == page_of(rosa)


@pytest.mark.parametrize("key", ["x", "a-", "a-x", "a-0", f"a-{'9' * 18}", f"a-{'9' * 40}", "~", "~AAAA", "%00", "a-١"])
def test_an_odd_address_shows_nobody(agent, rosa, key):
    assert agent.get(f"/admin/person/{key}/").status_code in (400, 404)
    assert agent.post(f"/admin/person/{key}/reveal/", {"detail": "email", "reason": "called"}).status_code in (400, 404)


def test_the_page_of_the_account_in_the_list_is_the_same_page(agent, rosa):
    listed = agent.get(f"/admin/accounts/account/{rosa.pk}/change/")
    assert listed.templates[0].name == "admin/person/page.html"


def test_emails_are_listed_without_their_words(agent, rosa):
    now = timezone.now()
    for kind, marks in (("level-raised", {"sent_at": now}), ("new-password", {"given_up_at": now}), ("help-asked", {})):
        Notice.objects.create(kind=kind, to="rosa@secret.example", account=rosa, context='{"a": "hush"}', **marks)
    text = walk.text_of(agent.get(page_of(rosa)))
    assert "Level raised Taken by the mail server" in text
    assert "New password It is not known whether it went out" in text
    assert "Help asked Waits to be sent" in text
    assert "hush" not in text
    assert "secret.example" not in text


def test_messages_by_the_contact_form_lead_to_their_own_page(agent, rosa):
    letter = {"name": "Rosa", "email": "rosa@mail.example", "topic": "other", "message": "Hush."}
    walk.send(signed_in(rosa), "/support/contact/", letter)
    sent = ContactMessage.objects.get()
    page = agent.get(page_of(rosa))
    assert f'<a href="/admin/support/contactmessage/{sent.pk}/change/">{sent.reference}' in page.content.decode()
    assert "Hush." not in page.content.decode()


def test_family_access_says_who_may_see_and_act_and_nothing_of_the_record(agent, rosa):
    other, today = premium(people.load("nora")), timezone.localdate()
    Delegation.objects.create(
        owner=rosa, delegate=other, sees=["messages", "labs"], acts=["messages"], state="accepted",
        offered_at=timezone.now(), changed_at=timezone.now(), starts=today, ends=today + timedelta(days=9),
        code_index=b"x", code_ends_at=timezone.now(),
    )  # fmt: skip
    assert f"{other.get_full_name()} may see 2 parts until" in walk.text_of(agent.get(page_of(rosa)))
    assert f"May see the record of {rosa.get_full_name()}" in walk.text_of(agent.get(page_of(other)))


def test_what_happened_is_filtered_by_kind_and_goes_on_below(agent, rosa):
    for _ in range(policy.DESK_TIMELINE + 3):
        audit.record("sign-in.failed", by="visitor", account_id=rosa.pk)
    audit.record("proofing.route-chosen", by="visitor", dod_id=rosa.dod_id)
    first = agent.get(page_of(rosa))
    assert len(first.context["timeline"].events) == policy.DESK_TIMELINE
    assert "Another way to prove the person's identity was chosen." in walk.text_of(first)
    only = agent.get(page_of(rosa), {"kind": "sign-in"}).context["timeline"]
    assert {event.event for event in only.events} == {"sign-in.failed"}
    rest = agent.get(page_of(rosa), {"kind": "sign-in", "before": only.older}).context["timeline"]
    assert len(rest.events) == 3
    assert rest.older is None


@pytest.mark.parametrize(
    "query", [{"kind": "x"}, {"before": "x"}, {"before": "9" * 40}, {"before": "-1"}, {"kind": "\x01", "before": "٣"}]
)
def test_an_odd_filter_shows_the_latest_of_all(agent, rosa, query):
    page = agent.get(page_of(rosa), query)
    assert page.status_code == 200
    assert page.context["timeline"].events


def test_buttons_are_shown_to_those_whose_role_has_them(rosa):
    stuck = people.load("curtis")
    stopped.stop(stuck)
    for role, shown in (("Service center agent", True), ("Proofing reviewer", False)):
        client = signed_in(staff(role, f"{role[:5].strip().lower()}.works"))
        by = Account.objects.get(username=f"{role[:5].strip().lower()}.works")
        page = client.get(keys.page_of_person(stuck.dod_id, by)).content.decode()
        assert (">Send a new code</a>" in page) == shown


def leaves_much(account: Account, agent: Account) -> None:
    """A person who has called, written, chatted, changed things and lost others, and began an upgrade."""
    now, today, other = timezone.now(), timezone.localdate(), premium(people.load("nora"))
    for number in range(30):
        audit.record("sign-in.failed", by="visitor", account_id=account.pk)
        Notice.objects.create(kind=f"kind-{number}", to="x", account=account, context="{}")
        Call.objects.create(
            staff=agent, account=account, about="sign-in", outcome="solved", note="Spoke slowly.", began_at=now,
            ended_at=now,
        )  # fmt: skip
    for number in range(3):
        TrustedDevice.objects.create(account=account, digest=bytes([number]), expires_at=now + timedelta(days=9))
        NotificationAddress.objects.create(account=account, email=f"former{number}@mail.example")
        note_change(account, CredentialChange.Kind.EMAIL)
    CallBack.objects.create(
        reference="B-1111-1111", account=account, name="x", number="y", topic="other", region="east", starts_at=now,
        place=1, zone="UTC", made_at=now, changed_at=now,
    )  # fmt: skip
    ContactMessage.objects.create(
        reference="M-1111-1111", account=account, name="x", email="y", topic="other", body="z"
    )
    Chat.objects.create(
        browser=b"x", topic="other", account=account, opened_at=now, waiting_since=now, visitor_here_at=now
    )
    Delegation.objects.create(
        owner=account, delegate=other, sees=["labs"], acts=[], state="accepted", offered_at=now, changed_at=now,
        starts=today, ends=today + timedelta(days=9), code_index=b"x", code_ends_at=now,
    )  # fmt: skip
    Assistance.objects.create(account=account, kind="email-of-record", reason="mailbox-lost", asked_by=agent)
    LostFactor.objects.create(account=account, ready_at=now + policy.LOST_FACTOR_WAIT)
    upgrading(Client(), account)


LOOKS = 4
"""Queries for the session, the account that looks, and what its role permits."""


@pytest.mark.parametrize("role", ["Service center agent", "Supervisor", "Auditor"])
def test_the_page_costs_twelve_queries_at_most_however_much_there_is(rosa, role, django_assert_max_num_queries):
    leaves_much(rosa, staff("Supervisor", "sue.visor"))
    client = signed_in(staff(role))
    with django_assert_max_num_queries(LOOKS + 12):
        page = client.get(page_of(rosa))
    lists = {shown.section.name: len(shown.rows) for shown in page.context["sections"]}
    assert lists["mail"] == policy.DESK_LIST
    assert lists["family"] == 1
    assert page.context["devices"] == 3


@pytest.mark.parametrize("person", STOPPED, ids=lambda person: person.key)
def test_the_page_of_who_got_no_further_costs_no_more(person, django_assert_max_num_queries):
    people.load(person.key)
    stopped.stop(person)
    account = Account.objects.filter(dod_id=person.dod_id).first()
    client = signed_in(staff("Supervisor"))
    address = page_of(account) if account else keys.page_of_person(person.dod_id, Account.objects.get(is_staff=True))
    with django_assert_max_num_queries(LOOKS + 12):
        assert client.get(address).status_code == 200


def test_what_belongs_to_an_account_is_read_by_indexes_in_one_query(rosa, django_assert_num_queries):
    sue = staff("Supervisor", "sue.visor")
    leaves_much(rosa, sue)
    with django_assert_num_queries(1) as asked:
        found = gathering.gather_account(rosa.pk, sue, timezone.now())
    assert found
    account, _, lists = found
    with django_assert_num_queries(0):
        assert [row.email for row in account.former_addresses.all()] == [
            f"former{number}@mail.example" for number in range(3)
        ]
        assert {call.note for call in lists["calls"]} == {"Spoke slowly."}
        assert len(lists["calls"]) == policy.DESK_LIST
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + asked.captured_queries[0]["sql"])
        plan = [row[0] for row in cursor.fetchall()]
    # Drafts are gone within the hour. A table of a few passkeys is read as a whole, to look accounts up in.
    small = ("registrationdraft", "webauthncredential u0")
    assert not [line for line in plan if "Seq Scan" in line and not any(name in line for name in small)]


def test_while_deers_does_not_answer_the_page_is_shown_without_the_record(agent, rosa):
    with override_settings(DEERS_FAULT="unavailable"):
        page = agent.get(page_of(rosa))
    assert "DEERS does not answer right now, so the record is not shown." in walk.text_of(page)
    assert line(page, "Email address") == "r•••@example.org"


def test_every_detail_and_reason_has_words_for_both_sides():
    assert [name for name, _, _ in who.READERS] == list(REVEALED)
    assert all(len(both) == 2 for both in REVEALED_BECAUSE.values())
    assert Group.objects.filter(permissions__codename="reveal_details").count() == 2
