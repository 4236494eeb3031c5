"""docs/deploying.md, followed word for word: from an empty folder to people who register behind TLS."""

import json
import re
import shlex
import subprocess
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from dslogon.up import cluster as clusters
from dslogon.up.cluster import Cluster
from idproofing.models import Fact
from idproofing.questions import word_question
from tests import people, walk
from tests.authenticator import Authenticator
from tests.deploying.deployment import until
from tests.deploying.visitor import Stays, Visitor, codes_in_mail

SUPERVISOR = "first.supervisor"
DOOR = "/admin/sign-in/"


def manage(cluster: Cluster, *words: str) -> str:
    """What a command of the site says."""
    command = [str(cluster.folder / "manage"), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def enter_in_registry(cluster: Cluster, key: str) -> None:
    """Let the mocks of DEERS and of the credit bureau know an invented person. Production has no demo that would."""
    load = f"population.load(PEOPLE[{key!r}], record=False, account=False)"
    manage(cluster, "shell", "-v", "0", "-c", f"from demo import population; from demo.people import PEOPLE; {load}")


def secret(cluster: Cluster, name: str) -> str:
    found = re.search(rf"^{name}=(.*)$", (cluster.folder / "etc/secrets").read_text(), re.MULTILINE)
    assert found
    return found[1]


def as_role(cluster: Cluster, role: str, password: str, part: str = "POOL") -> psycopg.Connection:
    """A connection through the pool, or to one of the servers."""
    port = cluster.values[f"{part}_PORT"]
    return psycopg.connect(
        f"postgres://{role}:{secret(cluster, password)}@127.0.0.1:{port}/dslogon", autocommit=True, connect_timeout=10
    )


def as_site(cluster: Cluster) -> psycopg.Connection:
    return as_role(cluster, "dslogon_web", "DB_WEB_PASSWORD")


def register(cluster: Cluster, key: str, username: str) -> Visitor:
    """Register a person at Basic, with a code by email. The signed-in browser comes back."""
    person = people.load(key)
    enter_in_registry(cluster, key)
    answers = dict(word_question(fact) for fact in Fact.objects.filter(dod_id=person.dod_id))
    visitor = Visitor(cluster)
    visitor.get("/register/")
    here = visitor.send("/register/", {"level": 1, "code_delivery": "email"})
    questions = visitor.send(here, walk.details_of(person))
    here = visitor.send(questions, {"action": "start"})
    while here == questions:
        choices = visitor.choices("choice")
        right = choices.get(answers[visitor.heading()], list(choices.values())[-1])
        place = {name: visitor.inputs(name)[0]["value"] for name in ("quiz", "position")}
        here = visitor.send(here, {**place, "choice": right})
    until(lambda: codes_in_mail(cluster, person.email))
    here = visitor.send(here, {"code": codes_in_mail(cluster, person.email)[0]})
    visitor.send(here, walk.credentials(username))
    return visitor


@pytest.mark.django_db
def test_a_person_registers_with_a_code_by_email_and_sees_the_portal(deployed: Cluster) -> None:
    visitor = register(deployed, "rosa", "rosa.deployed")
    assert visitor.heading() == "Your account is open, and you are signed in"
    assert visitor.get("/portal/") == 200
    assert visitor.here == "/portal/"


def test_the_first_member_of_staff_sets_up_a_passkey_at_the_first_sign_in(deployed: Cluster) -> None:
    clusters.follow(deployed, clusters.FIRST_STAFF, typed=f"{walk.PASSWORD}\n")
    device = Authenticator(rp_id="localhost", origin=deployed.address)
    visitor = Visitor(deployed)
    give_password(visitor)
    made = device.make(visitor.options(f"{DOOR}second-factor/first-passkey/"))
    assert visitor.send(f"{DOOR}second-factor/", {"passkey": made}) == "/admin/"

    again = Visitor(deployed)
    give_password(again)
    device.uses += 1
    said = device.sign(again.options(f"{DOOR}second-factor/options/"))
    assert again.send(f"{DOOR}second-factor/", {"passkey": said}) == "/admin/"
    assert Visitor(deployed).get("/admin/") == 200  # the door, which asks again


def give_password(visitor: Visitor) -> None:
    """Agree to the notice, and give the password of the first supervisor."""
    visitor.get(DOOR)
    visitor.send(DOOR, {"consent": "yes"})
    assert visitor.send(DOOR, {"username": SUPERVISOR, "password": walk.PASSWORD}) == f"{DOOR}second-factor/"


def test_plain_http_leads_to_tls_and_no_page_comes_over_it(deployed: Cluster) -> None:
    plain = f"http://localhost:{deployed.values['HTTP_PORT']}/sign-in/?next=/portal/"
    with pytest.raises(HTTPError) as answer:
        urllib.request.build_opener(Stays).open(plain, timeout=20)
    assert answer.value.code == 301
    assert answer.value.headers["Location"] == f"{deployed.address}/sign-in/?next=/portal/"


def test_nobody_writes_their_own_network_address(deployed: Cluster) -> None:
    visitor = Visitor(deployed)
    visitor.get("/sign-in/", **{"X-Forwarded-For": "203.0.113.7"})
    visitor.send("/sign-in/", {"consent": "yes"})
    visitor.post("/sign-in/", {"username": "nobody.here", "password": walk.PASSWORD})
    with as_site(deployed) as site:
        addresses = site.execute("SELECT DISTINCT address FROM safeguards_auditevent WHERE address IS NOT NULL")
        assert {str(address) for (address,) in addresses} <= {"127.0.0.1"}


def test_people_of_record_are_imported_as_the_page_says(deployed: Cluster, tmp_path: Path) -> None:
    file = tmp_path / "people.ndjson"
    person = {"dod_id": "1900000001", "date_of_birth": "1970-01-31", "names": [{"first": "Ada", "last": "Winters"}]}
    file.write_text(json.dumps(person))
    by_the_site = subprocess.run(
        [str(deployed.folder / "manage"), "import_deers", str(file)], capture_output=True, text=True, check=False
    )
    assert by_the_site.returncode == 3
    assert "run it as the owner of the tables" in by_the_site.stderr
    assert "Traceback" not in by_the_site.stderr
    blocks = clusters.blocks(deployed, "People and records")
    clusters.run_blocks(deployed, [f"PEOPLE={shlex.quote(str(file))}", *blocks])
    with as_site(deployed) as site:
        known = site.execute("SELECT count(*) FROM deers_person WHERE dod_id = '1900000001'").fetchone()
    assert known == (1,)


def test_the_site_has_no_right_to_change_the_audit_trail(deployed: Cluster) -> None:
    with as_site(deployed) as site:
        assert site.execute("SELECT count(*) > 0 FROM safeguards_auditevent").fetchone() == (True,)
        partition = "TABLE safeguards_auditevent_first"
        changes = ("UPDATE safeguards_auditevent SET event = ''", "DELETE FROM safeguards_auditseal", partition)
        assert site.execute("SELECT safeguards_make_partitions()").fetchone() == (0,)
        for change in changes:
            with pytest.raises(InsufficientPrivilege, match="permission denied"):
                site.execute(change)
        rights = "SELECT rolsuper OR rolcreaterole OR rolreplication FROM pg_roles WHERE rolname = current_user"
        assert site.execute(rights).fetchone() == (False,)


def test_what_a_session_keeps_works_through_the_pool_and_is_gone_for_the_next_client(deployed: Cluster) -> None:
    with as_site(deployed) as site:
        for _ in range(4):
            site.execute("SELECT %s::int", [1], prepare=True)
        site.execute("LISTEN something")
        site.execute("SELECT pg_advisory_lock(1)")
        usual = site.execute("SHOW statement_timeout").fetchone()
        site.execute("SET statement_timeout = 170017")
        assert site.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() != (0,)
    with as_site(deployed) as other:
        assert other.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)
        assert other.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone() == (0,)
        assert other.execute("SHOW statement_timeout").fetchone() == usual


def test_setting_up_again_changes_nothing(deployed: Cluster) -> None:
    before, running = (deployed.folder / "etc/secrets").read_text(), clusters.processes(deployed)
    clusters.set_up(deployed)
    assert (deployed.folder / "etc/secrets").read_text() == before
    assert clusters.processes(deployed) == running
