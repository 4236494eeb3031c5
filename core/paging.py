"""Pages of newest-first lists. A page takes one query and no count, and accepts anything in ?page=."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

BIGGEST_PAGE = 10_000


@dataclass(frozen=True)
class Page:
    """Some rows of a list, newest first. `newer` and `older` are the numbers of the neighboring pages, or None."""

    rows: Sequence[Any]
    number: int = 1
    older: int | None = None

    @property
    def newer(self) -> int | None:
        return self.number - 1 if self.number > 1 else None


def page_number(typed: str) -> int:
    """Return the page that ?page= asks for, or 1 for anything that is not a page."""
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= len(str(BIGGEST_PAGE))):
        return 1
    return min(max(int(typed), 1), BIGGEST_PAGE)


def page_of(rows: QuerySet[Any] | Sequence[Any], number: int, size: int) -> Page:
    """Return page `number` (from 1) of `rows`, with `size` rows.

    One more row is read, to know whether any are left.
    """
    start = (number - 1) * size
    some = list(rows[start : start + size + 1])
    return Page(some[:size], number, older=number + 1 if len(some) > size else None)
