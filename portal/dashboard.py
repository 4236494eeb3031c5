"""The dashboard's content in one query: what is next and what is new, of the kinds that a level opens.

It is written in SQL because the first page after signing in should cost the least. The statement is fixed, so
PostgreSQL prepares and plans it once for everyone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, cached_property
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.utils import timezone

from accounts.models import Account
from portal.features import BY_SLUG, Feature


class Line(NamedTuple):
    """One line of a card, ready to be shown. `url` is "" if the row has no page of its own."""

    url: str
    title: str
    when: str
    detail: str


@dataclass(frozen=True)
class Card:
    """A card of the dashboard: a feature's nearest or newest rows. `empty` is its text if there are none.

    The columns of `sql` are id, title, detail, a moment and a day. One of the last two is NULL. %(patient)s is the DoD
    ID number. `when` and `detail` put a row's time and detail into words.
    """

    slug: str
    title: str
    more: str
    empty: str
    sql: str
    when: str = "{}"
    detail: Callable[[str], str] = str

    @cached_property
    def feature(self) -> Feature:
        return BY_SLUG[self.slug]


def refills(left: str) -> str:
    """Return the number of refills left, in words."""
    return "No refills left" if left == "0" else f"Refills left: {left}"


def outside(count: str) -> str:
    """Return in words how many results are outside the usual range."""
    if count == "0":
        return "In the usual range"
    return f"{count} result{'' if count == '1' else 's'} outside the usual range"


CARDS = (
    Card(
        "appointments",
        "Next appointments",
        "All appointments",
        "You have no upcoming appointments.",
        """SELECT id, display, concat_ws(', ', practitioner, location), start, NULL::date
           FROM portal_appointment WHERE patient = %(patient)s AND status = 'booked' AND start >= now()
           ORDER BY start LIMIT 2""",
    ),
    Card(
        "messages",
        "Latest messages",
        "All messages",
        "You have no messages.",
        """SELECT id, subject, care_team, last_sent_at, NULL::date
           FROM portal_thread WHERE patient = %(patient)s ORDER BY last_sent_at DESC LIMIT 2""",
    ),
    Card(
        "medications",
        "Medications due",
        "All medications",
        "You have no prescriptions that are running out.",
        """SELECT id, display, refills_left::text, NULL::timestamptz, last_filled + days_supply
           FROM portal_medication WHERE patient = %(patient)s AND status = 'active' AND last_filled IS NOT NULL
           ORDER BY last_filled + days_supply LIMIT 2""",
        when="Supply ends {}",
        detail=refills,
    ),
    Card(
        "labs",
        "Latest lab results",
        "All lab results",
        "There are no results yet.",
        """SELECT id, display, (SELECT count(*) FROM portal_observation WHERE report_id = portal_report.id
                                AND interpretation NOT IN ('', 'N'))::text, effective, NULL::date
           FROM portal_report WHERE patient = %(patient)s ORDER BY effective DESC LIMIT 2""",
        detail=outside,
    ),
    Card(
        "immunizations",
        "Latest immunizations",
        "All immunizations",
        "There are no vaccines in your record.",
        """SELECT id, display, location, NULL::timestamptz, occurrence
           FROM portal_immunization WHERE patient = %(patient)s ORDER BY occurrence DESC LIMIT 2""",
    ),
    Card(
        "allergies",
        "Allergies",
        "All allergies",
        "There are no allergies in your record.",
        """SELECT id, display, reaction, NULL::timestamptz, recorded
           FROM portal_allergy WHERE patient = %(patient)s AND status = 'active' ORDER BY recorded DESC LIMIT 2""",
        when="In your record since {}",
    ),
)


class Shown(NamedTuple):
    """A card with its lines."""

    card: Card
    lines: list[Line]


@cache
def statement(level: int) -> tuple[tuple[Card, ...], str]:
    """Return the cards of a level, and the one query for all of them.

    Tables of features that the level does not open are not read.
    """
    cards = tuple(card for card in CARDS if card.feature.level <= level)
    parts = (f"(SELECT {place} AS card, c.* FROM ({card.sql}) c)" for place, card in enumerate(cards))  # noqa: S608
    return cards, " UNION ALL ".join(parts)


def cards(account: Account) -> list[Shown]:
    """Return the dashboard of this account. A card without lines is included, and says that it is empty."""
    wanted, sql = statement(account.level or 0)
    shown = [Shown(card, []) for card in wanted]
    with connection.cursor() as cursor:
        cursor.execute(sql, {"patient": account.dod_id})
        for place, row_id, title, detail, moment, day in cursor:
            shown[place].lines.append(line(wanted[place], row_id, title, detail, words(moment, day)))
    return shown


def line(card: Card, row_id: UUID, title: str, detail: str, time: str) -> Line:
    """Return a row as its card shows it."""
    url = f"{card.feature.url}{row_id}/" if card.feature.has_items else ""
    return Line(url, title, card.when.format(time), card.detail(detail))


def words(moment: datetime | None, day: date | None) -> str:
    """Return a day as "March 4, 2026". A moment has the time too, as the clinic's clock shows it."""
    if moment is not None:
        return f"{timezone.localtime(moment):%B %-d, %Y at %-I:%M %p}"
    return f"{day:%B %-d, %Y}" if day else "on an unknown date"
