"""The opening page of the desk: what waits, what one has taken, and everything else, grouped by what it is for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from accounts.models import Account
from service_center.read_only import has_permission
from service_center.waiting import KINDS, OWN, count_waiting


@dataclass(frozen=True)
class Place:
    """A page of the desk: what it is called, what one does there, and which list or page it is.

    `of` is a model of the admin such as "accounts.account", or the name of an address, which `permission` opens.
    """

    title: str
    about: str
    of: str
    permission: str = ""


# The places by what they are for. Another page is one more line. A list that stands nowhere here stands under "More".
GROUPS: tuple[tuple[str, tuple[Place, ...]], ...] = (
    (
        "People and their accounts",
        (
            Place("Accounts", "Find somebody, see what happened, unlock, freeze, end waits", "accounts.account"),
            Place("Enter a support PIN", "A caller reads you six digits", "admin:calls_pin", "calls.take_call"),
            Place("Compare what a caller says", "Without a PIN", "admin:calls_compare", "calls.take_call"),
            Place("People without an account yet", "Send an activation code again", "idproofing.proofing"),
            Place("People who act for a patient", "Decide requests, stop an access", "family.surrogacy"),
        ),
    ),
    (
        "Proving who somebody is",
        (
            Place("Reviews", "Details that do not match DEERS", "idproofing.case"),
            Place("Visits", "Compare documents, with the reference of a slip", "idproofing.visit"),
            Place("Letters", "Where a letter is", "idproofing.letter"),
            Place("Print room", "Print letters, and note that they are mailed", "idproofing.batch"),
        ),
    ),
    (
        "Messages and requests",
        (
            Place("Chats", "Take the next one, answer, and hand over", "chat.chat"),
            Place("Calls", "Your call, support PINs, and calls that people asked for", "calls.call"),
            Place("Messages to the service center", "Read and answer", "support.contactmessage"),
            Place(
                "Texts for answers to messages",
                "What answers often say",
                "admin:support_contactmessage_texts",
                "support.change_answertext",
            ),
            Place("Messages to care teams", "Read and answer patients", "secure_messages.thread"),
            Place("Refills and renewals", "Requests to the pharmacy", "medications.request"),
            Place("Appointments", "Requests to your clinics", "appointments.request"),
            Place("Check-ins", "What people said before a visit", "appointments.checkin"),
        ),
    ),
    (
        "What everybody reads",
        (
            Place("Notices to everybody", "Publish an outage or a change, and withdraw it", "support.datednotice"),
            Place("Opinions on articles", "What helped, and what did not", "support.rating"),
        ),
    ),
    (
        "Looking back and over",
        (
            Place(
                "Figures",
                "See where people get stuck, which questions are hard, how long codes take and which cases are waiting",
                "figures",
                "accounts.view_figures",
            ),
            Place("Who works on what", "Share out work", "admin:workload", "support.see_load"),
            Place(
                "Operations",
                "Jobs that failed, emails that are not out, imports, and the seal of the trail",
                "admin:operations",
                "procrastinate.view_procrastinatejob",
            ),
            Place("Audit trail", "Who did what, and when", "safeguards.auditevent"),
        ),
    ),
)
MORE = "More"


def context(request: HttpRequest, apps: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what the opening page shows. `apps` is Django's list of what this member of staff may see."""
    account: Account = request.user  # type: ignore[assignment]
    waiting = count_waiting(KINDS, account)
    return {
        "waiting": [one for one in waiting if one.count],
        "nothing": [one.kind.title for one in waiting if not one.count],
        "own": [one for one in count_waiting(OWN, account) if one.count],
        "groups": group_places(request, apps),
    }


def group_places(request: HttpRequest, apps: Sequence[dict[str, Any]]) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Return title, what it is for and address of each place that this member of staff may open, by group."""
    lists = {f"{app['app_label']}.{one['object_name'].lower()}": one for app in apps for one in app["models"]}
    groups = []
    for title, places in GROUPS:
        rows = []
        for place in places:
            if found := lists.pop(place.of, None):
                rows.append((place.title, place.about, found["admin_url"]))
            elif place.permission and has_permission(request, place.permission):
                rows.append((place.title, place.about, reverse(place.of)))
        groups.append((title, rows))
    groups.append((MORE, [(one["name"], "", one["admin_url"]) for one in lists.values() if one["admin_url"]]))
    return [(title, rows) for title, rows in groups if rows]
