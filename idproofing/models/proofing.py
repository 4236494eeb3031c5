"""How far a person has come at a level."""

from datetime import datetime

from django.db import models
from django.utils import timezone

from core import policy
from core.policy import Level

LEVELS = [(level.value, level.label) for level in Level]


class Proofing(models.Model):
    """How far one person has come in proving who they are at one level.

    idproofing/states.py has the transitions. A quiz uses one of `policy.QUIZ_ATTEMPTS` when it begins. All that were
    used are forgotten at `attempts_forgotten_at`, which is `policy.QUIZ_WAIT` after the last of them ended.
    """

    class State(models.TextChoices):
        STARTED = "started", "Started"
        QUESTIONS = "questions", "Answering questions"
        PASSED = "passed", "Questions passed"
        FAILED = "failed", "Questions failed"
        ABANDONED = "abandoned", "Questions abandoned"
        COOLING_DOWN = "cooling_down", "Waiting to try again"
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

    def __str__(self) -> str:
        return f"{self.get_level_display()}: {self.get_state_display()}"

    def attempts_used(self, now: datetime) -> int:
        """Return the number of quizzes that count against the person at `now`."""
        forgotten = self.attempts_forgotten_at is not None and self.attempts_forgotten_at <= now
        return 0 if forgotten else self.attempts

    def attempts_left(self, now: datetime) -> int:
        """Return the number of quizzes that the person may still begin at `now`."""
        return max(0, policy.QUIZ_ATTEMPTS - self.attempts_used(now))
