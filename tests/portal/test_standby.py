"""Pages read from a standby: they show the same, never less than the person has just written, and write nothing.

Here the standby is a second connection to the same database that may only read. tests/up/test_failover.py and
tests/deploying/ have one that follows.
"""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections
from django.http import Http404
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core import policy
from portal import dashboard, history
from portal.family import offering
from portal.features import BY_SLUG, FEATURES
from safeguards import standby
from safeguards.models import AuditEvent
from tests import walk
from tests.portal.conftest import RUTH, Browser
from tests.portal.family.conftest import given
from tests.portal.test_gate import ITEMS, item_of

pytestmark = pytest.mark.django_db(transaction=True, databases=[DEFAULT_DB_ALIAS, standby.ALIAS])

LABS, PRESSURE = "/portal/labs/", "/portal/tools/blood-pressure/"
READING = {"at": "2026-03-14T07:30", "number": "128", "second": "79", "note": ""}
WITHOUT_ROWS = {"tools-measure": PRESSURE}
IS_AT = standby.PRIMARY_IS_AT


@pytest.fixture(autouse=True, scope="module")
def _there_is_a_standby(django_db_setup: None) -> Iterator[None]:
    aside = {"READ_ONLY": True, "TIME_LIMITS": {"statement_timeout": policy.STANDBY_PATIENCE.total_seconds()}}
    connections.settings[standby.ALIAS] = connections.settings[DEFAULT_DB_ALIAS] | aside
    yield
    del connections.settings[standby.ALIAS]


@pytest.fixture(autouse=True)
def _it_has_all_that_the_primary_has(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(standby, "STANDBY_IS_AT", IS_AT)
    standby._primary_was_at.clear()
    standby.look()
    yield
    connections[standby.ALIAS].close()
    del connections[standby.ALIAS]
    standby.reached = standby.NOWHERE


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the standby gets nothing."""
    monkeypatch.setattr(standby, "STANDBY_IS_AT", f"SELECT {standby.position_now()}")
    standby.look()


def where(client: Client, address: str) -> tuple[int, int]:
    """How many questions a page asks of the primary, and how many of the standby."""
    primary, aside = CaptureQueriesContext(connection), CaptureQueriesContext(connections[standby.ALIAS])
    with primary, aside:
        assert client.get(address).status_code == 200
    return len(primary), len(aside)


def counted(place: str) -> float:
    return standby.PAGES.labels(place)._value.get()


def declared() -> Iterator[tuple[str, Any]]:
    """The addresses of all pages that are read from the standby, each with the kind of row that has to be put in."""
    for feature in FEATURES:
        pages = {f"{feature.slug}-{page.name}": page.content for page in feature.pages}
        for name, content in {"": feature.content, f"feature-item {feature.slug}": feature.detail, **pages}.items():
            if hasattr(content, "from_standby"):
                kind, address = ITEMS.get(name, (None, WITHOUT_ROWS.get(name, feature.url)))
                yield (reverse(name) if name and not kind and name not in WITHOUT_ROWS else address), kind


@pytest.mark.parametrize(("address", "kind"), list(declared()))
def test_a_page_shows_the_same_from_the_standby_and_asks_the_primary_for_its_gate_alone(
    client, ruth, records, address, kind
):
    records(RUTH)
    address = address.format(item_of(kind, address)) if kind else address
    client.force_login(ruth)
    first = client.get(address)  # leaves the event of the first look
    assert first.status_code == 200
    asked_primary, asked_standby = where(client, address)
    # The session, the account, and where something is typed what was kept when a session ended.
    assert asked_primary == 2 + (address == PRESSURE)
    assert asked_standby >= 1
    standby.reached = standby.NOWHERE
    assert walk.text_of(client.get(address)) == walk.text_of(first)


def test_the_dashboard_and_the_search_for_help_are_read_from_the_standby_too(client, ruth, records):
    records(RUTH)
    client.force_login(ruth)
    client.get("/portal/")
    assert where(client, "/portal/") == (2, 2)  # the first look left an event, so the standby is asked how far it is
    standby.look()
    assert where(client, "/portal/") == (2, 1)
    asked_primary, asked_standby = where(Client(), "/support/?q=code")
    assert asked_primary == 0
    assert asked_standby >= 1


def test_whether_somebody_may_see_the_record_of_another_is_asked_of_the_primary_alone(client, ruth, otis, records):
    records(RUTH)
    row = given(ruth, otis)
    client.force_login(otis)
    address = f"/portal/of/{row.pk}/labs/"
    client.get(address)
    with CaptureQueriesContext(connections[standby.ALIAS]) as aside:
        assert client.get(address).status_code == 200
    assert len(aside) >= 1
    assert not any(word in one["sql"] for one in aside for word in ("delegation", "session", "accounts_account"))
    assert offering.stop(ruth, row)
    assert client.get(address).status_code == 403


def test_what_a_person_has_just_written_is_there_although_the_standby_has_stopped(client, ruth, stopped):
    client.force_login(ruth)
    before = counted(standby.OWN)
    shown = client.post(PRESSURE, READING, follow=True)
    assert "Stored: 128 over 79 mm Hg." in walk.text_of(shown)
    assert "128 over 79 mm Hg Your own reading" in walk.text_of(client.get("/portal/tools/"))
    assert where(client, "/portal/tools/")[1] == 1  # it was asked how far it is
    assert counted(standby.OWN) == before + 3


def test_another_browser_reads_from_a_standby_that_has_just_stopped(client, ruth, stopped):
    client.force_login(ruth)
    client.post(PRESSURE, READING)
    other = Browser()
    other.force_login(ruth)
    other.get("/portal/tools/")
    other.cookies.pop(standby.COOKIE)
    assert where(other, "/portal/tools/")[1] > 1


def test_the_position_that_a_browser_keeps_tells_nobody_how_much_is_written_here(client, ruth):
    client.force_login(ruth)
    kept = client.post(PRESSURE, READING).cookies[standby.COOKIE]
    assert (kept["httponly"], kept["samesite"], kept["max-age"]) == (True, "Lax", 6)
    assert str(standby.position_now())[:4] not in kept.value


@pytest.mark.parametrize("forged", ["0", "AAAA", "Zm9yZ2Vk", "é", "x" * 3000])
def test_a_browser_that_says_something_odd_is_served_by_the_primary(client, ruth, forged):
    client.force_login(ruth)
    client.get("/portal/labs/")
    client.cookies[standby.COOKIE] = forged
    before = counted(standby.OWN)
    assert client.get(LABS).status_code == 200
    assert counted(standby.OWN) == before + 1


def test_somebody_who_only_reads_leaves_nothing_in_the_browser(client, ruth):
    client.force_login(ruth)
    client.get(LABS)
    assert standby.COOKIE not in client.get(LABS).cookies
    assert standby.COOKIE not in Client().post("/support/pin/", {}).cookies


def test_a_standby_that_lags_for_too_long_is_not_read(client, ruth, monkeypatch):
    client.force_login(ruth)
    client.get(LABS)
    ago = time.monotonic() - policy.STANDBY_BEHIND.total_seconds()
    monkeypatch.setattr(standby, "reached", standby.Reached(standby.reached.position, ago - 1))
    before = counted(standby.BEHIND)
    assert where(client, LABS)[1] == 0
    assert counted(standby.BEHIND) == before + 1


def test_a_standby_counts_as_fresh_by_what_the_primary_had_written_and_not_by_its_own_clock(stopped):
    first = standby.reached.moment
    AuditEvent.objects.create(event="account.opened", actor_kind="system")
    standby.look()
    assert standby.reached.moment == first
    assert standby.behind() is not None


@pytest.mark.parametrize("said", ["SELECT 1 WHERE false", "SELECT 1 / 0"], ids=["promoted", "does not answer"])
def test_what_is_no_standby_of_ours_is_not_read_and_comes_back_when_it_is(client, ruth, monkeypatch, said):
    client.force_login(ruth)
    client.get(LABS)
    monkeypatch.setattr(standby, "STANDBY_IS_AT", said)
    standby.look()
    assert standby.behind() is None
    before = counted(standby.AWAY)
    assert where(client, LABS)[1] == 0
    assert counted(standby.AWAY) == before + 1
    monkeypatch.setattr(standby, "STANDBY_IS_AT", IS_AT)
    standby.look()
    assert where(client, LABS)[1] >= 1


def test_a_standby_that_dies_in_the_middle_of_a_page_is_noticed_by_nobody(client, ruth, monkeypatch):
    client.force_login(ruth)
    client.get(LABS)
    monkeypatch.setattr(connections[standby.ALIAS], "cursor", failing(OperationalError("gone")))
    before = counted(standby.FAILED)
    assert client.get(LABS).status_code == 200
    assert counted(standby.FAILED) == before + 1
    assert standby.reached is standby.NOWHERE  # nobody else waits for it


def failing(failure: Exception) -> Any:
    def fail(*_: Any) -> None:
        raise failure

    return fail


def test_a_standby_that_is_slow_is_left_for_the_primary(client, ruth, monkeypatch):
    def conditions(account: Any, query: Any) -> Any:
        if connection.settings_dict.get("READ_ONLY"):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(600)")
        return history.conditions(account, query)

    monkeypatch.setattr(policy, "STANDBY_PATIENCE", policy.STANDBY_PATIENCE / 20)
    shown_by(monkeypatch, "conditions", conditions)
    client.force_login(ruth)
    assert client.get("/portal/conditions/").status_code == 200
    assert standby.reached is standby.NOWHERE


def shown_by(monkeypatch: pytest.MonkeyPatch, slug: str, page: Any) -> None:
    """Let a feature have another page, which is read from the standby."""
    feature = BY_SLUG[slug]
    monkeypatch.setitem(vars(feature), "content", standby.may_be_read_from_standby(page))


def test_what_the_standby_does_not_have_yet_is_looked_for_in_the_primary(client, ruth, monkeypatch):
    def conditions(account: Any, query: Any) -> Any:
        if connection.settings_dict.get("READ_ONLY"):
            raise Http404
        return history.conditions(account, query)

    shown_by(monkeypatch, "conditions", conditions)
    client.force_login(ruth)
    assert client.get("/portal/conditions/").status_code == 200


def test_a_page_that_is_read_from_the_standby_can_write_nothing(client, ruth, monkeypatch):
    def conditions(account: Any, query: Any) -> Any:
        AuditEvent.objects.create(event="account.opened", actor_kind="system")
        return history.conditions(account, query)

    shown_by(monkeypatch, "conditions", conditions)
    client.force_login(ruth)
    before = AuditEvent.objects.count()
    with pytest.raises(standby.WrittenOnStandbyError, match="conditions writes"):
        client.get("/portal/conditions/")
    assert AuditEvent.objects.count() == before


def test_without_a_standby_nothing_is_asked_and_nothing_is_kept(client, ruth, monkeypatch):
    monkeypatch.delitem(connections.settings, standby.ALIAS)
    monkeypatch.setattr(connections, "create_connection", failing(AssertionError()))
    client.force_login(ruth)
    with CaptureQueriesContext(connection) as asked:
        assert standby.COOKIE not in client.post(PRESSURE, READING).cookies
        client.get("/portal/tools/")
    assert "wal" not in " ".join(one["sql"] for one in asked)
    assert dashboard.content.from_standby  # type: ignore[attr-defined]
