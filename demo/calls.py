"""What the demo's calls desk has to do and has done: people who want to be called, and calls that its agent noted."""

import uuid
from datetime import timedelta

from django.utils import timezone

from accounts.models import Account
from core import center
from demo.people import PEOPLE
from service_center.calls.models import Call
from support import call_backs

About, Outcome, Identity = Call.About, Call.Outcome, Call.Identity
# Minutes ago, about whom, about what, how it ended, how the caller was identified, and a note.
NOTED = (
    (50, "grace", About.SIGN_IN, Outcome.EXPLAINED, Identity.PIN, "Asked how to read codes without a signal."),
    (95, "raymond", About.REGISTRATION, Outcome.EXPLAINED, Identity.COMPARED, ""),
    (130, None, About.DETAILS, Outcome.NOT_IDENTIFIED, Identity.NONE, ""),
)
# From where, about what, and who: strangers to the site, who are not signed in.
WANTED = (
    ("conus", "sign-in", "Opal Marchetti", "(931) 555-0111", "America/Chicago"),
    ("pacific", "family", "Ken Araki", "+1 202 555 0147", "Asia/Tokyo"),
)


def note_calls(agent: Account) -> None:
    """Note some calls of this agent, and let two visitors wait for one."""
    now = timezone.now()
    for minutes, key, about, outcome, identity, note in NOTED:
        began = now - timedelta(minutes=minutes)
        identified = began + timedelta(minutes=1) if identity != Identity.NONE else None
        Call.objects.create(
            staff=agent, dod_id=PEOPLE[key].dod_id if key else "", about=about, outcome=outcome, note=note or None,
            identity=identity, identified_at=identified, began_at=began, ended_at=began + timedelta(minutes=7),
        )  # fmt: skip
    for region, topic, name, number, zone in WANTED:
        want_call(center.REGIONS[region], topic, name, number, zone)


def ask_for_call(account: Account) -> None:
    """Let the holder of an account wait for a call."""
    want_call(center.REGIONS["conus"], "upgrade", account.get_full_name(), account.phone, "America/New_York", account)


def want_call(region: center.Region, topic: str, name: str, number: str, zone: str, by: Account | None = None) -> None:
    """Ask for a call at the first time that is free."""
    slot = call_backs.free_slots(region, by, timezone.now())[0]
    call_backs.ask(uuid.uuid4(), region=region, starts_at=slot, name=name, number=number, topic=topic, zone=zone, by=by)
