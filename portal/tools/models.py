"""What people measure themselves. A patient is a DoD ID number, as everywhere outside `accounts`.

These rows are health data, as those of the record are, and they are the person's own: none of them comes from a clinic.
"""

import uuid
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower

from accounts.models import Account
from core import policy
from portal.record.models import Numeric
from portal.tools.measures import BY_SLUG, CUSTOM, Measure, custom, with_unit


def name_of_other(row: "Reading | OwnGoal") -> str:
    """Return the name of who entered something for the patient, or "" if the patient did."""
    return row.account.get_full_name() if row.account_id and row.account.dod_id != row.patient else ""


class Tracker(models.Model):
    """One thing that a person measures, with the target and the reminder for it.

    `measure` is one of measures.MEASURES, or "custom" with a `name` and a `unit` of the person's own. The bounds of the
    target are in `target_unit`; any of them may be missing. `remind_next_at` is when the next reminder is due; without
    it there is none. It goes to `account`, at `remind_at` by the clock of `remind_zone`, on `remind_days` (0: Monday).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.CharField("DoD ID number", max_length=10)
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    measure = models.CharField(max_length=20)
    name = models.CharField(max_length=policy.TRACKER_NAME_MAX, blank=True)
    unit = models.CharField(max_length=policy.TRACKER_UNIT_MAX, blank=True)
    low = Numeric(null=True, blank=True)
    high = Numeric(null=True, blank=True)
    second_low = Numeric(null=True, blank=True)
    second_high = Numeric(null=True, blank=True)
    target_unit = models.CharField("UCUM unit of the target", max_length=20, blank=True)
    remind_at = models.TimeField(null=True, blank=True)
    remind_days = ArrayField(models.SmallIntegerField(), default=list, blank=True)
    remind_zone = models.CharField(max_length=60, blank=True)
    remind_next_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    newest: "list[Reading]"
    """Its newest readings, newest first, if the query fetched them too."""

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["patient"], name="tracker_patient"),
            models.Index(fields=["remind_next_at"], condition=Q(remind_next_at__isnull=False), name="tracker_remind"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["patient", "measure"], condition=~Q(measure=CUSTOM), name="tracker_once"),
            models.UniqueConstraint(
                F("patient"), Lower("name"), condition=Q(measure=CUSTOM), name="tracker_custom_name_once"
            ),
            models.CheckConstraint(condition=Q(measure=CUSTOM) ^ Q(name=""), name="tracker_custom_has_name"),
            models.CheckConstraint(
                condition=Q(remind_next_at=None) | (Q(remind_at__isnull=False) & ~Q(remind_days=[])),
                name="tracker_reminder_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"tracker {self.pk}"

    @property
    def about(self) -> Measure:
        """Return what is measured."""
        return BY_SLUG[self.measure] if self.measure in BY_SLUG else custom(self.name, self.unit)

    @property
    def slug(self) -> str:
        """Return the part of the addresses of its pages."""
        return self.measure if self.measure in BY_SLUG else str(self.pk)

    @property
    def has_target(self) -> bool:
        return any(bound is not None for bound in (self.low, self.high, self.second_low, self.second_high))

    @property
    def targets(self) -> list[tuple[Decimal | None, Decimal | None]]:
        """Return the bounds of the target for each number."""
        return [(self.low, self.high), (self.second_low, self.second_high)][: len(self.about.numbers)]


class Reading(models.Model):
    """One measurement of a person's own. The numbers keep their digits, in `unit` as it was typed.

    `resource_id` names it in addresses and in FHIR. `said` is when it was measured, as FHIR has it: an instant or, if
    the file had no time, a day. `at` is that for sorting, and `zone` is that of the clock it was read from.
    """

    class Source(models.TextChoices):
        FORM = "form", "Typed"
        CSV = "csv", "From a file"

    id = models.BigAutoField(primary_key=True)
    resource_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tracker = models.ForeignKey(Tracker, models.CASCADE, related_name="readings")
    patient = models.CharField("DoD ID number", max_length=10)
    account = models.ForeignKey(
        Account, models.CASCADE, related_name="+", verbose_name="account that entered it, or changed it last"
    )
    at = models.DateTimeField()
    said = models.CharField(max_length=40)
    zone = models.CharField(max_length=60, blank=True)
    number = Numeric()
    second = Numeric(null=True, blank=True)
    unit = models.CharField("UCUM unit", max_length=20, blank=True)
    note = models.CharField(max_length=policy.READING_NOTE_MAX, blank=True)
    source = models.CharField(max_length=4, choices=Source, default=Source.FORM)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(
                F("patient"), F("tracker"), F("at").desc(nulls_last=True), F("id").desc(), name="reading_newest"
            )
        ]
        constraints = [
            # The same file twice, or a form that was sent twice, brings nothing twice.
            models.UniqueConstraint(
                fields=["tracker", "at", "number", "second", "unit"], name="reading_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"reading {self.resource_id}"

    @property
    def entered_by(self) -> str:
        return name_of_other(self)

    @property
    def numbers(self) -> list[Decimal]:
        return [self.number] if self.second is None else [self.number, self.second]

    @property
    def shown(self) -> str:
        """Return the numbers with their digits: "120 over 80"."""
        return " over ".join(f"{number:f}" for number in self.numbers)

    @property
    def unit_words(self) -> str:
        return self.tracker.about.unit(self.unit).words

    @property
    def with_unit(self) -> str:
        return with_unit(self.shown, self.unit_words)


class OwnGoal(models.Model):
    """A goal that a person set for themselves.

    With a `tracker` and a `number` its progress follows from the readings. `start` is the reading from which it is
    reckoned, in the unit of the goal. `wants` says on which side of the number the person wants to be. `account` is
    who set it.
    """

    class Wants(models.TextChoices):
        AT_MOST = "at-most", "At most this number"
        AT_LEAST = "at-least", "At least this number"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.CharField("DoD ID number", max_length=10)
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    text = models.CharField(max_length=policy.GOAL_TEXT_MAX)
    tracker = models.ForeignKey(Tracker, models.SET_NULL, null=True, blank=True, related_name="goals")
    wants = models.CharField(max_length=10, choices=Wants, blank=True)
    number = Numeric(null=True, blank=True)
    unit = models.CharField("UCUM unit", max_length=20, blank=True)
    start = Numeric(null=True, blank=True)
    due = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(F("patient"), F("created_at").desc(), name="goal_newest")]
        constraints = [
            models.CheckConstraint(condition=Q(number=None) | ~Q(wants=""), name="goal_number_has_side"),
        ]

    def __str__(self) -> str:
        return f"goal {self.pk}"

    @property
    def entered_by(self) -> str:
        return name_of_other(self)


class VisitNote(models.Model):
    """What a person wants to say or ask at the next visit. `helper` is who wrote it last, if another person did."""

    patient = models.CharField("DoD ID number", max_length=10, primary_key=True)
    text = models.TextField(max_length=policy.VISIT_NOTE_MAX, blank=True)
    helper = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+", db_index=False)
    changed_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return "notes for a visit"

    @property
    def lines(self) -> list[str]:
        return self.text.splitlines()
