"""The table: what was measured, and beside it the goal and whether it was met."""

from bench.counts import Counted
from bench.measure import Measured, Turn
from bench.pages import Comparison

HEADING = f"{'':<28}{'rate /s':>9}{'CPU ms':>9}{'PostgreSQL ms':>15}{'queries':>9}{'commits':>9}"


def line(name: str, turn: Turn, counted: Counted | None) -> str:
    """One page; what cannot be known is a dash."""
    database = "-" if turn.database_cpu is None else f"{turn.database_cpu * 1000:.2f}"
    queries, commits = (counted.queries, counted.commits) if counted else ("-", "-")
    return f"{name:<28}{turn.rate:>9.1f}{turn.cpu * 1000:>9.2f}{database:>15}{queries:>9}{commits:>9}"


def verdicts(compared: Comparison, measured: Measured, counted: Counted) -> list[str]:
    """One sentence for each ratio and each goal."""
    cpu, rate = f"{measured.cpu_ratio:.3f} x the CPU", f"{measured.rate_ratio:.2f} x the rate"
    said = [
        goal(cpu, "at most", compared.cpu_at_most, measured.cpu_ratio),
        goal(rate, "at least", compared.rate_at_least, measured.rate_ratio),
        goal(f"{counted.queries} queries", "at most", compared.queries_at_most, counted.queries),
    ]
    if compared.commits is not None:
        said.append(goal(f"{counted.commits} commits", "at most", compared.commits, counted.commits))
    return said


def goal(figure: str, word: str, wanted: float | None, got: float) -> str:
    if wanted is None:
        return f"{figure} (no goal)"
    met = got <= wanted if word == "at most" else got >= wanted
    return f"{figure} (goal: {word} {wanted:g}): {'met' if met else 'MISSED'}"


def rows(compared: Comparison, measured: Measured, counted: Counted, of_measure: Counted | None) -> list[str]:
    """Everything about one comparison."""
    return [
        line(compared.page.name, measured.page, counted),
        line(f"  beside {compared.measure.name}", measured.measure, of_measure),
        *(f"    {verdict}" for verdict in verdicts(compared, measured, counted)),
        "",
    ]
