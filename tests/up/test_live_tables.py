"""`./run check` refuses a migration that would hold up people, or break the code that still runs beside it."""

from typing import Any

import pytest
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

from dslogon.up.live_tables import ON_EMPTY_TABLES, judge, new_migrations

POSITIVE = models.CheckConstraint(condition=models.Q(round__gt=0), name="round_positive")
BY_ROUND = models.Index(fields=["round"], name="by_round")
LINK = models.ForeignKey("accounts.Account", models.SET_NULL, null=True, db_constraint=False, db_index=False)
LINK_CHECKED_LATER = """
    ALTER TABLE support_contactmessage ADD CONSTRAINT by_whom
    FOREIGN KEY (by_id) REFERENCES accounts_account DEFERRABLE INITIALLY DEFERRED NOT VALID
"""


def migration(name: str, *operations: Operation, **others: Any) -> migrations.Migration:
    """Return a migration of messages to the service center: a table that is full of rows."""
    made = type("Migration", (migrations.Migration,), {"operations": list(operations), **others})
    return made(name, "support")


def broken(*some: migrations.Migration) -> list[str]:
    """Return what is said of some migrations, without squawk's own words."""
    return sorted(complaint.removeprefix("support ").split(".")[0] for complaint in judge(some))


@pytest.mark.django_db
def test_a_migration_that_would_hold_up_people_or_break_the_old_code_is_refused():
    message = "contactmessage"
    assert broken(
        migration("a", migrations.AddField(message, "a", models.IntegerField(default=1))),
        migration(
            "b", migrations.RenameField(message, "round", "turn"), migrations.RenameField(message, "turn", "round")
        ),
        migration("c", migrations.AddIndex(message, BY_ROUND)),
        migration("d", migrations.AddConstraint(message, POSITIVE)),
        migration("e", migrations.AddField(message, "e", models.ForeignKey(message, models.SET_NULL, null=True))),
        migration("f", migrations.RemoveField(message, "code")),
        migration("g", migrations.RunSQL("ALTER TABLE support_contactmessage ALTER COLUMN topic TYPE varchar(99)")),
        migration("h", migrations.RunSQL("CREATE INDEX CONCURRENTLY x ON support_contactmessage (topic)")),
    ) == [
        "a: ban-drop-default",
        "b: renaming-column",
        "b: renaming-column",
        "c: require-concurrent-index-creation",
        "d: constraint-missing-not-valid",
        "e: adding-foreign-key-constraint",
        "e: require-concurrent-index-creation",
        "f: ban-drop-column",
        "g: changing-column-type",
        "h: ban-concurrent-index-creation-in-transaction",
    ]


@pytest.mark.django_db(transaction=True)
def test_what_docs_migrations_says_to_write_instead_is_accepted():
    message = "contactmessage"
    assert not broken(
        migration("a", migrations.AddField(message, "a", models.CharField(max_length=9, db_default="", default=""))),
        migration("b", AddIndexConcurrently(message, BY_ROUND), atomic=False),
        migration("c", AddConstraintNotValid(message, POSITIVE)),
        migration("d", ValidateConstraint(message, POSITIVE.name)),
        migration("e", migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True))])),
        migration("f", migrations.AddField(message, "by", LINK), migrations.RunSQL(LINK_CHECKED_LATER)),
    )


@pytest.mark.django_db
def test_an_exception_is_named_with_its_reason_and_only_where_it_is_needed():
    gone = migrations.RemoveField("contactmessage", "code")
    why = {"ban-drop-column": "No code has read it since the release before."}
    assert broken(migration("a", gone, allowed=why)) == []
    assert broken(migration("b", gone, allowed=why | {"ban-drop-table": ""})) == [
        "b allows ban-drop-table, and does nothing of the kind"
    ]


def test_migrations_of_today_and_tomorrow_are_judged_and_those_of_packages_are_not():
    judged = new_migrations()
    assert {"accounts", "safeguards", "support"} <= {one.app_label for one in judged}
    assert not {"auth", "procrastinate"} & {one.app_label for one in judged}
    assert not set(ON_EMPTY_TABLES.items()) & {(one.app_label, one.name) for one in judged}
