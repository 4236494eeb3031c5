"""The files of a copy that people read."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Person:
    """Whose record it is, for the head of every page."""

    name: str
    birth_date: date | None
    made_at: datetime
