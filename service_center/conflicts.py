"""Conflicts of interest: about whom a staff member may not decide.

Nobody decides about themselves, about people of their own household or at their own address, or about those who watch
over them. A staff account has no DoD ID number, so DEERS cannot simply be asked who a staff member is. What can be
known:

- people whose email address or phone number is the staff member's, in DEERS, in an account, or as typed in a journey,
- accounts of beneficiaries with the staff member's email address, and people of the staff member's name with such an
  address or number in DEERS: these count as the staff member,
- their family in DEERS, present or past, and everybody at their postal address.

Somebody who works here under one email address and is known to DEERS under another, with another phone number, is not
found. Then the second person who has to agree is what remains.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from accounts.models import Account, State
from core.phones import PhoneDigits, searched_phone
from deers import lookup, names
from deers.registry import Beneficiary
from safeguards import audit
from service_center.roles import WATCHED_BY

# Shorter numbers are extensions, or are shared by a whole office.
PHONE_DIGITS = 10
NAMESAKES = 50


class Conflict(StrEnum):
    """Why a staff member may not decide."""

    OWN = "own"
    CLOSE = "close"
    WATCHER = "watcher"
    SILENT = "silent"


SENTENCES: dict[Conflict, str] = {
    Conflict.OWN: "This is your own account. A colleague has to do that.",
    Conflict.CLOSE: "By our records, this may be you, somebody of your household or somebody at your address. "
    "A colleague has to do that.",
    Conflict.WATCHER: "This person watches over your work, so you cannot act on their account.",
    Conflict.SILENT: "DEERS does not answer right now, so we cannot tell whether this person is close to you. "
    "Nothing was changed. Please try again in a few minutes.",
}


@dataclass
class Known:
    """What can be known of a staff member, each thing asked for once."""

    by: Account

    @cached_property
    def accounts(self) -> list[tuple[str | None, str]]:
        """Return the DoD ID number and the state of each account with the staff member's email address."""
        mine = Account.objects.filter(email__lower=self.by.email.lower(), dod_id__isnull=False)
        return list(mine.values_list("dod_id", "state")) if self.by.email else []

    @cached_property
    def people(self) -> list[Beneficiary] | None:
        """Return the people in DEERS who are this staff member, as far as that can be known.

        Return None if DEERS did not answer every question.
        """
        holders = [lookup.person(dod_id or "") for dod_id, state in self.accounts if state != State.CLOSED]
        name = f"{self.by.last_name}, {self.by.first_name}"
        namesakes = lookup.ask(lambda deers: deers.search(name, most=NAMESAKES), None)
        if namesakes is None or (None in holders and not lookup.answers()):
            return None
        found = {person.dod_id: person for person in holders if person}
        for person in namesakes:
            if reaches(self.by, person):
                found.setdefault(person.dod_id, person)
        return list(found.values())

    @cached_property
    def families(self) -> dict[str, list[str] | None]:
        """Return the family of each of these people. It is None if DEERS does not answer."""
        return {mine.dod_id: lookup.kin(mine.dod_id) for mine in self.people or ()}


@dataclass(frozen=True)
class Conflicted:
    """The staff member may not decide about this person. Nothing was changed."""

    why: Conflict

    @property
    def sentence(self) -> str:
        return SENTENCES[self.why]


def refuse_close(by: Account, dod_id: str | None, *, mailbox: str = "", needs_deers: bool = True) -> Conflicted | None:
    """Return Conflicted, and record it, if this staff member may not decide about the person. Otherwise return None.

    `mailbox` is the address that was typed in the journey. With `needs_deers`, nothing is decided while DEERS does not
    answer. Call this outside a transaction, because it asks DEERS.
    """
    return record_conflict(
        conflict_with_person(by, dod_id, mailbox=mailbox, needs_deers=needs_deers), by, dod_id=dod_id
    )


def refuse_account(by: Account, account: Account, *, needs_deers: bool = False) -> Conflicted | None:
    """Do the same as `refuse_close` for an account, of a beneficiary or of staff."""
    return record_conflict(conflict_with_account(by, account, needs_deers=needs_deers), by, account_id=account.pk)


def refuse_number(by: Account, number: str) -> Conflicted | None:
    """Do the same for somebody of whom only a phone number is known: it is the staff member's, or of somebody close."""
    return record_conflict(conflict_with_number(by, number), by)


def record_conflict(
    why: Conflict | None, by: Account, *, dod_id: str | None = None, account_id: int | None = None
) -> Conflicted | None:
    if why is None:
        return None
    if why != Conflict.SILENT:  # that is nobody's doing
        audit.record("support.conflict-found", by=by, dod_id=dod_id, account_id=account_id, why=why.value)
    return Conflicted(why)


def conflict_with_account(
    by: Account, account: Account, *, person: Beneficiary | None = None, needs_deers: bool = False
) -> Conflict | None:
    """Return why this staff member may not act on the account, or None. `person` is its holder, if DEERS was asked."""
    if account.pk == by.pk:
        return Conflict.OWN
    if account.is_staff:
        return Conflict.WATCHER if watches_over(account, by) else None
    return conflict_with_person(by, account.dod_id, mailbox=account.email, person=person, needs_deers=needs_deers)


def watches_over(watcher: Account, watched: Account) -> bool:
    """Return whether a role of the first watches over a role of the second."""
    theirs = set(watcher.groups.values_list("name", flat=True))
    return any(theirs & set(WATCHED_BY.get(role, ())) for role in watched.groups.values_list("name", flat=True))


def conflict_with_person(
    by: Account,
    dod_id: str | None,
    *,
    mailbox: str = "",
    person: Beneficiary | None = None,
    needs_deers: bool = True,
) -> Conflict | None:
    """Return why this staff member may not decide about the person with this DoD ID number, or None.

    `person` is what DEERS says of them, if it was asked.
    """
    if same_mailbox(by.email, mailbox):
        return Conflict.CLOSE
    return judge_person(Known(by), person or lookup.person(dod_id or ""), needs_deers=needs_deers)


def conflicts_with_people(by: Account, dod_ids: Iterable[str]) -> dict[str, Conflict]:
    """Return about whom of many people this staff member may not decide, and why."""
    known = Known(by)
    judged = {dod_id: judge_person(known, lookup.person(dod_id), needs_deers=True) for dod_id in set(dod_ids)}
    return {dod_id: why for dod_id, why in judged.items() if why}


def conflict_with_number(by: Account, number: str) -> Conflict | None:
    """Return why this staff member may not call the number, or None. People have it in DEERS or in an account."""
    digits = searched_phone(number)
    if not digits:
        return None
    if digits == searched_phone(by.phone):
        return Conflict.CLOSE
    having = Account.objects.alias(digits=PhoneDigits("phone")).filter(digits=digits, dod_id__isnull=False)
    people = {person.dod_id for person in lookup.search(digits) if searched_phone(person.phone) == digits}
    found = conflicts_with_people(by, people | {dod_id or "" for dod_id in having.values_list("dod_id", flat=True)})
    return Conflict.CLOSE if Conflict.CLOSE in found.values() else None


def people_close_to(by: Account) -> set[str]:
    """Return the DoD ID numbers of everybody who is known to be close to a staff member.

    Who only lives at the same address is not among them: DEERS is not asked who lives where. `conflict_with_person`
    knows when it is asked about such a person.
    """
    known = Known(by)
    reached = [person for text in (by.email, by.phone) if text for person in lookup.search(text) if reaches(by, person)]
    found = {person.dod_id for person in (*(known.people or ()), *reached)}
    found |= {dod_id for dod_id, _ in known.accounts if dod_id}
    return found | {one for family in known.families.values() for one in family or ()}


def judge_person(known: Known, person: Beneficiary | None, *, needs_deers: bool) -> Conflict | None:
    """Return why the staff member may not decide about the person. None stands for one whom DEERS does not know."""
    if person is None:
        return Conflict.SILENT if needs_deers and not lookup.answers() else None
    if reaches(known.by, person) or person.dod_id in dict(known.accounts):
        return Conflict.CLOSE
    if known.people is None and needs_deers:
        return Conflict.SILENT
    for mine in known.people or ():
        family = known.families[mine.dod_id]
        if person.dod_id in (mine.dod_id, *(family or ())) or same_address(mine, person):
            return Conflict.CLOSE
        if family is None and needs_deers:
            return Conflict.SILENT
    return None


def reaches(by: Account, person: Beneficiary) -> bool:
    """Return whether DEERS has the staff member's email address or phone number for this person."""
    mine, theirs = ("".join(filter(str.isdigit, text))[-PHONE_DIGITS:] for text in (by.phone, person.phone))
    return same_mailbox(by.email, person.email) or (len(mine) == PHONE_DIGITS and mine == theirs)


def same_mailbox(mine: str, theirs: str) -> bool:
    return bool(mine) and mine.strip().lower() == theirs.strip().lower()


def same_address(one: Beneficiary, other: Beneficiary) -> bool:
    """Return whether two people have one postal address of record. Case, accents and punctuation make no difference."""
    return bool(one.street) and lines_of(one) == lines_of(other)


def lines_of(person: Beneficiary) -> tuple[list[str], list[str], str]:
    return names.words(person.street), names.words(person.city), person.postal_code.strip()[:5]
