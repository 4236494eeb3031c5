"""Who a person is, as the page shows it: hidden but for what is needed to recognize them, or shown for a minute."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from core.countries import countries
from core.masks import HIDDEN, mask_email, mask_number
from deers import ssn
from deers.registry import Beneficiary
from safeguards.events import REVEALED
from service_center.person.subject import Subject


@dataclass(frozen=True)
class Detail:
    """One line: its name (of REVEALED), its words, and what is shown. `is_open` says that it is shown whole."""

    name: str
    words: str
    shown: str
    hidden: str
    is_open: bool = False

    @property
    def says(self) -> str:
        """Return what the line says now."""
        return self.shown if self.is_open else self.hidden


def details_of(subject: Subject, revealed: Collection[str] = ()) -> list[Detail]:
    """Return the lines of the person. Those in `revealed` are whole, and the others are masked.

    What is not known has no line. Of a shielded record there are no lines but those of the account.
    """
    lines = []
    for name, whole, mask in READERS:
        is_open = name in revealed
        text = whole(subject) if is_open or name != "last-four" else ""
        if name == "last-four" and not is_open:
            text = HIDDEN if subject.person and not subject.is_shielded else ""
        if text:
            words = REVEALED[name][0].upper() + REVEALED[name][1:]
            lines.append(Detail(name, words, text if is_open else "", mask(text), is_open))
    return lines


def names_of(subject: Subject) -> list[str]:
    """Return the details that can be looked at."""
    return [detail.name for detail in details_of(subject)]


def of_record(read: Callable[[Beneficiary], str]) -> Callable[[Subject], str]:
    """Return what reads a detail of the record in DEERS, which is "" for a shielded one."""
    return lambda subject: read(subject.person) if subject.person and not subject.is_shielded else ""


def of_account(name: str, *, instead: str) -> Callable[[Subject], str]:
    """Return what reads a detail of the account, or of the record of a person who has none."""

    def read(subject: Subject) -> str:
        if subject.account:
            return str(getattr(subject.account, name))
        return of_record(lambda person: str(getattr(person, instead)))(subject)

    return read


def differing(name: str) -> Callable[[Subject], str]:
    """Return what reads a contact detail of the record, if it is not the account's."""

    def read(subject: Subject) -> str:
        theirs = of_record(lambda person: str(getattr(person, name)))(subject)
        mine = str(getattr(subject.account, name)) if subject.account else theirs
        return theirs if theirs.lower() != mine.lower() else ""

    return read


def last_four(subject: Subject) -> str:
    return ssn.mask(subject.number) if subject.number and not subject.is_shielded else ""


def address(person: Beneficiary) -> str:
    """Return the postal address on one line."""
    country = "" if person.country in ("", "US") else countries().get(person.country, person.country)
    place = " ".join(part for part in (person.state, person.postal_code) if part)
    return ", ".join(part for part in (person.street, person.city, place, country) if part)


def masked_word(text: str) -> str:
    """Return a word of which only the first letter is shown."""
    return f"{text[:1]}{HIDDEN}"


def masked_all(text: str) -> str:
    return HIDDEN


def birth_date(person: Beneficiary) -> str:
    return f"{person.date_of_birth:%B} {person.date_of_birth.day}, {person.date_of_birth.year}"


# Each detail by its name, with what reads it whole and what masks it.
READERS: tuple[tuple[str, Callable[[Subject], str], Callable[[str], str]], ...] = (
    ("middle-name", of_record(lambda person: person.middle_name), masked_word),
    ("dod-id", lambda subject: "" if subject.is_shielded else subject.dod_id, mask_number),
    ("last-four", last_four, lambda text: "***-**-" + HIDDEN if text == HIDDEN else text),
    ("birth-date", of_record(birth_date), lambda text: f"{HIDDEN}, {text[-4:]}"),
    ("email", of_account("email", instead="email"), mask_email),
    ("phone", of_account("phone", instead="phone"), mask_number),
    ("address", of_record(address), masked_all),
    ("email-of-record", differing("email"), mask_email),
    ("phone-of-record", differing("phone"), mask_number),
)
