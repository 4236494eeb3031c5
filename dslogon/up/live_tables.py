"""Whether each new migration can run while people use the site, and while the code from before it still does.

squawk judges the SQL that a migration will send. docs/migrations.md says how to write one that it passes.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import django
from django.apps import apps
from django.db import connection
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader

from dslogon.up import postgres
from dslogon.up.check import ROOMS

ON_EMPTY_TABLES = {
    "accounts": "0021_without_email",
    "appointments": "0002_helpers",
    "chat": "0002_account_before",
    "deers": "0003_import_without_tables",
    "figures": "0002_parts_that_tell_no_one",
    "idproofing": "0014_letters_of_surrogates",
    "medications": "0002_helpers",
    "portal": "0002_record_moves",
    "record": "0004_what_came",
    "secure_messages": "0003_helpers",
    "support": "0004_answers",
    "tools": "0002_helpers",
}
"""The last migration of each app that was unsafe. They ran before there were people, and this does not grow."""
POSTGRESQL = 18
"""The major version that the SQL is written for and judged by."""
NOT_ASKED = {
    "ban-char-field": "a country and a state have a fixed length",
    "prefer-bigint-over-int": "the field says how large a number can be",
    "prefer-bigint-over-smallint": "the field says how large a number can be",
    "prefer-robust-stmts": "Django notes what ran, and does not run it again",
    "prefer-text-field": "the length of a field is a limit of ours",
    "require-lock-timeout": "the connection has one (DB_LOCK_SECONDS)",
    "require-statement-timeout": "an index of millions of rows takes its time, and holds up nobody",
}
"""The rules of squawk that do not fit here, and why."""


def main() -> int:
    """Print what is unsafe. Return 0 if nothing is. Django writes SQL only for a server that it can ask."""
    with (
        tempfile.TemporaryDirectory(prefix="dslogon-") as folder,
        postgres.running(Path(folder), throwaway=True) as server,
    ):
        os.environ["DATABASE_URL"] = server.url
        django.setup()
        complaints = list(judge(new_migrations()))
        connection.close()
    print(*complaints, sep="\n")
    return 1 if complaints else 0


def new_migrations() -> list[Migration]:
    """Return the migrations of this repository that are newer than ON_EMPTY_TABLES, in the order in which they run."""
    graph = MigrationLoader(None).graph
    old = {key for last in ON_EMPTY_TABLES.items() for key in graph.forwards_plan(last)}
    plan = dict.fromkeys(key for leaf in sorted(graph.leaf_nodes()) for key in graph.forwards_plan(leaf))
    return [graph.nodes[key] for key in plan if key not in old and is_ours(key[0])]


def is_ours(app: str) -> bool:
    """Return whether the migrations of an app stand in this repository, and not in a package."""
    return apps.get_app_config(app).name.split(".")[0] in ROOMS


def judge(migrations: Sequence[Migration]) -> Iterator[str]:
    """Yield a complaint for each rule that a migration breaks, but for those that it says it may break.

    It says so by `allowed`, a dictionary from the name of a rule to the reason. To allow what is not done is wrong too.
    """
    unused = {
        (f"{migration.app_label} {migration.name}", rule)
        for migration in migrations
        for rule in getattr(migration, "allowed", {})
    }
    allowed = frozenset(unused)
    for name, rule, message in squawk(written(migrations)):
        unused.discard((name, rule))
        if (name, rule) not in allowed:
            yield f"{name}: {rule}. {message}"
    for name, rule in sorted(unused):
        yield f"{name} allows {rule}, and does nothing of the kind."


def written(migrations: Sequence[Migration]) -> Iterator[tuple[str, str]]:
    """Yield the app and the name of each migration, with the SQL that it sends to an empty database."""
    loader = MigrationLoader(None)
    chosen = {(migration.app_label, migration.name) for migration in migrations}
    state = loader.project_state([key for key in loader.graph.nodes if key not in chosen])
    for migration in migrations:
        with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
            state = migration.apply(state, editor, collect_sql=True)
        sql = "\n".join(editor.collected_sql)
        yield f"{migration.app_label} {migration.name}", f"BEGIN;\n{sql}\nCOMMIT;\n" if migration.atomic else sql


def squawk(migrations: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Yield the name, the broken rule and squawk's words for each finding in the SQL of migrations."""
    with tempfile.TemporaryDirectory() as folder:
        for name, sql in migrations:
            Path(folder, name).with_suffix(".sql").write_text(sql)
        program = Path(sys.executable).with_name("squawk")
        how = [f"--pg-version={POSTGRESQL}", f"--exclude={','.join(NOT_ASKED)}", "--reporter=json"]
        done = subprocess.run([program, *how, *Path(folder).iterdir()], capture_output=True, text=True)
        for found in json.loads(done.stdout or done.stderr):
            yield Path(found["file"]).stem, found["rule_name"], found["message"]


if __name__ == "__main__":
    sys.exit(main())
