"""Two patients with full records, and accounts that may or may not see them."""

import time
from collections.abc import Callable
from datetime import date
from random import Random

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Account
from accounts.sign_in import session
from core.policy import Level
from demo.invent.records import record_for
from demo.invent.records import store as store_records

MARKED = {"display", "subject", "body", "text", "title", "location", "author", "reason", "note", "target"}
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
def records(db: None) -> Callable[..., list]:
    """Stores the invented record of a patient and gives its rows back; a mark takes the place of every text."""

    def stored(dod_id: str, *, mark: str = "") -> list:
        rows = record_for(dod_id, date(1950, 6, 1), "M", Random(dod_id), theme="diabetes")
        for row in rows if mark else ():
            for name in MARKED & vars(row).keys():
                setattr(row, name, mark)
        store_records(rows)
        return rows

    return stored
