"""Drafts: how far a person has come in a journey, kept in the database and purged when idle."""

import uuid
from typing import Any, Self

from django.db import models
from django.utils import timezone

from accounts.models.account import Account
from core import policy
from idproofing.models import Case, Quiz, Visit
from idproofing.routes import Route
from safeguards.fields import EncryptedTextField


class Draft(models.Model):
    """What a journey has gathered so far. Everything that a person typed is encrypted.

    `browser` is the keyed hash of a cookie: a draft opens only in the browser that began it. `dod_id` is set when DEERS
    matched, `quiz` while questions are asked, `visit` when a slip was made, and `code_redeemed_at` when the activation
    code was right. `route` is how the person wants to prove their identity. `blocked` says why that route cannot
    continue, so that the person has to choose another (accounts/journeys/steps/route.py). `code_delivery` is how an
    activation code of this draft is delivered. `has_code` says that the person already has a code, so that none is
    issued here.

    `kept_ssn` is the last Social Security number that could be one, as the details form got it. The form is never sent
    back with a number in it, so this one spares the person typing it again after a mistake elsewhere.

    `awaits_deers` says that an email is due when DEERS works again (accounts/journeys/steps/deers_outage.py). Until
    `kept_until` the draft is kept for that even if it is idle. `ended` says why a journey is over before its last step.
    `mismatched_at` is set while what was typed matches nobody. `case` is the review that was requested then, or the
    approved one that this draft resumes from.

    accounts/journeys/draft_states.py computes from these fields how far a draft has come.
    """

    class Blocked(models.TextChoices):
        """Why the chosen route cannot continue."""

        THIN_FILE = "thin-file", "Too little to ask about"
        COOLING_DOWN = "cooling-down", "No attempt at the questions is left for now"
        CLOSED = "closed", "The questions are closed until another route is taken"
        LEFT = "left", "The questions were left"
        NO_ADDRESS = "no-address", "DEERS has no address for a letter"

    class Ended(models.TextChoices):
        """Why a journey is over before its last step."""

        HAS_ACCOUNT = "has-account", "The person has an account already"
        LETTER = "letter", "The code comes with a letter"
        REVIEW = "review", "A review was asked for"
        NOT_BASIC = "not-basic", "The account cannot be raised"
        GIVEN_BACK = "given-back", "A frozen account was given back"
        NO_MAILBOX = "no-mailbox", "A frozen account was given back, and no email address is known to be the holder's"
        NEEDS_PREMIUM = "needs-premium", "The frozen account is Premium"

    class CodeDelivery(models.TextChoices):
        """How an activation code reaches the person. After the questions the pages offer the first two."""

        EMAIL = "email", "By email"
        SCREEN = "screen", "On the screen"
        LETTER = "letter", "By letter"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    browser = models.BinaryField(max_length=32)
    level = models.PositiveSmallIntegerField(choices=[(lv.value, lv.label) for lv in policy.Level])
    route = models.CharField(max_length=10, db_default=Route.QUESTIONS, default=Route.QUESTIONS)
    blocked = models.CharField(max_length=20, choices=Blocked.choices, blank=True, db_default="", default="")
    code_delivery = models.CharField(max_length=8, choices=CodeDelivery.choices, blank=True)
    has_code = models.BooleanField(default=False, db_default=False)
    date_of_birth = EncryptedTextField(default="")
    ssn = EncryptedTextField(default="")
    typed_dod_id = EncryptedTextField(null=True, default="")
    kept_ssn = EncryptedTextField(null=True, default="")
    email = EncryptedTextField(default="")
    phone = EncryptedTextField(default="")
    dod_id = models.CharField(max_length=10, blank=True, default="")
    quiz = models.ForeignKey(Quiz, on_delete=models.SET_NULL, null=True, related_name="+")
    quiz_passed_at = models.DateTimeField(null=True)
    visit = models.ForeignKey(Visit, on_delete=models.SET_NULL, null=True, related_name="+")
    screen_code = EncryptedTextField(default="")
    code_redeemed_at = models.DateTimeField(null=True)
    authenticator_key = EncryptedTextField(default="")
    backup_codes = EncryptedTextField(default="")
    mismatched_at = models.DateTimeField(null=True)
    case = models.ForeignKey(Case, on_delete=models.SET_NULL, null=True, related_name="+")
    continuation_code = EncryptedTextField(null=True, default="")
    ended = models.CharField(max_length=20, choices=Ended.choices, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    touched_at = models.DateTimeField(default=timezone.now, db_index=True)
    finished_at = models.DateTimeField(null=True)
    awaits_deers = models.BooleanField(default=False, db_default=False)
    kept_until = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def from_db(cls, *row: Any, **more: Any) -> Self:
        draft = super().from_db(*row, **more)
        if "code_delivery" in vars(draft):  # not deferred
            draft.read_old_delivery()
        return draft

    def read_old_delivery(self) -> None:
        """Read a `code_delivery` of "have", which the code before `has_code` wrote.

        Servers that still run that code write it until the last one is replaced. An idle draft is deleted after two
        days at most (policy.DRAFT_KEPT_FOR_DEERS, and once more after the email), and a case, which keeps what a draft
        had, after policy.CASE_LIFE.
        """
        if self.code_delivery == "have":
            self.has_code, self.code_delivery = True, ""

    @property
    def strength(self) -> policy.Strength:
        """Return the quiz that this draft's level requires."""
        return policy.STRENGTH[policy.Level(self.level)]


class RegistrationDraft(Draft):
    """A registration, from the choice of a level to an active account."""

    first_name = EncryptedTextField(default="")
    middle_name = EncryptedTextField(default="")
    last_name = EncryptedTextField(default="")
    suffix = EncryptedTextField(default="")
    username = models.CharField(max_length=policy.USERNAME_MAX_LENGTH, blank=True, default="")
    password_hash = models.CharField(max_length=256, blank=True, default="")
    # The person has proven who they are, and the account in their name is frozen: this draft ends by giving it back.
    gives_back = models.BooleanField(default=False, db_default=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True, related_name="+")


class UpgradeDraft(Draft):
    """An upgrade from Basic to Premium. `next` is the page that requested it.

    `email` is not typed: it is the address to which its activation code may go (accounts/journeys/upgrade/evidence.py).
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    street = EncryptedTextField(null=True, default="")
    postal_code = EncryptedTextField(default="")
    next = models.CharField(max_length=200, blank=True, default="")
