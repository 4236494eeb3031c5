"""A figure, its goal, whether it was met, and what earlier runs had, as the tables show them."""

from bench import history


def at_most(row: str, what: str, got: float, wanted: float, *, shown: str = "") -> str:
    """Return the line of a figure. `shown` is printed in place of `what`, if it tells more of this run."""
    return line(row, what, got, high=wanted, shown=shown)


def at_least(row: str, what: str, got: float, wanted: float, *, shown: str = "") -> str:
    return line(row, what, got, low=wanted, shown=shown)


def alike(row: str, what: str, got: float, within: float) -> str:
    return line(row, what, got, low=1 - within, high=1 + within)


def line(
    row: str, what: str, got: float, *, low: float | None = None, high: float | None = None, shown: str = ""
) -> str:
    return f"  {shown or what}: {got:.3f} {judged(row, what, got, low=low, high=high)}"


def judged(row: str, what: str, got: float, *, low: float | None = None, high: float | None = None) -> str:
    """Return the goal of a figure, whether it was met, and what earlier runs had."""
    before = history.keep(row, what, got, low=low, high=high)
    goal = history.goal(low, high)
    if not goal:
        return f"(no goal){before}"
    met = (low is None or got >= low) and (high is None or got <= high)
    return f"(goal: {goal}): {'met' if met else 'MISSED'}{before}"
