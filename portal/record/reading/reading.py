"""One resource that is being read, and the rows made of it."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from django.db import models

from portal.record import moments, words
from portal.record.models import Projected, Resource
from portal.record.reading.elements import Json, codes_of, concept, every, get, joined, named, text
from portal.record.reading.references import Lookup, name_of, role_name, zone_said

Row = TypeVar("Row", bound=Projected)

ERROR = "entered-in-error"
# The types of time that an element[x] may have.
TIMES = ("", "DateTime", "Instant", "Date", "Period", "Timing")
# Where resources say the place, and the visit, in which they came about.
PLACES = (("location",), ("location", "location"), ("participant", "actor"), ("performer", "actor"))
VISITS = (("encounter",), ("context",), ("context", "encounter"))


def is_error(raw: Json) -> bool:
    """Tell whether a resource was entered in error: it is kept, and shown nowhere."""
    said = [text(raw, "status"), text(raw, "docStatus"), text(raw, "lifecycleStatus")]
    return ERROR in said or ERROR in codes_of(get(raw, "verificationStatus"))


@dataclass
class Reading:
    """A resource, its JSON and what it may refer to."""

    raw: dict[str, Json]
    resource: Resource
    lookup: Lookup

    def contained(self, reference: Json) -> dict[str, Json] | None:
        """Return the resource within this one that a Reference means."""
        said = text(reference, "reference")
        if not said.startswith("#"):
            return None
        inner = every(self.raw, "contained")
        return next((one for one in inner if text(one, "id") == said[1:] and isinstance(one, dict)), None)

    def name(self, reference: Json) -> str:
        """Return the name of what a Reference means. Its display counts only if the target has none."""
        if inner := self.contained(reference):
            type_ = text(inner, "resourceType")
            name = (
                role_name(inner, self.lookup, self.resource.source)[0]
                if type_ == "PractitionerRole"
                else name_of(inner, type_)
            )
        else:
            found = self.lookup.find(reference, self.resource.source)
            name = found.name if found else ""
        return name or text(reference, "display")

    def names(self, *path: str) -> str:
        """Return the names of all References at a path."""
        return joined(self.name(one) for one in every(self.raw, *path))

    def target(self, reference: Json, type_: str) -> UUID | None:
        """Return the id of the resource that a Reference means, if the record has it and it is of this type."""
        found = self.lookup.find(reference, self.resource.source)
        return found.id if found and found.type == type_ else None

    def reasons(self) -> str:
        """Return why, from reasonCode and reasonReference."""
        return joined([*map(concept, every(self.raw, "reasonCode")), self.names("reasonReference")])

    @cached_property
    def zone(self) -> str:
        """The time zone of the place, or of the place of the visit, "" if it is not known."""
        if not self.lookup.zoned:
            return ""
        if own := zone_said(self.raw):
            return own
        for path in PLACES + VISITS:
            for reference in every(self.raw, *path):
                found = self.lookup.find(reference, self.resource.source)
                if found and found.zone:
                    return found.zone
        return ""

    def said(self, *names: str) -> str:
        """Return the first moment that is said under these names: an element, or an element[x] of any type of time."""
        for name in names:
            for ending in TIMES:
                one = self.raw.get(f"{name}{ending}")
                if one is None:
                    continue
                if ending == "Timing":
                    one = get(one, "event")
                said = text(one) if not isinstance(one, dict) else text(one, "start") or text(one, "end")
                if said:
                    return said
        return ""

    def row(self, model: type[Row], named_by: Json, said: str, status: str, /, **values: Any) -> Row:
        """Return a row whose values fit their columns. `named_by` is the CodeableConcept that names it."""
        at, kept = moments.read(said)
        row = {"place": 0, "at": at, "said": kept, "zone": self.zone if "T" in kept else "", "status": status}
        row |= named(named_by)
        row |= values
        if not row["display"]:
            row["display"] = words.type_of(self.resource.type)
        for name, longest in lengths(model).items():
            if isinstance(one := row.get(name), str) and len(one) > longest:
                row[name] = one[: longest - 1] + "…"
        return model(resource_id=self.resource.id, patient=self.resource.patient, **row)


LENGTHS: dict[type[Projected], dict[str, int]] = {}


def lengths(model: type[Projected]) -> dict[str, int]:
    """Return the most characters of each column that has a most."""
    if model not in LENGTHS:
        LENGTHS[model] = {
            one.attname: one.max_length
            for one in model._meta.concrete_fields
            if isinstance(one, models.CharField) and one.max_length
        }
    return LENGTHS[model]
