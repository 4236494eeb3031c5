"""Who can open which page of the portal: every feature, for everyone who might try."""

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from core import policy
from core.policy import Level
from portal.features import FEATURES, Feature
from portal.messages.models import Message, Thread
from portal.record.models import Appointment, Attachment, Note, Panel, Paper, Prescription, Result
from safeguards.models import AuditEvent
from tests.portal.conftest import OTIS, RUTH, proved

BASIC = {"appointments", "immunizations", "allergies", "eligibility", "contact", "library", "access"}
PREMIUM = {
    *("messages", "conditions", "medications", "labs", "vitals", "notes", "procedures", "tools", "record", "family"),
}
ODD_PAGES = ["abc", "0", "-1", "9" * 30, "٣", "\x00", "1;drop", "²", "9000"]

every_feature = pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.slug)
premium_features = pytest.mark.parametrize(
    "feature", [feature for feature in FEATURES if feature.level == Level.PREMIUM], ids=lambda feature: feature.slug
)


def page(client: Client, address: str, **query: str) -> str:
    response = client.get(address, query)
    assert response.status_code == 200
    return response.content.decode()


def test_the_table_holds_the_features_of_each_level():
    assert {feature.slug for feature in FEATURES if feature.level == Level.BASIC} == BASIC
    assert {feature.slug for feature in FEATURES if feature.level == Level.PREMIUM} == PREMIUM


def test_a_feature_that_names_no_level_is_premium():
    assert Feature("new", "New", "", "flag", "", lambda account, query: {}).level is Level.PREMIUM


@every_feature
def test_a_visitor_is_led_to_sign_in_and_back(client, db, feature):
    response = client.get(feature.url)
    assert response.status_code == 302
    assert response.url == f"/sign-in/?next={feature.url}"


def test_a_visitor_is_led_from_the_dashboard_to_sign_in(client, db):
    assert client.get("/portal/").url == "/sign-in/?next=/portal/"


@every_feature
def test_staff_have_no_record_here(client, staff, feature):
    client.force_login(staff)
    response = client.get(feature.url)
    assert response.status_code == 403
    assert "for beneficiaries" in response.content.decode()


def test_staff_have_no_dashboard_here(client, staff):
    client.force_login(staff)
    assert client.get("/portal/").status_code == 403


@every_feature
def test_a_basic_account_opens_basic_features_and_previews_the_rest(client, ruth_basic, records, feature):
    records(RUTH)
    client.force_login(ruth_basic)
    shown = page(client, feature.url)
    assert feature.title in shown
    is_preview = "This page is part of Premium" in shown
    assert is_preview == (feature.level == Level.PREMIUM)


@premium_features
def test_a_preview_holds_a_sample_the_steps_and_the_way_back(client, ruth_basic, records, feature):
    records(RUTH)
    client.force_login(ruth_basic)
    shown = page(client, feature.url)
    assert "about an invented person" in shown
    assert "authenticator app" in shown
    assert f'{reverse("upgrade")}?next=/portal/{feature.slug}/"' in shown
    assert "portal-empty" not in shown.replace("portal-empty__", "")


@premium_features
def test_a_preview_reads_nothing_of_the_record(client, ruth_basic, records, feature, django_assert_num_queries):
    records(RUTH)
    client.force_login(ruth_basic)
    page(client, feature.url)
    # the session and the account, and for family access who acts for the person
    with django_assert_num_queries(2 + bool(feature.above_sample)):
        page(client, feature.url)


@every_feature
def test_a_premium_account_opens_every_feature(client, ruth, records, feature):
    records(RUTH)
    client.force_login(ruth)
    shown = page(client, feature.url)
    assert "Upgrade to Premium" not in shown
    assert 'aria-current="page"' in shown


@every_feature
def test_the_whole_record_and_family_access_ask_again_who_one_is(client, ruth, feature):
    client.force_login(ruth)
    proved(client, seconds_ago=int(policy.FRESH_FOR_EXPORTS.total_seconds()) + 1)
    response = client.get(feature.url)
    if feature.slug in ("record", "family"):
        assert response["Location"] == f"/sign-in/again/?next=%2Fportal%2F{feature.slug}%2F"
    else:
        assert response.status_code == 200


@every_feature
def test_a_person_without_a_record_is_told_what_to_do(client, otis, feature):
    client.force_login(otis)
    assert feature.title in page(client, feature.url)


@every_feature
def test_an_odd_page_number_is_no_error(client, ruth, feature):
    client.force_login(ruth)
    for typed in ODD_PAGES:
        page(client, feature.url, page=typed, before=typed, kind=typed, q=typed)


@pytest.mark.parametrize("slug", ["no-such-page", "labs%00", "..", "labs/../../admin", "%E2%80%AE"])
def test_an_unknown_page_is_not_found(client, ruth, slug):
    client.force_login(ruth)
    assert client.get(f"/portal/{slug}/").status_code == 404


@every_feature
def test_an_item_that_is_not_there_is_not_found(client, ruth, records, feature):
    records(RUTH)
    client.force_login(ruth)
    for item in ("nothing", "0", "11111111-1111-1111-1111-111111111111", "x" * 5_000):
        assert client.get(f"{feature.url}{item}/").status_code == 404


@every_feature
def test_only_reading_is_allowed_where_nothing_can_be_done(client, ruth, feature):
    client.force_login(ruth)
    assert (client.post(feature.url).status_code == 405) == (feature.act is None)


@every_feature
def test_a_form_does_nothing_for_a_level_that_does_not_open_its_feature(client, ruth_basic, feature):
    client.force_login(ruth_basic)
    if feature.level == Level.PREMIUM and feature.act:
        assert client.post(feature.url).status_code == 403


# Which of a record's rows have a page of their own under a feature, and under which of its addresses.
ITEMS: dict[str, tuple[type[Model], str]] = {
    "messages-thread": (Thread, "/portal/messages/{}/"),
    "messages-reply": (Thread, "/portal/messages/{}/reply/"),
    "messages-message": (Message, "/portal/messages/message/{}/"),
    "feature-item labs": (Panel, "/portal/labs/{}/"),
    "feature-item notes": (Note, "/portal/notes/{}/"),
    "feature-item medications": (Prescription, "/portal/medications/{}/"),
    "medications-fills": (Prescription, "/portal/medications/{}/fills/"),
    "feature-item appointments": (Appointment, "/portal/appointments/{}/"),
    "appointments-calendar": (Appointment, "/portal/appointments/{}/calendar.ics"),
    "appointments-move": (Appointment, "/portal/appointments/{}/move/"),
    "appointments-cancel": (Appointment, "/portal/appointments/{}/cancel/"),
    "appointments-questions": (Appointment, "/portal/appointments/{}/questions/"),
    "record-paper": (Paper, "/portal/record/papers/{}/"),
    "labs-test": (Result, "/portal/labs/test/{}/0/"),
    "labs-csv": (Result, "/portal/labs/test/{}/0/results.csv"),
    "vitals-test": (Result, "/portal/vitals/test/{}/0/"),
    "vitals-csv": (Result, "/portal/vitals/test/{}/0/results.csv"),
    "labs-more": (Panel, "/portal/labs/more/{}/"),
    "notes-file": (Attachment, "/portal/notes/file/{}/0/"),
    "notes-download": (Attachment, "/portal/notes/file/{}/0/download/"),
}
# What belongs to an account and not to the record. Their own tests hold who opens them.
OF_ACCOUNTS = {
    *("record-copy", "record-download", "medications-asked", "medications-request", "appointments-request"),
    *("family-access", "family-shared", "family-surrogacy"),
}
# What people measure themselves, the same: tests/portal/tools/.
OF_TOOLS = {
    *("tools-measure", "tools-reading", "tools-target", "tools-delete", "tools-goal", "tools-file", "tools-download"),
    "tools-reminder",
}
# Further addresses that are lists.
LISTS = {
    *("immunizations-certificate", "immunizations-card", "appointments-visits"),
    *("record-papers", "record-people", "record-copies", "medications-requests", "labs-single", "labs-other"),
    *("messages-sent", "messages-drafts", "messages-archive", "messages-search", "messages-compose"),
    *("appointments-new", "appointments-requests", "contact-notices"),
    *("family-offer", "family-code", "family-share", "family-surrogate"),
    *("tools-new", "tools-new-goal", "tools-visit", "tools-visit-pdf"),
}
# What no invented record has. tests/portal/messages/test_pages.py and tests/portal/test_health_card.py open them.
ELSEWHERE = {"messages-draft", "messages-file", "immunizations-card-file"}
every_item = pytest.mark.parametrize(("kind", "address"), ITEMS.values(), ids=ITEMS)


def test_every_address_of_the_portal_is_a_list_or_an_item_of_these_tests():
    named = {f"{feature.slug}-{page.name}" for feature in FEATURES for page in feature.pages}
    items = {f"feature-item {feature.slug}" for feature in FEATURES if feature.detail and feature.slug != "library"}
    assert named | items == set(ITEMS) | LISTS | OF_ACCOUNTS | OF_TOOLS | ELSEWHERE


def item_of(kind: type[Model], address: str) -> str:
    rows = kind._default_manager.filter(patient=RUTH)
    if kind is Result:
        rows = rows.filter(category="laboratory" if "labs" in address else "vital-signs", place=0, value__isnull=False)
    row = rows.order_by("pk").first()
    assert row is not None
    return str(row.pk if kind in (Thread, Message) else row.resource_id)  # type: ignore[attr-defined]


@every_item
def test_an_item_opens_for_its_owner_alone(client, ruth, otis, records, kind, address):
    records(RUTH)
    item = item_of(kind, address)
    for account, status in ((ruth, 200), (otis, 404)):
        client.force_login(account)
        assert client.get(address.format(item), follow=True).status_code == status


@every_item
def test_a_basic_account_gets_the_preview_in_place_of_an_item(client, ruth_basic, records, kind, address):
    records(RUTH)
    feature = next(feature for feature in FEATURES if f"/{feature.slug}/" in address)
    level = max([feature.level, *(page.level for page in feature.pages if address.endswith(f"{{}}/{page.name}/"))])
    client.force_login(ruth_basic)
    response = client.get(address.format(item_of(kind, address)))
    assert response.status_code == 200
    is_preview = "This page is part of Premium" in response.content.decode()
    assert is_preview == (level == Level.PREMIUM)


STRICTER = [(feature, page) for feature in FEATURES for page in feature.pages if page.level > feature.level]


def test_to_act_on_appointments_is_premium_and_to_read_them_is_basic():
    assert {f"{feature.slug}-{page.name}" for feature, page in STRICTER} == {
        f"appointments-{name}" for name in ("new", "requests", "request", "move", "cancel", "questions")
    }


@pytest.mark.parametrize(("feature", "page"), STRICTER, ids=lambda one: getattr(one, "name", ""))
def test_a_page_that_is_stricter_than_its_feature_does_nothing_for_a_lower_level(
    client, ruth_basic, feature, page, django_assert_num_queries
):
    item = {"item": "11111111-1111-1111-1111-111111111111"} if "<" in page.pattern else {}
    address = reverse(f"{feature.slug}-{page.name}", kwargs=item)
    client.force_login(ruth_basic)
    client.get(address)
    # the session and the account, and for family access who acts for the person
    with django_assert_num_queries(2 + bool(feature.above_sample)):
        shown = client.get(address)
    assert "This page is part of Premium" in shown.content.decode()
    assert client.post(address).status_code == (403 if page.act else 405)


@every_item
def test_a_visitor_is_led_from_an_item_to_sign_in(client, db, kind, address):
    place = address.format("11111111-1111-1111-1111-111111111111")
    assert client.get(place)["Location"] == f"/sign-in/?next={place}"


@pytest.mark.parametrize("name", sorted(LISTS))
def test_a_further_list_opens_for_premium_and_not_for_visitors_and_staff(client, ruth, staff, records, name):
    records(RUTH)
    assert client.get(reverse(name)).status_code == 302
    client.force_login(staff)
    assert client.get(reverse(name)).status_code == 403
    client.force_login(ruth)
    assert client.get(reverse(name)).status_code == 200


@every_feature
def test_a_look_at_the_health_record_leaves_one_event_a_session(client, ruth, records, feature):
    records(RUTH)
    client.force_login(ruth)
    for _ in range(2):
        client.get(feature.url)
    events = AuditEvent.objects.filter(event="portal.record-viewed", account_id=ruth.pk)
    assert [event.details for event in events] == ([{"feature": feature.slug}] if feature.is_health else [])


def test_ruth_reads_in_words_who_looked_at_her_record(client, ruth, records):
    client.force_login(ruth)
    client.get("/portal/labs/")
    assert "Your health record was viewed. Part: labs." in page(client, "/portal/access/")


MARK = "Neighborstown"


@every_feature
def test_nobody_sees_the_record_of_another(client, ruth, records, feature):
    records(RUTH)
    records(OTIS, mark=MARK)
    client.force_login(ruth)
    assert MARK not in page(client, feature.url)
    assert MARK not in page(client, "/portal/")


def test_the_marked_record_would_show_to_its_owner(client, otis, records):
    records(OTIS, mark=MARK)
    client.force_login(otis)
    for slug in ("", "appointments/", "messages/", "conditions/", "labs/", "notes/", "record/"):
        assert MARK in page(client, f"/portal/{slug}")
