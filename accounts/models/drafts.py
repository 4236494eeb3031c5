"""Drafts: how far a person has come in a journey, kept in the database and purged when left idle."""

import uuid

from django.db import models
from django.utils import timezone

from accounts.models.account import Account
from core import policy
from idproofing.models import Case, Quiz, Visit
from idproofing.routes import Route
from safeguards.fields import EncryptedTextField


class Draft(models.Model):
    """What a journey has gathered so far. Everything a person typed is encrypted.

    `browser` is the keyed hash of a cookie: a draft opens only in the browser that began it. `dod_id` is set when
    DEERS matched, `quiz` while questions are asked, `visit` with the slip that was made, `code_redeemed_at` when the
    activation code was right. `route` is how the person wants to prove who they are, `blocked` why that does not lead
    on, so that another must be chosen (accounts/journeys/steps/route.py). `awaits_deers` says that a mail is due when
    DEERS works again (accounts/journeys/steps/deers_outage.py), and `kept_until` that the draft outlives being idle
    for that. `ended` says why a journey that cannot go on at all has ended. `mismatched_at` is set while what was
    typed matches nobody; `case` is the review that was asked for then, or the approved one that this draft goes on
    from.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    browser = models.BinaryField(max_length=32)
    level = models.PositiveSmallIntegerField(choices=[(lv.value, lv.label) for lv in policy.Level])
    route = models.CharField(max_length=10, db_default=Route.QUESTIONS, default=Route.QUESTIONS)
    blocked = models.CharField(max_length=20, blank=True, db_default="", default="")
    code_delivery = models.CharField(max_length=8)
    date_of_birth = EncryptedTextField(default="")
    ssn = EncryptedTextField(default="")
    typed_dod_id = EncryptedTextField(null=True, default="")
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
    ended = models.CharField(max_length=20, blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)
    touched_at = models.DateTimeField(default=timezone.now, db_index=True)
    finished_at = models.DateTimeField(null=True)
    awaits_deers = models.BooleanField(default=False, db_default=False)
    kept_until = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def strength(self) -> policy.Strength:
        """The quiz that this draft's level asks for."""
        return policy.STRENGTH[policy.Level(self.level)]


class RegistrationDraft(Draft):
    """A registration on its way from the choice of a level to an active account."""

    first_name = EncryptedTextField(default="")
    middle_name = EncryptedTextField(default="")
    last_name = EncryptedTextField(default="")
    suffix = EncryptedTextField(default="")
    username = models.CharField(max_length=policy.USERNAME_MAX_LENGTH, blank=True, default="")
    password_hash = models.CharField(max_length=256, blank=True, default="")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True, related_name="+")


class UpgradeDraft(Draft):
    """An upgrade from Basic to Premium; `next` is the page that asked for it."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    postal_code = EncryptedTextField(default="")
    next = models.CharField(max_length=200, blank=True, default="")
