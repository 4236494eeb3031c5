"""The service center: each role sees what it should and no more, every view is audited, every change is a POST."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import actions
from accounts.models import Account, Notice, State
from core.policy import Level
from demo.people import PEOPLE
from idproofing import codes
from idproofing.models import Proofing
from safeguards import audit
from safeguards.models import AuditEvent, AuditSeal
from service_center import account_search, roles
from tests import people, walk
from tests.accounts.holders import KEY, STAFF_DOOR, give_password, give_token, holder, premium, signed_in, staff
from tests.service_center.callers import known_to
from tests.service_center.whys import WHY

pytestmark = pytest.mark.django_db

LIST = "/admin/accounts/account/"
# What can be looked at in the admin at all, and the permission that opens it.
PAGES = {
    LIST: "accounts.view_account",
    "/admin/calls/call/": "calls.take_call",
    "/admin/appointments/request/": "appointments.view_request",
    "/admin/appointments/checkin/": "appointments.view_checkin",
    "/admin/idproofing/proofing/": "idproofing.view_proofing",
    "/admin/idproofing/letter/": "idproofing.view_letter",
    "/admin/idproofing/batch/": "idproofing.view_batch",
    "/admin/idproofing/case/": "idproofing.view_case",
    "/admin/idproofing/visit/": "idproofing.attend_visit",
    "/admin/safeguards/auditevent/": "safeguards.view_auditevent",
    "/admin/medications/request/": "medications.view_request",
    "/admin/family/surrogacy/": "family.view_surrogacy",
    "/admin/chat/chat/": "chat.answer_chat",
    "/admin/support/contactmessage/": "support.view_contactmessage",
    "/admin/support/datednotice/": "support.view_datednotice",
    "/admin/support/rating/": "support.view_rating",
    "/admin/secure_messages/thread/": "secure_messages.answer_thread",
    "/admin/operations/": "procrastinate.view_procrastinatejob",
}


@pytest.fixture
def rosa(db: None) -> Account:
    return holder(people.load("rosa"))


@pytest.fixture
def agent(db: None) -> Client:
    return signed_in(staff("Service center agent"))


def page_of(account: Account, action: str = "change") -> str:
    return f"{LIST}{account.pk}/{action}/"


def found(browser: Client, query: str) -> list[str]:
    response = browser.get(LIST, {"q": query})
    assert response.status_code == 200
    return [account.username for account in response.context["cl"].result_list]


@pytest.mark.parametrize("role", roles.ROLES)
def test_nobody_can_add_change_or_delete_anything_by_hand(role):
    browser = signed_in(staff(role))
    open_pages = 0
    for model in admin.site._registry:
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert browser.post(f"{base}add/", {}).status_code == 403, base
        row = model._default_manager.first()
        if row is None:
            continue
        for action in ("change", "delete"):
            status = browser.post(f"{base}{row.pk}/{action}/", {"post": "yes", "username": "taken.over"}).status_code
            assert status == 403, (base, action)
        open_pages += 1
    assert open_pages
    assert not Account.objects.filter(username="taken.over").exists()


def test_the_groups_say_what_the_roles_say(db):
    for role, names in roles.ROLES.items():
        kept = Group.objects.get(name=role).permissions.select_related("content_type")
        assert {f"{one.content_type.app_label}.{one.codename}" for one in kept} == set(names)


def test_no_role_may_write_accounts_or_audit(db):
    for names in roles.ROLES.values():
        assert not [name for name in names if name.split(".")[1].split("_")[0] in ("add", "delete")]
        assert not {"accounts.change_account", "safeguards.change_auditevent"} & set(names)


@pytest.mark.parametrize("address", ["/admin/", LIST, "/admin/password_change/", "/admin/jsi18n/"])
def test_without_a_second_factor_in_this_session_the_admin_stays_shut(address):
    agent = staff("Service center agent")
    client = Client()
    give_password(client, agent.username, door=STAFF_DOOR)
    assert client.get(address, follow=True).redirect_chain[-1][0].split("?")[0] == f"{STAFF_DOOR}second-factor/"
    client.force_login(agent)
    assert client.get(address).status_code == 302


@pytest.mark.parametrize("address", ["/admin/", LIST, "/admin/safeguards/auditevent/"])
def test_a_beneficiary_is_not_staff_at_any_level(address):
    grace = premium(PEOPLE["grace"])
    assert signed_in(grace).get(address).status_code == 302


def test_nobody_of_staff_gets_a_second_account_to_confirm_their_own_decisions_with(db):
    first = staff("Proofing reviewer")
    asked = {"first_name": "Sam", "last_name": "Worker", "password_hash": "x", "role": "Supervisor", "by": "system"}
    second = {**asked, "username": "works.twice", "email": first.email.upper()}
    assert isinstance(actions.open_staff_account(**second), actions.StaffHasAccount)
    actions.close(first, by="system")
    assert isinstance(actions.open_staff_account(**second), actions.Opened)


def test_staff_who_are_closed_out_are_out_at_once(agent):
    actions.close(Account.objects.get(is_staff=True), by="system")
    assert agent.get(LIST).status_code == 302


@pytest.mark.parametrize(
    "query", ["rosa.holder", "ROSA.holder", "Rosa", "rosa hernandez", "{dod_id}", "{last_four}", " {last_four} "]
)
def test_an_account_is_found_by_username_name_number_and_last_four(agent, rosa, query):
    holder(people.load("walter"))
    person = PEOPLE["rosa"]
    query = query.replace("rosa hernandez", person.name.full)
    assert found(agent, query.format(dod_id=person.dod_id, last_four=person.ssn[-4:])) == ["rosa.holder"]


@pytest.mark.parametrize(
    "query",
    [
        *("{ssn}", "{bare}", " {spaced} ", "***-**-{last_four}", "xxx-xx-{last_four}", "•••••{last_four}"),
        *("osa.hol", "SA.HOL", "rosa@moved.example", "ROSA@Moved.Example ", "rosa.delgado@example.org"),
        *("(931) 555-0199", "931.555.0199", "+1 931 555 0199", "1-931-555-0111"),
    ],
)
def test_a_person_who_calls_is_found_by_whatever_they_can_say(agent, rosa, query):
    """Here and in DEERS she has another address and another phone, and is found by all of them."""
    Account.objects.filter(pk=rosa.pk).update(email="rosa@moved.example", phone="(931) 555-0199")
    holder(people.load("walter"))
    ssn = PEOPLE["rosa"].ssn.replace("-", "")
    spaced = f"{ssn[:3]} {ssn[3:5]} {ssn[5:]}"
    asked = query.format(ssn=f"{ssn[:3]}-{ssn[3:5]}-{ssn[5:]}", bare=ssn, spaced=spaced, last_four=ssn[-4:])
    assert found(agent, asked) == ["rosa.holder"]


@pytest.mark.parametrize(
    "query",
    [
        *(
            "%",
            "_",
            "'",
            "zzz",
            "9" * 300,
            "\u202erosa",
            "ro",
            "o%h",
            "rosa_holder",
            "555-0111",
            "@",
            "a@b",
        ),
        *("***-**-", "**-***-0000", "~", "~AAAA", "~%00", "000000000", "+", "()"),
    ],
)
def test_other_searches_find_nobody_and_break_nothing(agent, rosa, query):
    assert "rosa.holder" not in found(agent, query)


def test_a_person_whose_account_was_closed_is_found_too(agent, rosa):
    actions.close(rosa, by="system")
    assert found(agent, PEOPLE["rosa"].dod_id) == ["rosa.holder"]


def test_staff_read_in_the_list_who_it_is_and_no_more_of_a_number_than_its_end(agent, rosa):
    page = walk.text_of(agent.get(LIST, {"q": "rosa.holder"}))
    assert f"rosa.holder {rosa.last_name}, {rosa.first_name} r•••@example.org ••• 0111 ••• {rosa.dod_id[-4:]}" in page
    for whole in (rosa.email, rosa.phone, rosa.dod_id):
        assert whole not in page


def test_what_an_agent_searches_for_is_in_no_address_and_a_whole_number_comes_back_masked(agent, rosa):
    person = PEOPLE["rosa"]
    for text, again in ((person.ssn, f"***-**-{person.ssn[-4:]}"), (person.name.last, person.name.last)):
        sent = agent.post(LIST, {"q": text})
        assert sent.status_code == 302
        assert text not in sent["Location"]
        answer = agent.get(sent["Location"])
        assert [account.username for account in answer.context["cl"].result_list] == ["rosa.holder"]
        assert f'value="{again}" id="searchbar"' in answer.content.decode()
        assert person.ssn.replace("-", "") not in answer.content.decode().replace("-", "")
    another = signed_in(staff("Supervisor", "another.one"))
    assert another.get(sent["Location"]).context["cl"].result_list == []
    searches = AuditEvent.objects.filter(event="support.person-searched")
    assert [(event.actor_kind, event.account_id) for event in searches] == [("staff", None)] * 2
    assert {str(event.details) for event in AuditEvent.objects.filter(event="support.person-searched")} == {"{}"}


def test_a_person_is_found_by_indexes_however_many_accounts_there_are(agent, rosa, monkeypatch):
    """None of the searches reads the whole table, not even one for part of a username."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for text in ("osa.hol", "rosa@moved.example", "(931) 555-0199", PEOPLE["rosa"].dod_id):
            with CaptureQueriesContext(connection) as asked:
                account_search.accounts_matching(text)
            for query in asked.captured_queries:
                cursor.execute("EXPLAIN " + query["sql"])
                plan = "\n".join(row[0] for row in cursor.fetchall())
                assert "Seq Scan" not in plan, plan


def test_nobody_without_the_right_to_see_accounts_may_search(db):
    assert signed_in(staff("Care team")).post(LIST, {"q": "rosa"}).status_code == 403


def test_an_empty_list_of_accounts_says_why_it_is_empty(agent, rosa):
    empty = "Nobody is listed before you search."
    assert empty in walk.text_of(agent.get(LIST))
    assert "No account fits your search. Check the spelling" in walk.text_of(agent.get(LIST, {"q": "nobody.at.all"}))
    filtered = walk.text_of(agent.get(LIST, {"q": rosa.username, "state__exact": "closed"}))
    assert "No account fits your search with these filters." in filtered
    assert "No mailbox is shared" in walk.text_of(agent.get(LIST, {"mailbox": "shared"}))
    assert "No account is frozen now." in walk.text_of(agent.get(LIST, {"state__exact": "frozen"}))
    assert empty not in walk.text_of(agent.get(LIST, {"q": rosa.username}))


def test_of_all_accounts_only_the_frozen_ones_are_listed_without_a_search(agent, rosa):
    nora = holder(people.load("nora"))
    actions.freeze(rosa, by="system")

    def usernames(query):
        return [account.username for account in agent.get(f"{LIST}?{query}").context["cl"].result_list]

    assert usernames("state__exact=frozen") == [rosa.username]
    assert usernames("state__exact=active&state__exact=frozen") == []
    assert nora.username not in usernames("state__exact=active")


def test_every_search_and_every_look_is_audited(agent, rosa):
    found(agent, "Rosa")
    agent.get(page_of(rosa))
    events = dict(AuditEvent.objects.order_by("id").values_list("event", "account_id"))
    assert "support.person-searched" in events
    assert events["support.account-viewed"] == rosa.pk
    assert "A member of our staff looked at your account." in walk.text_of(signed_in(rosa).get("/account/activity/"))


def test_the_page_of_an_account_speaks_of_the_person_and_not_to_them(agent, rosa):
    audit.record("sign-in.succeeded", by=rosa)
    page = walk.text_of(agent.get(page_of(rosa)))
    assert "The person signed in. the person" in page
    assert "You signed in" not in page
    assert "You signed in." in walk.text_of(signed_in(rosa).get("/account/activity/"))


def test_nobody_is_listed_who_was_not_searched_for(agent, rosa):
    assert "rosa.holder" not in agent.get(LIST).content.decode()
    assert "rosa.holder" not in agent.get(f"{LIST}?level__exact=1").content.decode()
    assert found(agent, "rosa.holder") == ["rosa.holder"]


def test_looking_through_any_list_is_audited_once_a_page():
    browser = signed_in(staff("Supervisor"))
    opened = []
    for model in admin.site._registry:
        if browser.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/").status_code == 200:
            opened.append(model._meta.model_name)
    seen = AuditEvent.objects.filter(event="support.list-viewed").order_by("pk")
    assert [event.details["list"] for event in seen] == opened
    assert "account" in opened


@pytest.mark.parametrize(
    ("action", "state", "warned_of"),
    [
        ("freeze", State.ACTIVE, "Nobody can sign in, and all sessions end at once."),
        ("unlock", State.LOCKED, "the count of wrong passwords starts over"),
        ("resend", State.ACTIVE, "The code that was sent before no longer works."),
    ],
)
def test_before_a_button_acts_a_page_names_what_follows(rosa, action, state, warned_of):
    Account.objects.filter(pk=rosa.pk).update(state=state)
    codes.issue(rosa.dod_id or "", Level.PREMIUM, "email", rosa.email, by="mock")
    browser = signed_in(staff("Supervisor"))
    assert f'href="{page_of(rosa, action)}"' in browser.get(page_of(rosa)).content.decode()
    asked = browser.get(page_of(rosa, action))
    assert warned_of in walk.text_of(asked)
    assert AuditEvent.objects.filter(event="support.account-viewed", account_id=rosa.pk).count() == 2


def test_the_page_of_a_person_asks_before_it_sends_a_code_too(agent, rosa):
    codes.issue(rosa.dod_id or "", Level.PREMIUM, "email", rosa.email, by="mock")
    here = f"/admin/idproofing/proofing/{Proofing.objects.get().pk}/"
    assert f'href="{here}resend/"' in agent.get(f"{here}change/").content.decode()
    known_to("works.here", rosa)
    assert "The code that was sent before no longer works." in walk.text_of(agent.get(f"{here}resend/"))
    assert not Notice.objects.exists()
    agent.post(f"{here}resend/", WHY["resend"])
    assert Notice.objects.count() == 1


def test_looking_at_a_proofing_is_audited(agent, rosa):
    codes.issue(rosa.dod_id or "", Level.PREMIUM, "email", rosa.email, by="mock")
    assert agent.get(f"/admin/idproofing/proofing/{Proofing.objects.get().pk}/change/").status_code == 200
    assert AuditEvent.objects.latest("id").event == "support.account-viewed"


def test_no_page_of_the_admin_shows_a_social_security_number(rosa):
    codes.issue(rosa.dod_id or "", Level.PREMIUM, "email", rosa.email, by="mock")
    browser = signed_in(staff("Supervisor"))
    person = PEOPLE["rosa"]
    of_supervisors = [page for page, permission in PAGES.items() if permission in roles.ROLES["Supervisor"]]
    pages = [*of_supervisors, page_of(rosa), page_of(rosa, "history"), f"{LIST}?q={person.ssn[-4:]}"]
    pages += [f"/admin/idproofing/proofing/{Proofing.objects.get().pk}/change/"]
    pages += [f"/admin/safeguards/auditevent/{event.pk}/change/" for event in AuditEvent.objects.all()[:5]]
    for page in pages:
        response = browser.get(page)
        assert response.status_code == 200, page
        shown = response.content.decode().replace(f'value="{person.ssn[-4:]}"', "")
        assert person.ssn not in shown
        assert person.ssn.replace("-", "") not in shown


def test_the_page_of_an_account_shows_no_secret(agent, rosa):
    page = agent.get(page_of(rosa)).content.decode()
    assert rosa.password not in page
    assert KEY not in page
    title = page.partition("<title>")[2].partition("</title>")[0]  # browsers keep it in their history
    assert title.startswith("Account ")
    assert not [name for name in (rosa.first_name, rosa.last_name, rosa.username) if name in title]


def test_unlocking_acts_and_is_audited(agent, rosa):
    actions.lock(rosa, by="system")
    assert "Unlock the account" in walk.text_of(agent.get(page_of(rosa)))
    known_to("works.here", rosa)
    response = agent.post(page_of(rosa, "unlock"), WHY["unlock"], follow=True)
    assert "The account is unlocked." in walk.text_of(response)
    rosa.refresh_from_db()
    assert rosa.state == State.ACTIVE
    event = AuditEvent.objects.get(event="account.unlocked")
    assert (event.actor_kind, event.account_id) == ("staff", rosa.pk)


def test_unlocking_an_account_that_is_not_locked_says_so(agent, rosa):
    known_to("works.here", rosa)
    assert "That is not possible now." in walk.text_of(agent.post(page_of(rosa, "unlock"), WHY["unlock"], follow=True))


@pytest.mark.parametrize("role", ["Service center agent", "Supervisor"])
def test_one_who_takes_the_call_freezes_an_account_at_once_and_the_trail_says_why(rosa, role):
    browser = signed_in(staff(role))
    assert "The account is frozen." in walk.text_of(
        browser.post(page_of(rosa, "freeze"), {"first": "none", **WHY["freeze"]}, follow=True)
    )
    rosa.refresh_from_db()
    assert rosa.state == State.FROZEN
    event = AuditEvent.objects.get(event="account.frozen", account_id=rosa.pk)
    assert event.details["reason"] == "account-taken"
    assert Notice.objects.filter(account=rosa).exists()


def test_a_code_is_sent_again_to_the_address_that_was_given_and_staff_never_see_it(agent, rosa):
    old = codes.issue(rosa.dod_id or "", Level.PREMIUM, "email", "typed@mail.example", by="mock").text
    known_to("works.here", rosa)
    response = agent.post(page_of(rosa, "resend"), WHY["resend"], follow=True)
    page = response.content.decode()
    new = walk.code_in_mail()
    (message,) = walk.deliver_mail()
    assert message.to == ["typed@mail.example"]
    assert new != old
    assert new not in page
    assert "typed@mail.example" not in page
    assert AuditEvent.objects.filter(event="support.code-sent-again", account_id=rosa.pk).exists()


def test_there_is_no_code_to_send_again_when_nobody_waits_for_one(agent, rosa):
    codes.issue(rosa.dod_id or "", Level.PREMIUM, "screen", "", by="mock")
    known_to("works.here", rosa)
    assert "That is not possible now." in walk.text_of(agent.post(page_of(rosa, "resend"), WHY["resend"], follow=True))
    assert not Notice.objects.exists()


@pytest.mark.parametrize("action", ["unlock", "freeze", "resend"])
def test_a_link_can_change_nothing(rosa, action):
    browser = signed_in(staff("Supervisor"))
    before = Account.objects.values().get(pk=rosa.pk)
    assert browser.get(page_of(rosa, action)).status_code == 200
    assert Account.objects.values().get(pk=rosa.pk) == before
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser.cookies
    assert strict.post(page_of(rosa, action)).status_code == 403


@pytest.mark.parametrize(
    "address",
    [
        f"{LIST}?p=x",
        f"{LIST}?o=9.9.9",
        f"{LIST}?level__exact=x",
        f"{LIST}?state__exact=%00",
        f"{LIST}?q=%00&state__exact=%FF",
        f"{LIST}?password__startswith=a",
        f"{LIST}?id__in=1,x",
        f"{LIST}x/change/",
        f"{LIST}{'9' * 40}/change/",
        f"{LIST}%00/change/",
        "/admin/safeguards/auditevent/?event__exact=%00",
        "/admin/no-such-thing/",
    ],
)
def test_an_odd_address_breaks_nothing(address):
    browser = signed_in(staff("Supervisor"))
    assert browser.get(address, follow=True).status_code in (200, 400, 403, 404)


def test_no_address_tells_which_rows_a_table_has():
    """Django's own way to any row by its number would also break at numbers that are days."""
    table = ContentType.objects.get_for_model(AuditSeal).pk
    assert signed_in(staff("Care team")).get(f"/admin/r/{table}/1/").status_code == 404


@pytest.mark.parametrize("action", ["unlock", "freeze", "resend"])
def test_an_account_that_does_not_exist_cannot_be_acted_on(agent, action):
    assert agent.post(f"{LIST}{'9' * 40}/{action}/").status_code in (403, 404)


def test_the_ways_out_of_the_admin_are_ours(agent):
    assert agent.get("/admin/password_change/")["Location"] == "/admin/account/security/password/"
    assert agent.post("/admin/logout/")["Location"] == "/admin/sign-out/"
    assert agent.get("/admin/").status_code == 200


def test_staff_sign_in_once_to_get_to_the_page_they_asked_for(client):
    agent = staff("Service center agent")
    walk.agree(client)
    here = client.get(f"{LIST}?q=rosa", follow=True)
    assert here.templates[0].name == "accounts/sign_in.html"
    give_password(client, agent.username, door=STAFF_DOOR, next=here.context["next"])
    onwards = give_token(client, walk.token_for(KEY), door=STAFF_DOOR)["Location"]
    assert client.get(onwards, follow=True).redirect_chain == []
    assert client.get("/admin/login/")["Location"] == "/admin/"


def test_signing_in_to_the_admin_leads_to_no_other_site(client):
    agent = staff("Service center agent")
    here = client.get("/admin/login/?next=//evil.example")["Location"]
    give_password(client, agent.username, door=here)
    assert give_token(client, walk.token_for(KEY), door=STAFF_DOOR)["Location"] == "/admin/"


def test_every_registered_model_is_listed_here(db):
    ours = {f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry}
    assert ours == {page for page in PAGES if page != "/admin/operations/"}


@pytest.mark.parametrize(
    "lookup", ["password__startswith", "password__regex", "email__contains", "groups__name", "state__regex"]
)
def test_the_address_of_a_list_asks_nothing_but_what_its_filters_ask(agent, rosa, lookup):
    assert agent.get(LIST, {lookup: "(("}).status_code == 400
    assert agent.get("/admin/support/contactmessage/", {"reference__regex": "(("}).status_code == 400


@pytest.mark.parametrize("lookup", [{"state__exact": "active"}, {"level__isnull": "True"}, {"is_staff__exact": "1"}])
def test_the_filters_of_the_list_of_accounts_still_work(agent, rosa, lookup):
    assert agent.get(LIST, lookup).status_code == 200


@pytest.mark.parametrize("lookup", [{"queue": "late"}, {"queue": "all"}, {"topic__exact": "other"}])
def test_the_filters_of_the_list_of_messages_still_work(agent, lookup):
    assert agent.get("/admin/support/contactmessage/", lookup).status_code == 200
