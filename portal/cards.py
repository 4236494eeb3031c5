"""The dashboard's cards: what each one asks of the record, and how it says it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.utils import timezone

from portal.features import BY_SLUG, Feature


@dataclass(frozen=True)
class Card:
    """A card of the dashboard: a feature's nearest or newest rows. `empty` is its text if there are none.

    The columns of `sql` are id, title, detail, when it was as FHIR has it, and the zone of its place. %(patient)s is
    the DoD ID number, %(zone)s the site's time zone. `detail` puts a row's detail into words. `when` does so with its
    time, which it gets as FHIR has it and as people read it.
    """

    slug: str
    title: str
    more: str
    empty: str
    sql: str
    when: Callable[[str, str], str] = lambda said, time: time
    detail: Callable[[str], str] = str

    @cached_property
    def feature(self) -> Feature:
        return BY_SLUG[self.slug]


def supply(said: str, time: str) -> str:
    """Return when a supply runs out, in words."""
    return f"Supply {'ended' if date.fromisoformat(said) < timezone.localdate() else 'ends'} {time}"


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


# What needs the person: a line for each row, the title before its name. The most urgent kind comes first.
NEEDS = (
    Card(
        "messages",
        "Unread message",
        "More unread messages",
        "",
        """SELECT t.id, t.subject, concat_ws(', ', team.name, nullif(team.clinic, '')),
                   to_char(max(m.send_due_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), %(zone)s::text
            FROM secure_messages_message m JOIN secure_messages_thread t ON t.id = m.thread_id
                 JOIN secure_messages_careteam team ON team.id = t.team_id
            WHERE m.patient = %(patient)s AND m.author = 'staff' AND m.opened_at IS NULL AND m.send_due_at <= now()
            GROUP BY t.id, team.id ORDER BY max(m.send_due_at) DESC LIMIT %(few)s + 1""",
    ),
    Card(
        "appointments",
        "Appointment soon",
        "More appointments",
        "",
        """SELECT resource_id, display, concat_ws(', ', nullif(practitioner, ''), nullif(location, '')), said, zone
            FROM record_appointment WHERE patient = %(patient)s AND status = 'booked'
            AND at BETWEEN now() AND now() + interval '7 days' ORDER BY at LIMIT %(few)s + 1""",
    ),
    Card(
        "medications",
        "Medication",
        "More medications that run out",
        "",
        """SELECT resource_id, display, coalesce(refills_left::text, ''), supply_ends::text, ''
            FROM record_prescription WHERE patient = %(patient)s AND is_current AND supply_ends <= %(soon)s::date
            ORDER BY supply_ends DESC LIMIT %(few)s + 1""",
        when=supply,
        detail=refills,
    ),
)
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
        """SELECT t.id, t.subject, concat_ws(', ', team.name, nullif(team.clinic, '')),
                  to_char(t.last_answer_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), %(zone)s::text
           FROM secure_messages_thread t JOIN secure_messages_careteam team ON team.id = t.team_id
           WHERE t.patient = %(patient)s AND t.archived_at IS NULL AND t.last_answer_at IS NOT NULL
           ORDER BY t.last_answer_at DESC, t.id DESC LIMIT 2""",
    ),
    Card(
        "medications",
        "Medications due",
        "All medications",
        "No prescription in your record is known to run out.",
        """SELECT resource_id, display, coalesce(refills_left::text, ''), supply_ends::text, ''
           FROM record_prescription WHERE patient = %(patient)s AND is_current AND supply_ends IS NOT NULL
           ORDER BY supply_ends LIMIT 2""",
        when=supply,
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
        when=lambda said, time: f"In your record since {time}",
    ),
)
