"""Without a Chromium, the browser tests are left out loudly. Where everything must run, that is a failure."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.up.conftest import ROOT, ended

TOGETHER = ("-n", "1", "--dist", "loadgroup")
TWO_TESTS = """
import pytest

@pytest.mark.browser
def test_a_page():
    pass

def test_a_sum():
    assert 1 + 1 == 2
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A suite of two tests, one of them for the browser, under the hooks of ours."""
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["tests.chromium"]')
    (tmp_path / "test_two.py").write_text(TWO_TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = browser: in a browser\n")
    return tmp_path


def run(suite: Path, env: dict[str, str], **more: str) -> subprocess.CompletedProcess[str]:
    """The suite's outcome, as `make test` runs it."""
    settings = {"PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "dslogon.settings.test"}
    return ended(
        [sys.executable, "-m", "pytest", "-v", *TOGETHER, "-p", "no:django", "-p", "no:hypothesispytest"],
        suite,
        env | {"CI": ""} | settings | more,
    )


def test_the_browser_tests_are_left_out_loudly_without_a_chromium(suite: Path, env: dict[str, str]) -> None:
    done = run(suite, env, DSLOGON_CHROMIUM="no-such-browser")
    assert done.returncode == 0
    assert "BROWSER TESTS WERE LEFT OUT" in done.stdout
    assert "1 tests need Chromium" in done.stdout
    assert "apt-get install chromium-headless-shell" in done.stdout
    assert "1 passed, 1 skipped" in done.stdout


def test_leaving_them_out_is_a_failure_where_everything_must_run(suite: Path, env: dict[str, str]) -> None:
    done = run(suite, env, DSLOGON_CHROMIUM="no-such-browser", CI="true")
    assert done.returncode == 1
    assert "BROWSER TESTS WERE LEFT OUT" in done.stdout


def test_with_a_chromium_they_run_and_nothing_is_said(suite: Path, env: dict[str, str]) -> None:
    done = run(suite, env, DSLOGON_CHROMIUM="sh", CI="true")
    assert done.returncode == 0
    assert "LEFT OUT" not in done.stdout
    assert "2 passed" in done.stdout
    # One process has one Chromium for them: by this end of its id pytest-xdist knows which tests belong together.
    assert "test_a_page@test_two.py" in done.stdout
