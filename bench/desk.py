"""`python -m bench.desk`: the desk's lists and searches among many accounts, beside the same among 10,000.

Both databases are on one server, and are asked in turns, in one process and without a network. So what disturbs the
machine disturbs both. The goal is our own: p95 at most 1.5 × that of 10,000 accounts.
"""

import argparse
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import django
import psycopg

from bench.databases import database
from bench.goals import at_most

SMALL, ROUNDS, TIMES = 10_000, 20, 5
NAMES = "ma ri na jo se an dre li sa to ny ke vin da vid ro ber ta el len ja mes ca rol ste ve pat ty wil son bra"
SYLLABLES = NAMES.split()
"""Usernames are made of these, as of names: no three letters are in all of them, and many are in some hundredth."""
NAMESAKES = 25
"""People who have a last name, among few accounts and among many: both lists are equally long."""
# Rows for each account, as plain values: what lists show and sort by. Letters are mailed, so nothing of them is sealed.
OWN = {
    "username": f"(ARRAY{[*SYLLABLES]})[1 + n %% {len(SYLLABLES)}]"
    f" || (ARRAY{[*SYLLABLES]})[1 + n / {len(SYLLABLES)} %% {len(SYLLABLES)}] || '.' || n",
    "first_name": "'First' || n %% 3000",
    "email": "'member' || n || '@example.org'",
    "phone": "'(931) ' || to_char(n %% 10000000, 'FM000-0000')",
    "dod_id": "'9' || to_char(n, 'FM000000000')",
}
FILL = (
    """INSERT INTO idproofing_proofing (dod_id, level, state, attempts, changed_at)
       SELECT '9' || to_char(n, 'FM000000000'), 1 + n %% 2, 'passed', 0, now() - n * interval '1 minute'
       FROM generate_series(1, %(most)s) AS n""",
    "INSERT INTO idproofing_batch (made_at, mailed_at) VALUES (now(), now())",
    """INSERT INTO idproofing_letter (id, reference, kind, dod_id, level, state, enter_at, batch_id, made_at,
         changed_at, expires_at)
       SELECT gen_random_uuid(), 'L-' || to_char(n / 10000, 'FM0000') || '-' || to_char(n %% 10000, 'FM0000'), 'notice',
         '9' || to_char(n, 'FM000000000'), 2, 'sent', '', (SELECT max(id) FROM idproofing_batch),
         now() - n * interval '1 minute', now() - n * interval '1 minute', now() + interval '1 day'
       FROM generate_series(1, %(most)s / 5) AS n""",
    # One in ten still waits. Nothing of a sealed text is read for a list.
    """INSERT INTO idproofing_case (reference, code, journey, level, subject, state, opened_at, due_at, expires_at,
         changed_at, decision, reason, holder, dod_id, decided_by)
       SELECT 'R' || to_char(n, 'FM00000000'), '', 'registration', 1,
         CASE n %% 10 WHEN 0 THEN sha256(n::text::bytea) END,
         CASE n %% 10 WHEN 0 THEN 'open' ELSE 'declined' END, now() - n * interval '1 minute',
         now() - n * interval '1 minute', now() + interval '1 day', now() - n * interval '1 minute',
         CASE n %% 10 WHEN 0 THEN '' ELSE 'decline' END, CASE n %% 10 WHEN 0 THEN '' ELSE 'doubt' END, '', '',
         CASE n %% 10 WHEN 0 THEN NULL ELSE 1 END
       FROM generate_series(1, %(most)s / 5) AS n""",
    """INSERT INTO support_contactmessage (id, reference, name, email, topic, body, created_at, state, waits_since,
         answered_at, ended_at)
       SELECT gen_random_uuid(), 'C-' || to_char(n, 'FM00000000'), '', '', 'other', '', now() - n * interval '1 minute',
         CASE n %% 10 WHEN 0 THEN 'new' ELSE 'answered' END, now() - n * interval '1 minute',
         CASE n %% 10 WHEN 0 THEN NULL ELSE now() END, CASE n %% 10 WHEN 0 THEN NULL ELSE now() END
       FROM generate_series(1, %(most)s / 5) AS n""",
    """INSERT INTO safeguards_auditevent (at, event, actor_kind, actor_id, account_id, details, device, session)
       SELECT now() - (%(most)s * 3 - n) * interval '1 second', 'sign-in.done', 'self', n / 3, n / 3, '{}', '', ''
       FROM generate_series(1, %(most)s * 3) AS n""",
    # As autovacuum does. Until then an index of trigrams reads through all that was just inserted.
    "VACUUM ANALYZE",
)
Ask = Callable[[], object]


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.desk", description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    wanted, server = parser.parse_args(), os.environ["DATABASE_URL"]
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    with ExitStack() as stack:
        small = stack.enter_context(database(server, "desk_small"))
        migrating = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrating, env=os.environ | {"DATABASE_URL": small}, check=True)
        names = [psycopg.conninfo.conninfo_to_dict(small)["dbname"]]
        large = stack.enter_context(database(server, "desk_large", template=names[0]))
        names.append(psycopg.conninfo.conninfo_to_dict(large)["dbname"])
        os.environ["DATABASE_URL"] = small
        django.setup()
        logging.disable(logging.ERROR)
        from django.conf import settings

        from core import policy

        settings.ALLOWED_HOSTS = ["localhost"]
        # One supervisor searches here as often as a whole desk does. A search that is refused is fast.
        policy.SEARCHES_PER_STAFF = replace(policy.SEARCHES_PER_STAFF, times=10**6)
        for address, accounts in ((small, SMALL), (large, wanted.accounts)):
            fill(address, accounts)
        print_ratios(names, (SMALL, wanted.accounts))


def fill(address: str, accounts: int) -> None:
    """Fill a database that is migrated and empty."""
    from bench.people import copy_account

    begun = time.monotonic()
    with psycopg.connect(address, autocommit=True) as filling:
        own = OWN | {"last_name": f"'Last' || n %% {accounts // NAMESAKES}"}
        copy_account(filling, range(1, accounts + 1), own)
        for statement in FILL:
            filling.execute(statement, {"most": accounts} if "%" in statement else None)
    print(f"{accounts:,} accounts in {time.monotonic() - begun:.0f} s", flush=True)


def print_ratios(names: list[str], sizes: tuple[int, int]) -> None:
    """Ask both databases in turns, and print p95 of each page beside that among few accounts."""
    asked = [sides_of(name, size) for name, size in zip(names, sizes, strict=True)]
    took: dict[str, tuple[list[float], list[float]]] = {page: ([], []) for page in asked[0]}
    for _ in range(ROUNDS):
        for side, (name, pages) in enumerate(zip(names, asked, strict=True)):
            with using(name):
                for page, ask in pages.items():
                    ask()
                    took[page][side].extend(seconds(ask) for _ in range(TIMES))
    for page, (few, many) in took.items():
        small, large = p95(few), p95(many)
        shown = f"{page}: {small * 1000:.1f} ms, {large * 1000:.1f} ms"
        print(at_most(f"desk of {sizes[1]:,}", page, large / small, 1.5, shown=shown), flush=True)


def sides_of(name: str, size: int) -> dict[str, Ask]:
    """Return what is asked of a database, by name, as a supervisor who has just signed in."""
    from demo.management.commands.draw_access import hired
    from demo.management.commands.draw_roles import at_the_desk
    from idproofing.models import Proofing

    with using(name):
        desk = at_the_desk(hired("bench.supervisor", "Supervisor"))
        middle = Proofing.objects.order_by("-changed_at", "-pk")[size // 2].pk
    one = size // 2

    def get(address: str, found: str = "") -> Ask:
        return lambda: expect(desk.get(f"/admin/{address}"), found)

    def search(text: str, found: str = "") -> Ask:
        return lambda: expect(desk.post("/admin/accounts/account/", {"q": text}, follow=True), found)

    username, namesake = username_of(one), size // NAMESAKES - 1
    # What has to be found is never what stands in the search box.
    return {
        "accounts by username": search(username.title(), username),
        "accounts by part of a username": search(username[1:], username),
        "accounts by a part that many usernames have": search("mari", "mari."),
        "accounts by name": search(f"Last{namesake}", username_of(namesake)),
        "accounts by email": search(f"member{one}@example.org", username),
        "accounts by DoD ID number": search(f"9{one:09}", username),
        "accounts by nobody's name": search("Zyzzyva", "No account fits"),
        "proofings": get("idproofing/proofing/"),
        "proofings from the middle on": get(f"idproofing/proofing/?after={middle}"),
        "proofings in one state": get("idproofing/proofing/?state__exact=passed"),
        "letters": get("idproofing/letter/"),
        "letters in one state": get("idproofing/letter/?state__exact=sent"),
        "audit trail": get("safeguards/auditevent/"),
        "cases": get("idproofing/case/", "field-number"),
        "messages": get("support/contactmessage/", "C-00"),
        "the desk": get("", "What waits"),
    }


def username_of(number: int) -> str:
    """Return the username of an account, as OWN says it in SQL."""
    first, second = number % len(SYLLABLES), number // len(SYLLABLES) % len(SYLLABLES)
    return f"{SYLLABLES[first]}{SYLLABLES[second]}.{number}"


def expect(answer: Any, found: str = "") -> None:
    assert answer.status_code == 200, answer
    assert found in answer.content.decode(), f"{found} was not found."


@contextmanager
def using(name: str) -> Iterator[None]:
    """Ask another database."""
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = name
    yield


def seconds(ask: Ask) -> float:
    begun = time.perf_counter()
    ask()
    return time.perf_counter() - begun


def p95(took: list[float]) -> float:
    return sorted(took)[int(len(took) * 0.95)]


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
