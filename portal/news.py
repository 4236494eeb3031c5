"""What came into a record since the last visit, by the feature that shows it.

What came is known by its import, and an import by its time. So a paper of 2009 that arrived yesterday is new.
"""

from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.urls import reverse

from portal.features import BY_SLUG, Feature
from portal.record.models import Result
from portal.record.projecting import READERS

# More of one kind are not counted: a first import brings tens of thousands.
MOST = 100
# Results and measurements come in greater numbers.
MOST_RESULTS = 1000
# As many are named; of more, only their number is said.
NAMED = 3
# What is named by types that have a list. All others are papers.
LISTED = ", ".join(f"'{type_}'" for type_ in READERS)
CAME = """
    came AS MATERIALIZED (
        SELECT id, counts FROM record_import WHERE patient = %(patient)s AND ended_at > %(since)s::timestamptz
    )
"""
ANY = """
    SELECT NULL::uuid, '', '', '', '' WHERE EXISTS (
        SELECT FROM record_import WHERE patient = %(patient)s AND ended_at > %(since)s::timestamptz
    )
"""
# Each import is searched by the types of its resources, so that a large one costs no more than a small one.
ROWS = """
    FROM came, LATERAL (
        SELECT p.* FROM record_resource r JOIN {table} p ON p.resource_id = r.id AND p.place = 0
        WHERE r.imported_id = came.id AND r.type IN ({types}) LIMIT {most} + 1) found
    LIMIT {most} + 1
"""
COUNTED = """
    SELECT (array_agg(resource_id))[1], count(*)::text,
           CASE WHEN count(*) <= {named} THEN string_agg(display, '; ') ELSE '' END, '', ''
    FROM (SELECT found.resource_id, found.display {rows}) few HAVING count(*) > 0
"""
BY_CATEGORY = """
    SELECT NULL::uuid, count(*)::text, '', CASE WHEN every > {most} THEN '' ELSE category END AS said, ''
    FROM (SELECT found.category, count(*) OVER () AS every {rows}) few GROUP BY 4, every
"""


@dataclass(frozen=True)
class Kind:
    """What is counted together: the rows of `table` from resources of these FHIR types, if none are named from papers.

    `one` and `many` are its name. `page` is the name of the page that lists them, if it is not the feature's own.
    """

    slug: str
    one: str
    many: str
    table: str = ""
    types: tuple[str, ...] = ()
    page: str = ""

    @cached_property
    def feature(self) -> Feature:
        return BY_SLUG[self.slug]

    @cached_property
    def sql(self) -> str:
        """A query of one row like those of the dashboard's cards, with a number for a title; of none if none came."""
        types = ", ".join(f"'{one}'" for one in self.types)
        papers = f"SELECT type FROM jsonb_object_keys(came.counts) type WHERE type NOT IN ({LISTED})"  # noqa: S608
        rows = ROWS.format(table=self.table, types=types or papers, most=MOST)
        return COUNTED.format(named=NAMED, rows=rows)

    def title(self, count: int, most: int = MOST) -> str:
        """Return what came, in words: "1 note or document"."""
        if count > most:
            return f"More than {most:,} {self.many}"
        return f"{count} {self.one if count == 1 else self.many}"

    def url(self, only: UUID | None) -> str:
        """Return the address of the list, or of the `only` one that came if it has a page of its own."""
        if self.page:
            return reverse(self.page)
        return f"{self.feature.url}{only}/" if only and self.feature.has_items else self.feature.url


KINDS = (
    Kind("appointments", "appointment", "appointments", "record_appointment", ("Appointment",)),
    Kind("appointments", "visit", "visits", "record_encounter", ("Encounter",), "appointments-visits"),
    Kind(
        "medications",
        "prescription",
        "prescriptions",
        "record_prescription",
        ("MedicationRequest", "MedicationStatement"),
    ),
    Kind("labs", "test report", "test reports", "record_panel", ("DiagnosticReport",)),
    Kind("notes", "note or document", "notes and documents", "record_note", ("DocumentReference",)),
    Kind("conditions", "condition", "conditions", "record_condition", ("Condition",)),
    Kind("procedures", "procedure", "procedures", "record_procedure", ("Procedure",)),
    Kind("allergies", "entry about allergies", "entries about allergies", "record_allergy", ("AllergyIntolerance",)),
    Kind("immunizations", "entry about vaccines", "entries about vaccines", "record_vaccine", ("Immunization",)),
    Kind("tools", "goal", "goals", "record_goal", ("Goal",)),
    Kind("tools", "care plan", "care plans", "record_careplan", ("CarePlan",)),
    Kind("record", "other paper", "other papers", "record_paper", (), "record-papers"),
)
# Results and measurements by their category. "" is what too many of them are called together.
RESULTS = {
    Result.Category.LABORATORY.value: Kind("labs", "lab result", "lab results"),
    Result.Category.VITAL_SIGNS.value: Kind("vitals", "measurement", "measurements"),
    Result.Category.OTHER.value: Kind("labs", "other observation", "other observations", page="labs-other"),
    "": Kind("labs", "result or measurement", "results and measurements"),
}
RESULTS_SQL = BY_CATEGORY.format(
    most=MOST_RESULTS, rows=ROWS.format(table="record_result", types="'Observation'", most=MOST_RESULTS)
)
