"""Ages of people."""

from datetime import date


def age_on(born: date, day: date) -> int:
    """Return the age on a day, in full years. People born on February 29 grow older on March 1."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
