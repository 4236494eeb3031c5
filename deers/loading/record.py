"""A line of an import file made into rows, or into the reasons why not."""

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from itertools import groupby
from typing import Any, NamedTuple

from deers import lookup
from deers.loading.columns import LISTS, Bad, Parser, person_columns
from deers.loading.rows import Rows, Tie, rows

LINE_MAX = 64 * 1024
"""Bytes; a person's record has about one thousandth of it."""
LIST_MAX = 50
NONE: Mapping[str, Any] = {}


class Problem(NamedTuple):
    """What is wrong with a line, without anything that stands in it; `column` is "" for the line as a whole."""

    line: int
    column: str
    reason: str


class Header:
    """The columns of a CSV file: names as in NDJSON, with dots (`names.0.last`)."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.width = len(columns)
        paths = [tuple(column.strip().split(".")) for column in columns]
        if bad := [i for i, path in enumerate(paths, 1) if not known(path)] or repeated(paths):
            raise Bad(f"The header's columns {', '.join(map(str, bad))} are unknown or stand twice.")
        self.plain = [(i, path[0]) for i, path in enumerate(paths) if len(path) == 1]
        listed = sorted((path[0], int(path[1]), i, path[2]) for i, path in enumerate(paths) if len(path) == 3)
        self.listed = [
            (kind, [(i, name) for _, _, i, name in group])
            for (kind, _), group in groupby(listed, key=lambda each: each[:2])
        ]

    def record(self, line: str) -> dict:
        """The line as NDJSON would have it; entries of lists that are quite empty are left out."""
        (cells,) = csv.reader([line], strict=True)
        if len(cells) != self.width:
            raise Bad(f"has {len(cells)} cells instead of {self.width}")
        record: dict[str, Any] = {name: cells[i] for i, name in self.plain}
        for kind, columns in self.listed:
            entry = {name: cells[i] for i, name in columns}
            if any(entry.values()):
                record.setdefault(kind, []).append(entry)
        return record


def known(path: tuple[str, ...]) -> bool:
    if len(path) == 3:
        return path[0] in LISTS and path[1].isdecimal() and path[2] in LISTS[path[0]]
    return len(path) == 1 and path[0] in parsers()


def repeated(paths: list[tuple[str, ...]]) -> list[int]:
    return [i for i, path in enumerate(paths, 1) if path in paths[: i - 1]]


@cache
def parsers() -> Mapping[str, Parser]:
    return person_columns(mock_serves=lookup.mock_serves())


def read(raw: bytes, line: int, header: Header | None) -> Rows | list[Problem]:
    """The rows of one line, or all that is wrong with it. Without a header it is JSON."""
    problems: list[Problem] = []
    try:
        record = decoded(raw, header)
    except Bad as bad:
        return [Problem(line, "", str(bad))]
    person = checked(record, parsers(), line, "", problems, others=LISTS)
    lists = {kind: entries(record.get(kind), kind, line, problems) for kind in LISTS}
    if not problems:
        judge(person, lists, line, problems)
    if problems:
        return problems
    ties = tuple(
        Tie(line, place, tie["sponsor"], person["dod_id"], tie["relationship"], tie["begin"], tie["end"])
        for place, tie in enumerate(lists["sponsors"])
    )
    return rows(line, person, lists["names"], lists["eligibilities"], ties)


def decoded(raw: bytes, header: Header | None) -> dict:
    if len(raw) > LINE_MAX:
        raise Bad(f"is longer than {LINE_MAX} bytes")
    try:
        line = raw.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise Bad("is not UTF-8") from None
    try:
        record = header.record(line) if header else json.loads(line)
    except (csv.Error, ValueError, RecursionError):
        raise Bad("is not CSV: a quote is out of place" if header else "is not JSON") from None
    if not isinstance(record, dict):
        raise Bad("is not a JSON object")
    return record


def checked(
    raw: dict,
    columns: Mapping[str, Parser],
    line: int,
    where: str,
    problems: list[Problem],
    others: Mapping[str, Any] = NONE,
) -> dict:
    """Each column parsed, in the order of `columns`; what is wrong goes to `problems`."""
    clean = {}
    get = raw.get
    for column, parse in columns.items():
        try:
            clean[column] = parse(get(column))
        except Bad as bad:
            problems.append(Problem(line, where + column, str(bad)))
    if not raw.keys() <= columns.keys() and raw.keys() - columns.keys() - others.keys():
        problems.append(Problem(line, where.rstrip("."), "has a column that is unknown"))
    return clean


def entries(raw: Any, kind: str, line: int, problems: list[Problem]) -> list[dict]:
    if raw is None:
        return []
    if not isinstance(raw, list) or len(raw) > LIST_MAX or not all(isinstance(entry, dict) for entry in raw):
        problems.append(Problem(line, kind, f"must be a list of at most {LIST_MAX} objects"))
        return []
    return [checked(entry, LISTS[kind], line, f"{kind}.{place}.", problems) for place, entry in enumerate(raw)]


def judge(person: dict, lists: dict[str, list[dict]], line: int, problems: list[Problem]) -> None:
    """What the tables' constraints would refuse, said by line before they have to."""

    def wrong(column: str, reason: str) -> None:
        problems.append(Problem(line, column, reason))

    if person["date_of_death"] and person["date_of_death"] < person["date_of_birth"]:
        wrong("date_of_death", "lies before the birth")
    if sum(name["until"] is None for name in lists["names"]) != 1:
        wrong("names", "must hold exactly one name without an end")
    for kind, first, last in (
        ("names", "since", "until"),
        ("sponsors", "begin", "end"),
        ("eligibilities", "begin", "end"),
    ):
        for place, entry in enumerate(lists[kind]):
            if entry[first] and entry[last] and entry[last] < entry[first]:
                wrong(f"{kind}.{place}.{last}", "lies before the beginning")
    if twice((period["plan"], period["begin"]) for period in lists["eligibilities"]):
        wrong("eligibilities", "holds a plan twice from the same day")
    if twice(period["plan"] for period in lists["eligibilities"] if period["end"] is None):
        wrong("eligibilities", "holds a plan twice without an end")
    if twice(tie["sponsor"] for tie in lists["sponsors"] if tie["end"] is None):
        wrong("sponsors", "holds a sponsor twice without an end")
    if any(tie["sponsor"] == person["dod_id"] for tie in lists["sponsors"]):
        wrong("sponsors", "names the person as his or her own sponsor")


def twice(values: Any) -> bool:
    seen: list[str | tuple[str, date]] = list(values)
    return len(seen) != len(set(seen))
