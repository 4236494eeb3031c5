"""A copy of a health record that its person asked for, and the pieces of its ZIP.

The ZIP is in the database, so that it needs no disk that web servers and workers share. It is sealed piece by piece and
deleted after policy.EXPORT_KEPT. The row without its pieces stays, so that the person sees what was made and fetched.
"""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.models import Account


class Export(models.Model):
    """One copy. `since` and `until` are the first and the last day that are meant, if the person named any.

    `done` and `of` count steps of the work. `counts` is what was found when it was checked, by file and section, in
    numbers only. `digest` is the SHA-256 of the ZIP, and `size` its bytes.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waits for the worker"
        MAKING = "making", "Being made"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"
        STOPPED = "stopped", "Stopped by the person"
        GONE = "gone", "Deleted after its time"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    patient = models.CharField("DoD ID number", max_length=10)
    sections = ArrayField(models.CharField(max_length=20))
    since = models.DateField(null=True)
    until = models.DateField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    asked_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    done = models.PositiveIntegerField(default=0)
    of = models.PositiveIntegerField(default=0)
    counts = models.JSONField(default=dict)
    size = models.PositiveBigIntegerField(default=0)
    digest = models.BinaryField("SHA-256 of the ZIP", max_length=32, null=True)
    expires_at = models.DateTimeField(null=True)
    fetched = models.PositiveIntegerField("how often it was fetched", default=0)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index("account", F("asked_at").desc(), name="export_newest"),
            models.Index(fields=["expires_at"], condition=Q(state="ready"), name="export_expires"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(state__in=["waiting", "making"]), name="export_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(state="ready") | Q(expires_at__isnull=False, digest__isnull=False),
                name="export_ready_ends",
            ),
        ]

    def __str__(self) -> str:
        return f"export {self.pk}"

    @property
    def is_waiting(self) -> bool:
        """Return whether the worker has to do something yet."""
        return self.state in (self.State.WAITING, self.State.MAKING)

    @property
    def percent(self) -> int:
        """Return how much of the work is done, up to 99: only the state says that all is done."""
        return min(100 * self.done // self.of, 99) if self.of else 0


class Piece(models.Model):
    """A piece of the ZIP, sealed for this export and place."""

    id = models.BigAutoField(primary_key=True)
    export = models.ForeignKey(Export, models.CASCADE, related_name="pieces")
    place = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["export", "place"], name="export_piece_once")]

    def __str__(self) -> str:
        return f"piece {self.place} of export {self.export_id}"
