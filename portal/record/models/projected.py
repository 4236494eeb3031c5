"""What all projections share: their columns, their indexes, and numbers as they came."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F

from portal.record.models.store import Resource


class Numeric(models.Field):  # type: ignore[type-arg]
    """A number with as many digits as it came with: PostgreSQL's numeric without a precision."""

    def db_type(self, connection: object) -> str:
        return "numeric"

    def get_internal_type(self) -> str:
        return "DecimalField"

    def get_db_prep_value(self, value: object, connection: object, prepared: bool = False) -> object:
        return value


class Projected(models.Model):
    """What each projection has. Rows belong to one resource; `place` tells several rows of one resource apart.

    `at` is for sorting: the moment that is meant or, if only a day, month or year was said, its first instant in UTC.
    `said` is what was said, as FHIR has it ("2019", "2019-03", "2019-03-04" or an instant with its offset). `zone` is
    the time zone of the place where it happened, if that is known, as an IANA name. The pages show `said`.
    `display` is the name of the thing as people read it and is never empty. `others` are its further codings, as
    "display (code)". Resources that were entered in error have no rows.
    """

    id = models.BigAutoField(primary_key=True)
    resource = models.ForeignKey(Resource, models.CASCADE, related_name="+")
    place = models.PositiveSmallIntegerField(default=0)
    patient = models.CharField("DoD ID number", max_length=10)
    status = models.CharField(max_length=60, blank=True)
    code_system = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=200, blank=True)
    display = models.TextField()
    others = ArrayField(models.TextField(), default=list)
    at = models.DateTimeField(null=True, blank=True)
    said = models.CharField(max_length=40, blank=True)
    zone = models.CharField(max_length=60, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.resource_id}"


def newest_first(table: str, *before: str) -> models.Index:
    """Return the index that a list reads: a patient's rows, newest first, those without a time last."""
    return models.Index(
        "patient", *before, F("at").desc(nulls_last=True), F("id").desc(), name=f"record_{table}_newest"
    )


def by_words(table: str, condition: models.Q | None = None) -> GinIndex:
    """Return the index by which a list is searched: parts of the words of one patient."""
    return GinIndex(
        fields=["patient", "searched"],
        opclasses=["varchar_ops", "gin_trgm_ops"],
        name=f"record_{table}_words",
        condition=condition,
    )


def once(table: str) -> models.UniqueConstraint:
    """Return the constraint that a resource has one row for each place."""
    return models.UniqueConstraint(fields=["resource", "place"], name=f"record_{table}_once")
