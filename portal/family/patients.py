"""Whose record is open: one's own, or that of a patient for whom one sees or acts."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import Http404
from django.urls import reverse

from accounts.models import Account
from portal.record.sensitive import Guarded
from safeguards import audit


@dataclass(frozen=True)
class Patient:
    """A person whose record somebody else has open. Pages of health features take it in place of the account.

    `id` is in the address. `reader` is who has it open, and `account` is whose trail and mailbox hear of it: the
    patient's own, or for a child the parent's, or the surrogate's if the patient has none. `sees` and `acts` are
    features by slug, until the day `ends`.
    """

    id: UUID
    name: str
    dod_id: str
    reader: Account
    account: Account
    sees: frozenset[str]
    acts: frozenset[str]
    ends: date
    is_child: bool = False
    by_case: bool = False
    """Whether the reader is a surrogate whose paper two members of staff have seen."""
    until: datetime | None = None
    """When a look by a code ends. Only who has one reads without an account."""

    @property
    def is_shared(self) -> bool:
        """Return whether somebody without an account reads this by a code."""
        return self.until is not None

    @property
    def is_guarded(self) -> bool:
        """Return whether a part of the record is closed because it is sensitive."""
        return isinstance(self.dod_id, Guarded)

    @property
    def first_name(self) -> str:
        return self.name.partition(" ")[0]


Who = Account | Patient


def address_of(who: Who | None, name: str, *args: object) -> str:
    """Return the address of a page of the portal for the record that is open."""
    if not isinstance(who, Patient):
        return reverse(name, args=args)
    return reverse(f"shared-{name}", args=args) if who.is_shared else reverse(f"of-{name}", args=[who.id, *args])


def account_of(who: Who) -> Account:
    """Return the account whose trail and mailbox hear of what is done in the record that is open."""
    return who.account if isinstance(who, Patient) else who


def require_part(who: Who, *features: str) -> None:
    """Raise Http404 unless the open record includes one of these features. One's own record has them all.

    Some features have pages of the same kind, so an item of one could be asked for at the address of another.
    """
    if isinstance(who, Patient) and not who.sees & set(features):
        raise Http404


def reader_of(who: Who) -> Account:
    """Return the account of the person who does it."""
    return who.reader if isinstance(who, Patient) else who


def helper_of(who: Who) -> Account | None:
    """Return the account of who does it for the patient, or None for one's own record."""
    return who.reader if isinstance(who, Patient) else None


def name_of_writer(who: Who, helper: Account | None) -> str:
    """Return who wrote something in the record that is open, as its reader calls them.

    `helper` is who wrote it for the patient, or None.
    """
    if helper:
        return "You" if helper == reader_of(who) else helper.get_full_name()
    return who.name if isinstance(who, Patient) else "You"


def record_event(event: str, *, by: Who, **details: Any) -> None:
    """Write an event on the trail of the person whose record it is. It says who did it, and by which access.

    What a surrogate does is also found by the patient's number, because many such patients have no account.
    """
    patient = str(by.dod_id) if isinstance(by, Patient) and by.by_case else None
    audit.record(event, by=reader_of(by), account_id=account_of(by).pk, dod_id=patient, **access_of(by), **details)


def access_of(who: Who) -> dict[str, str]:
    """Return the detail of an event that says by which access it was done. It is none for one's own record."""
    return {"delegation": str(who.id)} if isinstance(who, Patient) else {}
