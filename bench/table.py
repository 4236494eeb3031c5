"""The table: what was measured, with the goal and whether it was met."""

from collections.abc import Iterator

from bench.counts import Counted
from bench.goals import judged
from bench.measure import Measured, Turn
from bench.pages import Comparison
from bench.plans import Found

HEADING = f"{'':<32}{'rate /s':>9}{'CPU ms':>9}{'PostgreSQL ms':>15}{'queries':>9}{'commits':>9}"


def line(name: str, turn: Turn, counted: Counted | None) -> str:
    """Return the line for one page. What cannot be known is a dash."""
    database = "-" if turn.database_cpu is None else f"{turn.database_cpu * 1000:.2f}"
    queries, commits = (counted.queries, counted.commits) if counted else ("-", "-")
    return f"{name:<32}{turn.rate:>9.1f}{turn.cpu * 1000:>9.2f}{database:>15}{queries:>9}{commits:>9}"


def verdicts(
    compared: Comparison, measured: Measured, counted: Counted | None, of_measure: Counted | None
) -> Iterator[str]:
    """Yield one sentence for each ratio and each goal, with what earlier runs had."""

    def verdict(form: str, got: float, what: str, *, low: float | None = None, high: float | None = None) -> str:
        return f"{got:{form}} {what} {judged(compared.key, what, got, low=low, high=high)}"

    if compared.alike is not None:
        within = {"low": 1 - compared.alike, "high": 1 + compared.alike}
        yield verdict(".3f", measured.time_ratio, "x the median time", **within)
        yield verdict(".3f", measured.cpu_ratio, "x the CPU", **within)
        yield f"queries (goal: as many): {'met' if counted == of_measure else 'MISSED'}"
        return
    if compared.time_at_most is not None:
        yield verdict(".2f", measured.time_ratio, "x the median time", high=compared.time_at_most)
    yield verdict(".3f", measured.cpu_ratio, "x the CPU", high=compared.cpu_at_most)
    if compared.whole_cpu_at_most is not None:
        what = "x the CPU, PostgreSQL's included"
        yield verdict(".3f", measured.whole_cpu_ratio, what, high=compared.whole_cpu_at_most)
    yield verdict(".2f", measured.rate_ratio, "x the rate", low=compared.rate_at_least)
    if counted and compared.queries_at_most is not None:
        yield verdict("", counted.queries, "queries", high=compared.queries_at_most)
    if counted and compared.commits is not None:
        yield verdict("", counted.commits, "commits", high=compared.commits)
    if counted and compared.saves is not None:
        yield verdict("", counted.saves, "commits of a transaction that writes", high=compared.saves)


def rows(compared: Comparison, measured: Measured, counted: Counted | None, of_measure: Counted | None) -> list[str]:
    """Return the lines for one comparison."""
    return [
        line(compared.page.name, measured.page, counted),
        line(f"  beside {compared.measure.name}", measured.measure, of_measure),
        *(f"    {verdict}" for verdict in verdicts(compared, measured, counted, of_measure)),
        "",
    ]


def searched(found: Found) -> str:
    """Return by which indexes the tables that grow with the accounts were searched."""
    wanted = f"    searched by {', '.join(found.indexes)} (goal: no table read from end to end): "
    return wanted + (f"MISSED: {', '.join(found.whole_tables)}" if found.whole_tables else "met") + "\n"
