"""How many bytes a row of each table takes, with its indexes, for docs/scale.md."""

import logging
import os
from datetime import timedelta

import django

from bench.databases import database
from dslogon.up.errors import say

PEOPLE, ACCOUNTS, EVENTS = 300, 20_000, 200_000
LEAST = 1_000
"""Of how many rows a table has to have before its bytes a row say anything."""
SIZES = """
    SELECT relname, reltuples::bigint, pg_total_relation_size(oid) / reltuples, pg_indexes_size(oid) / reltuples
    FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples >= %s ORDER BY 1
"""


def main() -> None:
    """Fill a database, and print a table."""
    with database(os.environ["DATABASE_URL"], "sizes") as ours:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "bench.settings", "DATABASE_URL": ours}
        django.setup()
        logging.disable(logging.WARNING)
        from django.db import connection, connections

        from bench import people

        say("Filling a database ...")
        people.fill(PEOPLE, ACCOUNTS, ACCOUNTS)
        add_events()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
            cursor.execute(SIZES, [LEAST])
            print(f"{'table':<32}{'rows':>12}{'bytes a row':>14}{'of them indexes':>18}")
            for name, rows, size, indexes in cursor.fetchall():
                print(f"{name:<32}{rows:>12,}{size:>14,.0f}{indexes:>18,.0f}")
        connections.close_all()


def add_events() -> None:
    """Write events as a year leaves them: of many accounts, a person and a device in most."""
    from django.utils import timezone

    from safeguards.models import ActorKind, AuditEvent

    now = timezone.now()
    events = (
        AuditEvent(
            event=("sign-in.succeeded", "portal.record-viewed", "sign-out.done", "message.held")[number % 4],
            at=now - timedelta(minutes=EVENTS - number),
            actor_kind=ActorKind.SELF,
            actor_id=number % ACCOUNTS,
            account_id=number % ACCOUNTS,
            person_index=number.to_bytes(32),
            address="203.0.113.7",
            device="Firefox on Windows",
            session=f"{number:016x}",
            details={"level": 2},
        )
        for number in range(EVENTS)
    )
    AuditEvent.objects.bulk_create(events, batch_size=2_000)


if __name__ == "__main__":
    main()
