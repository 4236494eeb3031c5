"""The lines of an import file as records: dictionaries as in NDJSON."""

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from io import BytesIO
from itertools import groupby
from typing import Any, NamedTuple

from deers import lookup
from deers.loading.columns import LISTS, Column, ParseError, person_columns

LINE_MAX = 64 * 1024
"""In bytes. A person's record takes about one hundredth of it."""
REQUIRED = ("dod_id", "date_of_birth")
"""Columns without which a line says nothing about anybody."""
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}
BOM = b"\xef\xbb\xbf"
first_value = json.JSONDecoder().raw_decode


class Problem(NamedTuple):
    """What is wrong with a line, without anything of its content. `column` is "" for the line as a whole."""

    line: int
    column: str
    reason: str


@cache
def person() -> Mapping[str, Column]:
    """Return the columns of a person. It depends on settings which Social Security numbers are possible."""
    return person_columns(mock_serves=lookup.mock_serves())


class Header:
    """The columns of a CSV file. Their names are as in NDJSON, with dots (`names.0.last`)."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.width = len(columns)
        paths = [tuple(column.strip().split(".")) for column in columns]
        if bad := [i for i, path in enumerate(paths, 1) if not known(path)] or repeated(paths):
            raise ParseError(f"The header's columns {', '.join(map(str, bad))} are unknown or repeated.")
        if missing := [column for column in REQUIRED if (column,) not in paths]:
            raise ParseError(f"The header has no column {' and no column '.join(missing)}.")
        self.kinds = {path[0] for path in paths if len(path) == 3}
        self.plain = [(i, path[0]) for i, path in enumerate(paths) if len(path) == 1]
        listed = sorted((path[0], int(path[1]), i, path[2]) for i, path in enumerate(paths) if len(path) == 3)
        self.listed = [
            (kind, [(i, name) for _, _, i, name in group])
            for (kind, _), group in groupby(listed, key=lambda each: each[:2])
        ]

    def record(self, line: str) -> dict:
        """Return the line as NDJSON would have it. Entries of lists that are completely empty are left out.

        A column that the header does not have is absent from the record. It is not empty.
        """
        (cells,) = csv.reader([line], strict=True)
        if len(cells) != self.width:
            raise ParseError(f"has {len(cells)} cells instead of {self.width}")
        record: dict[str, Any] = {name: cells[i] for i, name in self.plain} | {kind: [] for kind in self.kinds}
        for kind, columns in self.listed:
            entry = {name: cells[i] for i, name in columns}
            if any(entry.values()):
                record[kind].append(entry)
        return record


def read_header(head: bytes) -> Header:
    """Return the header that a file begins with. Raise ParseError if it is not one."""
    try:
        columns = next(csv.reader([head.removeprefix(BOM).decode().rstrip("\r\n")], strict=True), [])
    except (UnicodeDecodeError, csv.Error):
        raise ParseError("The header is not CSV in UTF-8.") from None
    if len(columns) < 2:
        for separator, name in SEPARATORS.items():
            if separator in head.decode():
                raise ParseError(f"The columns are separated by {name}: write the file with commas.")
    return Header(columns)


def known(path: tuple[str, ...]) -> bool:
    if len(path) == 3:
        return path[0] in LISTS and path[1].isdecimal() and path[2] in LISTS[path[0]]
    return len(path) == 1 and path[0] in person()


def repeated(paths: list[tuple[str, ...]]) -> list[int]:
    return [i for i, path in enumerate(paths, 1) if path in paths[: i - 1]]


def read_records(text: bytes, first: int, header: Header | None) -> tuple[dict[int, dict], list[Problem]]:
    """Return the records of some whole lines by line number, and the problems of lines that are not records.

    Without a header, the lines are JSON.
    """
    found, problems = {}, []
    for number, raw in numbered(text, first):
        try:
            found[number] = record(raw, header)
        except ParseError as bad:
            problems.append(Problem(number, "", str(bad)))
    return found, problems


def numbered(text: bytes, first: int) -> Iterable[tuple[int, bytes]]:
    """Return the lines that are not empty, with their numbers. Only a line feed ends a line."""
    if first == 1:
        text = text.removeprefix(BOM)
    return ((number, stripped) for number, raw in enumerate(BytesIO(text), first) if (stripped := raw.strip()))


def record(raw: bytes, header: Header | None) -> dict:
    if len(raw) > LINE_MAX:
        raise ParseError(f"is longer than {LINE_MAX} bytes")
    try:
        line = raw.decode()
        found, end = (header.record(line), len(line)) if header else first_value(line)
    except UnicodeDecodeError:
        raise ParseError("is not UTF-8") from None
    except (csv.Error, ValueError, RecursionError):
        raise ParseError("is not CSV: a quote is out of place" if header else "is not JSON") from None
    if end != len(line):
        raise ParseError("is not JSON")
    if not isinstance(found, dict):
        raise ParseError("is not a JSON object")
    return found
