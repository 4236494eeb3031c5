"""What the demo knows about an invented person: everything that the mocks hold, and why the person exists."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import date

from core.policy import Level
from deers.models import Plan, Region, Relationship, ServiceStatus

# Enough facts for all attempts that may fail in a row, two at Level 1 and one at Level 2 (3 + 3 + 4), and some more. A
# quiz asks about only one fact of a paper. FULL_PAPERS is the number of papers that nobody at home has seen. A quiz of
# two categories may take two papers of the smaller one each time (2 + 2 + 1): PAPERS_ELSEWHERE are not of the largest.
FULL_FILE = 20
FULL_PAPERS = 12
PAPERS_ELSEWHERE = 5


@dataclass(frozen=True, slots=True)
class Name:
    """A legal name, and the day from which it is valid. A name given at birth has no such day."""

    first: str
    last: str
    middle: str = ""
    suffix: str = ""
    since: date | None = None

    @property
    def full(self) -> str:
        return " ".join(part for part in (self.first, self.middle, self.last, self.suffix) if part)


@dataclass(frozen=True, slots=True)
class Address:
    """A mailing address. `country` is the two letters of ISO 3166. `state` is empty if there is none."""

    street: str
    city: str
    state: str
    postal_code: str
    country: str = "US"

    def __str__(self) -> str:
        town = f"{self.city}, {self.state}" if self.state else self.city
        abroad = f", {self.country}" if self.country != "US" else ""
        return f"{self.street}, {town} {self.postal_code}{abroad}"


@dataclass(frozen=True, slots=True)
class Period:
    """The days on which a person is covered, both included. If there is no end, it is None."""

    begin: date
    plan: Plan
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Kin:
    """The relationship of a dependent to the sponsor with the key `sponsor`."""

    sponsor: str
    relationship: Relationship
    since: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class ReadyAccount:
    """An account that is there from the start, so that a newcomer can look around at once."""

    username: str
    password: str
    level: Level | None = None
    role: str = ""

    @property
    def authenticator_key(self) -> str:
        """Return the authenticator app's 160-bit key in hex.

        The key is public on purpose, so the username's digest is good enough. A Basic account has none (""), because
        only Premium and staff must have a second factor.
        """
        if self.level == Level.BASIC:
            return ""
        return hashlib.sha256(f"invented {self.username}".encode()).hexdigest()[:40]

    @property
    def totp_secret(self) -> str:
        """Return the same key in base32, as people type it into the app."""
        return base64.b32encode(bytes.fromhex(self.authenticator_key)).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One invented person.

    `key` names the person in tests and is stable. `story` says in plain sentences why the person exists. `names` is
    oldest first. `facts_known` is the number of facts in the credit file. `theme` is what the health record is about:
    one of demo.invent.records.THEMES, or "" for chance. `measures_in` is the time zone of who measures at home.
    """

    key: str
    story: str
    names: tuple[Name, ...]
    born: date
    sex: str
    ssn: str
    dod_id: str
    address: Address
    email: str = ""
    phone: str = ""
    died: date | None = None
    status: ServiceStatus = ServiceStatus.CIVILIAN
    kin: Kin | None = None
    region: Region
    periods: tuple[Period, ...] = ()
    protected: bool = False
    locked: bool = False
    facts_known: int = FULL_FILE
    theme: str = ""
    measures_in: str = ""
    account: ReadyAccount | None = None

    @property
    def name(self) -> Name:
        """Return the present legal name."""
        return self.names[-1]


@dataclass(frozen=True, slots=True)
class Staff:
    """A person who works here. Staff have no DEERS record and no level, only an account with a role."""

    story: str
    name: Name
    email: str
    account: ReadyAccount
