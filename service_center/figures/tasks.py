"""The calendar of the figures: every day that is over is counted once."""

from datetime import date, datetime

from django.utils import timezone
from procrastinate.contrib.django import app

from core import policy
from safeguards import clock, seal
from service_center.figures.counting import ONE_DAY, Day, SilentError, release
from service_center.figures.models import CountedDay
from service_center.figures.sources import count_all


@app.periodic(cron="10 * * * *")
@app.task(name="service_center.figures.count_past_days", queue="housekeeping")
def count_past_days(timestamp: int) -> None:
    """Count the day before soon after midnight. The job runs every hour, so that a worker that was away catches up.

    Nothing is counted while a transaction is open that could still write an event of a past day.
    """
    if seal.writers_have_ended():
        count_days(clock.now())


def count_days(now: datetime) -> list[date]:
    """Count every day that is over and was not counted yet, oldest first. Return the days.

    Nobody may still be writing events of those days. A day whose ages DEERS does not tell is left for the next run.
    """
    done = []
    day = next_day(now)
    while day and Day(day).end + policy.AUDIT_SEAL_GRACE <= now:
        try:
            sums = count_all(Day(day))  # this asks DEERS, so it is outside of the transaction
        except SilentError:
            break
        if release(day, sums):
            done.append(day)
        day += ONE_DAY
    return done


def next_day(now: datetime) -> date | None:
    """Return the first day that was not counted, at most the longest period ago. Return None without any event."""
    latest = CountedDay.objects.order_by("-day").values_list("day", flat=True).first()
    if latest:
        return latest + ONE_DAY
    first = seal.first_day()
    return max(first, timezone.localdate(now) - max(policy.FIGURE_PERIODS) * ONE_DAY) if first else None
