"""The containers: docker-compose.yml has the right shape, and its commands are the ones that `./run` runs."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dslogon.up import postgres, serve
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
    assert set(services) == {"prepare", "web", "worker", "database", "cache", "mail"}
    assert services["database"]["image"] == f"postgres:{postgres.server_version()}"
    for name, service in services.items():
        assert ("healthcheck" in service) == (name != "prepare"), name
        for other, wanted in service.get("depends_on", {}).items():
            healthy = wanted["condition"] == "service_healthy" and "healthcheck" in services[other]
            assert healthy or wanted["condition"] == "service_completed_successfully"


def test_the_site_runs_there_with_the_commands_of_the_launcher(services: dict[str, Any]) -> None:
    assert services["prepare"]["command"] == PYTHON + serve.PREPARE
    assert services["worker"]["command"] == PYTHON + serve.WORKER
    assert services["web"]["command"] == PYTHON + serve.WEB
    for setting in DISCREET:
        assert setting in services["database"]["command"]


def test_every_volume_and_network_is_declared(services: dict[str, Any]) -> None:
    whole = parsed(TEXT)
    for service in services.values():
        assert {volume.split(":")[0] for volume in service.get("volumes", [])} <= set(whole["volumes"])
        assert set(service["networks"]) <= set(whole["networks"])
    assert whole["networks"]["inside"] == {"internal": "true"}


def test_no_secret_stands_in_the_file_and_no_port_is_open_to_other_machines(services: dict[str, Any]) -> None:
    assert not re.search(r"password|secret_key|index_key|field_keys", TEXT.replace("No password", ""), re.IGNORECASE)
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
