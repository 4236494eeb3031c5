"""All pages of the site, as people come to see them. A scene is a story: each response that it yields is a page.

Add a new page with one line in the scene where it belongs. tests/pages/test_markup.py asks for it.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse

from tests.pages import (
    account,
    audit_and_figures,
    family_and_visits,
    journeys,
    mails,
    own_readings,
    portal,
    staff,
    visitors,
)

Scene = Callable[[], Iterator[Any]]
# Made before the page that holds it, or kept from an earlier page by {% once %}.
PARTS = ("portal/menu.html", "accounts/passkey_foot.html")
ROOMS = (visitors, journeys, account, portal, own_readings, family_and_visits, staff, audit_and_figures, mails)
SCENES: dict[str, Scene] = {
    f"{room.__name__.rsplit('.', 1)[1]}: {scene.__name__}": scene for room in ROOMS for scene in room.SCENES
}
# Scripts that a view makes for the page.
MADE = re.compile(rf'<script src="(/(?!{settings.STATIC_URL[1:]})[^"]+)"')


@dataclass(frozen=True)
class Page:
    """A page as a browser gets it, and where it comes from."""

    name: str
    path: str
    address: str
    template: str
    templates: frozenset[str]
    answer: HttpResponse
    scripts: dict[str, HttpResponse]

    @property
    def html(self) -> str:
        return self.answer.content.decode()


@cache
def played(scene: Scene) -> tuple[Page, ...]:
    """The pages of a scene. It leaves nothing in the database, so it is played once for all tests of a process."""
    with rolled_back():
        return tuple(page_of(answer) for answer in pages(scene))


def page_of(answer: Any) -> Page:
    """What a test's client, or a view asked by hand, answered."""
    return Page(
        name_of(answer),
        answer.wsgi_request.get_full_path(),
        address_of(answer),
        template_of(answer),
        frozenset(one.name for one in getattr(answer, "templates", ()) or () if one.name),
        answer,
        {script: answer.client.get(script) for script in MADE.findall(answer.content.decode())},
    )


def pages(scene: Scene) -> Iterator[Any]:
    """The answers of a scene, each of which must be a page."""
    for number, answer in enumerate(scene(), 1):
        what = f"Answer {number} of {scene.__name__}: {answer.status_code}"
        assert answer.status_code not in (301, 302), f"{what} leads elsewhere"
        assert answer["Content-Type"].startswith("text/html"), f"{what} is no page"
        yield answer


@contextmanager
def rolled_back() -> Iterator[None]:
    """Leaves nothing of the block in the database."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def address_of(answer: Any) -> str:
    """The pattern of a page's address; of one that no address leads to, its path."""
    request = answer.wsgi_request
    return request.resolver_match.route if request.resolver_match else request.path.lstrip("/")


def template_of(answer: Any) -> str:
    """The template that the page was made with, not one of its parts; "" where none was."""
    names = [template.name or "" for template in getattr(answer, "templates", ())]
    return next((name for name in names if name.endswith(".html") and name not in PARTS), "")


def name_of(answer: Any) -> str:
    """How a failure calls a page: which it is, without anything that belongs to a person."""
    match = answer.wsgi_request.resolver_match
    which = [match.kwargs[key] for key in ("slug", "name") if match and key in match.kwargs]
    return " ".join([f"/{address_of(answer)}", *which, template_of(answer), str(answer.status_code)])
