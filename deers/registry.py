"""What an eligibility registry answers. The mock is one. A client of the real DEERS would be another."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

SHIELDED = "A shielded record"


@dataclass(frozen=True, slots=True)
class PersonQuery:
    """A person as typed.

    At least one of `ssn` (nine digits) and `dod_id` (ten) is given. If both are given, both must agree.
    """

    first_name: str
    middle_name: str
    last_name: str
    suffix: str
    date_of_birth: date
    ssn: str = ""
    dod_id: str = ""


@dataclass(frozen=True, slots=True)
class Beneficiary:
    """A person as DEERS has them today. The address, phone and email are those of record.

    Somebody may be looking for a person who `is_shielded`. So our staff see nothing of the record, not even the name.
    """

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
    is_shielded: bool = field(default=False, kw_only=True)

    @property
    def staff_name(self) -> str:
        """Return the name as our staff may read it."""
        return SHIELDED if self.is_shielded else self.full_name

    @property
    def full_name(self) -> str:
        """Return the whole name on one line."""
        return " ".join(part for part in (self.first_name, self.middle_name, self.last_name, self.suffix) if part)


class Reason(StrEnum):
    """Why a matched person may not open an account. This is never told to a stranger."""

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
    """The number is somebody's, and one small thing differs.

    This never passes, and never says what differs. It may open a review.
    """


@dataclass(frozen=True, slots=True)
class NoMatch:
    """There is nobody like that."""


@dataclass(frozen=True, slots=True)
class Ineligible:
    """Everything that was typed is right, but the person with this DoD ID number may not open an account."""

    reason: Reason
    dod_id: str


@dataclass(frozen=True, slots=True)
class Unavailable:
    """The registry does not answer now. The person should keep what was typed and try later."""


Outcome = Match | NearMatch | NoMatch | Ineligible | Unavailable


@dataclass(frozen=True, slots=True)
class FamilyMember:
    """A dependent of the same sponsor, as the family's own pages show them."""

    dod_id: str
    name: str
    relationship: str
    birth_year: int


@dataclass(frozen=True, slots=True)
class Period:
    """One period of eligibility, with both days included. If `end` is None, no end is set."""

    begin: date
    end: date | None
    plan: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """A beneficiary's entitlement. The labels (`service_status`, `relationship`, `plan`, `region`) are for people.

    For people who are their own sponsor, `sponsor` is None and `relationship` (to the sponsor) is "". `plan` and
    `region` are "" if nothing is in force today. `family` are the sponsor's other dependents today. `periods` are
    newest first.
    """

    service_status: str
    sponsor: Beneficiary | None
    relationship: str
    family: tuple[FamilyMember, ...]
    plan: str
    region: str
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class TimeTogether:
    """A time in which a person lived in one household with somebody who is alive, with both days included.

    `begin` is None if DEERS does not say when it began, `end` is None if it goes on.
    """

    begin: date | None
    end: date | None


@dataclass(frozen=True, slots=True)
class Record:
    """A person as reviewers see them: their former names, and why they may not open an account, if so."""

    person: Beneficiary
    former_names: tuple[str, ...]
    ineligibility: Reason | None


class RegistryUnavailableError(Exception):
    """The registry cannot answer. deers.lookup turns this error into the Unavailable outcome."""


class EligibilityRegistry(Protocol):
    """The questions that a registry answers. `today` decides ages and periods.

    Each method answers, or raises, within settings.DEERS_SECONDS. Any method may raise RegistryUnavailableError or a
    DatabaseError. tests/deers/contract.py says the rest.
    """

    def find_person(self, query: PersonQuery, *, today: date) -> Outcome:
        """Return whom the typed details mean. Never return Unavailable: raise instead."""
        ...

    def person(self, dod_id: str) -> Beneficiary | None:
        """Return the person with this DoD ID number, or None."""
        ...

    def record(self, *, ssn: str, dod_id: str, today: date) -> Record | None:
        """Return the person with the given numbers as reviewers see them, or None. A number not given is ""."""
        ...

    def ssn_of(self, dod_id: str) -> str:
        """Return the person's Social Security number, nine digits, or "" if there is none or no such person."""
        ...

    def coverage(self, dod_id: str, *, today: date) -> Coverage | None:
        """Return the person's entitlement, or None if there is no such person."""
        ...

    def minors(self, dod_id: str, *, today: date) -> tuple[Beneficiary, ...]:
        """Return the children under 18, oldest first, whose parent the person is: as their sponsor or the spouse of it.

        Children who died, who are protected, or of a former spouse are left out.
        """
        ...

    def kin(self, dod_id: str) -> list[str]:
        """Return the DoD ID numbers of all who are, or ever were, of one family with the person. Never show them."""
        ...

    def times_together(self, dod_id: str, *, today: date) -> list[TimeTogether]:
        """Return the times in which the person lived with a spouse, or others of the family, who are alive today."""
        ...

    def search(self, text: str, *, most: int) -> list[Beneficiary]:
        """Return up to `most` people by name (or its beginning), DoD ID number, SSN, email address or phone number.

        The SSN may be whole, masked (***-**-6789), or its last four digits. Phone numbers are those with the same last
        ten digits.
        """
        ...
