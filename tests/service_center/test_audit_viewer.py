"""The audit viewer: who may read it, what a search finds, what a download holds, and whether the chain holds."""

import csv
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Account
from core import policy
from deers.models import Person
from safeguards import audit, seal
from safeguards.models import AuditEvent, AuditSeal
from service_center.audit_viewer import chain, searching
from service_center.audit_viewer.models import AuditCheck
from tests import people, walk
from tests.accounts.holders import holder, signed_in, staff
from tests.safeguards.test_seal import as_superuser
from tests.service_center.test_staff_decisions import age_second_step

pytestmark = pytest.mark.django_db
LIST = "/admin/safeguards/auditevent/"
EXPORT, CHAIN = f"{LIST}export/", f"{LIST}chain/"
WHY = {"reason": "incident"}


@pytest.fixture
def auditor() -> Client:
    return signed_in(staff("Auditor"))


@pytest.fixture
def rosa() -> Account:
    return holder(people.load("rosa"))


def searched(browser: Client, **typed: str) -> Any:
    return browser.post(LIST, typed, follow=True)


def sentences(answer: Any) -> list[str]:
    return [told.sentence for told in answer.context["told"]]


@pytest.mark.parametrize("page", [LIST, EXPORT, CHAIN])
@pytest.mark.parametrize(("role", "status"), [("Auditor", 200), ("Supervisor", 200), ("Service center agent", 403)])
def test_only_auditors_and_supervisors_read_the_trail(page: str, role: str, status: int) -> None:
    assert signed_in(staff(role)).get(page).status_code == status


def test_the_trail_of_a_person_is_found_by_username_and_by_number_and_no_address_holds_what_was_typed(auditor, rosa):
    other = holder(people.load("nora"))
    audit.record("code.failed", by="visitor", dod_id=rosa.dod_id)
    audit.record("password.changed", by=other)
    for typed in (rosa.username, people.load("rosa").ssn, rosa.dod_id or ""):
        answer = searched(auditor, who=typed)
        assert {told.person.label for told in answer.context["told"]} == {rosa.username, "A person, by number only"}
        assert answer.redirect_chain[0][0] == f"{LIST}?person=a-{rosa.pk}"


def test_a_person_without_an_account_is_found_by_number(auditor):
    emily = people.load("emily")
    audit.record("quiz.failed", by="visitor", dod_id=emily.dod_id)
    answer = searched(auditor, who=emily.dod_id)
    assert sentences(answer)[-1] == "The identity questions were not answered correctly, or not in time."
    assert emily.dod_id not in answer.redirect_chain[0][0]


def test_looking_at_a_person_s_trail_is_on_that_trail(auditor, rosa):
    searched(auditor, who=rosa.username)
    event = AuditEvent.objects.get(event="support.account-viewed")
    assert (event.account_id, event.actor_kind) == (rosa.pk, "staff")
    assert bytes(event.person_index or b"") == audit.index_of(rosa.dod_id or "")


def test_what_a_colleague_did_is_found_by_the_colleague(auditor, rosa):
    agent = staff("Service center agent", "agent.one")
    audit.record("support.account-viewed", by=agent, account_id=rosa.pk)
    audit.record("support.account-viewed", by=staff("Supervisor", "other.one"), account_id=rosa.pk)
    answer = searched(auditor, staff="agent.one", kind="support.account-viewed")
    assert [told.actor.label for told in answer.context["told"]] == ["agent.one"]


def test_of_several_who_fit_one_is_chosen_and_nothing_typed_is_lost(auditor):
    one, other = holder(people.load("rosa"), username="fits.one"), holder(people.load("nora"), username="fits.two")
    answer = auditor.post(LIST, {"who": "fits.", "kind": "quiz."})
    assert [pick.key for pick in answer.context["form"].people] == [f"a-{one.pk}", f"a-{other.pk}"]
    assert 'value="fits."' in answer.content.decode()
    chosen = auditor.post(LIST, {"who": "fits.", "kind": "quiz.", "pick-person": f"a-{other.pk}"})
    assert chosen["Location"] == f"{LIST}?person=a-{other.pk}&kind=quiz."


def test_a_family_of_events_and_one_kind_are_found(auditor, rosa):
    for event in ("quiz.failed", "quiz.passed", "code.failed"):
        audit.record(event, by="visitor", dod_id=rosa.dod_id)
    family, kind = auditor.get(LIST, {"kind": "quiz."}), auditor.get(LIST, {"kind": "quiz.passed"})
    assert [told.kind for told in family.context["told"]] == ["Quiz: passed", "Quiz: failed"]
    assert [told.kind for told in kind.context["told"]] == ["Quiz: passed"]


def test_pages_follow_each_other_without_a_gap_or_a_double(auditor, rosa):
    for _ in range(policy.AUDIT_PAGE + 7):
        audit.record("code.failed", by="visitor", dod_id=rosa.dod_id)
    first = auditor.get(LIST, {"kind": "code."})
    second = auditor.get(first.context["older"])
    keys = [told.pk for answer in (first, second) for told in answer.context["told"]]
    assert len(keys) == len(set(keys)) == policy.AUDIT_PAGE + 7
    assert keys == sorted(keys, reverse=True)
    assert not second.context["older"]


def on(day: int, event: str = "quiz.failed", **other: Any) -> AuditEvent:
    return AuditEvent.objects.create(
        event=event, at=datetime(2026, 3, day, 18, 0, tzinfo=UTC), actor_kind="visitor", **other
    )


def sealed_days(first: int, last: int) -> None:
    for day in range(first, last + 1):
        on(day)
    seal.seal_days(datetime(2026, 3, last + 1, 12, tzinfo=UTC))


def test_time_bounds_are_kept_and_the_seals_narrow_what_is_read(auditor):
    sealed_days(1, 9)
    answer = auditor.get(LIST, {"kind": "quiz.", "since": "2026-03-04T00:00", "until": "2026-03-05T23:59"})
    assert [told.at.day for told in answer.context["told"]] == [5, 4]
    search = searching.Search(since=datetime(2026, 3, 4, tzinfo=UTC), until=datetime(2026, 3, 6, tzinfo=UTC))
    bounds: dict[str, Any] = dict(searching.time_of(search).children)  # type: ignore[arg-type]
    third, seventh = AuditSeal.objects.get(day="2026-03-03"), AuditSeal.objects.get(day="2026-03-07")
    assert (bounds["pk__gte"], bounds["pk__lte"]) == (third.first_id, seventh.last_id)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({"since": "yesterday"}, "Enter a date and a time"),
        ({"until": "9999-12-31T23:59"}, "Enter a date and a time"),
        ({"since": "2026-03-05T00:00", "until": "2026-03-04T00:00"}, "is before"),
        ({"kind": "no.such-thing"}, "Choose a kind of event"),
        ({"person": "a-999999999999999999"}, "There is no such account"),
        ({"person": "x" * 70}, "damaged"),
        ({"by": "x"}, "There is no such account"),
        ({"before": "x", "kind": "mail."}, "No event fits this search."),
        ({"before": "9" * 40}, "Audit trail"),
    ],
)
def test_bad_input_is_answered_with_a_sentence(auditor, query, says):
    answer = auditor.get(LIST, query)
    assert answer.status_code == 200
    assert says in walk.text_of(answer)


@pytest.mark.parametrize("typed", ["\x00", "x" * 10_000, "<script>", "%", "' OR 1=1", "\u200b"])
@pytest.mark.parametrize("box", ["who", "staff"])
def test_odd_texts_find_nobody_and_break_nothing(auditor, typed, box):
    answer = auditor.post(LIST, {box: typed}, follow=True)
    assert answer.status_code == 200


def test_one_event_is_told_in_words_with_ways_on(auditor, rosa):
    agent = staff("Service center agent", "agent.one")
    event = audit.record("account.unlocked", by=agent, account_id=rosa.pk, level=2, again=False)
    answer = auditor.get(f"{LIST}{event.pk}/change/")
    page = walk.text_of(answer)
    assert "The account was unlocked" in page
    assert "Again: no. Level: Premium" in page
    for link in (f"?person=a-{rosa.pk}", f"?by={agent.pk}", "?kind=account.unlocked"):
        assert f'href="{LIST}{link}"' in answer.content.decode()
    assert auditor.get(f"{LIST}{event.pk + 1000}/change/").status_code == 404


def test_an_event_of_a_person_without_an_account_leaves_a_look_on_their_trail(auditor):
    event = audit.record("quiz.failed", by="visitor", dod_id=people.load("emily").dod_id)
    auditor.get(f"{LIST}{event.pk}/change/")
    look = AuditEvent.objects.get(event="support.account-viewed")
    assert bytes(look.person_index or b"") == bytes(event.person_index or b"")


def queries_of(browser: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(address).status_code == 200
    return sum('FROM "safeguards_auditevent"' in query["sql"] for query in asked)


def test_the_list_takes_two_queries_however_many_events_there_are(auditor, rosa):
    auditor.get(f"{LIST}?person=a-{rosa.pk}")
    few = queries_of(auditor, f"{LIST}?person=a-{rosa.pk}")
    for _ in range(60):
        audit.record("code.failed", by="visitor", dod_id=rosa.dod_id)
    assert queries_of(auditor, f"{LIST}?person=a-{rosa.pk}") == few == 2


MANY_EVENTS = """
    INSERT INTO safeguards_auditevent (event, actor_kind, actor_id, account_id, person_index, details, device, session)
    SELECT 'session.began', 'self', n, n, sha256(n::text::bytea), '{}', '', '' FROM generate_series(1000, 4000) AS n;
    ANALYZE safeguards_auditevent;
"""


@pytest.mark.parametrize(
    ("index", "query"), [("person", "person=i-" + "0" * 64), ("actor", "by={pk}"), ("event", "kind=quiz.")]
)
def test_an_index_serves_each_search(index: str, query: str) -> None:
    auditor = staff("Auditor")
    browser = signed_in(auditor)
    with CaptureQueriesContext(connection) as asked, connection.cursor() as cursor:
        cursor.execute(MANY_EVENTS)  # in a table of nothing, all plans cost the same
        browser.get(f"{LIST}?{query.format(pk=auditor.pk)}")
        [page, *_] = [one["sql"] for one in asked.captured_queries if 'FROM "safeguards_auditevent"' in one["sql"]]
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off")
        cursor.execute(f"EXPLAIN {page}".replace("%", "%%"))
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert f"using audit_by_{index}" in plan, plan


def test_a_download_holds_what_the_search_finds_with_a_reason_and_leaves_an_event(auditor, rosa):
    sealed_days(1, 3)
    on(2, "sign-in.failed", account_id=rosa.pk, device="=cmd()", details={"tries": 2})
    span = f"{EXPORT}?since=2026-03-01T00:00&until=2026-03-02T23:59"
    assert "3 events will be in the file" in walk.text_of(auditor.get(span))
    answer = auditor.post(span, WHY)
    rows = list(csv.reader(b"".join(answer.streaming_content).decode().splitlines()))
    assert [row[2] for row in rows[1:]] == ["sign-in.failed", "quiz.failed", "quiz.failed"]
    assert rows[1][9] == "'=cmd()"
    event = AuditEvent.objects.get(event="support.trail-exported")
    assert event.details == {"reason": "incident", "events": 3}


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "needs both"),
        ("since=2026-03-01T00:00", "needs both"),
        ("since=2026-03-01T00:00&until=2026-09-01T00:00", f"{policy.AUDIT_EXPORT_DAYS} days at most"),
        ("since=2026-03-01T00:00&until=2026-03-01T01:00", "nothing to download"),
    ],
)
def test_a_download_without_bounds_or_events_is_refused(auditor, query, says):
    assert says in walk.text_of(auditor.get(f"{EXPORT}?{query}"))
    assert auditor.post(f"{EXPORT}?{query}", WHY)["Content-Type"].startswith("text/html")
    assert not AuditEvent.objects.filter(event="support.trail-exported").exists()


def test_a_download_without_a_reason_or_with_too_many_events_is_refused(auditor, monkeypatch):
    sealed_days(1, 3)
    span = f"{EXPORT}?since=2026-03-01T00:00&until=2026-03-04T00:00"
    assert "Choose why." in walk.text_of(auditor.post(span, {}))
    monkeypatch.setattr(policy, "AUDIT_EXPORT_EVENTS", 2)
    assert "more than 2 events" in walk.text_of(auditor.post(span, WHY))


def test_a_download_takes_a_fresh_second_step(auditor):
    age_second_step(auditor, policy.FRESH_FOR_EXPORTS.total_seconds() + 2)
    assert "again" in auditor.get(f"{EXPORT}?since=2026-03-01T00:00&until=2026-03-02T00:00")["Location"]


CLOSE = "this may be you, somebody of your household or somebody at your address"


@pytest.fixture
def wife(marcus: Account) -> Client:
    """An auditor who is Rosa, the wife of Marcus, by her name and her email address in DEERS."""
    account, rosa = staff("Auditor"), people.load("rosa")
    account.first_name, account.last_name, account.email = rosa.name.first, rosa.name.last, rosa.email
    account.save()
    return signed_in(account)


@pytest.fixture
def marcus() -> Account:
    return holder(people.load("marcus"))


def nothing_is_read(answer: Any) -> bool:
    """Whether a list is refused: no event is in it, and no look is on anybody's trail."""
    looks = AuditEvent.objects.filter(event="support.account-viewed")
    return CLOSE in walk.text_of(answer) and not answer.context.get("told") and not looks.exists()


def test_nobody_reads_the_trail_of_somebody_close(wife, marcus):
    audit.record("password.changed", by=marcus)
    for typed in (marcus.username, marcus.dod_id or "", people.load("marcus").ssn):
        assert nothing_is_read(searched(wife, who=typed)), typed
    index = audit.index_of(marcus.dod_id or "").hex()
    for address in (f"?person=a-{marcus.pk}", f"?person=i-{index}", f"?by={marcus.pk}"):
        assert nothing_is_read(wife.get(f"{LIST}{address}")), address
    assert AuditEvent.objects.filter(event="support.conflict-found", account_id=marcus.pk).exists()


def test_nor_that_of_somebody_close_who_has_no_account(wife):
    Account.objects.filter(username="marcus.holder").delete()
    audit.record("quiz.failed", by="visitor", dod_id=people.load("marcus").dod_id)
    assert nothing_is_read(searched(wife, who=people.load("marcus").dod_id))
    assert nothing_is_read(wife.get(f"{LIST}?person=i-{audit.index_of(people.load('marcus').dod_id).hex()}"))


def test_nor_that_of_somebody_at_the_same_address(wife):
    neighbor, rosa = people.load("nora"), people.load("rosa")
    street = {"street": rosa.address.street, "city": rosa.address.city, "postal_code": rosa.address.postal_code}
    Person.objects.filter(pk=neighbor.dod_id).update(**street)
    assert nothing_is_read(searched(wife, who=neighbor.dod_id))
    assert nothing_is_read(searched(wife, who=holder(neighbor).username))


def test_of_all_events_those_about_somebody_close_are_left_out_of_list_page_and_file(wife, marcus):
    sealed_days(1, 3)
    nora = holder(people.load("nora"))
    theirs = [on(2, "password.changed", account_id=marcus.pk), on(2, "surrogate.asked", actor_id=marcus.pk)]
    theirs.append(on(2, "code.failed", person_index=audit.index_of(marcus.dod_id or "")))
    hers = on(2, "passkey.added", account_id=nora.pk)
    days = "since=2026-03-02T00:00&until=2026-03-02T23:59"
    answer = wife.get(f"{LIST}?{days}")
    assert {told.kind for told in answer.context["told"]} == {"Quiz: failed", "Passkey: added"}
    assert "people who are close to you by our records, is left out" in walk.text_of(answer)
    lines = b"".join(wife.post(f"{EXPORT}?{days}", WHY).streaming_content).decode()
    assert "passkey.added" in lines
    assert not [event.event for event in theirs if event.event in lines]
    for event in theirs:
        assert CLOSE in walk.text_of(wife.get(f"{LIST}{event.pk}/change/"))
    assert "Number of the event" in walk.text_of(wife.get(f"{LIST}{hers.pk}/change/"))


def test_without_seals_the_page_of_the_chain_says_so(auditor):
    assert "No day is sealed yet." in walk.text_of(auditor.get(CHAIN))
    assert "No check was made yet." in walk.text_of(auditor.get(CHAIN))


def test_a_check_of_chosen_days_says_that_the_chain_holds(auditor):
    sealed_days(1, 20)
    answer = auditor.post(CHAIN, {"first": "2026-03-02", "last": "2026-03-15"}, follow=True)
    assert "It waits for the job worker." in walk.text_of(answer)
    again = auditor.post(CHAIN, {"first": "2026-03-02", "last": "2026-03-15"}, follow=True)
    assert "Another check is under way." in walk.text_of(again)
    chain.run_check(AuditCheck.objects.get().pk)
    check = AuditCheck.objects.get()
    assert (check.read, check.events) == (14, 14)
    assert AuditEvent.objects.get(event="support.trail-checked").details == {"days": 14}


def test_what_was_changed_is_found_and_named_by_its_day(auditor):
    sealed_days(1, 5)
    as_superuser("DELETE FROM safeguards_auditevent WHERE at::date = %s", date(2026, 3, 3))
    as_superuser("DELETE FROM safeguards_auditseal WHERE day = %s", date(2026, 3, 4))
    chain.check_nightly(0)
    page = walk.text_of(auditor.get(CHAIN))
    assert "2026-03-03: 1 event was deleted" in page
    assert "2026-03-04: the seal is missing" in page
    assert "1 day in between has no seal" in page


@pytest.mark.parametrize(
    ("days", "says"),
    [
        ({"first": "2026-03-05", "last": "2026-03-02"}, "is before"),
        ({"first": "x", "last": "\x00"}, "Enter a day, such as"),
        ({"first": "2020-01-01", "last": "2020-01-02"}, "None of these days is sealed."),
        ({}, "Enter a day."),
    ],
)
def test_days_that_cannot_be_checked_are_answered_with_a_sentence(auditor, days, says):
    sealed_days(1, 5)
    assert says in walk.text_of(auditor.post(CHAIN, days))
    assert not AuditCheck.objects.exists()


def test_old_results_are_forgotten_and_a_check_of_all_of_time_reads_only_what_is_sealed(auditor):
    sealed_days(1, 2)
    AuditCheck.objects.create(
        first="2026-01-01",
        last="2026-01-02",
        state="done",
        ended_at=timezone.now(),
        asked_at=timezone.now() - policy.AUDIT_CHECKS_KEPT - timedelta(days=1),
    )
    chain.check_nightly(0)
    assert AuditCheck.objects.count() == 1
    auditor.post(CHAIN, {"first": "0001-01-01", "last": "9999-12-31"})
    newest = AuditCheck.objects.latest("pk")
    assert (str(newest.first), str(newest.last)) == ("2026-03-01", "2026-03-02")
