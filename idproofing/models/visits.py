"""Visits: slips for a check of documents, and the documents that were shown."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from idproofing.models.proofing import LEVELS
from idproofing.routes import Route
from safeguards.fields import EncryptedTextField

# The states in which a visit is under way: as text, because the constraints name them.
LIVE = ["open", "checked", "held"]


class Visit(models.Model):
    """A slip for one visit, at an office or by video call. idproofing/visit_states.py has the transitions.

    It is found only by the keyed hash of its reference. The reference, and the address that the activation code goes
    to, are wiped when the visit is over. `agent` is the account of the member of staff who attended, and `second_agent`
    that of the one who took the second look. `reading` is the keyed hash of what a document reader has read in place of
    that look; no reading counts twice. `begun_at` is when the journey began that led here.
    """

    class State(models.TextChoices):
        OPEN = "open", "Waiting for the visit"
        CHECKED = "checked", "Waiting for a second look"
        HELD = "held", "Held for a supervisor"
        VERIFIED = "verified", "Verified"
        REFUSED = "refused", "Refused"
        EXPIRED = "expired", "Not used in time"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class Reason(models.TextChoices):
        """Why documents were refused. The words go to the person."""

        EXPIRED = "expired", "A document has expired."
        NOT_ENOUGH = "not-enough", "The documents are not the ones that this account needs."
        DETAILS = "details", "A name or birth date differs from the record in DEERS."
        PHOTO = "photo", "We could not tell from the photo that it is you."
        DOUBTFUL = "doubtful", "We could not make sure that a document is valid."
        USED_BEFORE = "used-before", "A document could not be accepted."
        LEFT = "left", "The visit was ended before all was checked."

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dod_id = models.CharField("DoD ID number", max_length=10)
    level = models.PositiveSmallIntegerField(choices=LEVELS)
    route = models.CharField(
        "where", max_length=10, choices=[(Route.IN_PERSON.value, "Office"), (Route.AGENT.value, "Video call")]
    )
    digest = models.BinaryField(max_length=32)
    reference = EncryptedTextField(null=True)
    email = EncryptedTextField(null=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    reason = models.CharField(max_length=12, choices=Reason.choices, blank=True, default="")
    agent = models.BigIntegerField(null=True, blank=True)
    second_agent = models.BigIntegerField(null=True, blank=True)
    reading = models.BinaryField(max_length=32, null=True, blank=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField("good until")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ("view",)
        permissions = [
            ("attend_visit", "Can attend a visit: look for a slip by its reference, and check documents"),
            ("settle_visit", "Can settle a visit that is held"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["digest"], name="visit_reference_once"),
            # Slips there may be several, for strangers make some too. Documents are looked at in one visit at a time.
            models.UniqueConstraint(
                fields=["dod_id", "level"], condition=Q(state__in=["checked", "held"]), name="visit_one_attended"
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="visit_good_a_while"),
            models.CheckConstraint(
                condition=Q(reference__isnull=False, email__isnull=False, state__in=LIVE)
                | Q(reference__isnull=True, email__isnull=True) & ~Q(state__in=LIVE),
                name="visit_wiped_when_over",
            ),
            models.CheckConstraint(
                condition=(Q(state="refused") & ~Q(reason="")) | (~Q(state="refused") & Q(reason="")),
                name="visit_refused_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(agent__isnull=False) | ~Q(state__in=["checked", "held", "verified", "refused"]),
                name="visit_attended_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(level=2, state="verified") | Q(second_agent__isnull=False) | Q(reading__isnull=False),
                name="visit_premium_takes_two",
            ),
            models.CheckConstraint(
                condition=Q(second_agent__isnull=True) | Q(agent__isnull=False) & ~Q(second_agent=F("agent")),
                name="visit_second_look_by_another",
            ),
            models.UniqueConstraint(fields=["reading"], name="visit_reading_once"),
        ]
        indexes = [
            models.Index(fields=["dod_id", "level"], condition=Q(state__in=LIVE), name="visit_under_way"),
            models.Index(fields=["dod_id", "-made_at"], name="visit_of_person"),
            models.Index(fields=["expires_at"], condition=Q(state__in=["open", "checked"]), name="visit_to_expire"),
            # For the staff's figures, which count the visits of a day that is over.
            models.Index(fields=["changed_at"], condition=Q(state__in=["verified", "refused"]), name="visit_ended"),
            models.Index(fields=["-changed_at", "-id"], name="visit_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()} visit, {self.get_state_display().lower()}"


class Document(models.Model):
    """A document that was accepted at a visit. It is one person's forever, and is known only by a keyed hash."""

    digest = models.BinaryField(max_length=32)
    kind = models.CharField(max_length=20)
    dod_id = models.CharField("DoD ID number", max_length=10)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest"], name="document_of_one_person")]

    def __str__(self) -> str:
        return self.kind
