"""Lab results over time: the earlier results of a panel's tests, next to the present ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from portal.models import Observation

# The number of times shown side by side: as many as fit on a page and show a trend.
TIMES = 4


@dataclass(frozen=True)
class Trend:
    """The tests of one panel, each with its results at these times, newest first.

    A result is None if the test was not done at that time.
    """

    times: list[datetime]
    tests: list[tuple[Observation, list[tuple[datetime, Observation | None]]]]


def of_panel(patient: str | None, lines: Sequence[Observation], until: datetime) -> Trend | None:
    """Return the results of the tests in `lines` up to `until`, or None if they were done for the first time then."""
    tests = {line.code: line for line in lines}
    done = Observation.objects.filter(
        patient=patient, category=Observation.Category.LABORATORY, code__in=tests, effective__lte=until
    )
    at: dict[datetime, dict[str, Observation]] = {}
    for one in done.order_by("-effective"):
        at.setdefault(one.effective, {})[one.code] = one
    shown = dict(islice(at.items(), TIMES))
    if len(shown) < 2:
        return None
    return Trend(
        list(shown),
        [(line, [(when, found.get(code)) for when, found in shown.items()]) for code, line in tests.items()],
    )
