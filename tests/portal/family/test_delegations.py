"""Adults who let each other see and act: the code, what it opens, what the owner reads of it, and how it ends."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.models import Account, Notice, NotificationAddress
from accounts.models.account import State as AccountState
from core import policy
from core.policy import Level
from portal.family import offering
from portal.family.access import ACTS, OPEN, TITLES
from portal.family.models import Delegation
from portal.family.states import START, TRANSITIONS, State, TransitionRefused, change_state
from portal.features import BY_SLUG
from portal.medications.models import Request
from safeguards.events import EVENTS
from safeguards.models import AuditEvent
from tests import walk
from tests.parallel import in_parallel
from tests.portal.conftest import OTIS, RUTH, open_account, proved
from tests.portal.family.conftest import given, wrote
from tests.portal.medications.test_refills import prescribed

pytestmark = pytest.mark.django_db


def of(row: Delegation, path: str = "") -> str:
    return f"/portal/of/{row.pk}/{path}"


def offered(client: Client, owner: Account, **chosen: object) -> tuple[Delegation, str]:
    """Fill in the form as the owner; return the offer, and the code that the page shows."""
    client.force_login(owner)
    ends = timezone.localdate() + timedelta(days=90)
    typed = {"sees": ["medications", "labs"], "acts": ["medications"]} | chosen
    response = client.post("/portal/family/offer/", {**typed, "ends": ends.isoformat()}, follow=True)
    row = Delegation.objects.latest("offered_at")
    assert response.redirect_chain, walk.text_of(response)
    return row, walk.text_of(response).partition("The code: ")[2][:11]


def test_ruth_lets_otis_see_and_act_and_stops_it_in_the_middle_of_his_form(client, ruth, otis):
    item = prescribed(RUTH)
    row, code = offered(client, ruth)
    assert "The code:" not in walk.text_of(client.get(f"/portal/family/access/{row.pk}/"))
    client.force_login(otis)
    page = walk.text_of(client.post("/portal/family/code/", {"code": code.lower()}))
    assert "Ruth.p Tester offers you access" in page
    client.post("/portal/family/code/", {"code": code, "answer": "accept"})
    shown = walk.text_of(client.get(of(row, "medications/")))
    assert "This is the health record of Ruth.p Tester, not yours." in shown
    client.post(of(row, "medications/"), {"prescription": item, "action": "refill"})
    request = Request.objects.get()
    assert (request.patient, request.account) == (RUTH, ruth)
    asked = AuditEvent.objects.get(event="refill.submitted")
    assert (asked.account_id, asked.actor_id, asked.actor_kind) == (ruth.pk, otis.pk, "person")
    assert asked.details["delegation"] == str(row.pk)

    other = Client()
    other.force_login(ruth)
    proved(other, seconds_ago=0)
    trail = walk.text_of(other.get("/portal/access/"))
    assert "Your health record was viewed for you" in trail
    assert "by Otis.p Tester, for you" in trail
    other.post(f"/portal/family/access/{row.pk}/")
    response = client.post(of(row, f"medications/requests/{request.pk}/"), {"why": "she takes something else now"})
    assert response.status_code == 403
    closed = walk.text_of(response)
    assert "This access has ended" in closed
    assert "What you sent was not done." in closed
    assert "she takes something else now" in closed
    request.refresh_from_db()
    assert request.is_open
    assert client.get(of(row)).status_code == 403


def test_what_was_not_chosen_does_not_open_and_seeing_is_not_acting(client, ruth, otis):
    item = prescribed(RUTH)
    row = given(ruth, otis, ["medications"])
    client.force_login(otis)
    assert client.get(of(row, "medications/")).status_code == 200
    assert "is not open to you" in walk.text_of(client.get(of(row, "labs/")))
    refused = client.post(of(row, "medications/"), {"prescription": item, "action": "refill"})
    assert refused.status_code == 403
    assert "not change it" in walk.text_of(refused)
    assert not Request.objects.exists()
    assert "labs/" not in client.get(of(row)).content.decode().partition("<main")[2].partition("</main>")[0]


@pytest.mark.parametrize(
    "path",
    [
        *("record/copy/", "contact/", "access/", "family/", "library/"),
        *("tools/weight/reminder/", "tools/weight/delete/"),
    ],
)
def test_what_belongs_to_the_account_is_open_to_nobody_else(client, ruth, otis, path):
    row = given(ruth, otis)
    client.force_login(otis)
    assert client.get(of(row, path)).status_code == 404


def test_a_guessed_or_foreign_id_is_not_found_alike(client, ruth, otis):
    row = given(ruth, otis)
    client.force_login(open_account("eve", "7777777777", Level.PREMIUM))
    for where in (of(row, "labs/"), "/portal/of/11111111-1111-4111-8111-111111111111/labs/"):
        assert client.get(where).status_code == 404
        assert client.post(where.replace("labs", "medications")).status_code == 404
    assert client.get(f"/portal/family/access/{row.pk}/").status_code == 404
    assert client.post(f"/portal/family/access/{row.pk}/").status_code == 404
    client.force_login(ruth)
    assert client.get(of(row, "labs/")).status_code == 404  # it is no way into one's own record


@pytest.mark.parametrize("days", [0, 1])
def test_it_opens_up_to_its_last_day(client, ruth, otis, days):
    row = given(ruth, otis)
    today = timezone.localdate()
    starts = today - timedelta(days=9)
    Delegation.objects.filter(pk=row.pk).update(starts=starts, ends=today - timedelta(days=days))
    client.force_login(otis)
    assert client.get(of(row, "labs/")).status_code == (403 if days else 200)
    assert offering.end_old() == days
    row.refresh_from_db()
    assert row.state == (State.ENDED if days else State.ACCEPTED)


@pytest.mark.parametrize("state", [AccountState.FROZEN, AccountState.CLOSED])
def test_a_frozen_owner_opens_nothing(client, ruth, otis, state):
    row = given(ruth, otis)
    Account.objects.filter(pk=ruth.pk).update(state=state)
    client.force_login(otis)
    assert client.get(of(row, "labs/")).status_code == 403


def test_an_owner_or_delegate_who_is_no_longer_premium_opens_nothing(client, ruth, otis):
    row = given(ruth, otis)
    client.force_login(otis)
    for who, status in ((ruth, 403), (otis, 404)):
        Account.objects.filter(pk=who.pk).update(level=Level.BASIC)
        assert client.get(of(row, "appointments/")).status_code == status


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"sees": []}, "Choose at least one part"),
        ({"sees": ["labs"], "acts": ["medications"]}, "nobody can act where they see nothing"),
        ({"sees": ["record", "labs"]}, "shows a part of everything"),
        ({"sees": ["library"]}, "not one of the available choices"),
        ({"sees": ["labs"], "ends": "2020-01-01"}, "Enter a day from today on"),
        ({"sees": ["labs"], "ends": "2031-01-01"}, "Enter a day from today on"),
    ],
    ids=str,
)
def test_bad_input_gets_a_sentence_and_no_code(client, ruth, chosen, said):
    client.force_login(ruth)
    ends = (timezone.localdate() + timedelta(days=9)).isoformat()
    assert said in walk.text_of(client.post("/portal/family/offer/", {"ends": ends, **chosen}))
    assert not Delegation.objects.exists()


def test_the_database_keeps_it_to_a_year(ruth, otis):
    row = given(ruth, otis)
    for last in (row.starts + policy.DELEGATION_LONGEST + timedelta(days=1), row.starts - timedelta(days=1)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Delegation.objects.filter(pk=row.pk).update(ends=last)


def test_otis_declines_and_sees_nothing(client, ruth, otis):
    row, code = offered(client, ruth)
    client.force_login(otis)
    client.post("/portal/family/code/", {"code": code, "answer": "decline"})
    row.refresh_from_db()
    assert row.state == State.DECLINED
    assert client.get(of(row, "labs/")).status_code == 403
    assert offering.find_offer(otis, code) is None


def test_a_code_is_no_use_to_its_owner_a_week_later_or_for_a_guesser(client, ruth, otis):
    _, code = offered(client, ruth)
    assert offering.find_offer(ruth, code) is None
    assert offering.find_offer(otis, code, timezone.now() + policy.DELEGATION_CODE_LIFE) is None
    client.force_login(otis)
    for _ in range(policy.DELEGATION_CODE_TRIES.times):
        assert "No open offer" in walk.text_of(client.post("/portal/family/code/", {"code": "AAAAA-AAAAA"}))
    assert "too many tries" in walk.text_of(client.post("/portal/family/code/", {"code": code}))


def test_family_access_asks_again_who_one_is(client, ruth, otis):
    row = given(ruth, otis)
    client.force_login(ruth)
    proved(client, seconds_ago=int(policy.FRESH_FOR_EXPORTS.total_seconds()) + 1)
    for path in ("offer/", "code/", f"access/{row.pk}/"):
        for ask in (client.get, client.post):
            assert ask(f"/portal/family/{path}")["Location"].startswith("/sign-in/again/")
    row.refresh_from_db()
    assert row.state == State.ACCEPTED


def test_both_hear_of_it_and_the_mail_says_nothing_of_anybody(ruth, otis):
    row = given(ruth, otis)
    assert offering.stop(otis, row)
    assert not offering.stop(ruth, row)
    sent = {(notice.account_id, notice.kind) for notice in Notice.objects.all()}
    assert sent == {(ruth.pk, "record-code-made"), (ruth.pk, "family-changed"), (otis.pk, "family-changed")}
    assert "Tester" not in "".join(message.body for message in walk.deliver_mail())


def test_every_proven_address_hears_and_only_who_may_not_have_done_it_gets_the_link_that_freezes(ruth, otis):
    """A thief in Ruth's account who changed her address first lets somebody in. Her former address hears of it."""
    until = timezone.now()
    NotificationAddress.objects.create(account=ruth, email="old@mail.example", until_at=until)
    row = given(ruth, otis)
    offering.stop(otis, row)
    told = [(notice.to, notice.kind, "not_me" in notice.context) for notice in Notice.objects.order_by("created_at")]
    of_ruth = (ruth.email, "old@mail.example")
    assert sorted(told) == sorted(
        [
            *((to, "record-code-made", True) for to in of_ruth),
            *((to, "family-changed", True) for to in of_ruth),  # Otis accepted a code from her account
            (otis.email, "family-changed", True),
            *((to, "family-changed", False) for to in of_ruth),  # Otis stopped it
            (otis.email, "family-changed", True),
        ]
    )


@pytest.mark.django_db(transaction=True)
def test_of_thirty_who_accept_one_code_at_once_one_does():
    ruth = open_account("ruth.p", RUTH, Level.PREMIUM)
    others = [open_account(f"other.{n}", f"20000000{n:02}", Level.PREMIUM) for n in range(30)]
    row = offering.offer(ruth, ["labs"], [], timezone.localdate())
    took = in_parallel(lambda n: offering.answer(others[n], Delegation.objects.get(pk=row.pk), accepts=True))
    assert took.count(True) == 1
    row.refresh_from_db()
    assert row.delegate == others[took.index(True)]
    assert AuditEvent.objects.filter(event="family.accepted").count() == 1


def test_every_state_can_be_reached_and_has_an_event():
    reached = {START} | {after for _, after in TRANSITIONS}
    assert reached == set(State)
    assert set(TRANSITIONS.values()) <= EVENTS.keys()


def test_what_is_over_does_not_come_back(ruth, otis):
    row = given(ruth, otis)
    change_state(row, State.REVOKED, by=ruth)
    for to in State:
        with pytest.raises(TransitionRefused):
            change_state(row, to, by=otis)


def test_the_diagram_in_the_docs_is_the_table_in_the_code():
    call_command("draw_states", "portal.family.states", check=True, stdout=StringIO())


def test_the_table_of_what_can_be_given_is_a_part_of_the_table_of_features():
    assert OPEN.keys() == TITLES.keys()
    for slug, pages in OPEN.items():
        feature = BY_SLUG[slug]
        acts = {"": feature.act} | {page.name: page.act for page in feature.pages}
        assert TITLES[slug] == feature.title
        assert feature.is_health
        assert set(pages) <= {"", "item", *acts}
        assert ("item" in pages) <= feature.has_items
        assert all(acts[page] for page in ACTS.get(slug, ()))


def test_a_page_of_another_record_asks_few_queries(client, ruth, otis, records, django_assert_max_num_queries):
    records(RUTH)
    row = given(ruth, otis, acts=["medications"])
    client.force_login(otis)
    for slug in ("", *(f"{slug}/" for slug in OPEN)):
        client.get(of(row, slug))
        with django_assert_max_num_queries(2 + 8, info=slug):
            client.get(of(row, slug))
    with django_assert_max_num_queries(2 + 8):
        client.get("/portal/family/")


def test_a_locked_owner_is_still_followed(ruth, otis, client):
    """Strangers can lock an account with wrong passwords. That must not cut off who cares for the person."""
    row = given(ruth, otis)
    actions.change_state(ruth, AccountState.LOCKED, by="system")
    wrote(RUTH, "Visit")
    client.force_login(otis)
    assert client.get(of(row, "notes/")).status_code == 200
    assert OTIS != RUTH
