"""Importing people from a file: good lines, bad lines, a second run, and a run after one that was killed."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from deers import lookup
from deers.loading import conflicts, files, insertion, staging
from deers.models import Eligibility, LegalName, Person, Sponsorship
from deers.registry import Match
from demo.invent import registry
from tests.deers.registered import TODAY, typed

pytestmark = pytest.mark.django_db


def record(number: int, **differently: Any) -> dict:
    """A person as a line of NDJSON has one."""
    right = {
        "dod_id": f"30000{number:05}",
        "ssn": f"900-30-{number:04}",
        "date_of_birth": "1958-03-14",
        "email": "ada@example.org",
        "service_status": "retired",
        "names": [{"first": "Ada", "last": "Winters"}],
        "eligibilities": [{"plan": "select", "region": "east", "begin": "2000-01-01"}],
    }
    return {**right, **differently}


def tie(sponsor: int, relationship: str = "child", **more: str) -> dict:
    return {
        "sponsors": [{"sponsor": f"30000{sponsor:05}", "relationship": relationship, "begin": "2010-01-01", **more}]
    }


@pytest.fixture
def importing(tmp_path: Path) -> Any:
    """Imports records, or text; gives the report's lines without their head."""

    def run(content: list[dict] | str | bytes, name: str = "people.ndjson", **options: Any) -> list[str]:
        if isinstance(content, list):
            content = "".join(json.dumps(each) + "\n" for each in content)
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        call_command("import_deers", path, processes=0, stdout=io.StringIO(), **options)
        return (tmp_path / f"{name}.problems.csv").read_text().splitlines()[1:]

    return run


def test_an_imported_person_is_found_like_any_other(importing: Any) -> None:
    former = [
        {"first": "José", "last": "Núñez", "since": "1990-06-01"},
        {"first": "Ada", "last": "x", "until": "1990-05-31"},
    ]
    assert importing([record(1, names=former, phone=" 210-555-0101 ")]) == []
    person = Person.objects.get()
    assert (person.ssn, person.phone, person.country) == ("900300001", "210-555-0101", "US")
    assert isinstance(lookup.find_person(typed(person, first_name="jose", last_name="nunez"), today=TODAY), Match)
    assert [each.dod_id for each in lookup.search("nunez")] == [person.dod_id]
    assert [each.dod_id for each in lookup.search("0001")] == [person.dod_id]


def test_the_number_is_nowhere_in_clear(importing: Any) -> None:
    importing([record(1)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT p::text FROM deers_person p")
        stored = cursor.fetchone()[0]
    assert "900300001" not in stored
    assert b"900300001".hex() not in stored


CSV_HEAD = (
    "dod_id,ssn,date_of_birth,names.0.first,names.0.last,names.0.suffix,eligibilities.0.plan,eligibilities.0.region,"
    "eligibilities.0.begin,eligibilities.1.plan,eligibilities.1.region,eligibilities.1.begin"
)
CSV_LINE = '3000000001,900300001,1958-03-14,"Zoë ""Z""","de la Cruz, Núñez",,select,east,2000-01-01,,,'


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_csv_with_quotes_commas_accents_a_bom_and_either_line_end(importing: Any, bom: str, end: str) -> None:
    assert importing(f"{bom}{CSV_HEAD}{end}{CSV_LINE}{end}", "people.csv") == []
    name = LegalName.objects.get()
    assert (name.first, name.last) == ('Zoë "Z"', "de la Cruz, Núñez")
    assert Eligibility.objects.count() == 1


def test_ndjson_may_begin_with_a_bom_and_end_without_a_line_feed(importing: Any) -> None:
    assert importing("\ufeff" + json.dumps(record(1)) + "\r\n\r\n" + json.dumps(record(2))) == []
    assert Person.objects.count() == 2


BAD = {
    "dod_id": ("123", "dod_id,must be ten digits"),
    "ssn": ("666-12-3456", "ssn,cannot be a Social Security number"),
    "date_of_birth": ("14.3.1958", "date_of_birth,must be a date as YYYY-MM-DD"),
    "date_of_death": ("1957-01-01", "date_of_death,is before the birth"),
    "email": ("secret", "email,must be an email address"),
    "street": ("x" * 201, "street,is longer than 200 characters"),
    "city": ("a\x00b", "city,holds characters that cannot be printed"),
    "country": ("USA", "country,must be two letters"),
    "phone": (12345, "phone,must be text"),
    "protected": ("perhaps", "protected,must be true or false"),
    "names": ([], "names,must hold exactly one name without an end"),
    "eligibilities": ("x", "eligibilities,must be a list of at most 50 objects"),
    "hat size": ("7", ",has a column that is unknown"),
}


@pytest.mark.parametrize("column", BAD)
def test_a_bad_value_is_told_by_line_and_column_and_the_other_lines_are_entered(importing: Any, column: str) -> None:
    value, told = BAD[column]
    assert importing([record(1), record(2, **{column: value}), record(3)]) == [f"2,{told}"]
    assert Person.objects.count() == 2


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"{", "is not JSON"),
        (b"[1]", "is not a JSON object"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"[" * 50_000, "is not JSON"),
        (b'"' + b"x" * 70_000 + b'"', "is longer than 65536 bytes"),
    ],
)
def test_a_line_that_is_no_record_harms_no_other(importing: Any, raw: bytes, reason: str) -> None:
    good = json.dumps(record(1)).encode()
    assert importing(raw + b"\n" + good + b"\n") == [f"1,,{reason}"]
    assert Person.objects.count() == 1


def test_an_open_quote_in_csv_costs_its_own_line_alone(importing: Any) -> None:
    lines = [
        CSV_HEAD,
        CSV_LINE.replace("3000000001", "3000000002").replace(',"de la', ',de"la"x').replace('"Zoë', '"Z"oë'),
        "1,2",
        CSV_LINE,
    ]
    told = importing("\n".join(lines), "people.csv")
    assert [line.split(",")[0] for line in told] == ["2", "3"]
    assert Person.objects.count() == 1


def test_the_report_and_the_screen_repeat_nothing_of_what_was_wrong(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "people.ndjson"
    path.write_text(json.dumps(record(1, ssn="123-45-678", names=[{"last": "Secretname", "since": "x"}], Hidden="y")))
    call_command("import_deers", path, processes=0)
    said = (tmp_path / "people.ndjson.problems.csv").read_text() + "".join(capsys.readouterr())
    assert not any(secret in said for secret in ("123", "Secret", "Hidden", "Winters"))
    assert (tmp_path / "people.ndjson.problems.csv").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("head", "columns"), [("dod_id,hat", "2"), ("dod_id,dod_id", "2"), ("names.x.last", "1")])
def test_a_header_that_is_not_ours_ends_the_import_before_it_begins(importing: Any, head: str, columns: str) -> None:
    with pytest.raises(CommandError, match=f"columns {columns} are unknown"):
        importing(head + "\n", "people.csv")


def test_a_file_that_is_not_there_or_of_no_known_kind_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_deers", tmp_path / "people.csv")
    with pytest.raises(CommandError, match="--format"):
        call_command("import_deers", tmp_path / "people.xlsx")


def test_a_second_run_changes_what_changed_and_doubles_nothing(importing: Any) -> None:
    people = [record(1), record(2, **tie(1))]
    importing(people)
    people[1]["names"] = [{"first": "Bea", "last": "Summers"}]
    people[1]["ssn"] = ""
    assert importing(people) == []
    assert [model.objects.count() for model in (Person, LegalName, Eligibility, Sponsorship)] == [2, 2, 2, 1]
    assert str(LegalName.objects.get(person="3000000002")) == "Bea Summers"
    assert Person.objects.get(pk="3000000002").ssn_index is None
    assert staged_tables() == []


def test_of_two_lines_about_one_person_the_later_one_counts(importing: Any) -> None:
    importing([record(1, city="Early", **tie(3)), record(1, city="Late"), record(3)])
    assert Person.objects.get(pk="3000000001").city == "Late"
    assert (LegalName.objects.count(), Sponsorship.objects.count()) == (2, 0)


def test_a_number_of_two_people_stays_with_the_first(importing: Any) -> None:
    assert importing([record(1), record(2, ssn="900-30-0001")]) == ["2,ssn,already belongs to another person"]
    assert importing([record(3, ssn="900-30-0001"), record(1)]) == ["1,ssn,already belongs to another person"]
    assert Person.objects.count() == 1


def test_a_child_may_stand_before_its_sponsor_but_not_without(importing: Any) -> None:
    assert importing([record(1, **tie(2)), record(2), record(3, **tie(99))]) == [
        "3,sponsors.0.sponsor,is not on record"
    ]
    assert Person.objects.count() == 3
    assert Sponsorship.objects.values_list("sponsor_id", "dependent_id").get() == ("3000000002", "3000000001")


def test_a_second_spouse_is_told(importing: Any) -> None:
    told = importing([record(1), record(2, **tie(1, "spouse")), record(3, **tie(1, "spouse"))])
    assert told == [f'3,sponsors.0,"{conflicts.SPOUSE}"']
    waiting = importing([record(4, **tie(6, "spouse")), record(5, **tie(6, "spouse")), record(6)])
    assert [line.split(",")[0] for line in waiting] == ["2"]
    assert importing([record(7, **tie(6, "spouse"))]) == [f'1,sponsors.0,"{conflicts.SPOUSE}"']


def test_a_sponsor_may_marry_again_in_whichever_order_the_file_tells_it(importing: Any) -> None:
    people = [record(1), record(2), record(3, **tie(1, "spouse"))]
    importing(people)
    people = [record(1), record(2, **tie(1, "spouse")), record(3)]
    assert importing(people) == []
    assert Sponsorship.objects.get().dependent_id == "3000000002"


def staged_tables() -> list[str]:
    """What is left of an import."""
    return [name for name in connection.introspection.table_names() if "staged" in name]


def many(count: int) -> list[dict]:
    return [
        record(n, **(tie(n + 1) if n % 3 == 1 else {}), **({"sex": "?"} if n % 15 == 0 else {}))
        for n in range(1, count + 1)
    ]


@pytest.mark.parametrize("breaks_off_at", [0.2, 0.6, 0.9], ids=["reading", "inserting", "linking"])
def test_a_run_that_breaks_off_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: Any, breaks_off_at: float) -> None:
    path, report = tmp_path / "people.ndjson", tmp_path / "report.csv"
    path.write_text("".join(json.dumps(each) + "\n" for each in many(39)))
    monkeypatch.setattr(conflicts, "BEGINNINGS", conflicts.BEGINNINGS.replace(f"% {conflicts.RANGE}", "% 10"))

    def stop(people: float, of: float) -> None:
        if people > breaks_off_at * of:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        files.import_file(path, files.NDJSON, report, piece_bytes=1000, advance=stop)
    read = counting(monkeypatch, staging, "stage")
    entered = counting(monkeypatch, insertion, "insert")
    begun: list[float] = []
    found = files.import_file(path, files.NDJSON, report, piece_bytes=1000, advance=lambda n, of: begun.append(n / of))
    assert breaks_off_at - 0.1 < begun[0] <= breaks_off_at + 0.2
    assert (len(read) > 0, len(entered) > 0) == (breaks_off_at < 0.5, breaks_off_at < 0.85)
    assert (found, Person.objects.count()) == (files.Imported(37, 2), 37)
    told = list(csv.reader(report.open()))[1:]
    assert [line for line, *_ in told] == ["15", "30"]
    assert Sponsorship.objects.count() == 13
    assert staged_tables() == []


def counting(monkeypatch: Any, module: Any, function: str) -> list[tuple]:
    """The arguments of all calls from now on."""
    calls: list[tuple] = []
    right = getattr(module, function)

    def counted(*arguments: Any) -> Any:
        calls.append(arguments)
        return right(*arguments)

    counted.__name__ = function
    monkeypatch.setattr(module, function, counted)
    return calls


def test_a_file_that_changed_after_a_run_broke_off_is_read_from_its_beginning(tmp_path: Path) -> None:
    path, report = tmp_path / "people.ndjson", tmp_path / "report.csv"

    def stop(people: float, of: float) -> None:
        if people:
            raise KeyboardInterrupt

    path.write_text(json.dumps(record(1)))
    with pytest.raises(KeyboardInterrupt):
        files.import_file(path, files.NDJSON, report, advance=stop)
    path.write_text(json.dumps(record(2)) + "\n")
    assert files.import_file(path, files.NDJSON, report) == files.Imported(1, 0)
    assert Person.objects.get().dod_id == "3000000002"


def test_no_two_imports_run_at_once(tmp_path: Path, monkeypatch: Any) -> None:
    def busy() -> None:
        raise staging.Busy

    monkeypatch.setattr(staging, "claim", busy)
    path = tmp_path / "people.ndjson"
    path.write_text(json.dumps(record(1)))
    with pytest.raises(CommandError, match="Another import is running"):
        call_command("import_deers", path, processes=0)


@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_killed_with_its_processes_goes_on_later(tmp_path: Path) -> None:
    path = tmp_path / "people.ndjson"
    path.write_text("".join(json.dumps(record(n)) + "\n" for n in range(1, 9_001)))
    env = os.environ | {
        "DATABASE_URL": f"postgres://dslogon@/{connection.settings_dict['NAME']}?host={connection.settings_dict['HOST']}"
    }
    process = subprocess.Popen(
        [sys.executable, "manage.py", "import_deers", str(path)], env=env, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 30
    while process.poll() is None and not staged_tables() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    call_command("import_deers", path, processes=2, stdout=io.StringIO())
    assert (Person.objects.count(), LegalName.objects.count()) == (9_000, 9_000)
    assert staged_tables() == []


def test_invented_people_come_by_copy_and_once() -> None:
    assert registry.enter(300, seed=1, today=TODAY) == 300
    assert registry.enter(300, seed=1, today=TODAY) == 0
    assert Person.objects.count() == 300
    assert Sponsorship.objects.count() > 50
    person = Person.objects.filter(service_status="retired", date_of_death=None).first()
    assert person is not None
    assert isinstance(lookup.find_person(typed(person), today=date(2026, 11, 23)), Match)
