"""The clock of the database, which all machines share. Seals, deletions and the calendar of the worker go by it.

A machine whose own clock is wrong seals days that are not over and deletes what people still need. So what cannot be
taken back is not done while the two clocks differ. See docs/adr/0053-the-clock-of-the-database.md.
"""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from core import policy

READ = "SELECT clock_timestamp() AS now"


class ClocksDifferError(Exception):
    """The clock of this machine and that of the database differ, and nobody knows which one is right."""


def now() -> datetime:
    """Return the database's time. Raise ClocksDifferError if this machine has another one."""
    with connection.cursor() as cursor:
        cursor.execute(READ)
        return agreed(cursor.fetchone()[0])


def agreed(theirs: datetime) -> datetime:
    """Return the database's time, just read. Raise ClocksDifferError if this machine has another one."""
    ahead = timezone.now() - theirs
    if abs(ahead) > policy.CLOCKS_APART:
        raise ClocksDifferError(
            f"The clock of this machine is {'ahead of' if ahead > timedelta(0) else 'behind'} the database's by "
            f"{abs(ahead).total_seconds():,.0f} seconds. Set the clock that is wrong."
        )
    return theirs
