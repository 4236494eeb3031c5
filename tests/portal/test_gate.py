"""Who can open which page of the portal: every feature, for everyone who might try."""

import pytest
from django.test import Client
from django.urls import reverse

from core import policy
from core.policy import Level
from portal.features import FEATURES, Feature
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
    assert Feature("new", "New", "", "flag", "", lambda account, page: {}).level is Level.PREMIUM


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
    is_preview = "Upgrade to Premium" in shown
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
    with django_assert_num_queries(2):  # the session and the account
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
        page(client, feature.url, page=typed)


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
def test_only_reading_is_allowed(client, ruth, feature):
    client.force_login(ruth)
    assert client.post(feature.url).status_code == 405


def items_of(feature: Feature, rows: list) -> list[str]:
    kinds = {"messages": "Thread", "labs": "Report", "notes": "Document"}
    return [str(row.pk) for row in rows if type(row).__name__ == kinds.get(feature.slug)]


@pytest.mark.parametrize("slug", ["messages", "labs", "notes"])
def test_an_item_opens_for_its_owner_alone(client, ruth, otis, records, slug):
    feature = next(feature for feature in FEATURES if feature.slug == slug)
    items = items_of(feature, records(RUTH))[:2]
    assert items
    for account, status in ((ruth, 200), (otis, 404)):
        client.force_login(account)
        assert [client.get(f"{feature.url}{item}/").status_code for item in items] == [status] * len(items)


@pytest.mark.parametrize("slug", ["messages", "labs", "notes"])
def test_a_basic_account_gets_the_preview_in_place_of_an_item(client, ruth_basic, records, slug):
    feature = next(feature for feature in FEATURES if feature.slug == slug)
    item = items_of(feature, records(RUTH))[0]
    client.force_login(ruth_basic)
    assert "Upgrade to Premium" in page(client, f"{feature.url}{item}/")


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
    for slug in ("", "appointments/", "immunizations/", "messages/", "conditions/", "labs/", "notes/", "record/"):
        assert MARK in page(client, f"/portal/{slug}")
