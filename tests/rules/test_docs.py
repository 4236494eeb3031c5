"""The documentation for newcomers is there, it is complete, and its links work."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from tests.rules.imports import packages_in

ROOT = Path(settings.BASE_DIR)
READS = re.compile(r"""(?:\benv(?:ironment)?\.\w+|\brequired|os\.environ(?:\.get)?)[(\[]["']([A-Z][A-Z_]+)["']""")
EXAMPLE = re.compile(r"^# ([A-Z][A-Z_]+)=(.*)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)#\s]+)")
ROOMS = sorted(packages_in(ROOT))
CONTRACT = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]


def configuration() -> Iterator[Path]:
    """The modules that read the environment, but for those that only set it up for others."""
    yield from (ROOT / "dslogon/settings").glob("*.py")
    yield from (ROOT / "dslogon/up").glob("*.py")
    yield from (ROOT / "dslogon/web").glob("*.py")
    yield ROOT / "tests/conftest.py"


def pages() -> list[Path]:
    return [ROOT / "README.md", ROOT / "bench/README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_value_that_is_read_from_the_environment_stands_in_the_example():
    read = {name for path in configuration() for name in READS.findall(path.read_text())}
    written = {name for name, _ in EXAMPLE.findall((ROOT / ".env.example").read_text())}
    assert len(read) > 15
    assert read - written - {"CI"} == set()


def test_a_line_of_the_example_can_be_used_as_it_stands():
    """Whatever follows the sign of equality is the value, so no remark may stand there."""
    assert [line for line in EXAMPLE.findall((ROOT / ".env.example").read_text()) if " " in line[1]] == []


def test_every_link_in_the_docs_leads_somewhere():
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages()
        for target in LINK.findall(page.read_text())
        if not target.startswith(("http", "mailto:")) and not (page.parent / target).exists()
    ]
    assert dead == []


def test_every_module_that_is_spoken_of_is_there():
    """In docs, comments and docstrings alike: a file that has moved leads a newcomer nowhere."""
    named = re.compile(rf"(?<![\w/.])(?:{'|'.join(ROOMS)}|tests|bench)/[\w/]+\.(?:py|md|typ)\b")
    texts = [*pages(), *(path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))]
    assert len(texts) > 300
    gone = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in texts
        for name in named.findall(path.read_text())
        if not (ROOT / name).exists()
    }
    assert gone == set()


def test_every_page_of_the_docs_is_found_from_their_first_one():
    index = ROOT / "docs/README.md"
    linked = {(index.parent / target).resolve() for target in LINK.findall(index.read_text())}
    assert {str(page.relative_to(ROOT)) for page in pages()[2:] if page != index and page not in linked} == set()


def test_the_house_of_the_readme_names_every_room_from_the_top_down():
    house = (ROOT / "README.md").read_text().partition("## The house")[2].split("```")[1]
    assert [room for line in house.splitlines() for room in re.findall(r"^(\w+)/", line) if room in ROOMS] == [
        room.strip() for layer in CONTRACT["layers"] for room in layer.split("|")
    ]
    inner = {path.parent.name for path in (ROOT / "accounts").glob("*/__init__.py")} - {"models", "migrations"}
    assert {room for room in inner - {"templatetags"} if f"{room}/" not in house} == set()
