"""Lab results over time: what the tests of a panel said before, beside what they say in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from portal.models import Observation

# Times side by side: as many as fit on a page, and as tell where a number is going.
TIMES = 4


@dataclass(frozen=True)
class Trend:
    """The tests of one panel, each with its results at these times, the newest first; None where it was not done."""

    times: list[datetime]
    tests: list[tuple[Observation, list[tuple[datetime, Observation | None]]]]


def of_panel(patient: str | None, lines: Sequence[Observation], until: datetime) -> Trend | None:
    """How the tests in `lines` went up to `until`; None when they were done for the first time then."""
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
