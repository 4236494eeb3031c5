"""A comparison for reviewers: what was typed next to what is on record, with a one-word verdict per line."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format

from deers import lookup, names, ssn
from deers.matching import compare_dates
from deers.nicknames import share_a_name
from deers.registry import Beneficiary, Reason, Record
from idproofing.cases import Typed
from idproofing.models import Case

SAME, NEAR, DIFFERENT, MISSING = "Same", "Nearly the same", "Different", "Not given"
MARKS = {SAME: "same", NEAR: "near", DIFFERENT: "different", MISSING: "missing"}
BY_NAME_AT_MOST = 10

# Why DEERS allows no account, in words for the reviewer alone.
INELIGIBILITIES: dict[Reason, str] = {
    Reason.MINOR: "DEERS: under age, so no account of their own. A parent or guardian asks for them.",
    Reason.DECEASED: "DEERS: has died. No account can be opened.",
    Reason.ENDED: "DEERS: eligibility has ended. An ID card office can tell whether that is right.",
    Reason.PROTECTED: "DEERS: protected or locked. Nobody may learn from us that this record exists: decline.",
}


@dataclass(frozen=True)
class Line:
    """One detail. `verdict` is one of the words above."""

    what: str
    typed: str
    on_record: str
    verdict: str

    @property
    def mark(self) -> str:
        return MARKS[self.verdict]


@dataclass(frozen=True)
class Candidate:
    """A person in DEERS who may be the one described, and why we think so."""

    person: Beneficiary
    why: str


def candidates(case: Case, typed: Typed) -> list[Candidate]:
    """Return the account's own person for an upgrade.

    Otherwise return the person who has the number, then those who have the name and nearly the date of birth.
    """
    if case.is_upgrade:
        person = lookup.person(case.holder)
        return [Candidate(person, "Holds the account that asked")] if person else []
    found = {}
    owner = owner_of_number(typed)
    if owner:
        found[owner.person.dod_id] = Candidate(owner.person, "Has the number that was typed")
    born = date.fromisoformat(typed.date_of_birth)
    for person in lookup.search(f"{typed.last_name}, {typed.first_name}", most=BY_NAME_AT_MOST):
        if compare_dates(born, person.date_of_birth) != "none":
            found.setdefault(person.dod_id, Candidate(person, "Has the name, and the date of birth or nearly so"))
    return list(found.values())


def owner_of_number(typed: Typed) -> Record | None:
    """Return the record that has the typed number, or both typed numbers."""
    return lookup.record(ssn=typed.ssn, dod_id=typed.dod_id) if typed.ssn or typed.dod_id else None


def lines(case: Case, typed: Typed, record: Record) -> list[Line]:
    """Return every detail side by side. No Social Security number is shown, only whether it is this person's."""
    person = record.person
    found = [] if case.is_upgrade else [*names_of(typed, record)]
    found.append(birth_of(typed, person))
    found += numbers_of(typed, person)
    found.append(line("Email", typed.email, person.email))
    if case.is_upgrade:
        if typed.phone:  # the upgrade asked for it before it asked for the street
            found.append(line("Phone", typed.phone, person.phone, digits=True))
        found.append(line("Street", typed.street, person.street))
        found.append(line("ZIP or postal code", typed.postal_code, person.postal_code))
    return found


def birth_of(typed: Typed, person: Beneficiary) -> Line:
    """Return the line of the date of birth."""
    born = date.fromisoformat(typed.date_of_birth)
    verdict = {"match": SAME, "near": NEAR, "none": DIFFERENT}[compare_dates(born, person.date_of_birth)]
    return Line("Date of birth", said(born), said(person.date_of_birth), verdict)


def lines_of_patient(typed: Typed, record: Record) -> list[Line]:
    """Return the name, date of birth and numbers of a patient for whom somebody wants to act, side by side."""
    return [*names_of(typed, record), birth_of(typed, record.person), *numbers_of(typed, record.person)]


def alone(typed: Typed) -> list[Line]:
    """Return what was typed, compared with nothing."""
    name = " ".join(filter(None, (typed.first_name, typed.middle_name, typed.last_name, typed.suffix)))
    details = {
        "Name": name,
        "Date of birth": said(date.fromisoformat(typed.date_of_birth)),
        "Social Security number": ssn.mask(typed.ssn) if typed.ssn else "",
        "DoD ID number": typed.dod_id,
        "Email": typed.email,
    }
    return [Line(what, text, "", MISSING) for what, text in details.items() if text]


def said(day: date) -> str:
    """Return a date as people write it."""
    return date_format(day, "F j, Y")


def names_of(typed: Typed, record: Record) -> Iterator[Line]:
    person = record.person
    yield line("First name", typed.first_name, person.first_name)
    yield line("Middle name", typed.middle_name, person.middle_name)
    yield line("Last name", typed.last_name, person.last_name)
    yield line("Suffix", typed.suffix, person.suffix)
    whole = names.words(" ".join(filter(None, (typed.first_name, typed.last_name))))
    is_todays = whole == names.words(f"{person.first_name} {person.last_name}")
    for former in () if is_todays else record.former_names:
        borne = names.words(former)
        same = [word for word in borne if word in whole] == whole
        yield Line("Former name", " ".join((typed.first_name, typed.last_name)), former, SAME if same else DIFFERENT)


def numbers_of(typed: Typed, person: Beneficiary) -> Iterator[Line]:
    """Yield a line for each typed number: whether DEERS has it for this person, for somebody else, or for nobody."""
    if typed.ssn:
        owner = lookup.record(ssn=typed.ssn)
        yield Line("Social Security number", ssn.mask(typed.ssn), *ownership(owner, person))
    if typed.dod_id:
        owner = lookup.record(dod_id=typed.dod_id)
        yield Line("DoD ID number", typed.dod_id, *ownership(owner, person))


def ownership(owner: Record | None, person: Beneficiary) -> tuple[str, str]:
    if owner is None:
        return "Nobody has the number that was typed", DIFFERENT
    if owner.person.dod_id == person.dod_id:
        return "The number that was typed", SAME
    return "Somebody else has the number that was typed", DIFFERENT


def line(what: str, typed: str, on_record: str, *, digits: bool = False) -> Line:
    return Line(what, typed, on_record, verdict_on(typed, on_record, digits=digits))


def verdict_on(typed: str, on_record: str, *, digits: bool = False) -> str:
    """Return the verdict on two values by the rules for matching names.

    Case, accents, hyphens and spaces make no difference. With `digits`, only the last ten digits count.
    """
    mine, theirs = ("".join(names.words(text)) for text in (typed, on_record))
    if digits:
        mine, theirs = ("".join(filter(str.isdigit, text))[-10:] for text in (typed, on_record))
    if mine == theirs:
        return SAME
    if not mine or not theirs:
        return MISSING
    near = not digits and (names.one_letter_apart(mine, theirs) or share_a_name(mine, theirs) or mine == theirs[:1])
    return NEAR if near else DIFFERENT
