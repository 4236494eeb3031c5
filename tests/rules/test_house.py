"""The rules of the house: imports run downwards only, every event is known, accounts are written in one place."""

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

from safeguards.events import AT_THE_DESK, EVENTS
from tests.rules.events import Modules, read_modules, recorded_events, unread_calls
from tests.rules.imports import Graph, circles, imports_upwards, packages_in, read_imports

ROOT = Path(settings.BASE_DIR)
CONTRACT = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
ROOMS = packages_in(ROOT)
FLOORS = {
    room.strip(): number for number, layer in enumerate(CONTRACT["contracts"][0]["layers"]) for room in layer.split("|")
}
# As Django has them: the model names its store, and the store writes the model.
SESSIONS = {"accounts.models", "accounts.models.session", "accounts.sessions.store"}

# The house is read once for all tests of it, so one process runs them.
reads_the_house = pytest.mark.xdist_group("house")


@cache
def imports_of_the_house() -> Graph:
    return read_imports(ROOT, ROOMS)


@cache
def modules_of_the_house() -> Modules:
    return read_modules(ROOT, ROOMS)


@cache
def events_of_the_house() -> dict[str, set[str]]:
    return recorded_events(modules_of_the_house())


def modules() -> Iterator[Path]:
    for room in sorted(ROOMS):
        yield from (path for path in sorted((ROOT / room).rglob("*.py")) if "migrations" not in path.parts)


def test_imports_run_downwards_only():
    # In a process of its own, because it turns off every logger that it does not know.
    lint = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"
    run = subprocess.run([sys.executable, "-c", lint], cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


def test_every_package_stands_on_a_floor_of_the_contract():
    assert ROOMS == FLOORS.keys() == set(CONTRACT["root_packages"])


@reads_the_house
def test_no_import_runs_up_not_even_inside_a_function():
    graph = imports_of_the_house()
    assert len(graph) > 250
    assert imports_upwards(graph, FLOORS) == set()


@reads_the_house
def test_no_modules_import_each_other_in_a_circle_but_the_session_and_its_store():
    assert circles(imports_of_the_house()) == [SESSIONS]


def write_module(root: Path, name: str, text: str = "") -> None:
    path = root / f"{name.replace('.', '/')}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_package_that_stands_on_no_floor_is_found(tmp_path):
    write_module(tmp_path, "accounts.actions")
    write_module(tmp_path, "corridor.look", "from accounts import actions")
    assert packages_in(tmp_path) - FLOORS.keys() == {"corridor"}


def test_an_import_that_runs_up_is_found_in_a_function_and_behind_another_room(tmp_path):
    write_module(tmp_path, "service_center.actions", "from core import look")
    write_module(tmp_path, "core.look", "def seconds():\n    from accounts.sign_in import session")
    write_module(tmp_path, "accounts.sign_in.session")
    graph = read_imports(tmp_path, packages_in(tmp_path))
    assert imports_upwards(graph, FLOORS) == {("core.look", "accounts.sign_in.session")}


def test_rooms_side_by_side_may_not_know_each_other(tmp_path):
    write_module(tmp_path, "portal.page", "import support.guides")
    write_module(tmp_path, "support.guides")
    assert imports_upwards(read_imports(tmp_path, packages_in(tmp_path)), FLOORS) == {("portal.page", "support.guides")}


def test_a_circle_is_found(tmp_path):
    write_module(tmp_path, "accounts.tasks", "from accounts import notices")
    write_module(tmp_path, "accounts.notices", "def send():\n    from accounts.tasks import job")
    write_module(tmp_path, "accounts.actions", "from accounts import notices")
    assert circles(read_imports(tmp_path, {"accounts"})) == [{"accounts.tasks", "accounts.notices"}]


# Events with a sentence that no code records yet, and why they are kept.
AWAITED: dict[str, str] = {}


@reads_the_house
def test_every_event_that_is_recorded_has_its_sentence():
    used = events_of_the_house()
    assert len(used) > 100
    assert {event: where for event, where in used.items() if event not in EVENTS} == {}


@reads_the_house
def test_every_event_that_has_a_sentence_is_recorded():
    assert EVENTS.keys() - events_of_the_house().keys() == AWAITED.keys()


@reads_the_house
def test_every_event_that_staff_leave_at_the_desk_counts_as_theirs():
    """The desk acts through its own room and through that of proofing, whose events name a person and no account."""
    assert not [
        event
        for event in recorded_events(read_modules(ROOT, {"service_center", "support", "idproofing"}))
        if not event.startswith(AT_THE_DESK)
    ]


@reads_the_house
def test_every_call_that_records_an_event_can_be_read():
    assert unread_calls(modules_of_the_house()) == set()


def test_an_event_is_found_wherever_the_code_names_it(tmp_path):
    write_module(tmp_path, "rooms.named", "def f():\n    audit.record('a.named', by=by)")
    write_module(
        tmp_path, "rooms.imported", "from safeguards.audit import record\ndef f():\n    record('a.bare', by=by)"
    )
    write_module(
        tmp_path,
        "rooms.chosen",
        "def f(ok):\n    event = 'a.first' if ok else 'a.second'\n    audit.record(event, by=by)\n"
        "def g(ok):\n    audit.record('a.third' if ok else 'a.fourth', by=by)",
    )
    write_module(
        tmp_path,
        "rooms.table",
        "TRANSITIONS: dict = {(A, B): 'a.moved'}\n"
        "def f():\n    event = apply(row, to, TRANSITIONS)\n    record_event(row, event, by=by)\n"
        "def record_event(row, event, by):\n    audit.record(event, by=by)",
    )
    write_module(
        tmp_path,
        "rooms.other",
        "from rooms import table\n"
        "def f():\n    event = table.TRANSITIONS.get(move)\n    audit.record(event, by=by)\n"
        "def g():\n    record_event('a.passed-on', row, by=by)",
    )
    write_module(
        tmp_path,
        "rooms.kinds",
        "KIND = Kind(slug='b.slug', removed='a.removed', used='')\ndef f(kind):\n    audit.record(kind.removed, by=by)",
    )
    read = read_modules(tmp_path, {"rooms"})
    assert unread_calls(read) == set()
    assert recorded_events(read) == {
        "a.named": {"rooms.named"},
        "a.bare": {"rooms.imported"},
        "a.first": {"rooms.chosen"},
        "a.second": {"rooms.chosen"},
        "a.third": {"rooms.chosen"},
        "a.fourth": {"rooms.chosen"},
        "a.moved": {"rooms.table", "rooms.other"},
        "a.passed-on": {"rooms.other"},
        "a.removed": {"rooms.kinds"},
    }


def test_an_event_that_is_only_spoken_of_is_not_recorded(tmp_path):
    write_module(
        tmp_path,
        "rooms.figures",
        "TRANSITIONS: dict = {(A, B): 'a.unused'}\n"
        "def f():\n    counted = events.filter(event='a.counted')\n    audit.record('a.seen', by='a.visitor')\n"
        "    return record('a.row', counted)",
    )
    assert recorded_events(read_modules(tmp_path, {"rooms"})).keys() == {"a.seen"}


def test_a_call_whose_event_comes_from_elsewhere_is_found(tmp_path):
    write_module(tmp_path, "rooms.blind", "def f(event):\n    audit.record(event, by=by)")
    assert unread_calls(read_modules(tmp_path, {"rooms"})) == {("rooms.blind", "audit.record(event, by=by)")}


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


def test_tests_that_share_something_run_in_one_process(request: pytest.FixtureRequest) -> None:
    if not hasattr(request.config, "workerinput"):
        pytest.skip("One process runs all of them.")
    # pytest-xdist goes by the name of a test. A group that was given too late stands in none.
    groups = {
        item.nodeid: {mark.args[0] for mark in item.iter_markers("xdist_group")} for item in request.session.items
    }
    apart = [name for name, of in groups.items() if of and not name.endswith(f"@{'_'.join(sorted(of))}")]
    assert apart == []
