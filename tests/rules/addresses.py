"""Every URL of the site, from its URL tables."""

import re
from collections.abc import Iterator
from typing import Any

from django.urls import get_resolver

SAMPLES = {"uuid": "00000000-0000-4000-8000-000000000000", "int": "1", "slug": "x", "str": "x", "path": "1"}


def every(table: str | None = None) -> Iterator[tuple[str, str]]:
    """Each pattern, such as "register/<uuid:draft_id>/<slug:name>/", and a path that fits it.

    `table` names another URL table than everybody's: settings.STAFF_URLCONF has the staff's addresses as well.
    """
    for pattern in patterns(get_resolver(table).url_patterns):
        yield pattern, path_of(pattern)


def patterns(entries: list[Any], before: str = "") -> Iterator[str]:
    for entry in entries:
        here = before + str(entry.pattern)
        if hasattr(entry, "url_patterns"):
            yield from patterns(entry.url_patterns, here)
        else:
            yield here


def path_of(pattern: str) -> str:
    path = re.sub(r"\(\?P<app_label>(\w+)[^)]*\)", r"\1", pattern)
    path = re.sub(r"\(\?P<url>[^)]*\)", "x", path)
    path = re.sub(r"<(\w+):\w+>", lambda found: SAMPLES[found[1]], path)
    return "/" + path.replace("^", "").removesuffix("$")
