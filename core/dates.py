"""Days, and ages of people."""

from datetime import date


def age_on(born: date, day: date) -> int:
    """Return the age on a day, in full years. People born on February 29 grow older on March 1."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def years_after(born: date, years: int) -> date:
    """Return the day on which somebody turns this many years. For people born on February 29, that may be March 1."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def read_day(typed: str) -> date | None:
    """Return the day that a form of dates sends, or None if it is none that anybody means."""
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return day if 1900 <= day.year < 2200 else None
