"""What goes into a copy: the resources that were chosen, by section, newest first."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from portal.papers import Line


@dataclass(frozen=True)
class Entry:
    """One resource in words. `when` is "" if it has no date. `files` are the names of its files in the ZIP."""

    resource: UUID
    title: str
    when: str
    lines: list[Line]
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """One section. `entries` reads it from the store, newest first; `size` is how many entries it has."""

    slug: str
    title: str
    size: int
    entries: Callable[[], Iterator[Entry]]
