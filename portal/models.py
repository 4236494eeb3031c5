"""The health record, in the words of FHIR R4: one table for each kind of resource.

A patient is a DoD ID number, as everywhere outside `accounts`. Ids are UUIDs that follow from the patient, the kind and
the number of the row (see `resource_id`), so loading the same record twice changes nothing.
"""

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q

from core import policy
from portal import codes

RECORD = uuid.UUID("6f0c2ab4-9f0e-5c0f-8a43-0d51f1a5a0e6")


def resource_id(patient: str, kind: str, which: str | int) -> uuid.UUID:
    """Return the id of `patient`'s resource `which` of this `kind`. The same arguments always give the same id."""
    return uuid.uuid5(RECORD, f"{patient}:{kind}:{which}")


class Resource(models.Model):
    """What every kind has: the patient, a status, and a code system, a code and its display."""

    id = models.UUIDField(primary_key=True)
    patient = models.CharField("DoD ID number", max_length=10)
    status = models.CharField(max_length=20)
    code_system = models.CharField(max_length=100, blank=True)
    code = models.CharField(max_length=40, blank=True)
    display = models.CharField(max_length=200)

    when: ClassVar[str]
    """The field that says when it happened. Lists are sorted by it."""

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"

    @property
    def meaning(self) -> str:
        """Return the code in everyday words, or "" if we have none."""
        return codes.MEANINGS.get((self.code_system, self.code), "")

    @property
    def status_words(self) -> str:
        """Return the status in everyday words."""
        return codes.STATUSES.get(self.status, self.status.capitalize())


def newest_first(kind: str, when: str) -> list[models.Index]:
    """Return the one index that each page reads: a patient's rows by date, newest first."""
    return [models.Index("patient", models.F(when).desc(), name=f"{kind}_newest")]


class Appointment(Resource):
    """FHIR Appointment. Status: booked, fulfilled, cancelled or noshow."""

    when = "start"
    start = models.DateTimeField()
    end = models.DateTimeField()
    description = models.CharField("reason for the visit", max_length=200, blank=True)
    practitioner = models.CharField(max_length=120)
    location = models.CharField(max_length=120)
    address = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    virtual = models.BooleanField("by video", default=False)
    patient_instruction = models.TextField("how to prepare", blank=True)

    class Meta:
        indexes = newest_first("appointment", "start")
        constraints = [models.CheckConstraint(condition=Q(end__gt=models.F("start")), name="appointment_ends_later")]

    @property
    def minutes(self) -> int:
        return int((self.end - self.start) / timedelta(minutes=1))

    @property
    def status_words(self) -> str:
        return codes.APPOINTMENT_STATUS.get(self.status, super().status_words)


class Immunization(Resource):
    """FHIR Immunization. The code is a CVX code; status: completed or not-done."""

    when = "occurrence"
    occurrence = models.DateField()
    dose = models.CharField(max_length=40, blank=True)
    site = models.CharField(max_length=60, blank=True)
    lot_number = models.CharField(max_length=20, blank=True)
    location = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = newest_first("immunization", "occurrence")


class Allergy(Resource):
    """FHIR AllergyIntolerance. Status is the clinical status: active, inactive or resolved."""

    when = "recorded"
    category = models.CharField(max_length=20, help_text="food, medication, environment or biologic")
    criticality = models.CharField(max_length=20, blank=True, help_text="low, high or unable-to-assess")
    reaction = models.CharField(max_length=200, blank=True)
    severity = models.CharField(max_length=20, blank=True, help_text="of the reaction: mild, moderate or severe")
    recorded = models.DateField()

    class Meta:
        verbose_name_plural = "allergies"
        indexes = newest_first("allergy", "recorded")


class Condition(Resource):
    """FHIR Condition. Status is the clinical status: active, recurrence, remission, inactive or resolved."""

    when = "onset"
    onset = models.DateField()
    abatement = models.DateField(null=True, blank=True)
    asserter = models.CharField("who found it", max_length=120, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        indexes = newest_first("condition", "onset")

    @property
    def is_active(self) -> bool:
        return self.status in ("active", "recurrence", "relapse")


class Medication(Resource):
    """FHIR MedicationRequest: one prescription. Status: active, on-hold, completed, stopped or cancelled."""

    when = "authored_on"
    authored_on = models.DateField()
    sig = models.CharField("how to take it", max_length=300, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    quantity = models.PositiveSmallIntegerField(null=True, blank=True)
    days_supply = models.PositiveSmallIntegerField(null=True, blank=True)
    refills_left = models.PositiveSmallIntegerField(default=0)
    last_filled = models.DateField(null=True, blank=True)
    prescriber = models.CharField(max_length=120, blank=True)
    pharmacy = models.CharField(max_length=120, blank=True)
    pharmacy_phone = models.CharField(max_length=32, blank=True)

    class Meta:
        indexes = newest_first("medication", "authored_on")

    @property
    def is_active(self) -> bool:
        return self.status in ("active", "on-hold")

    @property
    def supply_ends(self) -> date | None:
        """Return the day on which the last fill runs out, if it is taken as prescribed."""
        if self.last_filled is None or self.days_supply is None:
            return None
        return self.last_filled + timedelta(days=self.days_supply)


class Report(Resource):
    """FHIR DiagnosticReport: a panel of laboratory results that belong together."""

    when = "effective"
    effective = models.DateTimeField("specimen taken")
    issued = models.DateTimeField("result ready")
    performer = models.CharField("laboratory", max_length=120, blank=True)
    requester = models.CharField("ordered by", max_length=120, blank=True)
    conclusion = models.TextField(blank=True)

    lines: "list[Observation]"
    """The results of this panel, if the query fetched them too (`Prefetch(..., to_attr="lines")`)."""

    class Meta:
        indexes = newest_first("report", "effective")

    @property
    def unusual(self) -> "list[Observation]":
        return [line for line in self.lines if line.is_unusual]


class Observation(Resource):
    """FHIR Observation: one measurement, either a number with a UCUM unit or a text."""

    when = "effective"

    class Category(models.TextChoices):
        LABORATORY = "laboratory", "Laboratory"
        VITAL_SIGNS = "vital-signs", "Vital signs"

    category = models.CharField(max_length=20, choices=Category.choices)
    report = models.ForeignKey(Report, models.CASCADE, null=True, blank=True, related_name="results")
    effective = models.DateTimeField()
    value = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    value_text = models.CharField(max_length=200, blank=True)
    unit = models.CharField("UCUM unit", max_length=30, blank=True)
    low = models.DecimalField("usual from", max_digits=12, decimal_places=4, null=True, blank=True)
    high = models.DecimalField("usual to", max_digits=12, decimal_places=4, null=True, blank=True)
    interpretation = models.CharField(max_length=4, blank=True, help_text="HL7 code: N, L, H, LL, HH or A")

    class Meta:
        indexes = [models.Index("patient", "category", models.F("effective").desc(), name="observation_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(category__in=["laboratory", "vital-signs"]), name="observation_category_known"
            ),
        ]

    @property
    def is_unusual(self) -> bool:
        return self.interpretation not in ("", "N")

    @property
    def verdict(self) -> str:
        """Return in words how the result compares with its range. Color alone would not tell everyone."""
        return codes.INTERPRETATIONS.get(self.interpretation, "")

    @property
    def short_verdict(self) -> str:
        return codes.SHORT_INTERPRETATIONS.get(self.interpretation, "")

    @property
    def number(self) -> str:
        return number(self.value) if self.value is not None else self.value_text

    @property
    def unit_words(self) -> str:
        return codes.UNITS.get(self.unit, self.unit)

    @property
    def usual(self) -> str:
        """Return the reference range as people say it: "70 to 99", "200 or less", "40 or more"."""
        if self.low is not None and self.high is not None:
            return f"{number(self.low)} to {number(self.high)}"
        if self.high is not None:
            return f"{number(self.high)} or less"
        return f"{number(self.low)} or more" if self.low is not None else ""


class Document(Resource):
    """FHIR DocumentReference with its text: a note or letter by the care team."""

    when = "date"
    date = models.DateTimeField()
    author = models.CharField(max_length=120)
    location = models.CharField(max_length=120, blank=True)
    title = models.CharField(max_length=200)
    text = models.TextField()

    class Meta:
        indexes = newest_first("document", "date")


class Procedure(Resource):
    """FHIR Procedure. Status: completed, in-progress, stopped or not-done."""

    when = "performed"
    performed = models.DateField()
    performer = models.CharField(max_length=120, blank=True)
    location = models.CharField(max_length=120, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    note = models.TextField(blank=True)

    class Meta:
        indexes = newest_first("procedure", "performed")


class Goal(Resource):
    """FHIR Goal. Status is the lifecycle status: active, on-hold, completed or cancelled."""

    when = "start"
    start = models.DateField()
    due = models.DateField(null=True, blank=True)
    target = models.CharField(max_length=200, blank=True)
    expressed_by = models.CharField(max_length=120, blank=True)

    class Meta:
        indexes = newest_first("goal", "start")


class Thread(models.Model):
    """A conversation between a patient and a care team."""

    id = models.UUIDField(primary_key=True)
    patient = models.CharField("DoD ID number", max_length=10)
    subject = models.CharField(max_length=policy.MESSAGE_SUBJECT_MAX)
    care_team = models.CharField(max_length=120)
    last_sent_at = models.DateTimeField()

    lines: "list[Message]"
    """Its messages, if the query fetched them too."""

    class Meta:
        indexes = newest_first("thread", "last_sent_at")

    def __str__(self) -> str:
        return f"thread {self.pk}"


class Message(models.Model):
    """One secure message of a thread. If the author is "", the patient wrote it."""

    id = models.UUIDField(primary_key=True)
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="messages")
    sent_at = models.DateTimeField()
    author = models.CharField(max_length=120, blank=True)
    body = models.CharField(max_length=policy.MESSAGE_BODY_MAX)

    class Meta:
        indexes = [models.Index(fields=["thread", "sent_at"], name="message_in_order")]

    def __str__(self) -> str:
        return f"message {self.pk}"


def number(value: Decimal) -> str:
    """Return a decimal as people write it: no trailing zeros, no exponent."""
    return f"{value.normalize():f}"
