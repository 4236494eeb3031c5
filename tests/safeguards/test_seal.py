"""The audit trail is sealed day by day, and a later change is found out, even by a superuser."""

import io
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from procrastinate.contrib.django import app

from safeguards import seal, tasks, verification
from safeguards.audit import record
from safeguards.models import AuditEvent, AuditSeal
from tests.parallel import in_parallel

# Monday to Wednesday are over and sealed; it is Thursday.
DAYS = [date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)]
MONDAY, TUESDAY, WEDNESDAY = DAYS
THURSDAY_MORNING = datetime(2026, 3, 5, 0, 30, tzinfo=UTC)
LATER_THAT_MORNING = THURSDAY_MORNING + timedelta(hours=2)


def at(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def happened(moment: datetime, account_id: int = 7) -> AuditEvent:
    return AuditEvent.objects.create(
        event="sign-in.succeeded",
        at=moment,
        actor_kind="self",
        account_id=account_id,
        details={"tries": 1, "way": "a\t"},
    )


@pytest.fixture
def trail(db: None) -> list[AuditEvent]:
    """Three events on each of three days, sealed, and one of today."""
    events = [happened(at(day, hour), account_id=hour) for day in DAYS for hour in (0, 12, 23)]
    happened(THURSDAY_MORNING)
    seal.seal_days(THURSDAY_MORNING)
    return events


def found(*noted: str) -> list[str]:
    return [str(finding) for finding in verification.findings(LATER_THAT_MORNING, noted=noted)]


def as_superuser(statement: str, *values: str | int | date | bytes) -> None:
    """Tamper past the triggers, as only a superuser can."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, values)
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_every_day_that_is_over_is_sealed_once(trail):
    seals = AuditSeal.objects.order_by("day")
    assert [(one.day, one.count) for one in seals] == [(day, 3) for day in DAYS]
    assert [bytes(one.previous) for one in seals] == [seal.BEGINNING, *(bytes(one.digest) for one in seals[:2])]
    assert seal.seal_days(THURSDAY_MORNING) == []
    assert found() == []


def test_a_day_is_not_sealed_before_its_writers_had_time(trail):
    friday = at(date(2026, 3, 6), 0)
    assert seal.seal_days(friday + timedelta(minutes=14)) == []
    assert [one.day for one in seal.seal_days(friday + timedelta(minutes=15))] == [date(2026, 3, 5)]


def test_a_worker_that_was_away_catches_up_and_empty_days_are_sealed_too(trail):
    caught_up = seal.seal_days(at(date(2026, 3, 9)))
    assert [(one.day.day, one.count, one.first_id) for one in caught_up] == [
        (5, 1, caught_up[0].first_id), (6, 0, None), (7, 0, None), (8, 0, None),
    ]  # fmt: skip
    assert list(verification.findings(at(date(2026, 3, 9)))) == []
    happened(at(date(2026, 3, 7)))
    wrong = [str(one) for one in verification.findings(at(date(2026, 3, 9)))]
    assert wrong == ["2026-03-07: 1 event was inserted (0 were sealed, 1 were found)."]


@pytest.mark.django_db(transaction=True)
def test_the_worker_seals_every_hour_what_is_due():
    assert [task.cron for (name, _), task in app.periodic_registry.periodic_tasks.items() if "seal_audit" in name] == [
        "20 * * * *"
    ]
    earlier = datetime.now(UTC) - timedelta(days=2)
    happened(earlier)
    tasks.seal_audit(timestamp=0)
    assert earlier.date() in AuditSeal.objects.values_list("day", flat=True)


def test_without_any_event_there_is_nothing_to_seal(db):
    assert seal.seal_days(THURSDAY_MORNING) == []
    assert found() == []


def test_a_trail_that_no_worker_ever_sealed_is_told_of(db):
    happened(at(WEDNESDAY))
    assert found() == ["2026-03-04: the seal is missing: removed, or never made because no job worker ran."]


def test_every_column_of_an_event_is_sealed(trail):
    """A new column must be added to seal.EVENTS_OF_A_DAY, in a way that leaves the old seals true."""
    for field in AuditEvent._meta.local_fields:
        assert str(field.column) in str(seal.EVENTS_OF_A_DAY), field.column


@pytest.mark.parametrize(
    "change",
    [
        "event = 'sign-in.failed'", "at = at + interval '1 microsecond'", "actor_kind = 'staff'", "actor_id = 8",
        "account_id = 8", "person_index = 'x'", "address = '::1'", "device = 'Firefox'", "session = 'a'",
        "details = '{\"tries\": 2}'", "device = E'\\t', session = ''",
    ],
)  # fmt: skip
def test_an_edit_of_any_column_is_found_on_its_day(trail, change):
    as_superuser(f"UPDATE safeguards_auditevent SET {change} WHERE id = %s", trail[4].pk)  # noqa: S608
    assert found() == ["2026-03-03: at least one event was edited (3 were sealed, 3 were found)."]


@pytest.mark.parametrize("number", [3, 4, 5])
def test_a_deleted_event_is_found_on_its_day(trail, number):
    as_superuser("DELETE FROM safeguards_auditevent WHERE id = %s", trail[number].pk)
    assert found() == ["2026-03-03: 1 event was deleted or moved to another day (3 were sealed, 2 were found)."]


def test_an_event_inserted_with_an_earlier_time_is_found_on_its_day(trail):
    happened(at(TUESDAY))
    assert found() == ["2026-03-03: 1 event was inserted (3 were sealed, 4 were found)."]


def test_an_event_replaced_by_another_is_found(trail):
    as_superuser("DELETE FROM safeguards_auditevent WHERE id = %s", trail[4].pk)
    happened(at(TUESDAY))
    assert found() == [
        "2026-03-03: 1 event was deleted or moved to another day and 1 event was inserted "
        "(3 were sealed, 3 were found)."
    ]


def test_an_event_moved_to_another_day_is_found_on_both(trail):
    as_superuser("UPDATE safeguards_auditevent SET at = %s WHERE id = %s", at(WEDNESDAY, 3), trail[3].pk)
    assert [finding[:10] for finding in found()] == ["2026-03-03", "2026-03-04"]


def test_an_event_older_than_all_seals_is_found(trail):
    happened(at(date(2020, 1, 1)))
    assert found() == [
        "2020-01-01: events of a time before the first seal were inserted, or that day's seal was removed."
    ]


@pytest.mark.parametrize(
    "change",
    [
        "count = 4", "first_id = first_id - 1", "last_id = last_id + 1", "digest = sha256('x')",
        "previous = sha256('x')", "sealed_at = sealed_at - interval '1 day'", "mac = sha256('x')",
    ],
)  # fmt: skip
def test_an_altered_seal_is_found(trail, change):
    as_superuser(f"UPDATE safeguards_auditseal SET {change} WHERE day = %s", TUESDAY)  # noqa: S608
    assert found() == ["2026-03-03: the seal was altered, or INDEX_KEY is not the key that it was made with."]


def test_who_edits_an_event_and_computes_its_digest_again_lacks_the_key(trail):
    as_superuser("UPDATE safeguards_auditevent SET account_id = 8 WHERE id = %s", trail[8].pk)
    honest = AuditSeal.objects.get(day=WEDNESDAY)
    forged = seal.read(WEDNESDAY, bytes(honest.previous)).digest
    as_superuser("UPDATE safeguards_auditseal SET digest = %s WHERE day = %s", forged, WEDNESDAY)
    assert [finding[:36] for finding in found()] == ["2026-03-04: the seal was altered, or"]


def test_two_seals_that_changed_places_are_found(trail):
    as_superuser("UPDATE safeguards_auditseal SET day = CASE day WHEN %s THEN date '1999-01-01' ELSE day END", MONDAY)
    as_superuser("UPDATE safeguards_auditseal SET day = %s WHERE day = %s", MONDAY, TUESDAY)
    as_superuser("UPDATE safeguards_auditseal SET day = %s WHERE day = '1999-01-01'", TUESDAY)
    altered = "the seal was altered, or INDEX_KEY is not the key that it was made with."
    assert found() == [f"2026-03-02: {altered}", f"2026-03-03: {altered}"]


@pytest.mark.parametrize(
    ("day", "finding"),
    [
        (MONDAY, "2026-03-02: events of a time before the first seal were inserted, or that day's seal was removed."),
        (TUESDAY, "2026-03-03: the seal is missing."),
        (WEDNESDAY, "2026-03-04: the seal is missing: removed, or never made because no job worker ran."),
    ],
)
def test_a_deleted_seal_is_found(trail, day, finding):
    as_superuser("DELETE FROM safeguards_auditseal WHERE day = %s", day)
    assert finding in found()


def test_the_first_days_gone_with_their_events_are_found_by_the_chain(trail):
    as_superuser("DELETE FROM safeguards_auditevent WHERE at < %s", at(TUESDAY, 0))
    as_superuser("DELETE FROM safeguards_auditseal WHERE day = %s", MONDAY)
    assert found() == ["2026-03-03: the seal does not follow the one before, so earlier seals were removed."]


def test_a_chain_cut_off_and_sealed_again_is_found_by_a_digest_noted_elsewhere(trail):
    noted = bytes(AuditSeal.objects.get(day=WEDNESDAY).digest).hex()
    assert found(noted) == []
    as_superuser("DELETE FROM safeguards_auditseal WHERE day = %s", WEDNESDAY)
    as_superuser("DELETE FROM safeguards_auditevent WHERE id = %s", trail[8].pk)
    seal.seal_days(LATER_THAT_MORNING)
    assert found(noted) == [f"No seal has the noted digest {noted}."]


def test_triggers_that_are_off_are_told_of(trail):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE safeguards_auditevent DISABLE TRIGGER append_only")
        cursor.execute("UPDATE safeguards_auditevent SET account_id = 8 WHERE id = %s", [trail[0].pk])
    off, edited = found()
    assert off == "The triggers that keep safeguards_auditevent from being changed are gone or switched off."
    assert edited.startswith("2026-03-02: at least one event was edited")


def test_another_index_key_opens_no_seal(trail, settings):
    settings.INDEX_KEY = b"x" * 32
    assert [finding[:10] for finding in found()] == [str(day) for day in DAYS]


def test_the_session_of_the_database_has_no_say_in_the_digest(trail):
    honest = bytes(AuditSeal.objects.get(day=MONDAY).digest)
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL timezone = 'Asia/Tokyo'; SET LOCAL datestyle = 'German'; SET LOCAL bytea_output = 'escape'"
        )
    assert seal.read(MONDAY, seal.BEGINNING).digest == honest


def test_the_command_says_that_all_is_well_and_where_the_chain_ends(db):
    yesterday = datetime.now(UTC) - timedelta(days=1)
    happened(yesterday)
    seal.seal_days(datetime.now(UTC) + timedelta(hours=1))
    said = io.StringIO()
    call_command("verify_audit", stdout=said)
    latest = AuditSeal.objects.latest("day")
    assert f"The last is {latest.day}, digest {bytes(latest.digest).hex()}" in said.getvalue()
    as_superuser("UPDATE safeguards_auditevent SET account_id = 8")
    with pytest.raises(CommandError, match=f"{yesterday.date()}: at least one event was edited") as raised:
        call_command("verify_audit")
    assert raised.value.returncode == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE safeguards_auditseal SET count = 1", "DELETE FROM safeguards_auditseal",
        "SET LOCAL dslogon.throwaway = 'off'; TRUNCATE safeguards_auditseal",
        "SET LOCAL dslogon.throwaway = 'off'; TRUNCATE safeguards_auditevent",
    ],
)  # fmt: skip
def test_neither_seals_nor_events_can_be_changed_or_emptied(trail, statement):
    with pytest.raises(DatabaseError, match="never"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert found() == []


def test_emptying_is_refused_in_every_database_that_is_not_a_tests(db):
    """The trigger asks for the name as well, since anybody can make a setting."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('safeguards_refuse_emptying'::regproc)")
        assert "current_database() LIKE 'test\\_%' AND current_setting('dslogon.throwaway'" in cursor.fetchone()[0]


def test_a_role_of_the_web_servers_own_may_add_to_the_trail_and_not_change_it(trail):
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE dslogon_web_of_a_test")
        call_command("grant_web_role", "dslogon_web_of_a_test", stdout=io.StringIO())
        cursor.execute("SET LOCAL ROLE dslogon_web_of_a_test")
        record("sign-out.done", by="system")
        assert [one.day for one in seal.seal_days(at(date(2026, 3, 6)))] == [date(2026, 3, 5)]
        for what in ("UPDATE {} SET event = ''", "DELETE FROM {}", "TRUNCATE {}", "ALTER TABLE {} DISABLE TRIGGER ALL"):
            with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
                cursor.execute(what.format("safeguards_auditevent"))
        cursor.execute("RESET ROLE")


def test_a_role_that_owns_the_trail_is_refused(trail):
    with pytest.raises(CommandError, match="could still change safeguards_auditevent"):
        call_command("grant_web_role", connection.settings_dict["USER"])
    with pytest.raises(CommandError, match="There is no role nobody_here"):
        call_command("grant_web_role", "nobody_here")


@pytest.mark.django_db(transaction=True)
def test_of_thirty_that_seal_at_once_each_day_is_sealed_by_one():
    for day in DAYS:
        happened(at(day))
    sealed = in_parallel(lambda number: [one.day for one in seal.seal_due(THURSDAY_MORNING)])
    assert sorted(day for days in sealed for day in days) == DAYS
    assert found() == []


@pytest.mark.django_db(transaction=True)
def test_sealing_waits_for_an_event_that_is_written_but_not_yet_committed():
    happened(at(TUESDAY))
    written, committed = Barrier(2), Barrier(2)

    def late() -> None:
        try:
            with transaction.atomic():
                happened(at(WEDNESDAY, 23))
                written.wait(60)
                committed.wait(60)
        finally:
            connection.close()

    writer = Thread(target=late)
    writer.start()
    written.wait(60)
    assert not seal.writers_have_ended(patience=timedelta())
    committed.wait(60)
    assert [(one.day, one.count) for one in seal.seal_due(THURSDAY_MORNING)] == [(TUESDAY, 1), (WEDNESDAY, 1)]
    writer.join()
    assert found() == []
