"""Document readers: machines at a desk that read a card or a passport and say whether it is genuine.

The agent puts the document into the machine and types the number of the scan. What the document says comes from the
reader's own service and not from the agent, so a reading can stand for a second pair of eyes. settings.DOCUMENT_READER
names the reader of a deployment. Without one, nothing is read.
"""

import logging
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from core import policy
from core.policy import DOCUMENTS, Level
from deers import lookup, names
from deers.registry import Beneficiary
from idproofing.visits import Shown

logger = logging.getLogger(__name__)


class ReaderUnavailableError(Exception):
    """The reader's service cannot answer."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a machine has read from a document, and whether it takes the document for genuine."""

    kind: str
    number: str
    state: str
    first_name: str
    last_name: str
    date_of_birth: date
    genuine: bool
    expired: bool
    read_at: datetime


class DocumentReader(Protocol):
    """A service that keeps the readings of its machines for a while."""

    def reading(self, scan: str) -> Reading | None:
        """Return the reading with this number, or None.

        Answer, or raise ReaderUnavailableError, within policy.READER_DEADLINE.
        """
        ...


@dataclass(frozen=True, slots=True)
class Read:
    """A reader vouches for the document, and the document is strong enough to stand for a second look."""


@dataclass(frozen=True, slots=True)
class NotRead:
    """The reader does not vouch for the document `shown`. `sentence` tells the agent why."""

    sentence: str
    shown: Shown | None = None


SILENT = NotRead(
    "The reader does not answer. Leave the number of the scan empty: then a colleague has to look at the documents too."
)
UNKNOWN = NotRead("The reader has no scan with this number, or the scan is too old. Scan the document again.")
DOUBTFUL = NotRead("The reader does not take this document for genuine, or it has expired. Do not accept it.")
ANOTHER = NotRead("The reader has read another document than the one entered here. Check the kind, state and number.")
SOMEBODY_ELSE = NotRead("The name or birth date that the reader has read is not the one in DEERS. Do not accept it.")
TOO_WEAK = NotRead(
    "A reading of this kind of document is not enough for this level. Leave the number of the scan empty."
)


def judge_reading(
    scan: str, shown: Shown, person: Beneficiary, level: Level, *, now: datetime | None = None
) -> Read | NotRead:
    """Return whether the scan with this number vouches that the document shown is the person's and is genuine."""
    kind = DOCUMENTS[shown.kind]
    if not kind.photo or kind.evidence < policy.VISIT_EVIDENCE[level]:
        return TOO_WEAK
    reader = reader_in_use()
    if reader is None:
        return SILENT
    try:
        reading = reader.reading(scan)
    except ReaderUnavailableError:
        logger.warning("The document reader does not answer.")
        return SILENT
    if reading is None or reading.read_at <= (now or timezone.now()) - policy.READING_LIFE:
        return UNKNOWN
    if not reading.genuine or reading.expired:
        return DOUBTFUL
    if Shown(reading.kind, reading.number, reading.state).digest != shown.digest or reading.kind != shown.kind:
        return ANOTHER
    return Read() if is_of(reading, person) else SOMEBODY_ELSE


def is_of(reading: Reading, person: Beneficiary) -> bool:
    """Return whether name and birth date are the person's. A machine leaves out accents, hyphens and middle names."""
    same_first = names.words(reading.first_name)[:1] == names.words(person.first_name)[:1]
    same_last = "".join(names.words(reading.last_name)) == "".join(names.words(person.last_name))
    return same_first and same_last and reading.date_of_birth == person.date_of_birth


def reader_in_use() -> DocumentReader | None:
    """Return the reader that settings.DOCUMENT_READER names, or None."""
    return import_string(settings.DOCUMENT_READER)() if settings.DOCUMENT_READER else None


SCAN = re.compile(r"(?P<what>[a-z-]+?)-(?P<dod_id>[0-9]{10})(-[0-9]{1,6})?")


class MockReader:
    """A reader of invented documents. It answers by rule, so that nobody has to print a passport.

    The scan "passport-1000000002-7" is the passport of the person with that DoD ID number. Any other kind of document
    works in the same way; what is after the last dash tells two scans of one document apart. The number of a document
    is DOC and the DoD ID number, and every state ID is from Virginia. "forged-…" and "expired-…" are passports that the
    machine does not accept, and for "broken" it does not answer.
    """

    def reading(self, scan: str) -> Reading | None:
        text = scan.strip().lower()
        if text == "broken":
            raise ReaderUnavailableError
        match = SCAN.fullmatch(text)
        person = lookup.person(match["dod_id"]) if match else None
        if match is None or person is None:
            return None
        what = match["what"]
        kind = "passport" if what in ("forged", "expired") else what
        if kind not in DOCUMENTS:
            return None
        return Reading(
            kind=kind,
            number=f"DOC{person.dod_id}",
            state="VA" if DOCUMENTS[kind].by_state else "",
            first_name=person.first_name,
            last_name=person.last_name,
            date_of_birth=person.date_of_birth,
            genuine=what != "forged",
            expired=what == "expired",
            read_at=timezone.now(),
        )
