"""The eleven federal holidays of the United States: 5 U.S.C. 6103, and Executive Order 11582 for those on a Sunday."""

from datetime import date, timedelta
from functools import lru_cache

MONDAY, THURSDAY, FRIDAY = 0, 3, 4
# New Year's Day, Juneteenth, Independence Day, Veterans Day and Christmas.
DATES = ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25))
# The birthdays of King and of Washington, Labor Day, Columbus Day and Thanksgiving: which weekday of which month.
WEEKDAYS = ((1, MONDAY, 3), (2, MONDAY, 3), (9, MONDAY, 1), (10, MONDAY, 2), (11, THURSDAY, 4))


def is_federal_holiday(day: date) -> bool:
    """Return whether federal offices are closed on a day, because it is a holiday or kept in the place of one.

    A holiday on a Saturday is kept on the Friday before, and one on a Sunday on the Monday after. Inauguration Day is
    not among them, because it is one around Washington, D.C., only.
    """
    beside = {FRIDAY: 1, MONDAY: -1}.get(day.weekday(), 0)
    return any(each in federal_holidays(each.year) for each in (day, day + timedelta(days=beside)))


@lru_cache(maxsize=8)
def federal_holidays(year: int) -> frozenset[date]:
    """Return the federal holidays of a year on their own days, by the law of today."""
    memorial = date(year, 5, 31)
    on_dates = (date(year, month, day) for month, day in DATES)
    on_weekdays = (nth_weekday(year, *which) for which in WEEKDAYS)
    return frozenset((*on_dates, *on_weekdays, memorial - timedelta(days=memorial.weekday())))


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """Return the `nth` of a weekday in a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
