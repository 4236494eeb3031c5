"""How far a person has come at a level."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.policy import Level
from idproofing.routes import Route

LEVELS = [(level.value, level.label) for level in Level]


class Proofing(models.Model):
    """How far one person has come in proving who they are at one level.

    idproofing/states.py has the transitions. A quiz uses one of `policy.QUIZ_ATTEMPTS` when it begins. They are counted
    over both levels, and `attempts` are those at this one. All that were used are forgotten at the later
    `attempts_forgotten_at`, which is `policy.QUIZ_WAIT` after the last of them ended (idproofing/attempts.py).
    """

    class State(models.TextChoices):
        STARTED = "started", "Started"
        QUESTIONS = "questions", "Answering questions"
        PASSED = "passed", "Questions passed"
        FAILED = "failed", "Questions failed"
        ABANDONED = "abandoned", "Questions abandoned"
        COOLING_DOWN = "cooling_down", "Waiting to try again"
        CLOSED = "closed", "Questions closed"
        THIN_FILE = "thin_file", "Too little to ask about"
        CODE_SENT = "code_sent", "Activation code sent"
        PROVEN = "proven", "Identity proven"

    dod_id = models.CharField("DoD ID number", max_length=10)
    level = models.PositiveSmallIntegerField(choices=LEVELS)
    state = models.CharField(max_length=12, choices=State.choices, default=State.STARTED)
    attempts = models.PositiveSmallIntegerField(default=0)
    attempts_forgotten_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name_plural = "proofings"
        constraints = [models.UniqueConstraint(fields=["dod_id", "level"], name="proofing_once_a_level")]
        indexes = [
            models.Index(fields=["-changed_at", "-id"], name="proofing_newest"),
            models.Index(fields=["state", "-changed_at", "-id"], name="proofing_newest_of_state"),
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()}: {self.get_state_display()}"


class FailureNotice(models.Model):
    """A notice of something that a stranger may be doing in somebody's name, and what became of it.

    That of failed questions is due when the first pair of attempts in a row has failed. That of a letter is due when a
    letter with a code is asked for. `level` is that of the last attempt, or of the code. `told_at` is when the worker
    wrote to the person. `stopped_at` is when the link in that message was used. `lifted_at` is when the person had come
    by another route, or a newer notice of failures took its place. From a stop to there, no quiz may begin.
    """

    class Kind(models.TextChoices):
        QUESTIONS = "questions", "Identity questions failed"
        LETTER = "letter", "A letter with a code was asked for"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dod_id = models.CharField("DoD ID number", max_length=10)
    level = models.PositiveSmallIntegerField(choices=LEVELS)
    kind = models.CharField(max_length=9, choices=Kind.choices, default=Kind.QUESTIONS, db_default=Kind.QUESTIONS)
    made_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["dod_id"],
                condition=Q(lifted_at__isnull=True, kind="questions"),
                name="failure_notice_one_open",
            ),
        ]
        indexes = [
            models.Index(fields=["made_at"], condition=Q(told_at__isnull=True), name="failure_notice_due"),
            models.Index(fields=["dod_id"], condition=Q(lifted_at__isnull=True), name="failure_notice_open"),
        ]

    def __str__(self) -> str:
        return f"notice {self.pk}"


class Proof(models.Model):
    """An identity that was proven: by whom, at which level, by which route and when. It is never changed or deleted.

    A proofing says how far the person has come this time, and goes back when they begin again. What was proven before
    stays proven.
    """

    dod_id = models.CharField("DoD ID number", max_length=10)
    level = models.PositiveSmallIntegerField(choices=LEVELS)
    route = models.CharField(max_length=10, choices=Route.choices)
    proven_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["dod_id", "level", "-proven_at"], name="proof_latest")]

    def __str__(self) -> str:
        return f"{self.get_level_display()}: {self.get_route_display()}"
