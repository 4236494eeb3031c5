"""The browser for the browser tests, and what the tests say if there is none. These are pytest hooks."""

import os
import shutil

import pytest

CI = os.environ.get("CI") == "true"


def chromium() -> str | None:
    """The Chromium to test with: the one DSLOGON_CHROMIUM names, else the machine's; None when there is none.

    Rather the one without a window: it does a fifth less work for the same pages.
    """
    named = os.environ.get("DSLOGON_CHROMIUM")
    if named is not None:
        return shutil.which(named)
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


@pytest.hookimpl(tryfirst=True)  # pytest-xdist notes the groups in its own
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser tests of a module run in one process.

    Without a Chromium they are left out, so that everybody can run the rest: the summary says so loudly, and where
    CI=true the run fails for it.
    """
    for item in items:
        if item.get_closest_marker("browser"):
            if not item.get_closest_marker("xdist_group"):
                item.add_marker(pytest.mark.xdist_group(item.nodeid.split("::")[0]))
            if chromium() is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says last, and loudly, what was left out for want of a Chromium."""
    left_out = without_browser(terminalreporter)
    if left_out:
        terminalreporter.section("BROWSER TESTS WERE LEFT OUT", sep="!", red=True, bold=True)
        terminalreporter.line(
            f"{left_out} tests need Chromium, and none was found. On Debian: apt-get install chromium-headless-shell"
        )
        terminalreporter.line("Elsewhere: install it, or name one in DSLOGON_CHROMIUM. With CI=true this is a failure.")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything must run (CI=true), a test left out for want of a Chromium is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if CI and reporter and without_browser(reporter) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def without_browser(reporter: pytest.TerminalReporter) -> int:
    """How many tests were skipped for want of a Chromium."""
    return sum("no Chromium on this machine" in str(report.longrepr) for report in reporter.stats.get("skipped", []))
