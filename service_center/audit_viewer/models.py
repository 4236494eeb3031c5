"""What checks of the audit trail have found."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class AuditCheck(models.Model):
    """One check of the sealed days from `first` to `last`.

    `asked_by` is the account of the member of staff who asked for it, or None for the check of each night. `found` are
    the findings as sentences, which name days and counts and nobody.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for the job worker"
        RUNNING = "running", "Under way"
        DONE = "done", "Done"

    first = models.DateField()
    last = models.DateField()
    asked_by = models.BigIntegerField(null=True)
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    events = models.BigIntegerField(default=0)
    read = models.BigIntegerField(default=0)
    found = models.JSONField(default=list)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["-ended_at"], condition=Q(state="done"), name="audit_check_done"),
            models.Index(fields=["asked_at"], condition=~Q(state="done"), name="audit_check_under_way"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(first__lte=F("last")), name="audit_check_in_order"),
            models.CheckConstraint(
                condition=Q(state="done", ended_at__isnull=False) | ~Q(state="done") & Q(ended_at=None),
                name="audit_check_end_dated",
            ),
        ]

    def __str__(self) -> str:
        return f"check of {self.first} to {self.last}"
