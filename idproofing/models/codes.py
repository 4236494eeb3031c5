"""The activation codes that were given out."""

import uuid

from django.db import models
from django.db.models import Q

from idproofing.models.proofing import LEVELS
from idproofing.routes import Route
from safeguards.fields import EncryptedTextField


class ActivationCode(models.Model):
    """A code that was sent or shown once. Only its keyed hash is kept, and one code of a person and level is live.

    `tries` wrong codes were typed, the first at `tries_since`. `policy.CODE_FAILURES` of them void the code. `route` is
    how the person came to the code. `begun_at` is when the journey began that led to it. Only the first code of a
    journey has it.
    """

    class Delivery(models.TextChoices):
        EMAIL = "email", "Email"
        SCREEN = "screen", "On the screen"
        LETTER = "letter", "Letter"
        LETTER_ABROAD = "letter_abroad", "Letter outside the contiguous United States"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dod_id = models.CharField("DoD ID number", max_length=10)
    level = models.PositiveSmallIntegerField(choices=LEVELS)
    digest = models.BinaryField(max_length=32)
    delivery = models.CharField(max_length=13, choices=Delivery.choices)
    destination = EncryptedTextField(default="")
    route = models.CharField(max_length=10, default=Route.QUESTIONS, db_default=Route.QUESTIONS)
    begun_at = models.DateTimeField(null=True, blank=True)
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    tries_since = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    voided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dod_id", "level"],
                condition=Q(used_at__isnull=True, voided_at__isnull=True),
                name="code_one_live",
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(voided_at__isnull=True), name="code_used_or_void_not_both"
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=models.F("issued_at")), name="code_lives_a_while"),
        ]
        indexes = [
            models.Index(fields=["dod_id", "level", "-issued_at"], name="code_newest"),
            # For the staff's figures, which read these columns of many rows and no others.
            models.Index(
                fields=["issued_at"],
                include=["begun_at", "delivery"],
                condition=Q(begun_at__isnull=False),
                name="code_time_to_issue",
            ),
            models.Index(
                fields=["used_at"],
                include=["issued_at", "delivery"],
                condition=Q(used_at__isnull=False),
                name="code_time_to_use",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()} code by {self.get_delivery_display().lower()}"
