"""Activation codes: ten Crockford base32 characters, kept only as a keyed hash, good once and for a while."""

import hmac
import random
import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from dslogon import policy
from dslogon.policy import Level
from idproofing.models import ActivationCode
from idproofing.states import State, move, proofing_of, turn
from safeguards import audit
from safeguards.cipher import blind_index

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOK_ALIKES = str.maketrans("OIL", "011", " -\u2010\u2011\u2012\u2013\u2014\t\r\n\u00a0")
Delivery = ActivationCode.Delivery
LIVES = {
    Delivery.EMAIL: policy.CODE_LIFE_EMAIL,
    Delivery.SCREEN: policy.CODE_LIFE_SCREEN,
    Delivery.LETTER: policy.CODE_LIFE_LETTER,
    Delivery.LETTER_ABROAD: policy.CODE_LIFE_LETTER_ABROAD,
}


@dataclass(frozen=True)
class Issued:
    """The only time that the code can be read: `text` is for the mail, the screen or the letter, and nowhere else."""

    text: str
    expires_at: datetime


@dataclass(frozen=True)
class Redeemed:
    pass


@dataclass(frozen=True)
class Wrong:
    tries_left: int


@dataclass(frozen=True)
class Used:
    """The newest code was redeemed before."""


@dataclass(frozen=True)
class Void:
    """Too many wrong tries, or withdrawn: a new code is needed."""


@dataclass(frozen=True)
class Expired:
    pass


@dataclass(frozen=True)
class Unknown:
    """No code was ever made for this person and level."""


def issue(
    dod_id: str,
    level: Level,
    delivery: str,
    destination: str,
    *,
    by: object,
    now: datetime | None = None,
    rng: random.Random | None = None,
) -> Issued:
    """Make a code for this person and level; an earlier one that still lives is void from now on.

    `delivery` is one of `Delivery`; `destination`, the address it goes to, is kept encrypted.
    """
    raise NotImplementedError


def redeem(
    dod_id: str, level: Level, typed: str, *, by: object, now: datetime | None = None
) -> Redeemed | Wrong | Used | Void | Expired | Unknown:
    """Judge what was typed against the newest code; whoever types it first and right has used it."""
    raise NotImplementedError


def live(dod_id: str, level: Level, *, now: datetime | None = None) -> ActivationCode | None:
    """The code that could be redeemed now, if there is one."""
    raise NotImplementedError


def normalise(typed: str) -> str:
    """What was typed, as it would stand in a code: O is 0, I and L are 1; case, blanks and dashes do not matter."""
    return typed.upper().translate(LOOK_ALIKES)
