"""A command that the database refuses ends in one sentence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import IntegrityError, InternalError, OperationalError, ProgrammingError
from psycopg.errors import InsufficientPrivilege

from dslogon.start import REFUSED, refuse_in_a_sentence
from dslogon.up.assets import ROOT


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


@pytest.mark.parametrize("kind", [OperationalError, InternalError])
def test_a_database_that_cannot_do_it_now_is_a_reason_to_come_again(
    capsys: pytest.CaptureFixture[str], kind: type[Exception]
) -> None:
    with pytest.raises(SystemExit) as end, refuse_in_a_sentence():
        raise kind("could not extend file: No space left on device\nCONTEXT:  COPY deers_person, line 1: Ruth")
    assert end.value.code == os.EX_TEMPFAIL
    assert capsys.readouterr().err == (
        "The database did not do this: could not extend file: No space left on device. When it is well again, run the "
        "same command again.\n"
    )


def test_a_row_that_is_there_twice_is_no_reason_to_come_again() -> None:
    with pytest.raises(IntegrityError), refuse_in_a_sentence():
        raise IntegrityError("duplicate key")


def test_an_import_without_a_database_ends_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "people.ndjson").write_text("{}\n")
    env = os.environ | {"DATABASE_URL": f"postgres:///site?host={tmp_path}"}
    done = subprocess.run(
        [sys.executable, "manage.py", "import_deers", str(tmp_path / "people.ndjson")],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == os.EX_TEMPFAIL
    assert done.stderr.splitlines()[-1].startswith("The database did not do this: connection ")
    assert "Traceback" not in done.stderr
