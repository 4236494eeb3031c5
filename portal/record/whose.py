"""Whose record a file is: one Patient, with the name and the birth date that DEERS has."""

from collections.abc import Iterable, Iterator
from typing import Any

from deers import names
from deers.registry import Beneficiary
from portal.record.checks import BadError

ABOUT = ("subject", "patient", "beneficiary")
MEANT = "--other-name says that it is meant."


class Whose:
    """What a file has said so far about the person it is about.

    `known` are the names by which earlier files of the same source called the person's Patient.
    """

    def __init__(self, person: Beneficiary, known: Iterable[str], *, other_name: bool) -> None:
        self.person = person
        self.other_name = other_name
        self.known = {last_part(name) for name in known if name}
        self.patients: dict[str, str] = {}
        self.called: set[str] = set()
        self.about: dict[str, int | None] = {}
        """Whom resources are about, with the entry that said so first."""
        self.others: set[str] = set()
        """What else is in the file: a subject may be a place or a device."""

    def see(self, number: int | None, source: str, full_url: str, raw: dict[str, Any]) -> None:
        """Look at one resource. Raise BadError as soon as it is clear that the file is not this person's."""
        if raw["resourceType"] == "Patient":
            self.see_patient(number, source, full_url, raw)
        elif full_url:
            self.others.add(last_part(full_url))
        for element in ABOUT:
            if name := named_by(raw.get(element)):
                self.about.setdefault(name, number)

    def see_patient(self, number: int | None, source: str, full_url: str, raw: dict[str, Any]) -> None:
        name = raw.get("id") or full_url
        if self.patients.setdefault(source, name) != name:
            raise BadError("The file is about two patients. Import each one's own resources.", "Patient", entry=number)
        self.called |= {last_part(called) for called in (raw.get("id", ""), full_url) if called}
        if self.other_name:
            return
        if raw.get("birthDate") != self.person.date_of_birth.isoformat():
            raise BadError(f"The birth date is not that of the person in DEERS. {MEANT}", "Patient", entry=number)
        on_record = names.Name(
            self.person.first_name, self.person.middle_name, self.person.last_name, self.person.suffix
        )
        if not any(names.compare(name, on_record) == "match" for name in names_of(raw)):
            raise BadError(f"The name is not that of the person in DEERS. {MEANT}", "Patient", entry=number)

    def settle(self) -> None:
        """Raise BadError unless all that was seen is about one person, who is the right one."""
        ours = self.called or self.known
        if not ours and not self.other_name:
            raise BadError(f"Nothing in the file says whose it is: it has no Patient. {MEANT}")
        strangers = {name: number for name, number in self.about.items() if name not in self.others | ours}
        if strangers and (ours or len(strangers) > 1):
            first = next(iter(strangers.values()))
            raise BadError("The file is about two patients. Import each one's own resources.", entry=first)


def named_by(reference: Any) -> str:
    """Return what a reference to a patient calls them, or "" if it has an identifier only or is to something else."""
    target = reference.get("reference") if isinstance(reference, dict) else None
    if not isinstance(target, str) or "?" in target or target.startswith("#"):
        return ""
    if target.startswith("urn:") or "Patient" in target.split("/"):
        return last_part(target)
    return ""


def last_part(name: str) -> str:
    """Return the id in a URL, a URN or a reference, without the version."""
    return name.partition("/_history/")[0].rpartition("/")[2].rpartition(":")[2]


def names_of(patient: dict[str, Any]) -> Iterator[names.Name]:
    """Yield each name of a Patient. One that is only written out has its surname last."""
    for name in patient.get("name", ()):
        given = [part for part in name.get("given", ()) if part]
        suffix = " ".join(part for part in name.get("suffix", ()) if part)
        if given or name.get("family"):
            yield names.Name(" ".join(given[:1]), " ".join(given[1:]), name.get("family", ""), suffix)
        elif name.get("text"):
            first, _, last = name["text"].strip().rpartition(" ")
            yield names.Name(first, "", last)
