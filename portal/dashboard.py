"""The dashboard's content in one query: what is next and what is new, of the kinds that a level opens.

It is written in SQL because the first page after signing in should cost the least. The statement is fixed, so
PostgreSQL prepares and plans it once for everyone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection

from accounts.models import Account
from portal.features import BY_SLUG, Feature
from portal.record import moments


class Line(NamedTuple):
    """One line of a card, ready to be shown. `url` is "" if the row has no page of its own."""

    url: str
    title: str
    when: str
    detail: str


@dataclass(frozen=True)
class Card:
    """A card of the dashboard: a feature's nearest or newest rows. `empty` is its text if there are none.

    The columns of `sql` are id, title, detail, when it was as FHIR has it, and the zone of its place. %(patient)s is
    the DoD ID number, %(zone)s the site's time zone. `when` and `detail` put a row's time and detail into words.
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
    """Return the number of refills left, in words. It is "" if nobody knows."""
    if not left:
        return ""
    return "No refills left" if left == "0" else f"Refills left: {left}"


def judged(counts: str) -> str:
    """Return what is known of a panel, from "results unusual unjudged": nothing is called usual that nobody judged."""
    results, unusual, unjudged = map(int, counts.split())
    if unusual:
        return f"{unusual} result{'' if unusual == 1 else 's'} outside the usual range"
    return "In the usual range" if results and not unjudged else ""


CARDS = (
    Card(
        "appointments",
        "Next appointments",
        "All appointments",
        "You have no upcoming appointments.",
        """SELECT resource_id, display, concat_ws(', ', nullif(practitioner, ''), nullif(location, '')), said, zone
           FROM record_appointment WHERE patient = %(patient)s AND status = 'booked' AND at >= now()
           ORDER BY at LIMIT 2""",
    ),
    Card(
        "messages",
        "Latest messages",
        "All messages",
        "You have no messages.",
        """WITH unread AS (
               SELECT DISTINCT thread_id FROM (
                   SELECT thread_id FROM secure_messages_message
                   WHERE patient = %(patient)s AND author = 'staff' AND opened_at IS NULL AND send_due_at <= now()
                   ORDER BY send_due_at DESC LIMIT 20) newest)
           SELECT t.id, t.subject,
                  concat(CASE WHEN unread.thread_id IS NOT NULL THEN 'Unread. ' END, 'With ', team.name,
                         ', ' || nullif(team.clinic, '')),
                  to_char(t.last_answer_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), %(zone)s::text
           FROM secure_messages_thread t JOIN secure_messages_careteam team ON team.id = t.team_id
                LEFT JOIN unread ON unread.thread_id = t.id
           WHERE t.id IN (
               SELECT thread_id FROM unread UNION ALL
               (SELECT id FROM secure_messages_thread
                WHERE patient = %(patient)s AND archived_at IS NULL AND last_answer_at IS NOT NULL
                ORDER BY last_answer_at DESC, id DESC LIMIT 2))
           ORDER BY unread.thread_id IS NULL, t.last_answer_at DESC LIMIT 2""",
    ),
    Card(
        "medications",
        "Medications due",
        "All medications",
        "No prescription in your record is known to run out.",
        """SELECT resource_id, display, coalesce(refills_left::text, ''), supply_ends::text, ''
           FROM record_prescription WHERE patient = %(patient)s AND is_current AND supply_ends IS NOT NULL
           ORDER BY supply_ends LIMIT 2""",
        when="Supply ends {}",
        detail=refills,
    ),
    Card(
        "labs",
        "Latest lab results",
        "All lab results",
        "There are no results yet.",
        """SELECT resource_id, display, concat_ws(' ', results, unusual, unjudged), said, zone
           FROM record_panel WHERE patient = %(patient)s ORDER BY at DESC NULLS LAST, id DESC LIMIT 2""",
        detail=judged,
    ),
    Card(
        "immunizations",
        "Latest immunizations",
        "All immunizations",
        "There are no vaccines in your record.",
        """SELECT resource_id, display, location, said, zone
           FROM record_vaccine WHERE patient = %(patient)s AND was_given
           ORDER BY at DESC NULLS LAST, id DESC LIMIT 2""",
    ),
    Card(
        "allergies",
        "Allergies",
        "All allergies",
        "Nobody has written down whether you have allergies.",
        """SELECT resource_id, display, array_to_string(reactions, ', '), said, zone
           FROM record_allergy WHERE patient = %(patient)s AND status IN ('active', '')
           ORDER BY at DESC NULLS LAST, id DESC LIMIT 2""",
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
        cursor.execute(sql, {"patient": account.dod_id, "zone": settings.TIME_ZONE})
        for place, row_id, title, detail, said, zone in cursor:
            shown[place].lines.append(line(wanted[place], row_id, title, detail, moments.show(said or "", zone)))
    return shown


def line(card: Card, row_id: UUID, title: str, detail: str, time: str) -> Line:
    """Return a row as its card shows it."""
    url = f"{card.feature.url}{row_id}/" if card.feature.has_items else ""
    return Line(url, title, card.when.format(time) if time else "Date not recorded", card.detail(detail))
