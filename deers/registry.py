"""What an eligibility registry answers. The mock is one; a client of the real DEERS would be another."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PersonQuery:
    """A person as typed. At least one of `ssn` (nine digits) and `dod_id` (ten); given both, both must agree."""

    first_name: str
    middle_name: str
    last_name: str
    suffix: str
    date_of_birth: date
    ssn: str = ""
    dod_id: str = ""


@dataclass(frozen=True, slots=True)
class Beneficiary:
    """A person as DEERS has him or her today; the address, phone and email are those of record."""

    dod_id: str
    first_name: str
    middle_name: str
    last_name: str
    suffix: str
    date_of_birth: date
    email: str
    phone: str
    street: str
    city: str
    state: str
    postal_code: str
    country: str

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.first_name, self.middle_name, self.last_name, self.suffix) if part)


class Reason(StrEnum):
    """Why a matched person may not open an account. Never told to a stranger."""

    MINOR = "minor"
    DECEASED = "deceased"
    ENDED = "ended"
    PROTECTED = "protected"


@dataclass(frozen=True, slots=True)
class Match:
    """The person typed is this one, and may open an account."""

    person: Beneficiary


@dataclass(frozen=True, slots=True)
class NearMatch:
    """The number is somebody's, and one small thing differs. Never passes, never says what; may open a review."""


@dataclass(frozen=True, slots=True)
class NoMatch:
    """Nobody like that."""


@dataclass(frozen=True, slots=True)
class Ineligible:
    """All that was typed is right, but the person, who has this DoD ID number, may not open an account."""

    reason: Reason
    dod_id: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The registry does not answer now; the person should keep what was typed and try later."""


Outcome = Match | NearMatch | NoMatch | Ineligible | Unavailable


@dataclass(frozen=True, slots=True)
class FamilyMember:
    """A dependent of the same sponsor, as the family's own pages show him or her."""

    dod_id: str
    name: str
    relationship: str
    birth_year: int


@dataclass(frozen=True, slots=True)
class Period:
    """One stretch of eligibility, both days included; `end` None: no end is set."""

    begin: date
    end: date | None
    plan: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """A beneficiary's entitlement. Labels (`service_status`, `relationship`, `plan`, `region`) are for people.

    `sponsor` and `relationship` (to the sponsor) are None and "" for those who are their own sponsor; `plan` and
    `region` are "" when nothing is in force today. `family` are the sponsor's other dependents today; `periods`
    are newest first.
    """

    service_status: str
    sponsor: Beneficiary | None
    relationship: str
    family: tuple[FamilyMember, ...]
    plan: str
    region: str
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """Somebody as a reviewer sees him or her: the names borne before, and why no account may be opened, if so."""

    person: Beneficiary
    former_names: tuple[str, ...]
    ineligibility: Reason | None


class RegistryUnavailableError(Exception):
    """What a registry raises when it cannot answer; lookup turns it into the Unavailable outcome."""


class EligibilityRegistry(Protocol):
    """`today` decides ages and periods. Any method may raise RegistryUnavailableError or a DatabaseError.

    Each answers, or raises, within policy.DEERS_DEADLINE. tests/deers/contract.py says the rest.
    """

    def find_person(self, query: PersonQuery, *, today: date) -> Outcome: ...

    def person(self, dod_id: str) -> Beneficiary | None: ...

    def record(self, *, ssn: str, dod_id: str, today: date) -> Record | None: ...

    def coverage(self, dod_id: str, *, today: date) -> Coverage | None: ...

    def kin(self, dod_id: str) -> list[str]:
        """The DoD ID numbers of all who are, or ever were, of one family with the person; never to be shown."""
        ...

    def search(self, text: str, *, most: int) -> list[Beneficiary]: ...
