"""What a file does not say stays, what would be lost is asked, what contradicts itself is told."""

import io
import json
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from core import policy
from deers.loading import conflicts, files
from deers.models import Eligibility, LegalName, Person, Sponsorship, ssn_index
from safeguards.models import AuditEvent
from tests.deers.test_import import importing, record, staged_tables, tie
from tests.tripwire import no_secret_is_written

__all__ = ["importing"]
pytestmark = pytest.mark.django_db

SHIELDED = {"protected": True, "locked": True}
CSV = "dod_id,date_of_birth,city\n3000000001,1958-03-14,Elsewhere\n"


def output_of(path: Path, **options: Any) -> str:
    said = io.StringIO()
    call_command("import_deers", path, processes=0, stdout=said, **options)
    return said.getvalue()


def written(tmp_path: Path, content: str | list[dict], name: str = "next.ndjson") -> Path:
    path = tmp_path / name
    lines = content if isinstance(content, str) else "".join(json.dumps(each) + "\n" for each in content)
    path.write_text(lines)
    return path


def test_a_widower_keeps_what_a_file_of_new_addresses_does_not_say(importing: Any) -> None:
    sponsor = record(2)
    importing([sponsor, record(1, **SHIELDED, **tie(2), date_of_death="2020-01-01", phone="210-555-0101", sex="M")])
    assert importing(CSV, "people.csv") == []
    person = Person.objects.get(pk="3000000001")
    assert (person.city, person.date_of_death, person.phone, person.sex) == (
        "Elsewhere",
        date(2020, 1, 1),
        "210-555-0101",
        "M",
    )
    assert (person.protected, person.locked, person.ssn, person.service_status) == (True, True, "900300001", "retired")
    assert person.ssn_index == ssn_index("900300001")
    assert (person.names.count(), person.eligibilities.count(), person.sponsors.count()) == (1, 1, 1)


def test_a_whole_file_says_that_what_is_absent_is_empty(importing: Any) -> None:
    importing([record(2), record(1, **SHIELDED, **tie(2), date_of_death="2020-01-01", phone="210-555-0101")])
    named = CSV.replace("city\n", "names.0.last\n")
    assert importing(named, "people.csv", whole=True, yes=True) == []
    person = Person.objects.get(pk="3000000001")
    assert (person.protected, person.date_of_death, person.phone, person.ssn_index) == (False, None, "", None)
    assert (person.names.get().last, person.eligibilities.count(), person.sponsors.count()) == ("Elsewhere", 0, 0)


def test_an_empty_cell_is_not_an_absent_column(importing: Any) -> None:
    importing([record(1, phone="210-555-0101")])
    importing("dod_id,date_of_birth,phone\n3000000001,1958-03-14,\n", "people.csv")
    assert Person.objects.get().phone == ""


def test_a_key_that_some_lines_have_is_empty_where_it_is_missing(importing: Any) -> None:
    importing([record(1, phone="210-555-0101"), record(2, phone="210-555-0102")])
    slim = [{"dod_id": f"300000000{n}", "date_of_birth": "1958-03-14"} for n in (1, 2)]
    importing([{**slim[0], "phone": "210-555-0199"}, slim[1]])
    assert list(Person.objects.order_by("pk").values_list("phone", flat=True)) == ["210-555-0199", ""]
    assert LegalName.objects.count() == 2


def test_what_is_absent_in_some_pieces_only_is_not_absent(tmp_path: Path) -> None:
    people = [record(n, phone="210-555-0101") for n in range(1, 30)]
    report = tmp_path / "report.csv"
    files.import_file(written(tmp_path, people), files.NDJSON, report, piece_bytes=500)
    for each in people[1:]:
        del each["phone"], each["eligibilities"]
    people[0]["phone"] = "210-555-0199"
    path = written(tmp_path, people)
    files.import_file(path, files.NDJSON, report, piece_bytes=500, agree=lambda losses: True)
    assert Person.objects.exclude(phone="").count() == 1
    assert Eligibility.objects.count() == 1


def test_somebody_new_needs_a_name_though_the_file_has_none(importing: Any) -> None:
    importing([record(1)])
    line = CSV.splitlines()[1].replace("3000000001", "3000000009")
    assert importing(f"{CSV}{line}\n", "people.csv") == [f"3,names,{conflicts.NAMELESS}"]
    assert Person.objects.get().city == "Elsewhere"


def test_a_birth_after_the_death_on_record_is_told(importing: Any) -> None:
    importing([record(1, date_of_death="2020-01-01")])
    told = importing("dod_id,date_of_birth\n3000000001,2021-03-14\n", "people.csv")
    assert told == ["2,date_of_death,is before the birth"]


LOST: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "protection": ({"protected": True}, {"protected": False}, "not protected or locked any more"),
    "a lock": ({"locked": True}, {"locked": False}, "not protected or locked any more"),
    "a death": ({"date_of_death": "2020-01-01"}, {"date_of_death": ""}, "alive again"),
    "coverage": ({}, {"eligibilities": []}, "not covered any more"),
}


@pytest.mark.parametrize("what", LOST)
def test_nobody_loses_what_protects_them_by_a_file_that_nobody_has_looked_at(
    importing: Any, tmp_path: Path, what: str
) -> None:
    kept, lost, said = LOST[what]
    importing([record(n, **kept) for n in range(1, 4)])
    path = written(tmp_path, [record(n, **{**kept, **lost}) for n in range(1, 4)])
    with pytest.raises(CommandError, match="Nothing was changed"):
        output_of(path)
    assert Person.objects.filter(**kept).count() == 3
    assert Eligibility.objects.count() == 3
    assert said in output_of(path, dry_run=True)
    assert "3 people" in output_of(path, yes=True)
    event = AuditEvent.objects.filter(event="deers.imported").latest("id")
    assert event.details["unshielded"] + event.details["revived"] + event.details["uncovered"] == 3


def test_one_person_among_many_may_lose_protection_unasked(importing: Any) -> None:
    enough = int(1 / policy.IMPORT_LOSSES_SHARE)
    importing([record(n, protected=True) for n in range(1, enough + 1)])
    assert importing([record(1, protected=False)]) == []
    assert not Person.objects.get(pk="3000000001").protected


@pytest.mark.parametrize(("typed", "goes_on"), [("yes", True), ("", False), ("y", False)])
def test_at_a_terminal_somebody_is_asked(
    importing: Any, tmp_path: Path, monkeypatch: Any, typed: str, goes_on: bool
) -> None:
    importing([record(1, protected=True)])
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: typed)
    path = written(tmp_path, [record(1, protected=False)])
    if goes_on:
        assert "1 of 1: people who are not protected" in output_of(path)
    else:
        with pytest.raises(CommandError, match="Nothing was changed"):
            output_of(path)
    assert Person.objects.get().protected is not goes_on


def test_a_dry_run_counts_the_difference_and_changes_nothing(importing: Any, tmp_path: Path) -> None:
    importing([record(1, **tie(2)), record(2), record(3), record(4)])
    events = AuditEvent.objects.count()
    people = [
        record(1, names=[{"first": "Bea", "last": "Secretname"}], **tie(2)),
        record(2, city="Elsewhere", sponsors=[]),
        record(3, ssn="", eligibilities=[], sponsors=[]),
        record(4, sponsors=[]),
        record(5, sponsors=[]),
        record(6, sex="?"),
    ]
    path = written(tmp_path, people)
    with no_secret_is_written(["Secretname", "900300001"]):
        said = output_of(path, dry_run=True)
    counts = {what.strip(): int(n) for n, what in (line.split(maxsplit=1) for line in said.splitlines()[:-1])}
    assert counts == {
        "people in the file": 5,
        "new people": 1,
        "people whose details change": 2,
        "people whose names change": 1,
        "people whose eligibilities change": 1,
        "people whose sponsors change": 0,
        "people who lose their Social Security number": 1,
        "people who are not protected or locked any more": 0,
        "people who had died and are alive again": 0,
        "people who are not covered any more": 1,
        "problems: sex must be one of F, M, X": 1,
    }
    assert "Secretname" not in said
    assert Person.objects.count() == 4
    assert not Person.objects.filter(city="Elsewhere").exists()
    assert AuditEvent.objects.count() == events
    assert staged_tables() == []
    assert not path.with_name(f"{path.name}.problems.csv").exists()


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        ("", "people.csv", "The file is empty."),
        ("\n\n", "people.ndjson", "The file is empty."),
        ("dod_id,date_of_birth\n\n", "people.csv", "The file has a header, and nobody below it."),
        ("dod_id,city\n3000000001,x\n", "people.csv", "The header has no column date_of_birth."),
        ("city\nx\n", "people.csv", "The header has no column dod_id and no column date_of_birth."),
        (
            "dod_id;date_of_birth\n",
            "people.csv",
            "The columns are separated by semicolons: write the file with commas.",
        ),
        ("dod_id\tdate_of_birth\n", "people.csv", "The columns are separated by tabs: write the file with commas."),
    ],
)
def test_a_file_that_cannot_be_meant_is_told_in_one_sentence(
    tmp_path: Path, content: str, name: str, sentence: str
) -> None:
    with pytest.raises(CommandError) as told:
        output_of(written(tmp_path, content, name))
    assert str(told.value) == sentence


def test_a_birth_or_a_death_that_cannot_be_is_told(importing: Any) -> None:
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    people = [
        record(1, date_of_birth=tomorrow),
        record(2, date_of_birth="1879-12-31"),
        record(3, date_of_death=tomorrow),
        record(4, date_of_birth="1880-01-01"),
    ]
    assert importing(people) == [
        "1,date_of_birth,is in the future",
        "2,date_of_birth,is before 1880",
        "3,date_of_death,is in the future",
    ]


def test_nobody_is_the_sponsor_of_their_own_sponsor(importing: Any) -> None:
    people = [record(1, **tie(2)), record(2, **tie(3)), record(3, **tie(1)), record(4, **tie(1)), record(5, **tie(5))]
    told = importing(people)
    own = "5,sponsors,names the person as his or her own sponsor"
    assert told == [*(f"{n},sponsors.0,{conflicts.CIRCLE}" for n in (1, 2, 3)), own]
    assert Sponsorship.objects.get().dependent_id == "3000000004"


def test_a_circle_that_a_tie_on_record_closes_is_told(importing: Any) -> None:
    importing([record(1, **tie(2)), record(2)])
    assert importing([record(2, **tie(1))]) == [f"1,sponsors.0,{conflicts.CIRCLE}"]
    assert importing([record(1, sponsors=[]), record(2, **tie(1))]) == []
    assert Sponsorship.objects.get().sponsor_id == "3000000001"


def test_the_earlier_of_two_lines_about_one_person_is_told(importing: Any) -> None:
    assert importing([record(1, city="Early"), record(2), record(1, city="Late")]) == [f'1,dod_id,"{conflicts.LATER}"']
    assert Person.objects.get(pk="3000000001").city == "Late"


def number(n: int) -> dict:
    return {"ssn": f"900-30-{n:04}"}


def test_two_people_whose_numbers_were_mixed_up_get_their_own(importing: Any) -> None:
    importing([record(1, **number(2)), record(2, **number(1)), record(3)])
    assert importing([record(1), record(2)]) == []
    assert [person.ssn[-4:] for person in Person.objects.order_by("pk")] == ["0001", "0002", "0003"]


def test_numbers_that_go_round_and_on_to_somebody_new_change_hands(importing: Any) -> None:
    importing([record(1), record(2), record(3), record(4)])
    people = [record(1, **number(2)), record(2, **number(3)), record(3, **number(1)), record(4, ssn="")]
    assert importing([*people, record(5, **number(4))]) == []
    owners = {person.ssn[-4:]: person.pk[-1] for person in Person.objects.all()}
    assert owners == {"0002": "1", "0003": "2", "0001": "3", "": "4", "0004": "5"}


def test_a_number_stays_with_the_person_who_would_give_it_up_in_a_line_that_cannot_be_entered(importing: Any) -> None:
    importing([record(1), record(2), record(3)])
    told = importing([record(1, **number(2)), record(2, **number(3))])
    assert told == [f"{n},ssn,{conflicts.TAKEN}" for n in (1, 2)]
    assert [person.ssn[-4:] for person in Person.objects.order_by("pk")] == ["0001", "0002", "0003"]


def test_each_import_is_on_record_with_counts_alone(importing: Any) -> None:
    importing([record(1), record(2), record(3, sex="?")])
    event = AuditEvent.objects.get(event="deers.imported")
    assert event.details == {
        "people": 2,
        "problems": 1,
        "unshielded": 0,
        "revived": 0,
        "uncovered": 0,
        "whole": False,
    }


@pytest.mark.parametrize("breaks_off_at", [0.2, 0.6, 0.9])
def test_an_interrupted_import_asks_once_and_is_on_record_once(tmp_path: Path, breaks_off_at: float) -> None:
    report = tmp_path / "report.csv"
    files.import_file(written(tmp_path, [record(n, protected=True) for n in range(1, 9)]), files.NDJSON, report)
    path = written(tmp_path, [record(n, protected=False) for n in range(1, 9)])
    asked: list[Any] = []

    def agree(losses: Any) -> bool:
        asked.append(losses)
        return True

    def stop(people: float, of: float) -> None:
        if people > breaks_off_at * of:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        files.import_file(path, files.NDJSON, report, piece_bytes=500, agree=agree, advance=stop)
    files.import_file(path, files.NDJSON, report, piece_bytes=500, agree=agree)
    assert len(asked) == 1
    assert not Person.objects.filter(protected=True).exists()
    events = AuditEvent.objects.filter(event="deers.imported").order_by("id")
    assert [event.details["unshielded"] for event in events] == [0, 8]
