"""What staged people would change in the registry, as counts that tell nothing about anybody."""

# ruff: noqa: S608 - only names of our own tables and columns are put into the SQL
import re
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from core import policy
from deers.loading.insertion import CHANGED
from deers.loading.rows import COLUMNS
from deers.loading.staging import absent_columns, mark_done, read_rows

BOTH = "deers_staged_person s JOIN deers_person p USING (dod_id)"
IN_FORCE = """begin <= %(today)s AND ("end" IS NULL OR "end" >= %(today)s)"""
COVERED = f"SELECT FROM deers_eligibility e WHERE e.person_id = p.dod_id AND {IN_FORCE}"
STAYS_COVERED = f"SELECT FROM deers_staged_eligibility e WHERE e.person_id = s.dod_id AND {IN_FORCE}"
# Each loss: whom the file takes it from, and who has it in all.
LOSSES = {
    "unshielded": ("p.protected AND NOT s.protected OR p.locked AND NOT s.locked", "p.protected OR p.locked"),
    "revived": ("p.date_of_death IS NOT NULL AND s.date_of_death IS NULL", "p.date_of_death IS NOT NULL"),
    "uncovered": (
        f"EXISTS ({COVERED}) AND NOT EXISTS ({STAYS_COVERED})",
        f"EXISTS ({COVERED})",
    ),
}
LISTS = {
    "names": "deers_legalname",
    "eligibilities": "deers_eligibility",
    "sponsors": "deers_sponsorship",
}


PLACE = re.compile(r"\.[0-9]+")


class Loss(NamedTuple):
    """How many people a file would unshield, bring back to life or leave uncovered, of how many."""

    name: str
    people: int
    of: int

    @property
    def too_many(self) -> bool:
        return self.people > policy.IMPORT_LOSSES_SHARE * self.of


def count_losses() -> list[Loss]:
    """Return what the file would take from people on record. Count the whole registry only where something is lost."""
    losses = []
    known = bool(read_rows(f"SELECT FROM {BOTH} LIMIT 1"))  # by a first file nobody can lose anything
    stays = {"uncovered"} if "eligibilities" in absent_columns() else set()
    for name, (lost, have) in LOSSES.items():
        lost_by = count(f"{BOTH} WHERE {lost}") if known and name not in stays else 0
        losses.append(Loss(name, lost_by, count(f"deers_person p WHERE {have}") if lost_by else 0))
    return losses


def note_agreement(losses: list[Loss]) -> None:
    """Note what was agreed to, so that an interrupted run does not ask again, and its event tells of all that was lost.

    A mark has room for one number: each loss has one of its own.
    """
    with transaction.atomic():
        for place, loss in enumerate(losses):
            mark_done("agreed", place, people=loss.people)


def agreed_losses() -> dict[str, int]:
    marks = read_rows("SELECT people FROM deers_staged_done WHERE step = 'agreed' ORDER BY place")
    return {name: people for name, (people,) in zip(LOSSES, marks, strict=True)}


def count_difference() -> list[tuple[str, int]]:
    """Return what would change, by kind, in the order in which people read it."""
    absent = absent_columns()
    everybody, known = count("deers_staged_person"), count(BOTH)
    found = [
        ("people in the file", everybody),
        ("new people", everybody - known),
        ("people whose details change", count(f"{BOTH} WHERE {CHANGED}")),
        *((f"people whose {kind} change", count_changed(table)) for kind, table in LISTS.items() if kind not in absent),
        ("people who lose their Social Security number", count(f"{BOTH} WHERE {NUMBER_LOST}")),
    ]
    found += [(SENTENCES[loss.name], loss.people) for loss in count_losses()]
    told = read_rows('SELECT "column", reason, count(*) FROM deers_staged_problem GROUP BY 1, 2 ORDER BY 1, 2')
    kinds: dict[str, int] = {}
    for column, reason, times in told:
        kind = f"problems: {PLACE.sub('', column or 'line')} {reason}"
        kinds[kind] = kinds.get(kind, 0) + times
    return [*found, *kinds.items()]


NUMBER_LOST = "p.ssn_index IS NOT NULL AND s.ssn_index IS NULL"
SENTENCES = {
    "unshielded": "people who are not protected or locked any more",
    "revived": "people who had died and are alive again",
    "uncovered": "people who are not covered any more",
}


def count_changed(table: str) -> int:
    """Return how many people on record would have other names, periods or links."""
    columns = ", ".join(COLUMNS[table])
    whose = COLUMNS[table][0]
    replaced = f"SELECT s.dod_id FROM {BOTH}"
    new, old = (
        f"SELECT {columns} FROM {one} WHERE {whose} IN ({replaced})"
        for one in (table.replace("deers_", "deers_staged_"), table)
    )
    either = f"({new} EXCEPT {old}) UNION ALL ({old} EXCEPT {new})"
    return read_rows(f"SELECT count(DISTINCT {whose}) FROM ({either}) changed")[0][0]


def count(what: str) -> int:
    today = timezone.localdate().isoformat()
    return read_rows(f"SELECT count(*) FROM {what}".replace("%(today)s", f"DATE '{today}'"))[0][0]
