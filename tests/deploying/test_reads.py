"""Pages are read from the standby of the deployment, and show what the person has just written."""

from collections.abc import Iterator
from http.cookiejar import Cookie

import pytest
from psycopg import Connection

from dslogon.up.cluster import Cluster
from tests.deploying.deployment import until
from tests.deploying.test_recipe import as_role, manage
from tests.deploying.visitor import Visitor

# A person at Premium, signed in with a second factor.
SIGNED_IN = """
from django.test import Client
from django.utils import timezone
from accounts.models import Account
from accounts.sign_in import session
account = Account.objects.create(username="ruth.deployed", first_name="Ruth", last_name="Deployed", level=2,
    email="ruth@mail.example", dod_id="1029384756", proofed_at=timezone.now())
client = Client()
client.force_login(account)
kept = client.session
kept[session.FACTOR] = "accounts.authenticatorapp/1"
kept.save()
print(kept.session_key)
"""
# Nobody registered it. A look for accounts that are half made would find it.
GONE = """
from accounts.models import Account
from portal.tools.models import Reading
Reading.objects.filter(patient="1029384756").delete()
Account.objects.get(username="ruth.deployed").delete()
"""
TOOLS, PRESSURE = "/portal/tools/", "/portal/tools/blood-pressure/"
# Whether a page was the last that asked something of the standby. The threads that look after it ask for its position.
READS = """SELECT count(*) > 0 FROM pg_stat_activity WHERE usename = 'dslogon_web' AND query LIKE 'SELECT "%'"""


def standby_of(cluster: Cluster) -> Connection:
    """A connection to whichever server follows the other, with all rights."""
    for part in ("DB_1", "DB_2"):
        server = as_role(cluster, "postgres", "DB_ADMIN_PASSWORD", part)
        if server.execute("SELECT pg_is_in_recovery()").fetchone() == (True,):
            return server
        server.close()
    raise AssertionError("There is no standby.")


def signed_in(cluster: Cluster, key: str) -> Visitor:
    visitor = Visitor(cluster)
    where = {"domain": "localhost.local", "domain_specified": False, "domain_initial_dot": False}
    what = {"version": 0, "name": "__Host-session", "value": key, "port": None, "port_specified": False}
    how = {"path": "/", "path_specified": True, "secure": True, "expires": None, "discard": True}
    rest = {"comment": None, "comment_url": None, "rest": dict[str, str]()}
    visitor.cookies.set_cookie(Cookie(**what, **where, **how, **rest))  # type: ignore[arg-type]
    return visitor


@pytest.fixture
def ruth(deployed: Cluster) -> Iterator[Visitor]:
    """The browser of somebody who is signed in, and who is gone after the test."""
    yield signed_in(deployed, manage(deployed, "shell", "-v", "0", "-c", SIGNED_IN).strip())
    manage(deployed, "shell", "-v", "0", "-c", GONE)


def test_a_reading_shows_at_once_although_the_standby_has_stopped_to_follow(deployed: Cluster, ruth: Visitor) -> None:
    with standby_of(deployed) as standby:
        until(lambda: ruth.get(TOOLS) == 200 and standby.execute(READS).fetchone() == (True,))
        standby.execute("SELECT pg_wal_replay_pause()")
        try:
            assert ruth.get(PRESSURE) == 200
            stored = {"at": "2026-03-14T07:30", "number": "128", "second": "79", "note": ""}
            assert ruth.send(PRESSURE, stored) == PRESSURE
            assert ruth.get(TOOLS) == 200
            assert "128 over 79 mm Hg" in ruth.text()
            stored["number"] = "131"
            ruth.get(PRESSURE)
            ruth.send(PRESSURE, stored)
            ruth.get(TOOLS)
            assert "131 over 79 mm Hg" in ruth.text()
        finally:
            standby.execute("SELECT pg_wal_replay_resume()")
        until(lambda: ruth.get(TOOLS) == 200 and standby.execute(READS).fetchone() == (True,))
        assert "131 over 79 mm Hg" in ruth.text()
