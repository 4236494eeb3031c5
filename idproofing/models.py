"""What is kept of identity proofing: facts to ask about, quizzes asked, activation codes, and the progress made."""

import uuid
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from dslogon import policy
from dslogon.policy import Level
from safeguards.fields import EncryptedTextField

LEVELS = [(level.value, level.label) for level in Level]


class Category(models.TextChoices):
    """Kinds of fact. A quiz draws on several, so that one stolen statement is not enough to pass it."""

    MORTGAGE = "mortgage", "Home loans"
    LOAN = "loan", "Car and student loans"
    CARD = "card", "Credit cards"
    ADDRESS = "address", "Former addresses"
    VEHICLE = "vehicle", "Vehicles"
    UTILITY = "utility", "Household bills"
    PHARMACY = "pharmacy", "Pharmacy fills"
    BENEFIT = "benefit", "Benefit payments"


class Source(models.TextChoices):
    """Who knows a fact."""

    BUREAU = "bureau", "Credit bureau"
    TRANSACTIONS = "transactions", "Transactions"


class Fact(models.Model):
    """One thing that the person knows and a stranger does not, as the mock sources hold it.

    `kind` names the question's template (idproofing/questions.py). `value` is what the right answer says: a
    name as listed there, or a whole number of dollars. `qualifier` is what the question itself names, as a
    rule the year. Make facts with `questions.fact`, which fills in category and source.
    """

    dod_id = models.CharField("DoD ID number", max_length=10)
    category = models.CharField(max_length=10, choices=Category.choices)
    kind = models.CharField(max_length=24)
    value = models.CharField(max_length=100)
    qualifier = models.CharField(max_length=60)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=12, choices=Source.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dod_id", "kind", "qualifier"], name="fact_question_once"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("since")), name="fact_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.qualifier}"


class Proofing(models.Model):
    """How far one person has come in proving who they are at one level; idproofing/states.py has the moves.

    A quiz uses one of `policy.QUIZ_ATTEMPTS` when it begins. All that were used are forgotten at
    `attempts_forgotten_at`, `policy.QUIZ_WAIT` after the last of them ended.
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
        """Quizzes that count against the person at `now`."""
        forgotten = self.attempts_forgotten_at is not None and self.attempts_forgotten_at <= now
        return 0 if forgotten else self.attempts

    def attempts_left(self, now: datetime) -> int:
        return max(0, policy.QUIZ_ATTEMPTS - self.attempts_used(now))


class Quiz(models.Model):
    """One attempt at the questions. At most one of a person and level is live."""

    class State(models.TextChoices):
        LIVE = "live", "Being answered"
        PASSED = "passed", "Passed"
        FAILED = "failed", "Failed"
        TIMED_OUT = "timed_out", "Time ran out"
        ABANDONED = "abandoned", "Abandoned"

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
        indexes = [models.Index(fields=["dod_id", "level", "started_at"], name="quiz_history")]

    def __str__(self) -> str:
        return f"{self.get_level_display()} quiz, {self.get_state_display().lower()}"


class Question(models.Model):
    """One question of a quiz, in its fixed order of options.

    Which option is right is kept only as a keyed hash (quiz.py). `fact_key`, a keyed hash too, stays for ever,
    so that nothing is asked twice; the words are wiped when the quiz ends.
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

    class Meta:
        ordering = ["quiz", "position"]
        constraints = [
            models.UniqueConstraint(fields=["quiz", "position"], name="question_one_a_position"),
            models.UniqueConstraint(fields=["dod_id", "fact_key"], name="question_never_asked_twice"),
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
        return policy.QUIZ_EXTENSIONS - self.extensions


class ActivationCode(models.Model):
    """A code that was sent or shown once; only its keyed hash is kept. One of a person and level is live.

    `tries` wrong ones were typed since `tries_since`; `policy.CODE_TRIES` says how many void it.
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
        indexes = [models.Index(fields=["dod_id", "level", "-issued_at"], name="code_newest")]

    def __str__(self) -> str:
        return f"{self.get_level_display()} code by {self.get_delivery_display().lower()}"
