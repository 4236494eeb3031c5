"""Two patients with full records, and accounts that may or may not see them."""

import time
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from random import Random
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Account
from accounts.sign_in import session
from core.policy import Level
from demo.invent.records import record_for
from demo.invent.records import store as store_records

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
def records(db: None) -> Callable[..., Any]:
    """Stores the invented record of a patient and gives it back; a mark takes the place of every text."""

    def stored(dod_id: str, *, mark: str = "") -> Any:
        # Clinics and clinicians are one object in all records, and a mark must stay in this one.
        record = deepcopy(record_for(dod_id, date(1950, 6, 1), "M", Random(dod_id), theme="diabetes"))
        for raw in record.resources if mark else ():
            put_mark(raw, mark)
        for row in (*record.threads, *record.messages) if mark else ():
            for name in {"subject", "body"} & vars(row).keys():
                setattr(row, name, mark)
        store_records([record])
        return record

    return stored


def put_mark(element: Any, mark: str) -> None:
    """Put the mark in the place of every text that people read in a resource."""
    for name, value in element.items() if isinstance(element, dict) else enumerate(element):
        if isinstance(value, dict | list):
            put_mark(value, mark)
        elif name in ("display", "text", "title", "description") and isinstance(value, str):
            element[name] = mark
