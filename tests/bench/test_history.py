"""What earlier runs of the bench had is kept and told beside each figure."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench import goals, history, table
from bench.measure import Measured, Turn
from bench.pages import EMPTY, Comparison, Page
from dslogon.up.assets import ROOT


@pytest.fixture(autouse=True)
def _a_history_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(history, "FILE", tmp_path / "bench" / "history.jsonl")
    monkeypatch.setenv(history.RUN, "2026-11-29T12:00:00+00:00")


def run(number: int, got: float, monkeypatch: pytest.MonkeyPatch, **goal: float) -> str:
    """What is told beside the figure of one run."""
    monkeypatch.setenv(history.RUN, f"2026-11-{number:02}T12:00:00+00:00")
    return history.keep("sign-in", "x the CPU", got, **goal)


def test_the_first_run_has_nothing_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(1, 1.02, monkeypatch, high=1.04) == ""


def test_each_figure_is_told_with_the_median_and_the_worst_of_the_last_five_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number, got in enumerate((9.0, 1.01, 1.02, 1.05, 1.03, 1.00), 1):
        run(number, got, monkeypatch, high=1.04)
    assert run(7, 1.02, monkeypatch, high=1.04) == "  [last 5: median 1.020, worst 1.050]"


def test_an_arrow_tells_that_a_figure_left_the_band_of_the_last_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    for number, got in enumerate((1.00, 1.02), 1):
        run(number, got, monkeypatch)
    assert not run(3, 1.04, monkeypatch).endswith("↑")  # two runs are no band
    assert run(4, 1.10, monkeypatch).endswith(" ↑")
    assert run(5, 1.15, monkeypatch).endswith("]")  # within 5 % of the greatest
    assert run(6, 0.90, monkeypatch).endswith(" ↓")


@pytest.mark.parametrize(
    ("low", "high", "worst"), [(None, 1.3, 1.2), (0.4, None, 0.5), (0.95, 1.05, 0.5), (None, None, 0.5)]
)
def test_the_worst_is_what_comes_nearest_to_missing_the_goal(
    low: float | None, high: float | None, worst: float
) -> None:
    figure = history.Figure("row", "what", 1.0, low, high, "", "", 2, "3.11.7")
    assert history.worst(figure, [1.0, 1.2, 0.5]) == worst


def test_a_run_is_kept_with_its_machine_and_commit_and_without_a_name_of_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run(1, 1.02, monkeypatch, high=1.04)
    (line,) = history.FILE.read_text().splitlines()
    kept = json.loads(line)
    assert kept.keys() == {"row", "what", "got", "low", "high", "at", "commit", "cores", "python"}
    assert (kept["row"], kept["got"], kept["high"], kept["at"]) == ("sign-in", 1.02, 1.04, "2026-11-01T12:00:00+00:00")
    assert kept["cores"] >= 1
    assert kept["python"].startswith("3.")


def test_runs_on_other_machines_and_the_same_run_are_not_compared_with(monkeypatch: pytest.MonkeyPatch) -> None:
    run(1, 1.02, monkeypatch)
    (line,) = history.FILE.read_text().splitlines()
    history.FILE.write_text(json.dumps(json.loads(line) | {"cores": 128}) + "\n")
    assert run(2, 1.03, monkeypatch) == ""
    assert run(2, 1.03, monkeypatch) == ""


def test_a_line_that_a_killed_run_left_unfinished_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    run(1, 1.02, monkeypatch)
    with history.FILE.open("a") as file:
        file.write('{"row": "sign-in", "wh\n{"row": "sign-in"}\n')
    assert run(2, 1.03, monkeypatch) == "  [last 1: median 1.020, worst 1.020]"


def test_the_lines_of_the_tables_have_the_goal_and_the_history(monkeypatch: pytest.MonkeyPatch) -> None:
    def lines() -> list[str]:
        return [
            goals.at_most("desk", "letters", 1.6, 1.5, shown="letters: 2.0 ms, 3.2 ms"),
            goals.at_least("registry", "an import", 0.2, 0.15),
            goals.alike("registry", "a miss", 1.02, 0.05),
        ]

    assert lines() == [
        "  letters: 2.0 ms, 3.2 ms: 1.600 (goal: at most 1.5): MISSED",
        "  an import: 0.200 (goal: at least 0.15): met",
        "  a miss: 1.020 (goal: 0.95 to 1.05): met",
    ]
    monkeypatch.setenv(history.RUN, "2026-11-30T12:00:00+00:00")
    assert lines()[0].endswith("MISSED  [last 1: median 1.600, worst 1.600]")


def test_a_comparison_of_pages_keeps_all_of_its_ratios(monkeypatch: pytest.MonkeyPatch) -> None:
    turn = Turn(rate=100.0, cpu=0.01, database_cpu=0.001)
    compared = Comparison("sign-in", Page("Password sign-in", "/sign-in/"), EMPTY, cpu_at_most=1.04)
    measured = Measured(turn, turn, rate_ratio=0.5, cpu_ratio=1.03, whole_cpu_ratio=1.0)
    first = table.rows(compared, measured, None, None)
    assert first[2:] == ["    1.030 x the CPU (goal: at most 1.04): met", "    0.50 x the rate (no goal)", ""]
    monkeypatch.setenv(history.RUN, "2026-11-30T12:00:00+00:00")
    again = table.rows(compared, measured, None, None)
    assert again[3] == "    0.50 x the rate (no goal)  [last 1: median 0.500, worst 0.500]"


def test_the_whole_history_is_one_table(monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(history.table()) == ["There is no history yet: ./run bench measures."]
    monkeypatch.setattr(history, "commit", lambda: "abc1234")
    for number, got in enumerate((1.00, 1.02, 1.01, 1.50), 1):
        run(number, got, monkeypatch, high=1.04)
    heading, row = history.table()
    assert heading.split() == ["goal", "latest", "median", "worst", "runs", "of"]
    assert row.startswith("sign-in: x the CPU")
    figures = ["at", "most", "1.04", "1.500", "1.015", "1.500", "4", "2026-11-04", "abc1234", "↑"]
    assert row.split()[-10:] == figures


def test_the_command_prints_the_history_without_a_database() -> None:
    env = {"PATH": "/nowhere"}
    printed = subprocess.run(
        [sys.executable, "-m", "dslogon.up", "bench", "--history"], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert printed.returncode == 0, printed.stderr
    assert "goal" in printed.stdout or "no history yet" in printed.stdout
