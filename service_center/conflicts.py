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

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, partial

from accounts.models import Account, State
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


def record_conflict(
    why: Conflict | None, by: Account, *, dod_id: str | None = None, account_id: int | None = None
) -> Conflicted | None:
    if why is None:
        return None
    if why != Conflict.SILENT:  # that is nobody's doing
        audit.record("support.conflict-found", by=by, dod_id=dod_id, account_id=account_id, why=why.value)
    return Conflicted(why)


def conflict_with_account(by: Account, account: Account, *, needs_deers: bool = False) -> Conflict | None:
    """Return why this staff member may not act on the account, or None."""
    if account.pk == by.pk:
        return Conflict.OWN
    if account.is_staff:
        return Conflict.WATCHER if watches_over(account, by) else None
    return conflict_with_person(by, account.dod_id, mailbox=account.email, needs_deers=needs_deers)


def watches_over(watcher: Account, watched: Account) -> bool:
    """Return whether a role of the first watches over a role of the second."""
    theirs = set(watcher.groups.values_list("name", flat=True))
    return any(theirs & set(WATCHED_BY.get(role, ())) for role in watched.groups.values_list("name", flat=True))


def conflict_with_person(
    by: Account, dod_id: str | None, *, mailbox: str = "", needs_deers: bool = True
) -> Conflict | None:
    """Return why this staff member may not decide about the person with this DoD ID number, or None."""
    if same_mailbox(by.email, mailbox):
        return Conflict.CLOSE
    return judge_person(by, dod_id, own=partial(own_people, by), kin=lookup.kin, needs_deers=needs_deers)


def conflicts_with_people(by: Account, dod_ids: Iterable[str]) -> dict[str, Conflict]:
    """Return about whom of many people this staff member may not decide, and why.

    DEERS is asked only once who the staff member is, and who their family is.
    """
    own, kin = cache(partial(own_people, by)), cache(lookup.kin)
    judged = {dod_id: judge_person(by, dod_id, own=own, kin=kin, needs_deers=True) for dod_id in set(dod_ids)}
    return {dod_id: why for dod_id, why in judged.items() if why}


def judge_person(
    by: Account,
    dod_id: str | None,
    *,
    own: Callable[[], list[Beneficiary] | None],
    kin: Callable[[str], list[str] | None],
    needs_deers: bool,
) -> Conflict | None:
    """Return why this staff member may not decide about the person.

    `own` and `kin` ask DEERS for the people who are the staff member, and for a person's family.
    """
    person = lookup.person(dod_id or "")
    if person is None:
        return Conflict.SILENT if needs_deers and not lookup.answers() else None
    if reaches(by, person) or Account.objects.filter(dod_id=dod_id, email__lower=by.email.lower()).exists():
        return Conflict.CLOSE
    me = own()
    if me is None and needs_deers:
        return Conflict.SILENT
    for mine in me or ():
        family = kin(mine.dod_id)
        if person.dod_id in (mine.dod_id, *(family or ())) or same_address(mine, person):
            return Conflict.CLOSE
        if family is None and needs_deers:
            return Conflict.SILENT
    return None


def own_people(by: Account) -> list[Beneficiary] | None:
    """Return the people in DEERS who are this staff member, as far as that can be known.

    Return None if DEERS did not answer every question.
    """
    accounts = Account.objects.filter(email__lower=by.email.lower(), dod_id__isnull=False).exclude(state=State.CLOSED)
    holders = [lookup.person(dod_id or "") for dod_id in accounts.values_list("dod_id", flat=True)]
    name = f"{by.last_name}, {by.first_name}"
    namesakes = lookup.ask(lambda deers: deers.search(name, most=NAMESAKES), None)
    if namesakes is None or (None in holders and not lookup.answers()):
        return None
    found = {person.dod_id: person for person in holders if person}
    for person in namesakes:
        if reaches(by, person):
            found.setdefault(person.dod_id, person)
    return list(found.values())


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
