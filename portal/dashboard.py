"""The dashboard's content in one query: what needs the person and what is next. What is new is read if anything came.

Only tables that the level opens are read. It is written in SQL because the first page after signing in should cost the
least. The statements are fixed, so PostgreSQL prepares and plans them once for everyone.
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import Account
from portal import news
from portal.cards import CARDS, NEEDS, Card
from portal.history import REFILL_AHEAD
from portal.record import moments
from safeguards.standby import may_be_read_from_standby

# As many of one kind stand under "What needs you". If there are more, a link leads to them.
FEW = 3


class Line(NamedTuple):
    """One line of a card, ready to be shown. `url` is "" if the row has no page of its own."""

    url: str
    title: str
    when: str
    detail: str


class Shown(NamedTuple):
    """A card with its lines. Of a need, `few` are shown, and `more` tells that there are others."""

    card: Card
    lines: list[Line]

    @property
    def few(self) -> list[Line]:
        return self.lines[:FEW]

    @property
    def more(self) -> bool:
        return len(self.lines) > FEW


@dataclass
class Dashboard:
    """What the dashboard shows. `since` is the last visit in words, "" if there was none; without it nothing is new."""

    since: str
    needs: list[Shown]
    cards: list[Shown]
    news: list[Line] = field(default_factory=list)

    @property
    def is_needed(self) -> bool:
        """Return whether anything needs the person."""
        return any(shown.lines for shown in self.needs)


@cache
def statement(level: int) -> tuple[tuple[Card, ...], tuple[Card, ...], str]:
    """Return the needs and cards of a level, and the one query for all of them in this order.

    Tables of features that the level does not open are not read. A last row says whether anything came since.
    """
    needs = tuple(card for card in NEEDS if card.feature.level <= level)
    cards = tuple(card for card in CARDS if card.feature.level <= level)
    return needs, cards, joined([*(card.sql for card in (*needs, *cards)), news.ANY])


@cache
def statement_of_news(level: int) -> tuple[tuple[news.Kind, ...], str]:
    """Return the kinds of news of a level, and the query for them, with the results last."""
    kinds = tuple(kind for kind in news.KINDS if kind.feature.level <= level)
    wanted = [kind.sql for kind in kinds]
    if news.RESULTS[""].feature.level <= level:
        wanted.append(news.RESULTS_SQL)
    return kinds, f"WITH {news.CAME} {joined(wanted)}"


def joined(wanted: list[str]) -> str:
    """Return one query for several, whose rows begin with the place of theirs."""
    return " UNION ALL ".join(f"(SELECT {at} AS part, c.* FROM ({sql}) c)" for at, sql in enumerate(wanted))  # noqa: S608


@may_be_read_from_standby
def content(account: Account, since: datetime | None, own: str = "") -> Dashboard:
    """Return the dashboard of an account, whose last visit was at `since`. `own` is the reader's time zone.

    A card without lines is included, and says that it is empty.
    """
    needs, cards, sql = statement(account.level or 0)
    shown = [Shown(card, []) for card in (*needs, *cards)]
    visited = moments.show(since.isoformat(timespec="seconds"), settings.TIME_ZONE, own) if since else ""
    found = Dashboard(visited, shown[: len(needs)], shown[len(needs) :])
    soon, came = timezone.localdate() + REFILL_AHEAD, False
    asked = {"patient": account.dod_id, "zone": settings.TIME_ZONE, "since": since, "soon": soon, "few": FEW}
    with connection.cursor() as cursor:
        cursor.execute(sql, asked)
        for place, row_id, title, detail, said, zone in cursor:
            if place < len(shown):
                shown[place].lines.append(line(shown[place].card, row_id, title, detail, said or "", zone, own))
            else:
                came = True
    if came:
        found.news = news_since(account, since)
    return found


def news_since(account: Account, since: datetime | None) -> list[Line]:
    """Return what came into the record since then, of the kinds that the account's level opens."""
    kinds, sql = statement_of_news(account.level or 0)
    found = []
    with connection.cursor() as cursor:
        cursor.execute(sql, {"patient": account.dod_id, "since": since})
        for place, row_id, title, detail, said, _ in cursor:
            if place < len(kinds):
                found.append(new_line(kinds[place], row_id, int(title), detail))
            else:
                found.append(new_line(news.RESULTS[said], None, int(title), "", news.MOST_RESULTS))
    return found


def line(card: Card, row_id: UUID, title: str, detail: str, said: str, zone: str, own: str) -> Line:
    """Return a row as its card shows it."""
    url = f"{card.feature.url}{row_id}/" if card.feature.has_items else ""
    time = moments.show(said, zone, own)
    return Line(url, title, card.when(said, time) if time else "Date not recorded", card.detail(detail))


def new_line(kind: news.Kind, row_id: UUID | None, count: int, names: str, most: int = news.MOST) -> Line:
    """Return what came of one kind."""
    return Line(kind.url(row_id if count == 1 else None), kind.title(count, most), "", names)
