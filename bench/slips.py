"""What goes wrong on the side of applicants, how often, and how their applications end."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random

from core.policy import Level


class Slip(StrEnum):
    """What goes wrong on a person's side. The site has to refuse each, and to let the right answer through after it."""

    EMPTY = "a field left empty"
    BORN = "wrong date of birth"
    NUMBER = "wrong digit in a number"
    NAME = "name misspelled, a near match"
    FORGOTTEN = "an answer forgotten once"
    FAILED = "answers forgotten each time"
    CODE = "activation code mistyped"
    TAKEN = "username taken"
    WEAK = "password too weak"
    DIFFERENT = "passwords differ"
    APP = "first code of the app mistyped"
    PASSWORD = "wrong password at sign-in"  # noqa: S105 - the name of a slip
    SECOND_STEP = "code mistyped at sign-in"


class End(StrEnum):
    """What came of an application."""

    OPEN = "told that the account is open"
    HAD_ONE = "told that there is an account"
    OTHER_WAY = "sent another way to prove who they are"
    LEFT = "left at a page"
    TURNED_AWAY = "turned away: busy each time"
    NO_ANSWER = "got no answer"
    STOPPED = "stopped by us"
    UNEXPECTED = "met what should not happen"


# How many of 1 do what, all own: rather more than on a good day. Passwords go wrong most, and numbers that stand on the
# card least.
PREMIUM, BY_EMAIL, BY_DOD_ID, HAS_ACCOUNT, LEAVES, SIGNS_IN = 0.6, 0.8, 0.5, 0.05, 0.12, 0.8
RATES: dict[Slip, float] = {
    Slip.EMPTY: 0.08,
    Slip.BORN: 0.05,
    Slip.NUMBER: 0.05,
    Slip.NAME: 0.07,
    Slip.FORGOTTEN: 0.15,
    Slip.FAILED: 0.04,
    Slip.CODE: 0.08,
    Slip.TAKEN: 0.08,
    Slip.WEAK: 0.3,
    Slip.DIFFERENT: 0.07,
    Slip.APP: 0.08,
    Slip.PASSWORD: 0.2,
    Slip.SECOND_STEP: 0.1,
}
# Where people leave, by weight: own; most at the pages that ask for most.
LEFT_AT = {"register/route": 3, "details": 4, "questions": 4, "delivery": 1, "code": 3, "credentials": 2}


@dataclass(frozen=True)
class Plan:
    """What one applicant is going to do, apart from who it is."""

    level: Level = Level.PREMIUM
    by_email: bool = True
    by_dod_id: bool = False
    has_account: bool = False
    leaves_at: str = ""
    signs_in: bool = True
    slips: frozenset[Slip] = frozenset()


def draw_plan(chance: Random) -> Plan:
    """Return a plan by chance. Every plan takes as many numbers of chance, so that one rate changes no other draw."""
    leaves, where = chance.random() < LEAVES, chance.choices(list(LEFT_AT), list(LEFT_AT.values()))[0]
    return Plan(
        level=Level.PREMIUM if chance.random() < PREMIUM else Level.BASIC,
        by_email=chance.random() < BY_EMAIL,
        by_dod_id=chance.random() < BY_DOD_ID,
        has_account=chance.random() < HAS_ACCOUNT,
        leaves_at=where if leaves else "",
        signs_in=chance.random() < SIGNS_IN,
        slips=frozenset(slip for slip, rate in RATES.items() if chance.random() < rate),
    )
