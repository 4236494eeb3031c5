"""The containers: docker-compose.yml has the right shape, and its commands are the ones that `./run` runs."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from dslogon.up import lock, owner, postgres, serve
from dslogon.up.postgres import DISCREET
from tests.up.conftest import ROOT, ended

PYTHON = ["python"]
TEXT = (ROOT / "docker-compose.yml").read_text()


def parsed(text: str) -> dict[str, Any]:
    """The plain YAML that our file keeps to: mappings, lists, flow lists, one-level anchors and merges."""
    lines = [(len(line) - len(line.lstrip()), line.strip()) for line in text.splitlines()]
    lines = [(depth, line) for depth, line in lines if line and not line.startswith("#")]
    anchors: dict[str, Any] = {}

    def block(depth: int) -> Any:
        if lines[0][1].startswith("- "):
            found = []
            while lines and lines[0][0] == depth:
                found.append(lines.pop(0)[1].removeprefix("- "))
            return found
        mapping: dict[str, Any] = {}
        while lines and lines[0][0] == depth:
            key, value = re.fullmatch(r"([^\s:]+):(?: (.*))?", lines.pop(0)[1]).groups("")  # type: ignore[union-attr]
            anchor = re.fullmatch(r"&(\w+)", value)
            if key == "<<":
                mapping |= anchors[value.removeprefix("*")]
            elif value and not anchor:
                mapping[key] = json.loads(value) if value[0] in '["{' else value
            else:
                mapping[key] = block(lines[0][0])
            if anchor:
                anchors[anchor[1]] = mapping[key]
        return mapping

    return block(0)


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return parsed(TEXT)["services"]


def test_all_parts_are_there_and_each_lasting_one_is_watched(services: dict[str, Any]) -> None:
    assert set(services) == {"owner", "prepare", "web", "worker", "database", "cache", "mail"}
    assert services["database"]["image"].partition("@")[0] == f"postgres:{postgres.server_version()}"
    for name, service in services.items():
        assert ("healthcheck" in service) == (name not in ("owner", "prepare")), name
        for other, wanted in service.get("depends_on", {}).items():
            healthy = wanted["condition"] == "service_healthy" and "healthcheck" in services[other]
            assert healthy or wanted["condition"] == "service_completed_successfully"


def test_the_site_runs_there_with_the_commands_of_the_launcher(services: dict[str, Any]) -> None:
    assert services["prepare"]["command"] == PYTHON + serve.PREPARE
    assert services["worker"]["command"] == PYTHON + serve.WORKER
    assert services["web"]["command"] == PYTHON + serve.WEB
    for setting in DISCREET:
        assert setting in services["database"]["command"]


def test_every_image_of_others_gets_the_digest_that_its_tag_has_today() -> None:
    asked: list[str] = []

    def digest(image: str) -> str:
        asked.append(image)
        return f"sha256:{'ab' * 32}"

    texts = [TEXT, (ROOT / "Dockerfile").read_text()]
    pinned = [lock.with_digests(text, digest) for text in texts]
    assert [image.partition(":")[0] for image in asked] == ["postgres", "valkey/valkey", "axllent/mailpit", "python"]
    assert [text.count(f"@sha256:{'ab' * 32}") for text in pinned] == [3, 1]
    assert [lock.with_digests(text, digest) for text in pinned] == pinned
    assert parsed(pinned[0])["services"].keys() == parsed(TEXT)["services"].keys()


def test_every_volume_and_network_is_declared(services: dict[str, Any]) -> None:
    whole = parsed(TEXT)
    for service in services.values():
        mounted = {volume.split(":")[0] for volume in service.get("volumes", [])}
        files = {name for name in mounted if name.startswith("./") and (ROOT / name).is_file()}
        assert mounted - files <= set(whole["volumes"])
        assert set(service["networks"]) <= set(whole["networks"])
    assert whole["networks"]["inside"] == {"internal": "true"}


def test_no_secret_stands_in_the_file_and_no_port_is_open_to_other_machines(services: dict[str, Any]) -> None:
    said = re.sub(r"^ *#.*\n", "", TEXT, flags=re.MULTILINE).replace("POSTGRES_PASSWORD_FILE: /owner/password\n", "")
    assert not re.search(r"password|secret_key|index_key|field_keys", said, re.IGNORECASE)
    for service in services.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert "listen_addresses=" in services["database"]["command"]


def test_the_database_is_asked_for_its_health_with_a_command_that_works(tmp_path: Path, env: dict[str, str]) -> None:
    test = parsed(TEXT)["services"]["database"]["healthcheck"]["test"]
    assert test[:2] == ["CMD", "pg_isready"]
    with postgres.running(tmp_path, throwaway=True):
        folder = str(postgres.socket_folder(tmp_path))
        assert ended([str(postgres.binary("pg_isready")), *test[2:], "-h", folder], ROOT, env).returncode == 0
    assert ended([str(postgres.binary("pg_isready")), *test[2:], "-h", folder], ROOT, env).returncode == 2


def test_the_image_serves_with_the_same_server_and_never_as_root() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert dockerfile.splitlines()[-1] == f"CMD {json.dumps(PYTHON + serve.WEB)}"
    assert "\nUSER site\n" in dockerfile


@pytest.fixture
def database(tmp_path: Path, services: dict[str, Any]) -> Iterator[tuple[Path, str]]:
    """The folder of the owner's password, and the address of a database made and started as in the containers."""
    owner.make_password(tmp_path)
    arguments = services["database"]["environment"]["POSTGRES_INITDB_ARGS"].split()
    data, run = tmp_path / "data", postgres.socket_folder(tmp_path)
    programs = postgres.binary("postgres").parent
    as_me = postgres.unprivileged()
    names = ["--username=dslogon", f"--pwfile={tmp_path / 'password'}", "--no-sync"]
    subprocess.run(
        [*as_me, str(programs / "initdb"), "-D", str(data), *arguments, *names], check=True, capture_output=True
    )
    control = [*as_me, str(programs / "pg_ctl"), "-D", str(data), "-w", "-s"]
    settings = f"-c listen_addresses= -c unix_socket_directories={run} -c fsync=off"
    subprocess.run([*control, "start", "-o", settings, "-l", str(tmp_path / "log")], check=True)
    try:
        with connected(run, "dslogon", tmp_path, "postgres") as server:
            server.execute("CREATE DATABASE dslogon")
        env = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "PGHOST": str(run), "PGDATA": str(data)}
        password = (tmp_path / "password").read_text()
        script = ROOT / "docs/deploying/compose-roles.sh"
        subprocess.run([script], env=env | {"PGPASSWORD": password}, check=True)
        subprocess.run([*control, "reload"], check=True)
        yield tmp_path, str(run)
    finally:
        subprocess.run([*control, "stop", "-m", "immediate"], check=True)


def connected(run: Path | str, role: str, folder: Path | None = None, name: str = "dslogon") -> psycopg.Connection:
    passfile = str(folder / "pgpass") if folder else "/nowhere"
    return psycopg.connect(host=str(run), user=role, dbname=name, passfile=passfile, autocommit=True)


def test_only_who_prepares_the_containers_database_can_be_its_owner(
    database: tuple[Path, str], env: dict[str, str]
) -> None:
    folder, run = database
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        connected(run, "dslogon")
    with connected(run, "dslogon", folder) as prepare, connected(run, "dslogon_web") as web:
        prepare.execute("CREATE TABLE safeguards_auditevent (id int)")
        with pytest.raises(InsufficientPrivilege):
            web.execute("SELECT * FROM safeguards_auditevent")


def test_the_owners_password_is_made_once_and_libpq_gets_it_in_a_file_for_itself(tmp_path: Path) -> None:
    owner.make_password(tmp_path)
    password = (tmp_path / "password").read_text()
    owner.make_password(tmp_path)
    assert (tmp_path / "password").read_text() == password
    assert (tmp_path / "pgpass").read_text() == f"*:*:*:dslogon:{password}\n"
    assert (tmp_path / "pgpass").stat().st_mode & 0o777 == 0o600
    assert len(password) > 40


def test_the_site_runs_in_containers_as_the_role_that_gets_its_rights(services: dict[str, Any]) -> None:
    role = services["prepare"]["environment"]["WEB_ROLE"]
    for name in ("web", "worker"):
        assert services[name]["environment"]["DATABASE_URL"].startswith(f"postgres://{role}@/")
        assert "PGPASSFILE" not in services[name]["environment"]
        assert not any(volume.startswith("owner:") for volume in services[name]["volumes"])
    assert services["prepare"]["environment"]["DATABASE_URL"].startswith("postgres://dslogon@/")
    assert f"CREATE ROLE {role} LOGIN" in (ROOT / "docs/deploying/compose-roles.sh").read_text()
