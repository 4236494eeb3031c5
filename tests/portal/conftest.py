"""Two patients with full records, and accounts that may or may not see them."""

import time
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import date
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.utils import timezone
from psycopg import sql

from accounts.models import Account
from accounts.sign_in import session
from core.policy import Level
from demo.invent.records import Record, record_for
from demo.invent.records import store as store_records
from demo.invent.records.talks import care_teams
from portal.messages.models import CareTeam, Message, PatientTeam, Thread
from portal.record.models import Import, Projected, Resource

RUTH, OTIS = "1029384756", "5647382910"


def open_account(username: str, dod_id: str | None, level: Level | None, *, is_staff: bool = False) -> Account:
    return Account.objects.create(
        username=username,
        first_name=username.capitalize(),
        last_name="Tester",
        email=f"{username}@mail.example",
        dod_id=dod_id,
        level=level,
        proofed_at=timezone.now() if level else None,
        is_staff=is_staff,
    )


class Browser(Client):
    """A browser whose user has just proved who they are, with a second factor."""

    def force_login(self, user: Account, backend: str | None = None) -> None:  # type: ignore[override]
        super().force_login(user, backend)
        proved(self, seconds_ago=0)


def proved(client: Client, *, seconds_ago: int) -> None:
    kept = client.session
    kept[session.PROVED] = int(time.time()) - seconds_ago
    kept[session.FACTOR] = "accounts.authenticatorapp/1"
    kept.save()


@pytest.fixture
def client() -> Client:
    return Browser()


@pytest.fixture
def ruth_basic(db: None) -> Account:
    return open_account("ruth.b", RUTH, Level.BASIC)


@pytest.fixture
def ruth(db: None) -> Account:
    return open_account("ruth.p", RUTH, Level.PREMIUM)


@pytest.fixture
def otis(db: None) -> Account:
    return open_account("otis.p", OTIS, Level.PREMIUM)


@pytest.fixture
def staff(db: None) -> Account:
    return open_account("agent.1", None, None, is_staff=True)


@pytest.fixture
def records(db: None) -> Callable[..., Record]:
    """Stores the invented record of a patient and gives it back; a mark takes the place of every text.

    To store one takes a fifth of a second. So each is stored once, and after that its rows are copied as they were.
    """

    def stored(dod_id: str, *, mark: str = "") -> Record:
        if (dod_id, mark) in MADE:
            record, rows = MADE[dod_id, mark]
            CareTeam.objects.bulk_create(care_teams(), ignore_conflicts=True)
            put_back(rows)
        else:
            record = invented(dod_id, mark)
            store_records([record])
            MADE[dod_id, mark] = record, list(rows_of(dod_id))
        return record

    return stored


# The rows of a table in PostgreSQL's own format, and how they are put back.
Rows = tuple[sql.Composed, bytes]
MADE: dict[tuple[str, str], tuple[Record, list[Rows]]] = {}
# What a stored record consists of, and how its rows lead to the patient.
TABLES: dict[type[Model], str] = {
    Import: "patient",
    Resource: "patient",
    PatientTeam: "patient",
    Thread: "patient",
    Message: "patient",
    **dict.fromkeys(Projected.__subclasses__(), "patient"),
}


def invented(dod_id: str, mark: str) -> Record:
    """Return a full record that is not stored."""
    # Clinics and clinicians are one object in all records, and a mark must stay in this one.
    record = deepcopy(record_for(dod_id, date(1950, 6, 1), "M", Random(dod_id), theme="diabetes"))
    for raw in record.resources if mark else ():
        put_mark(raw, mark)
    for row in (*record.threads, *record.messages) if mark else ():
        for name in {"subject", "body"} & vars(row).keys():
            setattr(row, name, mark)
    return record


def rows_of(dod_id: str) -> Iterator[Rows]:
    """Yield the rows of every table that belong to this patient."""
    for model, patient in TABLES.items():
        fields = [field for field in model._meta.concrete_fields if not field.generated]
        chosen = model._default_manager.filter(**{patient: dod_id}).values_list(*(field.attname for field in fields))
        query, values = chosen.query.sql_with_params()
        with connection.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT", values) as out:
            rows = b"".join(out)
        columns = sql.SQL(", ").join(sql.Identifier(str(field.column)) for field in fields)
        yield sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(model._meta.db_table), columns), rows


def put_back(tables: list[Rows]) -> None:
    for command, rows in tables:
        with connection.cursor() as cursor, cursor.copy(command) as into:
            into.write(rows)


def put_mark(element: Any, mark: str) -> None:
    """Put the mark in the place of every text that people read in a resource."""
    for name, value in element.items() if isinstance(element, dict) else enumerate(element):
        if isinstance(value, dict | list):
            put_mark(value, mark)
        elif name in ("display", "text", "title", "description") and isinstance(value, str):
            element[name] = mark
