"""While the quiz runs, no page, session, row or log shows which answer is right."""

import re

import pytest
from django.db import connection
from django.test import Client

from idproofing.models import Question
from tests import people, walk
from tests.accounts.holders import address, registering
from tests.idproofing.people import right_choice

pytestmark = pytest.mark.django_db


def test_the_right_option_looks_like_the_others_and_is_written_down_nowhere(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    person = people.load("rosa")
    here = address(registering(client, person), "questions")
    with caplog.at_level("DEBUG"):
        walk.send(client, here, {"action": "start"})
        page = client.get(here)
    asked = page.context["question"]
    html = page.content.decode()
    radios = re.findall(r'<input[^>]*name="choice"[^>]*>', html)
    assert len(radios) == len(asked.options)
    assert {re.sub(r"\d+", "", radio) for radio in radios} == {re.sub(r"\d+", "", radios[0])}
    right = Question.objects.get(pk=asked.pk).right
    assert bytes(right).hex() not in html
    assert not [words for words in asked.options[:-1] if words in caplog.text]
    for row in rows("accounts_session", "django_session", "accounts_registrationdraft", "idproofing_quiz"):
        assert not [words for words in asked.options[:-1] if words in row]
        assert bytes(right).hex() not in row


def test_the_row_of_a_question_is_the_same_wherever_the_right_answer_stands(client: Client) -> None:
    """But for its keyed hash: no column holds the place of the right option, or the option by itself."""
    person = people.load("rosa")
    walk.send(client, address(registering(client, person), "questions"), {"action": "start"})
    for asked in Question.objects.all():
        place = right_choice(asked)
        others = {
            field.name: getattr(asked, field.name)
            for field in Question._meta.concrete_fields
            if field.name not in ("id", "position", "options", "extensions", "right", "fact_key", "asked_again")
        }
        assert place not in [value for value in others.values() if isinstance(value, int)]
        assert not [value for value in others.values() if value == asked.options[place]]


def test_while_deers_is_silent_the_page_says_so_and_the_questions_can_start_later(client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    here = address(registering(client, people.load("rosa")), "questions")
    settings.DEERS_FAULT = "unavailable"
    assert "DEERS does not answer right now" in walk.text_of(client.post(here, {"action": "start"}))
    assert not Question.objects.exists()
    settings.DEERS_FAULT = ""
    assert walk.send(client, here, {"action": "start"}) == here
    assert "Question 1 of" in walk.text_of(client.get(here))


def rows(*tables: str) -> list[str]:
    """All rows of those of the tables that there are, as text; bytes stand in hex."""
    found: list[str] = []
    with connection.cursor() as cursor:
        for table in set(tables) & set(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT entry::text FROM {connection.ops.quote_name(table)} entry")  # noqa: S608 - our own tables
            found += [row for (row,) in cursor.fetchall()]
    return found
