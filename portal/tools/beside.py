"""Own readings beside what clinics measured: in the same chart with another mark, and in a list of their own.

They never enter the clinic's rows, ranges and sentences. Only the person whose they are sees them here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import QueryDict

from accounts.models import Account
from portal import codes
from portal.charts import Drawn
from portal.record import words
from portal.tools import drawing, readings
from portal.tools.measures import MEASURES
from portal.tools.models import Reading, Tracker

# Which number of which measure stands beside a clinic's measurement, by its LOINC code.
NUMBERS = {
    code: (measure.slug, place)
    for measure in MEASURES
    for place, number in enumerate(measure.numbers)
    if (code := number.code or measure.code) in codes.VITALS
}
# As many rows of a measure are listed here. Its page in the health tools has them all.
LISTED = 5


@dataclass(frozen=True)
class Own:
    """A person's own readings of what clinics measure too, by measure. `is_off`: they chose not to see them here."""

    trackers: dict[str, Tracker] = field(default_factory=dict)
    is_off: bool = False

    def lines(self, wanted: Iterable[str], unit: str, since: datetime | None = None) -> list[Drawn]:
        """Return the lines of measurements with these codes, in the unit of the clinic's, if they can be changed.

        With `since`, only later readings are in them.
        """
        found = []
        for code in wanted:
            slug, place = NUMBERS.get(code, ("", 0))
            if tracker := self.trackers.get(slug):
                rows = [row for row in reversed(tracker.newest) if since is None or row.at >= since]
                about = tracker.about
                same = [one.ucum for one in about.units if rows and words.unit(one.ucum) == unit]
                found += [drawing.line_of(tracker, about, rows, place, ucum, has_target=False) for ucum in same[:1]]
        return found

    def newest(self, wanted: Iterable[str]) -> Reading | None:
        """Return the newest reading of what has one of these codes."""
        rows = self.rows(wanted)
        return rows[0] if rows else None

    def rows(self, wanted: Iterable[str]) -> list[Reading]:
        """Return the newest readings of what has these codes, newest first in each measure."""
        slugs = dict.fromkeys(NUMBERS[code][0] for code in wanted if code in NUMBERS)
        return [row for slug in slugs if slug in self.trackers for row in self.trackers[slug].newest[:LISTED]]


NONE = Own()


def own_beside(account: Any, query: QueryDict, wanted: Iterable[str], *, is_first: bool) -> Own:
    """Return a person's own readings of what has these codes, for the first page of a list.

    There are none if the address says `own=no`, and none in the record of another person.
    """
    slugs = sorted({NUMBERS[code][0] for code in wanted if code in NUMBERS})
    if not slugs or not isinstance(account, Account):
        return NONE
    is_off = query.get("own") == "no"
    found = readings.trackers_of(account.dod_id, slugs) if is_first and not is_off else []
    return Own({tracker.measure: tracker for tracker in found if tracker.newest}, is_off)


def context_of(own: Own, wanted: Iterable[str]) -> dict[str, Any]:
    """Return what templates say of own readings: their rows, whether they are off, and the rest of a list's address."""
    return {"own_rows": own.rows(wanted), "own_off": own.is_off, "filters": "own=no" if own.is_off else ""}
