"""A database from before the rooms were moved: people go on in it as if nothing had happened."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from demo.people import PEOPLE
from dslogon.up.postgres import binary
from tests.up.before_move import COMMIT, SCRIPT
from tests.up.conftest import ROOT
from tests.up.older_code import new_database, run, unpack_commit

# One walk serves them all, so one process runs them.
pytestmark = pytest.mark.xdist_group("move")

GO_ON = "import sys, django; django.setup(); from tests.up import after_move; after_move.main(*sys.argv[1:])"


@dataclass(frozen=True)
class Moved:
    """What the old code left in its database, and what became of each thing under the code of today."""

    left: dict[str, Any]
    found: dict[str, Any]

    def came_to(self, step: str) -> Any:
        """Return what a step of after_move.py came to; its failure is the test's."""
        outcome = self.found[step]
        assert "failed" not in outcome, outcome["failed"]
        return outcome["came_to"]


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moved]:
    """Fill a database by the old code, dump it, restore it, and go on in it by the code of today."""
    folder = tmp_path_factory.mktemp("move")
    unpack_commit(COMMIT, folder / "before")
    left, found, dump = folder / "left.json", folder / "found.json", folder / "dump"
    with new_database("test_before_move") as before, new_database("test_after_move") as after:
        run([sys.executable, "-c", SCRIPT, str(left)], folder / "before", before)
        run([str(binary("pg_dump")), "--format=custom", f"--file={dump}", f"--dbname={before}"], folder)
        run([str(binary("pg_restore")), "--exit-on-error", f"--dbname={after}", str(dump)], folder)
        run([sys.executable, "-c", GO_ON, str(left), str(found)], ROOT, after)
        yield Moved(json.loads(left.read_text()), json.loads(found.read_text()))


def test_after_migrate_the_models_ask_for_nothing_more(moved: Moved) -> None:
    assert moved.came_to("missing_migrations") == "No changes detected\n"


def test_a_session_from_before_the_move_still_opens_the_portal(moved: Moved) -> None:
    session = moved.came_to("session")
    assert session["account"] == moved.left["grace"]["account"]
    assert session["verified"]
    assert set(session["pages"].values()) == {200}


def test_a_session_of_staff_still_opens_every_page_that_the_admin_offered(moved: Moved) -> None:
    assert len(moved.left["maya"]["pages"]) > 3
    assert moved.came_to("admin") == moved.left["maya"]["pages"]


def test_somebody_between_password_and_second_step_goes_on_with_a_backup_code(moved: Moved) -> None:
    assert moved.came_to("half") == "/portal/"


def test_password_and_authenticator_from_before_the_move_still_sign_in(moved: Moved) -> None:
    assert moved.came_to("sign_in") == ["/sign-in/second-factor/", "/portal/"]


def test_every_encrypted_value_reads_as_it_was_written(moved: Moved) -> None:
    written = moved.left["sealed"]
    drafts = [text for place, text in written.items() if place.startswith("accounts_registrationdraft.ssn of ")]
    assert PEOPLE["rosa"].ssn in drafts
    assert {place: moved.came_to("sealed").get(place) for place in written} == written


def test_questions_go_on_where_they_were_and_end_in_an_account(moved: Moved) -> None:
    assert moved.came_to("registration") == {"question_number": 2, "then": ["credentials", "done", "rosa.moved"]}


def test_an_upgrade_goes_on_where_it_was_and_ends_at_premium(moved: Moved) -> None:
    assert moved.came_to("upgrade") == ["second-factor", "done", "Premium"]


def test_somebody_who_left_the_questions_chooses_another_way(moved: Moved) -> None:
    assert moved.came_to("other_way") == moved.left["nora"]["address"].replace("/way/", "/visit/")


def test_a_registration_that_had_stopped_still_says_why(moved: Moved) -> None:
    assert moved.came_to("stopped") == [200] * 6


def test_a_code_that_was_written_down_opens_an_account(moved: Moved) -> None:
    assert moved.came_to("code") == ["credentials", "done", "walter.moved"]


def test_every_job_that_waited_is_done(moved: Moved) -> None:
    waited, statuses = moved.left["jobs"], moved.came_to("jobs")
    assert {"send_notice", "answer_recovery", "tell_next_step"} <= {name.rpartition(".")[2] for name in waited.values()}
    assert [(name, statuses.get(job)) for job, name in waited.items() if statuses.get(job) != "succeeded"] == []


def test_every_job_keeps_its_name(moved: Moved) -> None:
    assert set(moved.left["tasks"]) - set(moved.came_to("tasks")) == set()


def test_the_mail_of_those_jobs_goes_out(moved: Moved) -> None:
    # Grace and Kyle get one each that is not written yet: only the worker finds out to whom it goes.
    written = [text for place, text in moved.left["sealed"].items() if place.startswith("accounts_notice.to of ")]
    addressed = [person for mail in moved.came_to("mail") for person in mail["to"]]
    assert sorted(addressed) == sorted([*written, PEOPLE["grace"].email, PEOPLE["kyle"].email])
    assert any(moved.left["grace"]["username"] in mail["text"] for mail in moved.came_to("mail"))


def test_the_audit_trail_is_as_it_was_sealed(moved: Moved) -> None:
    assert "with 1 events are as they were sealed" in moved.came_to("audit")


def test_a_link_that_was_mailed_before_the_move_freezes_the_account(moved: Moved) -> None:
    assert moved.came_to("not_me") == "frozen"
