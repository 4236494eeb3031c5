"""The quizzes that were asked, and their questions."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from core import policy
from idproofing.models.proofing import LEVELS


class Quiz(models.Model):
    """One attempt at the questions. At most one of a person and level is live."""

    class State(models.TextChoices):
        LIVE = "live", "Being answered"
        PASSED = "passed", "Passed"
        FAILED = "failed", "Failed"
        TIMED_OUT = "timed_out", "Time ran out"
        ABANDONED = "abandoned", "Abandoned"

    # Every way out except passing.
    FAILED_STATES = (State.FAILED, State.TIMED_OUT, State.ABANDONED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dod_id = models.CharField("DoD ID number", max_length=10)
    level = models.PositiveSmallIntegerField(choices=LEVELS)
    state = models.CharField(max_length=10, choices=State.choices, default=State.LIVE)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "quizzes"
        constraints = [
            models.UniqueConstraint(fields=["dod_id", "level"], condition=Q(state="live"), name="quiz_one_live"),
            models.CheckConstraint(
                condition=Q(state="live", ended_at__isnull=True) | (~Q(state="live") & Q(ended_at__isnull=False)),
                name="quiz_end_dated",
            ),
        ]
        indexes = [
            models.Index(fields=["dod_id", "level", "started_at"], name="quiz_history"),
            # For the staff's figures, which count the quizzes of a day that is over.
            models.Index(
                fields=["ended_at"],
                include=["dod_id", "state"],
                condition=Q(ended_at__isnull=False),
                name="quiz_ended",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()} quiz, {self.get_state_display().lower()}"


class Question(models.Model):
    """One question of a quiz, with its options in a fixed order.

    Which option is right is kept only as a keyed hash (asking.py). `fact_key`, a keyed hash too, stays forever, so that
    nothing is asked twice. Only a question of a failed attempt returns once, after `policy.QUIZ_ASKED_AGAIN`; its older
    row is then marked as `asked_again`. The words are wiped when the quiz ends.
    """

    quiz = models.ForeignKey(Quiz, models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField()
    dod_id = models.CharField("DoD ID number", max_length=10)
    fact_key = models.BinaryField(max_length=32)
    kind = models.CharField(max_length=24)
    prompt = models.CharField(max_length=250, blank=True)
    hint = models.CharField(max_length=250, blank=True)
    options = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    right = models.BinaryField(max_length=32)
    shown_at = models.DateTimeField(null=True, blank=True)
    deadline = models.DateTimeField(null=True, blank=True)
    extensions = models.PositiveSmallIntegerField(default=0)
    choice = models.PositiveSmallIntegerField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    asked_again = models.BooleanField(default=False, db_default=False)

    class Meta:
        ordering = ["quiz", "position"]
        constraints = [
            models.UniqueConstraint(fields=["quiz", "position"], name="question_one_a_position"),
            # So a question comes back once at most.
            models.UniqueConstraint(fields=["dod_id", "fact_key", "asked_again"], name="question_asked_again_once"),
            models.CheckConstraint(
                condition=Q(choice__isnull=True, answered_at__isnull=True)
                | Q(choice__isnull=False, answered_at__isnull=False, shown_at__isnull=False),
                name="question_answered_when_shown",
            ),
            models.CheckConstraint(
                condition=Q(extensions__lte=policy.QUIZ_EXTENSIONS), name="question_extensions_in_bounds"
            ),
        ]

    def __str__(self) -> str:
        return f"question {self.position + 1}"

    @property
    def extensions_left(self) -> int:
        """Return how many times the person may still ask for more time."""
        return policy.QUIZ_EXTENSIONS - self.extensions


class AnswerTally(models.Model):
    """How many answers about one kind of fact all people gave on one day, and how many of them were right.

    It is a count without persons, instead of a mark on each question. With a mark, somebody who reads the database
    would know forever what a person could not tell about themselves. A guesser who kept the options would know the
    fact. There is no row for each quiz either, because the number of its transaction (xmin) would join it to the quiz.
    """

    day = models.DateField()
    kind = models.CharField(max_length=24)
    answered = models.PositiveIntegerField()
    correct = models.PositiveIntegerField()

    class Meta:
        verbose_name = "count of answers"
        verbose_name_plural = "counts of answers"
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["day", "kind"], name="tally_one_a_day_and_kind"),
            models.CheckConstraint(condition=Q(correct__lte=models.F("answered")), name="tally_right_are_answered"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"
