"""The federal holidays, beside the lists that the Office of Personnel Management publishes."""

from datetime import date, timedelta

import pytest

from core.holidays import is_federal_holiday

# Copied from opm.gov, "Federal Holidays", with the day on which each is kept. Christmas of 2027 and the New Year after
# it are on Saturdays, and Independence Day of that year is on a Sunday.
PUBLISHED = {
    2024: "01-01 01-15 02-19 05-27 06-19 07-04 09-02 10-14 11-11 11-28 12-25",
    2026: "01-01 01-19 02-16 05-25 06-19 07-03 09-07 10-12 11-11 11-26 12-25",
    2027: "01-01 01-18 02-15 05-31 06-18 07-05 09-06 10-11 11-11 11-25 12-24 12-31",
    2028: "01-17 02-21 05-29 06-19 07-04 09-04 10-09 11-10 11-23 12-25",
}


@pytest.mark.parametrize("year", PUBLISHED)
def test_on_weekdays_offices_are_closed_as_published(year: int) -> None:
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    closed = [day for day in days if day.year == year and day.weekday() < 5 and is_federal_holiday(day)]
    assert " ".join(f"{day:%m-%d}" for day in closed) == PUBLISHED[year]


def test_a_holiday_on_a_weekend_is_one_on_its_own_day_too() -> None:
    assert is_federal_holiday(date(2026, 7, 4))  # a Saturday
    assert is_federal_holiday(date(2027, 7, 4))  # a Sunday
    assert not is_federal_holiday(date(2026, 7, 5))
