"""Who lives, or lived, in one household with a person, and since when, as far as DEERS can tell.

People of one household open each other's mail. So nobody may prove who they are with what stands in that mail.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from core import policy
from core.dates import years_after
from deers.models import Relationship
from deers.registry import TimeTogether

MARRIED = (Relationship.SPOUSE, Relationship.SURVIVING_SPOUSE)


@dataclass(frozen=True, slots=True)
class Member:
    """A person of a family, with the address of record in a form in which equal addresses are equal."""

    dod_id: str
    born: date
    died: date | None
    address: tuple[str, str]

    @property
    def old_enough_on(self) -> date:
        """Return the day from which the member can be expected to read the mail of others."""
        return years_after(self.born, policy.HOUSEHOLD_AGE)


@dataclass(frozen=True, slots=True)
class Tie:
    """A sponsorship. `end` is None if it is still in force."""

    sponsor: Member
    dependent: Member
    relationship: str
    begin: date
    end: date | None


def address_key(street: str, postal_code: str) -> tuple[str, str]:
    """Return an address as it is compared: without regard to case and blanks. Without a street it is ("", "")."""
    key = "".join(street.casefold().split()), "".join(postal_code.casefold().split())
    return key if key[0] else ("", "")


def times_together(dod_id: str, ties: Iterable[Tie], today: date) -> list[TimeTogether]:
    """Return the times in which the person lived with somebody who is alive today, given all ties of the family.

    A spouse counts from the wedding to the divorce, wherever each of them gets mail now. Others of the family count if
    they have the same address of record, from the day on which both were of the family and the other was old enough to
    read.
    """
    ties = list(ties)
    own = [tie for tie in ties if dod_id in (tie.sponsor.dod_id, tie.dependent.dod_id)]
    times = [time for tie in own for time in marriage(dod_id, tie, today)]
    sponsors = {tie.sponsor.dod_id: tie for tie in own if tie.dependent.dod_id == dod_id}
    for tie in ties:
        if tie in own:
            person, other = (tie.sponsor, tie.dependent)
            if person.dod_id != dod_id:
                person, other = other, person
            begin = tie.begin
        else:
            mine = sponsors[tie.sponsor.dod_id]
            person, other, begin = mine.dependent, tie.dependent, max(mine.begin, tie.begin)
        if share_a_home(person, other, today):
            times.append(TimeTogether(max(begin, other.old_enough_on), None))
    return times


def marriage(dod_id: str, tie: Tie, today: date) -> list[TimeTogether]:
    """Return the time of the marriage that the tie tells of, if there is one and the other is alive."""
    other = tie.dependent if tie.sponsor.dod_id == dod_id else tie.sponsor
    if not alive(other, today):
        return []
    if tie.relationship in MARRIED:
        return [TimeTogether(tie.begin, tie.end)]
    # A former spouse is one from the divorce on. DEERS does not say here when the marriage began.
    return [TimeTogether(None, tie.begin)] if tie.relationship == Relationship.FORMER_SPOUSE else []


def share_a_home(person: Member, other: Member, today: date) -> bool:
    """Return whether the other is alive, old enough, and has the person's address of record."""
    same = person.address == other.address != ("", "")
    return same and alive(other, today) and other.old_enough_on <= today


def alive(member: Member, today: date) -> bool:
    return member.died is None or member.died > today
