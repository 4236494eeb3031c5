"""The states of a request to act for a patient and the transitions between them, each with its audit event."""

import secrets
from datetime import datetime, time

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.mail import links, notices
from accounts.models import Account
from accounts.models.account import State as AccountState
from core.policy import Level
from deers import lookup
from deers.registry import Beneficiary
from idproofing import letters, postal
from idproofing.transitions import TransitionRefused, apply
from portal.family.models import Surrogacy
from safeguards import audit
from safeguards.cipher import blind_index

__all__ = ["START", "TRANSITIONS", "State", "TransitionRefused", "change_state"]

State = Surrogacy.State
START = State.ASKED

TRANSITIONS: dict[tuple[str, str], str] = {
    (State.ASKED, State.PROPOSED): "surrogate.proposed",
    (State.PROPOSED, State.ASKED): "surrogate.sent-back",
    (State.PROPOSED, State.OPEN): "surrogate.opened",
    (State.PROPOSED, State.DECLINED): "surrogate.declined",
    # The one who asked takes it back.
    (State.ASKED, State.WITHDRAWN): "surrogate.withdrawn",
    (State.PROPOSED, State.WITHDRAWN): "surrogate.withdrawn",
    # The paper never came.
    (State.ASKED, State.ENDED): "surrogate.ended",
    # The patient, the surrogate or the desk stops it at any time.
    (State.OPEN, State.STOPPED): "surrogate.stopped",
    # Its last day is over, or a new one takes its place.
    (State.OPEN, State.ENDED): "surrogate.ended",
}
# What only reviewers read of.
UNTOLD = (State.PROPOSED, State.ASKED)


def change_state(row: Surrogacy, to: str, *, by: Account | str, now: datetime | None = None, **values: object) -> None:
    """Move a request on, with its event, and tell both sides at all their addresses.

    What was typed goes when the request is decided. Raise TransitionRefused if it cannot be moved so, or somebody else
    was first.
    """
    now = now or timezone.now()
    if to not in Surrogacy.WAITING:
        values |= {"typed": None, "subject": None}
    opened = State.OPEN in (row.state, to)
    token = new_token(row) if to == State.OPEN else ""
    if token:
        values["objection"] = objection_index(token)
    with transaction.atomic():
        event = apply(row, to, TRANSITIONS, now=now, **values)
        patient = account_of_patient(row) if opened else None
        audit.record(event, by=by, account_id=row.asker_id, dod_id=row.patient or None, surrogacy=row.number)
        if patient:
            audit.record(event, by=by, account_id=patient.pk, delegation=str(row.access))
        if to in UNTOLD:
            return
        tell_asker(row.asker, by=by, since=now)
        if opened:
            tell_patient(row, patient, token, by=by, now=now)


def account_of_patient(row: Surrogacy) -> Account | None:
    """Return the patient's own account, if there is one."""
    return find_account(row.patient) if row.patient else None


def find_account(dod_id: str) -> Account | None:
    return Account.objects.filter(dod_id=dod_id).exclude(state=AccountState.CLOSED).first()


def can_be_told(person: Beneficiary) -> bool:
    """Return whether anything that tells a patient of a surrogate would arrive: by email, or on paper."""
    account = find_account(person.dod_id)
    return bool(person.email or (account and notices.addresses_of(account)) or postal.lines(person))


def tell_asker(asker: Account, *, by: Account | str, since: datetime) -> None:
    """Tell the surrogate that something has changed. What was done in the surrogate's account can be denied."""
    if asker == by:
        notices.tell(asker, "surrogate-changed", since=since)
    else:
        notices.inform(asker, "surrogate-changed")


def tell_patient(row: Surrogacy, account: Account | None, token: str, *, by: Account | str, now: datetime) -> None:
    """Tell the patient, at every address on record, that somebody may act for them, or no longer does.

    The former has the link that stops it at once. If DEERS has no email address, and there is no account, it goes on
    paper.
    """
    link = link_of(token) if token else ""
    person, kind = lookup.person(row.patient), "surrogate-for-you" if token else "surrogate-over"
    addresses = notices.addresses_of(account) if account else [person.email if person else ""]
    name = account.first_name if account else person.first_name if person else ""
    for address in filter(None, addresses):
        notices.send(kind, to=address, account_id=account.pk if account else None, first_name=name, stop=link)
    if token and person and not any(addresses):
        kind_of_letter, until = letters.Kind.SURROGATE, ends_at(row)
        letters.notify(person, Level.PREMIUM, link, until, by=by, kind=kind_of_letter, now=now)


def link_of(token: str) -> str:
    """Return the full URL of the page that stops an access. The desk has other addresses of its own."""
    return settings.SITE_ADDRESS + reverse("surrogate-stop", args=[token], urlconf=settings.ROOT_URLCONF)


def ends_at(row: Surrogacy) -> datetime:
    """Return when the last day of an access is over."""
    assert row.ends
    return timezone.make_aware(datetime.combine(row.ends, time(23, 59)))


def new_token(row: Surrogacy) -> str:
    """Return a token for the link that stops the access: one to type if it goes on paper."""
    person = lookup.person(row.patient)
    by_mail = (person and person.email) or account_of_patient(row)
    return secrets.token_urlsafe(32) if by_mail else links.typeable()


def objection_index(token: str) -> bytes:
    """Return the keyed hash of a token."""
    return blind_index(links.as_meant(token), purpose="surrogate-objection")
