"""The table: what was measured, with the goal and whether it was met."""

from collections.abc import Iterator

from bench.counts import Counted
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
    """Yield one sentence for each ratio and each goal."""
    if compared.alike is not None:
        within = (1 - compared.alike, 1 + compared.alike)
        yield between(f"{measured.time_ratio:.3f} x the median time", within, measured.time_ratio)
        yield between(f"{measured.cpu_ratio:.3f} x the CPU", within, measured.cpu_ratio)
        yield f"queries (goal: as many): {'met' if counted == of_measure else 'MISSED'}"
        return
    if compared.time_at_most is not None:
        time = f"{measured.time_ratio:.2f} x the median time"
        yield goal(time, "at most", compared.time_at_most, measured.time_ratio)
    yield goal(f"{measured.cpu_ratio:.3f} x the CPU", "at most", compared.cpu_at_most, measured.cpu_ratio)
    if compared.whole_cpu_at_most is not None:
        whole = f"{measured.whole_cpu_ratio:.3f} x the CPU, PostgreSQL's included"
        yield goal(whole, "at most", compared.whole_cpu_at_most, measured.whole_cpu_ratio)
    yield goal(f"{measured.rate_ratio:.2f} x the rate", "at least", compared.rate_at_least, measured.rate_ratio)
    if counted and compared.queries_at_most is not None:
        yield goal(f"{counted.queries} queries", "at most", compared.queries_at_most, counted.queries)
    if counted and compared.commits is not None:
        yield goal(f"{counted.commits} commits", "at most", compared.commits, counted.commits)
    if counted and compared.saves is not None:
        yield goal(f"{counted.saves} commits of a transaction that writes", "at most", compared.saves, counted.saves)


def between(figure: str, wanted: tuple[float, float], got: float) -> str:
    low, high = wanted
    return f"{figure} (goal: {low:g} to {high:g}): {'met' if low <= got <= high else 'MISSED'}"


def goal(figure: str, word: str, wanted: float | None, got: float) -> str:
    if wanted is None:
        return f"{figure} (no goal)"
    met = got <= wanted if word == "at most" else got >= wanted
    return f"{figure} (goal: {word} {wanted:g}): {'met' if met else 'MISSED'}"


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
