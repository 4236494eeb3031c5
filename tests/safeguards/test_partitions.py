"""The audit trail in partitions: made while people go on, guarded each, and there before its time comes."""

import io
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection, connections, transaction
from django.db.migrations.exceptions import IrreversibleError
from django.db.migrations.executor import MigrationExecutor
from psycopg import sql

from safeguards import checks, partitions, readiness, seal, tasks, verification
from safeguards.models import AuditEvent, AuditSeal
from safeguards.postgres.base import DatabaseWrapper
from tests.up.older_code import migrated_database

FIRST, DEFAULT = "safeguards_auditevent_first", "safeguards_auditevent_default"
ROLE = f"dslogon_web_{os.getpid()}"  # roles are there for all databases of a server
BEFORE, AFTER = [("safeguards", "0011_audit_searched")], [("safeguards", "0012_audit_partitions")]
LATER = datetime(datetime.now(UTC).year + 5, 12, 24, 12, tzinfo=UTC)
ADD = "INSERT INTO safeguards_auditevent (event, actor_kind, account_id, device, session, details) VALUES "
EVENT = "('sign-in.succeeded', 'self', {}, '', '', '{{}}')"


def ask(statement: str, *values: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def happened(at: datetime) -> AuditEvent:
    return AuditEvent.objects.create(event="sign-in.succeeded", at=at, actor_kind="self", account_id=7)


def partition_of(event: AuditEvent) -> str:
    ((name,),) = ask("SELECT tableoid::regclass::text FROM safeguards_auditevent WHERE id = %s", event.pk)
    return name


@pytest.fixture
def site_before(django_db_setup: None, django_db_blocker) -> Iterator[str]:
    """A database of a site that has one table yet, with events of some days and a role of the site. Its address."""
    name, usual = f"test_partitions_{os.getpid()}", connections[DEFAULT_DB_ALIAS]
    with django_db_blocker.unblock():
        usual.close()
        with usual._nodb_cursor() as cursor:
            template = sql.Identifier(migrated_database())
            cursor.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), template))
            cursor.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(ROLE)))
        connections[DEFAULT_DB_ALIAS] = ours = DatabaseWrapper({**usual.settings_dict, "NAME": name})
        try:
            MigrationExecutor(ours).migrate(BEFORE)
            for days in range(4):
                happened(datetime.now(UTC) - timedelta(days=days))
            with transaction.atomic():
                ask(f"GRANT SELECT, INSERT ON safeguards_auditevent TO {ROLE}")
                ask(f"GRANT USAGE ON SCHEMA public TO {ROLE}")
            seal.seal_days(datetime.now(UTC))
            params = ours.get_connection_params() | {"user": ROLE, "cursor_factory": None}
            yield psycopg.conninfo.make_conninfo(**{name: params[name] for name in ("host", "user", "dbname")})
        finally:
            ours.close()
            connections[DEFAULT_DB_ALIAS] = usual
            with usual._nodb_cursor() as cursor:
                cursor.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
                cursor.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(ROLE)))


class Writer(threading.Thread):
    """A web server that goes on to write and to read, with statements that it has prepared."""

    def __init__(self, address: str, number: int) -> None:
        super().__init__()
        self.address, self.number, self.written = address, number, 0
        self.over, self.failure = threading.Event(), ""

    def run(self) -> None:
        try:
            with psycopg.connect(self.address, autocommit=True, prepare_threshold=1) as link:
                while not self.over.is_set() or self.written < 50:
                    link.execute(f"{ADD} {EVENT.format('%s')} RETURNING id", [self.number])
                    self.written += 1
                    newest = "SELECT count(*) FROM safeguards_auditevent WHERE account_id = %s"
                    assert link.execute(newest, [self.number]).fetchone() == (self.written,)
        except (psycopg.Error, AssertionError) as failure:
            self.failure = str(failure)


def test_the_trail_is_parted_while_the_site_writes_and_nobody_notices(site_before: str) -> None:
    writers = [Writer(site_before, number) for number in (101, 102, 103)]
    said: list[str] = []
    for writer in writers:
        writer.start()
    connection.ensure_connection()
    ask("SET client_min_messages = debug1")
    connection.connection.add_notice_handler(lambda notice: said.append(notice.message_primary))
    try:
        MigrationExecutor(connection).migrate(AFTER)
    finally:
        for writer in writers:
            writer.over.set()
            writer.join()
    assert [writer.failure for writer in writers] == ["", "", ""]
    counts = ask("SELECT account_id, count(*), count(DISTINCT id) FROM safeguards_auditevent GROUP BY 1 ORDER BY 1")
    assert counts == [(7, 4, 4), *((writer.number, writer.written, writer.written) for writer in writers)]
    # What was there before was not read again while everybody waited.
    implied = 'partition constraint for table "safeguards_auditevent_first" is implied by existing constraints'
    assert [message for message in said if "_first" in message and "implied" in message] == [implied]

    parts = set(partitions.tree_of([partitions.AUDIT])) - {partitions.AUDIT}
    assert {FIRST, DEFAULT} <= parts
    assert list(verification.findings(datetime.now(UTC))) == []
    with psycopg.connect(site_before, autocommit=True) as site:
        for part in parts:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                site.execute(sql.SQL("SELECT FROM {}").format(sql.Identifier(part)))
        assert site.execute("SELECT safeguards_make_partitions()").fetchone() == (0,)
    names = {index.name for index in AuditEvent._meta.indexes}
    per_part = "SELECT count(*) FROM pg_index WHERE indrelid = %s::regclass AND indisvalid"
    assert names <= {name for (name,) in ask("SELECT indexname FROM pg_indexes WHERE tablename = %s", partitions.AUDIT)}
    assert {part: ask(per_part, part)[0][0] for part in parts} == dict.fromkeys(parts, len(names) + 1)


def test_a_migration_that_was_interrupted_goes_on_where_it_was(site_before: str) -> None:
    ask("ALTER TABLE safeguards_auditevent ADD CONSTRAINT audit_until CHECK (at < '2100-01-01') NOT VALID")
    ask("CREATE TABLE safeguards_auditevent_default (id bigint)")  # in the way of the last step
    with pytest.raises(DatabaseError, match="already exists"):
        MigrationExecutor(connection).migrate(AFTER)
    with psycopg.connect(site_before, autocommit=True) as site:
        assert site.execute(f"{ADD} {EVENT.format(8)} RETURNING id").fetchone()
    ask("DROP TABLE safeguards_auditevent_default")
    MigrationExecutor(connection).migrate(AFTER)
    assert AuditEvent.objects.count() == 5


def test_a_migration_that_finds_the_trail_in_use_lets_everybody_pass_and_tries_again(
    site_before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused: list[float] = []
    with psycopg.connect(site_before) as reader:
        reader.execute("SELECT count(*) FROM safeguards_auditevent")  # in a transaction that stays open

        def pause(seconds: float) -> None:
            paused.append(seconds)
            with psycopg.connect(site_before, autocommit=True) as site:
                assert site.execute(f"{ADD} {EVENT.format(8)} RETURNING id").fetchone()
            reader.commit()

        monkeypatch.setattr("time.sleep", pause)
        MigrationExecutor(connection).migrate(AFTER)
    assert len(paused) == 1
    assert AuditEvent.objects.count() == 5


def test_the_way_back_leads_to_the_same_table_until_events_are_elsewhere(site_before: str) -> None:
    shape = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s ORDER BY 1"
    was, rows = ask(shape, partitions.AUDIT), list(AuditEvent.objects.order_by("pk").values_list())
    MigrationExecutor(connection).migrate(AFTER)
    MigrationExecutor(connection).migrate(BEFORE)
    assert ask(shape, partitions.AUDIT) == was
    assert list(AuditEvent.objects.order_by("pk").values_list()) == rows
    with psycopg.connect(site_before, autocommit=True) as site:
        assert site.execute(f"{ADD} {EVENT.format(8)} RETURNING id").fetchone()
    MigrationExecutor(connection).migrate(AFTER)
    happened(LATER)
    with pytest.raises(IrreversibleError, match="other partitions"):
        MigrationExecutor(connection).migrate(BEFORE)


@pytest.mark.django_db
def test_each_event_lies_in_the_partition_of_its_time_and_none_is_lost() -> None:
    assert partition_of(happened(datetime(1999, 1, 1, tzinfo=UTC))) == "safeguards_auditevent_first"
    assert partition_of(happened(LATER)) == "safeguards_auditevent_default"


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["UPDATE {} SET event = ''", "DELETE FROM {}", "TRUNCATE {}"])
def test_no_partition_can_be_changed_by_its_own_name(change: str) -> None:
    every = partitions.tree_of([partitions.AUDIT])
    assert len(every) >= 3
    ask("SET LOCAL dslogon.throwaway = off")
    for part in every:
        with pytest.raises(DatabaseError, match=r"never (changed|emptied)"), transaction.atomic():
            ask(change.format(part))


@pytest.mark.django_db
def test_a_partition_without_its_triggers_is_told_of() -> None:
    assert list(verification.unguarded()) == []
    ask("ALTER TABLE safeguards_auditevent_first DISABLE TRIGGER append_only")
    (finding,) = verification.unguarded()
    assert "safeguards_auditevent_first" in str(finding)


@pytest.mark.django_db
def test_a_sealed_day_holds_across_partitions_and_what_was_detached_is_missing() -> None:
    first = datetime(datetime.now(UTC).year, 1, 5, tzinfo=UTC)
    for days in range(3):
        happened(first + timedelta(days=days))
    seal.seal_days(first + timedelta(days=5))
    assert [one.count for one in AuditSeal.objects.order_by("day")] == [1, 1, 1, 0, 0][: AuditSeal.objects.count()]
    assert list(verification.of_span(first.date(), (first + timedelta(days=2)).date())) == []
    ask("ALTER TABLE safeguards_auditevent DETACH PARTITION safeguards_auditevent_first")
    wrong = [str(one) for one in verification.of_span(first.date(), (first + timedelta(days=2)).date())]
    assert len(wrong) == 3
    assert "1 event was deleted" in wrong[0]


@pytest.mark.django_db
def test_the_worker_makes_what_will_be_needed_and_says_if_nothing_is_ahead() -> None:
    assert readiness.AROUND["partitions"]()
    assert partitions.make_ahead() == 0
    # As if years had gone by: nothing is ahead of the first partition.
    for name in set(partitions.tree_of([partitions.AUDIT])) - {partitions.AUDIT, FIRST, DEFAULT}:
        ask(f"DROP TABLE {name}")
    bound = datetime.now(UTC) - timedelta(days=100)
    ask("ALTER TABLE safeguards_auditevent DETACH PARTITION safeguards_auditevent_first")
    ask(
        f"ALTER TABLE safeguards_auditevent ATTACH PARTITION safeguards_auditevent_first "
        f"FOR VALUES FROM (MINVALUE) TO ('{bound.isoformat()}')"
    )
    assert not readiness.AROUND["partitions"]()
    late, early = happened(datetime.now(UTC)), happened(bound)
    assert {partition_of(late), partition_of(early)} == {"safeguards_auditevent_default"}
    tasks.make_partitions(timestamp=0)
    assert readiness.AROUND["partitions"]()
    assert "default" not in partition_of(late) + partition_of(early)
    assert ask("SELECT count(*) FROM safeguards_auditevent_default") == [(0,)]
    assert AuditEvent.objects.filter(pk__in=[late.pk, early.pk]).count() == 2
    assert list(verification.unguarded()) == []


@pytest.mark.django_db
def test_the_role_of_the_site_makes_partitions_that_it_cannot_touch() -> None:
    ask(f"CREATE ROLE {ROLE}")
    call_command("grant_web_role", ROLE, stdout=io.StringIO())
    for part in partitions.tree_of([partitions.AUDIT]):
        allowed = part == partitions.AUDIT
        for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"):
            ((has,),) = ask("SELECT has_table_privilege(%s, %s, %s)", ROLE, part, right)
            assert has == (allowed and right in ("SELECT", "INSERT")), (part, right)
    assert [one.id for one in checks.check_grants(None, [DEFAULT_DB_ALIAS])] == ["safeguards.W001"]
    ask(f"SET LOCAL ROLE {ROLE}")
    assert checks.check_grants(None, [DEFAULT_DB_ALIAS]) == []
    assert partitions.make_ahead() == 0
    assert partitions.are_ahead()
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        ask("SELECT safeguards_guard_partition('safeguards_auditseal')")
    assert happened(datetime.now(UTC)).pk


@pytest.mark.django_db
def test_a_question_about_a_time_reads_its_partition_alone() -> None:
    ((plan,),) = ask(
        "EXPLAIN (FORMAT JSON) SELECT count(*) FROM safeguards_auditevent WHERE at >= %s AND at < %s",
        LATER,
        LATER + timedelta(days=1),
    )
    assert "safeguards_auditevent_default" in str(plan)
    assert "safeguards_auditevent_first" not in str(plan)
