"""Letters on paper, and the batches in which they are printed."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from idproofing.models.codes import ActivationCode
from idproofing.models.proofing import LEVELS
from safeguards.fields import EncryptedTextField


class Batch(models.Model):
    """Letters that are printed together, in one PDF.

    It can be opened until somebody notes that they are in the mail.
    """

    made_at = models.DateTimeField("made", default=timezone.now)
    mailed_at = models.DateTimeField("mailed", null=True, blank=True)

    class Meta:
        verbose_name = "batch of letters"
        verbose_name_plural = "batches of letters"
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"Batch {self.pk}"


class Letter(models.Model):
    """One letter to a person's address of record. idproofing/letter_states.py has the transitions.

    `addressee` (name and address, a line each) and `secret` (the code, or the link that freezes the account or stops
    the questions) are encrypted. They are wiped as soon as the letter is in the mail or void. `enter_at` names the
    address of the page where the code is entered. `expires_at` is when code or link end.
    """

    class Kind(models.TextChoices):
        CODE = "code", "Activation code"
        NOTICE = "notice", "Notice of a new level"
        FAILED = "failed", "Notice of failed questions"
        SURROGATE = "acts", "Notice of a surrogate"

    class State(models.TextChoices):
        QUEUED = "queued", "Waits to be printed"
        PRINTED = "printed", "Printed"
        SENT = "sent", "Mailed"
        VOID = "void", "Void"
        RETURNED = "returned", "Came back"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=11, unique=True, editable=False)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    dod_id = models.CharField("DoD ID number", max_length=10)
    level = models.PositiveSmallIntegerField(choices=LEVELS)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED)
    code = models.ForeignKey(ActivationCode, on_delete=models.CASCADE, null=True, related_name="+")
    enter_at = models.CharField(max_length=40, blank=True, default="")
    addressee = EncryptedTextField(null=True)
    secret = EncryptedTextField(null=True)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, null=True, blank=True, related_name="letters")
    made_at = models.DateTimeField("asked for")
    changed_at = models.DateTimeField("last change")
    expires_at = models.DateTimeField("good until")

    class Meta:
        default_permissions = ("view",)
        permissions = [
            ("print_letter", "Can print letters, and note what became of them"),
            ("void_letter", "Can void letters"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["dod_id", "level"],
                condition=Q(kind="code", state__in=["queued", "printed"]),
                name="letter_one_code_in_the_house",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "printed"], addressee__isnull=False, secret__isnull=False)
                | Q(~Q(state__in=["queued", "printed"]), addressee__isnull=True, secret__isnull=True),
                name="letter_wiped_when_it_leaves",
            ),
            models.CheckConstraint(
                condition=Q(kind="code", code__isnull=False)
                | Q(kind__in=["notice", "failed", "acts"], code__isnull=True),
                name="letter_code_only_in_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(state="queued", batch__isnull=True)
                | Q(state__in=["printed", "sent", "returned"], batch__isnull=False)
                | Q(state="void"),
                name="letter_printed_in_a_batch",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="letter_good_for_a_while"),
        ]
        indexes = [
            models.Index(fields=["dod_id", "-made_at"], name="letter_of_person"),
            models.Index(fields=["made_at"], condition=Q(state="queued"), name="letter_waiting"),
            models.Index(
                fields=["expires_at"], condition=Q(state__in=["queued", "printed", "sent"]), name="letter_not_over"
            ),
            models.Index(fields=["-changed_at"], name="letter_newest"),
            models.Index(fields=["state", "-changed_at", "-id"], name="letter_newest_of_state"),
        ]

    def __str__(self) -> str:
        return self.reference
