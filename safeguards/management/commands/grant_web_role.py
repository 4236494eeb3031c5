"""Grant rights to the database role of the web server and the worker, where that role does not own the tables."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from psycopg import sql

from safeguards import partitions
from safeguards.verification import GUARDED

GRANT = """
    GRANT USAGE ON SCHEMA public TO {role};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};
    GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role};
    REVOKE ALL ON {every} FROM {role}, PUBLIC;
    GRANT SELECT, INSERT ON {guarded} TO {role};
    GRANT EXECUTE ON FUNCTION {make}() TO {role};
"""
CHANGES = "UPDATE, DELETE, TRUNCATE, TRIGGER"


class Command(BaseCommand):
    help = (
        "Give a database role everything that the site needs to run, and let it only read and add to the audit trail. "
        "Run it as the owner of the tables, after every migrate. Create the role with: CREATE ROLE name LOGIN."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("role")

    def handle(self, *args: Any, **options: Any) -> None:
        role = options["role"]
        # Partitions are read and added to through the whole trail, so nobody needs rights on them.
        every = partitions.tree_of(GUARDED)
        tables = {"every": every, "guarded": GUARDED}
        names = {name: sql.SQL(", ").join(map(sql.Identifier, some)) for name, some in tables.items()}
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            if not cursor.fetchone():
                raise CommandError(f"There is no role {role}.")
            making = sql.Identifier(partitions.MAKE)
            cursor.execute(sql.SQL(GRANT).format(role=sql.Identifier(role), make=making, **names))
            for table in every:
                cursor.execute("SELECT has_table_privilege(%s, %s, %s)", [role, table, CHANGES])
                if cursor.fetchone()[0]:
                    raise CommandError(
                        f"{role} could still change {table}: it owns it, is a superuser, or belongs to a role that is."
                    )
        self.stdout.write(f"{role} may run the site, and may add to the audit trail but not change it.")
