"""A care team with its nurse, its patient Ruth, and what the desk's forms send."""

import uuid
from typing import Any

import pytest

from accounts.models import Account
from core.policy import Level
from portal.messages.models import CareTeam, Message
from tests.accounts.holders import staff
from tests.portal.conftest import RUTH, Browser, open_account
from tests.portal.messages.conversations import team, treats, works_in

DESK = "/admin/secure_messages/thread/"


@pytest.fixture
def client() -> Browser:
    return Browser()


@pytest.fixture
def ruth(db: None) -> Account:
    return open_account("ruth.p", RUTH, Level.PREMIUM)


@pytest.fixture
def primary(db: None) -> CareTeam:
    return treats(team())


@pytest.fixture
def nurse(primary: CareTeam) -> Account:
    return works_in(primary, staff("Care team", "nurse.teresa"))


def page_of(message: Message) -> str:
    return f"{DESK}{message.thread_id}/change/"


def answer(message: Message, body: str = "Better not.", **fields: Any) -> dict[str, Any]:
    """What a browser sends from the page of a conversation, to answer this message."""
    return {"do": "answer", "answer": str(uuid.uuid4()), "seen": str(message.pk), "body": body} | fields
