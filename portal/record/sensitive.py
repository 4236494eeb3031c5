"""The sensitive part of a record, which is closed to the parents of a child from policy.SENSITIVE_FROM_AGE on."""

from typing import TypeVar

from django.db.models import BooleanField, Exists, F, Func, Model, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from portal.record.models import Resource

Row = TypeVar("Row", bound=Model)

# Codes of meta.security, and of the category of a note, by which a clinic marks what is sensitive: "restricted" and
# "very restricted" of v3-Confidentiality, and the codes of v3-ActCode that policies for adolescents name.
CODES = (
    *("R", "V"),
    *("BH", "MH", "PSY", "PSYTHPN", "SUD", "ETH", "ETHUD", "OPIOIDUD", "SEX", "SOCIALSEX", "STD", "HIV", "SDV", "SV"),
    *("ADOL", "TEENSENS", "PREGNANT", "ABORT", "VIO"),
)
SAID = " || ".join(f'@ == "{code}"' for code in CODES)
PATH = f"$ ? (exists(@.meta.security[*].code ? ({SAID})) || exists(@.category[*].coding[*].code ? ({SAID})))"


class Guarded(str):
    """The DoD ID number of a patient of whose record the sensitive part is closed. Every query of the record asks."""


def marked(raw: str) -> Coalesce:
    """Return the condition that the resource in this column is marked as sensitive."""
    found = Func(
        F(raw), Value(PATH), function="jsonb_path_exists", template="%(function)s(%(expressions)s::jsonpath)",
        output_field=BooleanField(),
    )  # fmt: skip
    return Coalesce(found, Value(False))


def without_marked(rows: QuerySet[Row], patient: str | None, *raw: str) -> QuerySet[Row]:
    """Return the rows without those that are closed, if a part of this patient's record is. `raw` are columns."""
    if isinstance(patient, Guarded):
        for column in raw:
            rows = rows.filter(~Q(marked(column)))
    return rows


def outside_marked(rows: QuerySet[Row], patient: str | None, column: str) -> QuerySet[Row]:
    """Return the rows without those that name a marked resource of this patient in a column of ids."""
    if not isinstance(patient, Guarded):
        return rows
    within = Func(
        F("pk"), OuterRef(column), template="(%(expressions)s))", arg_joiner=" = ANY(", output_field=BooleanField()
    )
    named = Resource.objects.filter(Q(marked("raw")), Q(within), patient=patient)
    return rows.filter(Q(**{column: []}) | ~Exists(named))
