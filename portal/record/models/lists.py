"""The projections: one narrow table for each list of the pages."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from portal.record.models.projected import Numeric, Projected, by_words, newest_first, once
from portal.record.models.store import Resource


class Panel(Projected):
    """DiagnosticReport: results that belong together, or a report in words. `kind` says which form its page has."""

    class Kind(models.TextChoices):
        LABORATORY = "laboratory", "Laboratory"
        MICROBIOLOGY = "microbiology", "Microbiology"
        PATHOLOGY = "pathology", "Pathology"
        IMAGING = "imaging", "Imaging"
        OTHER = "other", "Other report"

    kind = models.CharField(max_length=20, choices=Kind)
    issued = models.CharField("result ready, as said", max_length=40, blank=True)
    performer = models.TextField(blank=True)
    requester = models.TextField(blank=True)
    specimen = models.TextField(blank=True)
    conclusion = models.TextField(blank=True)
    results = models.PositiveIntegerField(default=0)
    unusual = models.PositiveIntegerField("results that a laboratory or a range calls unusual", default=0)
    unjudged = models.PositiveIntegerField("results that nobody judged", default=0)
    searched = models.TextField("its name and those of its results, in lower case", default="", db_default="")

    class Meta:
        indexes = [newest_first("panel"), newest_first("panel_kind", "kind"), by_words("panel")]
        constraints = [once("panel")]

    @property
    def usual(self) -> int:
        """Return how many results a laboratory or a range calls usual."""
        return self.results - self.unusual - self.unjudged


class Result(Projected):
    """Observation: one measurement or finding. Place 0 is the observation itself, its components have 1, 2, 3 ...

    An observation that has components and no value of its own has a row of place 0 with `value` None and `text` "".
    `panel` is the report that it stands in, and `also_in` are further ones.
    `value_said` is the number with its digits as written. `verdict` is one of Verdict: only a laboratory's flag, or a
    number with both bounds, makes "usual".
    """

    class Category(models.TextChoices):
        LABORATORY = "laboratory", "Laboratory"
        VITAL_SIGNS = "vital-signs", "Vital signs"
        OTHER = "other", "Other observations"

    class Verdict(models.TextChoices):
        USUAL = "usual", "In the usual range"
        UNUSUAL = "unusual", "Outside the usual range"
        NONE = "none", "No range to compare with"

    category = models.CharField(max_length=20, choices=Category)
    category_said = models.TextField("category as it came", blank=True)
    panel = models.ForeignKey(Resource, models.SET_NULL, null=True, blank=True, related_name="+")
    also_in = ArrayField(models.UUIDField(), default=list, db_default=[])
    value = Numeric(null=True, blank=True)
    value_said = models.CharField(max_length=60, blank=True)
    comparator = models.CharField(max_length=2, blank=True)
    unit = models.CharField("UCUM unit", max_length=60, blank=True)
    unit_said = models.CharField(max_length=120, blank=True)
    text = models.TextField("value that is no number", blank=True)
    absent = models.TextField("why there is no value", blank=True)
    low = Numeric("usual from", null=True, blank=True)
    high = Numeric("usual to", null=True, blank=True)
    range_said = models.TextField("range in words", blank=True)
    interpretation = models.CharField("HL7 code or text as it came", max_length=120, blank=True)
    verdict = models.CharField(max_length=10, choices=Verdict)
    performer = models.TextField(blank=True)
    specimen = models.TextField(blank=True)
    method = models.TextField(blank=True)
    device = models.TextField(blank=True, default="", db_default="")
    derived = models.TextField("what it was worked out from", blank=True, default="", db_default="")
    searched = models.TextField(
        "what a list of single results is searched for, in lower case", blank=True, default="", db_default=""
    )

    class Meta:
        indexes = [
            newest_first("result", "category"),
            by_words("result", condition=~models.Q(searched="")),
            # A page for each test: its results by time.
            newest_first("result_test", "code_system", "code"),
            models.Index(fields=["panel"], name="record_result_panel"),
            # Few results stand in several reports.
            GinIndex(fields=["also_in"], condition=~models.Q(also_in=[]), name="record_result_also_in"),
            # The few results that belong to no report, among the many that do.
            models.Index(
                "patient",
                "category",
                models.F("at").desc(nulls_last=True),
                models.F("id").desc(),
                condition=models.Q(panel=None),
                name="record_result_single",
            ),
        ]
        constraints = [once("result")]


class Condition(Projected):
    """Condition. `status` is the clinical status; it is "" where none was said."""

    verification = models.CharField(max_length=60, blank=True)
    category = models.TextField(blank=True)
    is_current = models.BooleanField("neither resolved, inactive nor refuted")
    abated = models.CharField("over since, as said", max_length=120, blank=True)
    recorded = models.CharField(max_length=40, blank=True)
    asserter = models.TextField("who found it", blank=True)

    class Meta:
        indexes = [newest_first("condition", "is_current")]
        constraints = [once("condition")]


class Allergy(Projected):
    """AllergyIntolerance. `says_none` marks "no known allergies", which is a finding and not an empty list."""

    verification = models.CharField(max_length=60, blank=True)
    says_none = models.BooleanField(default=False)
    kind = models.CharField("allergy or intolerance", max_length=20, blank=True)
    categories = ArrayField(models.CharField(max_length=40), default=list)
    criticality = models.CharField(max_length=20, blank=True)
    reactions = ArrayField(models.TextField(), default=list)
    recorder = models.TextField(blank=True)

    class Meta:
        verbose_name_plural = "allergies"
        indexes = [newest_first("allergy")]
        constraints = [once("allergy")]


class Prescription(Projected):
    """MedicationRequest and MedicationStatement. `at` is when it was written."""

    is_current = models.BooleanField()
    intent = models.CharField(max_length=40, blank=True)
    sig = models.TextField("how to take it", blank=True)
    reason = models.TextField(blank=True)
    quantity = models.CharField(max_length=80, blank=True)
    days_supply = models.PositiveIntegerField(null=True, blank=True)
    refills_allowed = models.PositiveIntegerField(null=True, blank=True)
    refills_left = models.PositiveIntegerField(null=True, blank=True)
    last_filled = models.DateField(null=True, blank=True)
    supply_ends = models.DateField("when the last fill runs out", null=True, blank=True)
    prescriber = models.TextField(blank=True)
    pharmacy = models.TextField(blank=True)
    pharmacy_phone = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [newest_first("prescription", "is_current")]
        constraints = [once("prescription")]


class Dispense(Projected):
    """MedicationDispense and MedicationAdministration: what was handed over or given, and when."""

    prescription = models.ForeignKey(Resource, models.SET_NULL, null=True, blank=True, related_name="+")
    quantity = models.CharField(max_length=80, blank=True)
    days_supply = models.PositiveIntegerField(null=True, blank=True)
    pharmacy = models.TextField(blank=True)

    class Meta:
        indexes = [newest_first("dispense"), models.Index(fields=["prescription"], name="record_dispense_of")]
        constraints = [once("dispense")]


class Vaccine(Projected):
    """Immunization. `was_given` is false for "not-done", and `reason` then says why."""

    was_given = models.BooleanField()
    reason = models.TextField(blank=True)
    dose = models.CharField(max_length=80, blank=True)
    site = models.TextField(blank=True)
    lot_number = models.CharField(max_length=80, blank=True)
    manufacturer = models.TextField(blank=True)
    performer = models.TextField(blank=True)
    location = models.TextField(blank=True)

    class Meta:
        indexes = [newest_first("vaccine", "was_given")]
        constraints = [once("vaccine")]


class Procedure(Projected):
    """Procedure."""

    ended = models.CharField("ended, as said", max_length=40, blank=True)
    performer = models.TextField(blank=True)
    location = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    outcome = models.TextField(blank=True)

    class Meta:
        indexes = [newest_first("procedure")]
        constraints = [once("procedure")]


class Note(Projected):
    """DocumentReference: a note or document. Its content is in its attachments."""

    category = models.TextField(blank=True)
    author = models.TextField(blank=True)
    location = models.TextField(blank=True)

    class Meta:
        indexes = [newest_first("note")]
        constraints = [once("note")]


class Attachment(Projected):
    """A file in a DocumentReference, DiagnosticReport or other resource. `path` says where in `raw` its data stands.

    `size` is in bytes and None if the file is elsewhere (`url`), in which case we cannot show it and say so.
    """

    path = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100, blank=True)
    size = models.PositiveIntegerField(null=True, blank=True)
    url = models.TextField(blank=True)

    class Meta:
        indexes = [newest_first("attachment")]
        constraints = [once("attachment")]


class Appointment(Projected):
    """Appointment: a visit that was agreed. `at` is its start."""

    ends_at = models.DateTimeField(null=True, blank=True)
    description = models.TextField("reason for the visit", blank=True)
    practitioner = models.TextField(blank=True)
    location = models.TextField(blank=True)
    address = models.TextField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    virtual = models.BooleanField("by video", default=False)
    patient_instruction = models.TextField("how to prepare", blank=True)
    sequence = models.PositiveIntegerField("version for calendars", default=0)

    class Meta:
        indexes = [
            newest_first("appointment"),
            # Reminders look for what is booked and near, whosever it is.
            models.Index(fields=["at"], condition=models.Q(status="booked"), name="record_appointment_next"),
        ]
        constraints = [once("appointment")]


class Encounter(Projected):
    """Encounter: a visit that took place."""

    kind = models.TextField("class, in words", blank=True)
    ended = models.CharField(max_length=40, blank=True)
    reason = models.TextField(blank=True)
    practitioner = models.TextField(blank=True)
    location = models.TextField(blank=True)

    class Meta:
        indexes = [newest_first("encounter")]
        constraints = [once("encounter")]


class Goal(Projected):
    """Goal. `status` is the lifecycle status."""

    achievement = models.TextField(blank=True)
    target = models.TextField(blank=True)
    due = models.CharField(max_length=40, blank=True)
    expressed_by = models.TextField(blank=True)

    class Meta:
        indexes = [newest_first("goal")]
        constraints = [once("goal")]


class CarePlan(Projected):
    """CarePlan."""

    ended = models.CharField(max_length=40, blank=True)
    activities = ArrayField(models.TextField(), default=list)
    author = models.TextField(blank=True)

    class Meta:
        indexes = [newest_first("careplan")]
        constraints = [once("careplan")]


class Who(Projected):
    """Whom or what other resources refer to: Practitioner, Organization, Location, Medication and the like.

    `identifiers` are "system|value", for references by `?identifier=`.
    """

    type = models.CharField(max_length=40)
    phone = models.CharField(max_length=40, blank=True)
    address = models.TextField(blank=True)
    identifiers = ArrayField(models.TextField(), default=list)

    class Meta:
        indexes = [models.Index(fields=["patient"], name="record_who_patient")]
        constraints = [once("who")]


class Paper(Projected):
    """Each resource that has no row in another projection: "Other papers in your record"."""

    type = models.CharField(max_length=40)

    class Meta:
        indexes = [newest_first("paper"), newest_first("paper_type", "type")]
        constraints = [once("paper")]


PROJECTIONS: tuple[type[Projected], ...] = (
    Panel,
    Result,
    Condition,
    Allergy,
    Prescription,
    Dispense,
    Vaccine,
    Procedure,
    Note,
    Attachment,
    Appointment,
    Encounter,
    Goal,
    CarePlan,
    Who,
    Paper,
)
