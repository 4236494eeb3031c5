"""The rules of the house: imports run downwards, every event is known, accounts are written in one place."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from importlinter.cli import lint_imports

from safeguards.events import EVENTS

ROOT = Path(settings.BASE_DIR)
ROOMS = ["dslogon", "portal", "support", "accounts", "idproofing", "deers", "safeguards"]


def modules() -> Iterator[Path]:
    for room in ROOMS:
        yield from (path for path in sorted((ROOT / room).rglob("*.py")) if "migrations" not in path.parts)


def test_imports_run_downwards_only(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename="pyproject.toml", no_cache=True) == 0


def recorded() -> Iterator[tuple[str, str]]:
    """Each event that the code names in a call of record(), with its module."""
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("audit.record", "record"):
                for name in ast.walk(node.args[0]) if node.args else ():
                    if isinstance(name, ast.Constant) and isinstance(name.value, str):
                        yield name.value, str(path.relative_to(ROOT))


def test_every_event_that_is_recorded_has_its_sentence():
    used = dict(recorded())
    assert len(used) > 20
    assert {event: where for event, where in used.items() if event not in EVENTS} == {}


@pytest.mark.parametrize("event", EVENTS)
def test_every_sentence_is_one(event):
    assert EVENTS[event].endswith(".")
    assert EVENTS[event][0].isupper()


def test_only_actions_write_accounts():
    """Elsewhere an account's row is at most counted on: sign-in counts failures and renews an old hash."""
    writers = set()
    for path in modules():
        text = path.read_text()
        if "Account.objects.create" in text or "Account.objects.bulk" in text or "account.save(" in text:
            writers.add(str(path.relative_to(ROOT)))
    assert writers <= {"accounts/actions.py"}
