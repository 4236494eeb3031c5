"""Every part is killed in turn: it starts again by itself, and the site answers."""

import threading
import urllib.request
from collections import Counter
from functools import partial

import pytest
from psycopg.errors import ReadOnlySqlTransaction

from dslogon.up import cluster as clusters
from dslogon.up.cluster import CATCHER, Cluster
from dslogon.up.units import State
from tests.deploying.deployment import until
from tests.deploying.test_recipe import as_role, as_site
from tests.deploying.visitor import Visitor

NEW_VERSION = "A new version"


def answers(cluster: Cluster) -> bool:
    """Whether the site is ready, seen from outside."""
    try:
        return Visitor(cluster).get("/readyz") == 200
    except OSError:  # the front itself is away
        return False


def came_back(cluster: Cluster, name: str, before: State) -> bool:
    """Whether a unit has a main process again that is another one."""
    return clusters.processes(cluster)[name].pid not in (0, before.pid)


def test_every_part_that_is_killed_starts_again_and_the_site_answers(deployed: Cluster) -> None:
    for name, before in clusters.processes(deployed).items():
        if before.pid:
            clusters.kill(deployed, name)
            until(partial(came_back, deployed, name, before))
            until(partial(answers, deployed))
    lasting = {name: state for name, state in clusters.processes(deployed).items() if state.restarts}
    assert len(lasting) == 11, lasting
    assert CATCHER in lasting


def both_serve(cluster: Cluster) -> bool:
    """Whether HAProxy sends requests to both web servers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{cluster.values['STATE_PORT']}/all", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def test_with_one_web_server_stopped_everybody_is_served_by_the_other(deployed: Cluster) -> None:
    for away in deployed.web:
        until(lambda: both_serve(deployed))
        clusters.stop(deployed, away)
        for _ in range(6):
            assert Visitor(deployed).get("/") == 200
        until(lambda: not both_serve(deployed))
        for _ in range(6):
            assert Visitor(deployed).get("/") == 200
        clusters.start(deployed, away)


def test_a_new_version_comes_without_anybody_noticing(deployed: Cluster) -> None:
    until(lambda: both_serve(deployed))
    over, seen = threading.Event(), Counter[int]()

    def look_around() -> None:
        while not over.is_set():
            seen[Visitor(deployed).get("/support/")] += 1

    person = threading.Thread(target=look_around)
    person.start()
    try:
        _pull, roll = clusters.blocks(deployed, NEW_VERSION)
        clusters.run_blocks(deployed, [*clusters.blocks(deployed, clusters.LATER), roll])
    finally:
        over.set()
        person.join()
    assert seen.keys() == {200}
    assert seen[200] > 10


def test_the_standby_takes_the_place_of_the_primary_and_a_new_one_follows(deployed: Cluster) -> None:
    with as_site(deployed) as site:
        (events,) = site.execute("SELECT count(*) FROM safeguards_auditevent").fetchone() or ()
        position = site.execute("SELECT pg_current_wal_lsn()").fetchone()
    with as_role(deployed, "dslogon_web", "DB_WEB_PASSWORD", "DB_2") as standby:
        until(lambda: standby.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", position).fetchone() == (True,))
        with pytest.raises(ReadOnlySqlTransaction):
            standby.execute("INSERT INTO safeguards_auditseal DEFAULT VALUES")
    clusters.promote_standby(deployed)
    until(lambda: answers(deployed))
    with as_site(deployed) as site:
        (kept,) = site.execute("SELECT count(*) FROM safeguards_auditevent").fetchone() or ()
        assert kept >= events
        where = site.execute("SELECT pg_is_in_recovery(), inet_server_port()").fetchone()
        assert where == (False, int(deployed.values["DB_2_PORT"]))
    visitor = Visitor(deployed)
    visitor.get("/sign-in/")
    visitor.send("/sign-in/", {"consent": "yes"})
    visitor.post("/sign-in/", {"username": "nobody.here", "password": "not the password of anyone"})
    assert "not right" in visitor.text()

    clusters.make_new_standby(deployed)
    with as_role(deployed, "dslogon_web", "DB_WEB_PASSWORD", "DB_1") as standby:
        assert standby.execute("SELECT pg_is_in_recovery()").fetchone() == (True,)
        until(lambda: standby.execute("SELECT count(*) FROM pg_stat_wal_receiver").fetchone() == (1,))
