"""A command that the database refuses ends in one sentence."""

import pytest
from django.db import ProgrammingError
from psycopg.errors import InsufficientPrivilege

from dslogon.start import REFUSED, refuse_in_a_sentence


def test_who_may_not_change_the_audit_trail_is_told_what_was_refused_and_not_how_to_do_it_all_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    refused = "permission denied for table safeguards_auditevent"
    with pytest.raises(SystemExit) as end, refuse_in_a_sentence():
        raise ProgrammingError(f"{refused}\nLINE 1: DELETE ...") from InsufficientPrivilege(refused)
    assert end.value.code == REFUSED
    said = capsys.readouterr().err
    assert said.startswith(f"The role in DATABASE_URL may not do this: {refused}. If it is an import or a migration, ")
    assert "nothing was changed" not in said  # a command may have committed before that
    assert len(said.splitlines()) == 1


def test_another_mistake_of_a_command_keeps_its_traceback() -> None:
    with pytest.raises(ProgrammingError), refuse_in_a_sentence():
        raise ProgrammingError("no such column")
