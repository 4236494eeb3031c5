"""Pages of newest-first lists: one query, no count, and whatever stands in ?page= is fine."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

BIGGEST_PAGE = 10_000


@dataclass(frozen=True)
class Page:
    """Some rows of a list, newest first; `newer` and `older` are the neighbours' numbers or None."""

    rows: Sequence[Any]
    number: int = 1
    older: int | None = None

    @property
    def newer(self) -> int | None:
        return self.number - 1 if self.number > 1 else None


def page_number(typed: str) -> int:
    """The page that ?page= asks for; 1 for anything that is not a page."""
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= len(str(BIGGEST_PAGE))):
        return 1
    return min(max(int(typed), 1), BIGGEST_PAGE)


def page_of(rows: QuerySet[Any] | Sequence[Any], number: int, size: int) -> Page:
    """Page `number` (from 1) of `rows`, `size` to a page; one row more is read to know whether any are left."""
    start = (number - 1) * size
    some = list(rows[start : start + size + 1])
    return Page(some[:size], number, older=number + 1 if len(some) > size else None)
