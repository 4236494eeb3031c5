"""While a new version is brought in, the old code still serves people, and the database is migrated already.

So the code of before the newest migration runs its own tests on the tables of today.
"""

import sys
from pathlib import Path

import pytest

from tests.up.conftest import ROOT
from tests.up.older_code import git, migrated_database, new_database, require_history, run, unpack_commit

# A person signs in, registers, reads pages, and writes to the care team.
TESTS = (
    "tests/accounts/test_sign_in.py",
    "tests/accounts/test_registration.py",
    "tests/portal/messages/test_pages.py",
)
# The old code would migrate a database for its tests, to its own version.
PLUGIN = """
from django.db.backends.base.creation import BaseDatabaseCreation

def migrated_already(self, **_):
    self.connection.close()
    self.connection.settings_dict["NAME"] = self._get_test_db_name()

BaseDatabaseCreation.create_test_db = migrated_already
"""


@pytest.mark.usefixtures("django_db_setup")
def test_people_sign_in_register_read_and_write_with_the_code_of_before_the_newest_migration(tmp_path: Path) -> None:
    before = tmp_path / "before"
    unpack_commit(commit_before_the_newest_migration(), before)
    (before / "node_modules").symlink_to(ROOT / "node_modules")
    (tmp_path / "on_the_new_schema.py").write_text(PLUGIN)
    plugin = ["-p", "on_the_new_schema", f"--override-ini=pythonpath={tmp_path}"]
    with new_database("test_old_code", template=migrated_database()), new_database("old_code") as database:
        run([sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", *plugin, *TESTS], before, database)


def commit_before_the_newest_migration() -> str:
    """Return the last commit of this branch from before its newest migration. A migration may come by a merge."""
    require_history()
    newest = (
        git("log", "-1", "--first-parent", "--diff-filter=A", "--format=%H", "--", "*/migrations/*.py").decode().strip()
    )
    assert newest
    return f"{newest}^"
