"""Accounts: who may sign in, at which level, and which DEERS record belongs to each."""

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone

from core.phones import PhoneDigits
from core.policy import Level

models.CharField.register_lookup(Lower)


class State(models.TextChoices):
    """The state of an account. The allowed transitions are in accounts/states.py."""

    ACTIVE = "active", "Active"
    LOCKED = "locked", "Locked"
    FROZEN = "frozen", "Frozen"
    DORMANT = "dormant", "Disabled after long disuse"
    CLOSED = "closed", "Closed"


class AccountManager(BaseUserManager["Account"]):
    """A manager that finds accounts by username, regardless of case."""

    def get_by_natural_key(self, username: str | None) -> "Account":
        return self.get(username__lower=(username or "").lower())


class Account(AbstractBaseUser, PermissionsMixin):  # type: ignore[django-manager-missing]
    """One person's (or staff member's) account.

    A beneficiary's account has a DoD ID number, a level and the time when that level was proven. A staff account has
    none of the three. DEERS knows nothing of accounts: the DoD ID number is the only link between the two.
    """

    username = models.CharField(max_length=20)
    first_name = models.CharField(max_length=100)
    last_name = models.CharField(max_length=100)
    # Empty for people who have none: they registered by letter or with a visit.
    email = models.EmailField(max_length=254, blank=True)
    # When the holder last showed that email to this address reaches them. An address with one wrong letter may be
    # somebody else's, so an unconfirmed address lets nobody back in (accounts/recovery/password.py).
    email_confirmed_at = models.DateTimeField(null=True, blank=True)
    # Since when people of many households share this mailbox (accounts/mail/shared_mailboxes.py). Staff see it.
    mailbox_shared_at = models.DateTimeField("mailbox shared since", null=True, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    dod_id = models.CharField("DoD ID number", max_length=10, null=True, blank=True)
    level = models.PositiveSmallIntegerField(null=True, blank=True, choices=[(lv.value, lv.label) for lv in Level])
    proofed_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)
    failures_in_a_row = models.PositiveSmallIntegerField(default=0)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    # When the holder was last warned that the account will be disabled because nobody uses it (accounts/dormancy.py).
    warned_at = models.DateTimeField(null=True, blank=True)

    objects = AccountManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["first_name", "last_name", "email"]

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("username"), name="account_username_once"),
            models.UniqueConstraint(fields=["dod_id"], condition=~Q(state="closed"), name="account_person_once"),
            models.CheckConstraint(
                condition=Q(level__isnull=True, proofed_at__isnull=True, dod_id__isnull=True)
                | Q(level__isnull=False, proofed_at__isnull=False, dod_id__isnull=False),
                name="account_level_with_proofing",
            ),
            models.CheckConstraint(condition=Q(level__isnull=True) | Q(level__in=[1, 2]), name="account_level_known"),
            models.CheckConstraint(
                condition=Q(is_staff=False) | Q(level__isnull=True), name="account_staff_apart_from_beneficiaries"
            ),
        ]
        indexes = [
            models.Index(Lower("email"), name="account_email"),
            models.Index(Lower("last_name"), name="account_last_name"),
            models.Index(Lower("first_name"), name="account_first_name"),
            # What staff search by. Closed accounts too, which the constraint on the person leaves out.
            models.Index(fields=["dod_id"], name="account_dod_id"),
            models.Index(PhoneDigits("phone"), name="account_phone"),
            GinIndex(fields=["username"], opclasses=["gin_trgm_ops"], name="account_username_part"),
            models.Index(Coalesce("last_login", "created_at"), condition=Q(state="active"), name="account_quiet_since"),
        ]
        default_permissions = ("view",)
        permissions = [
            ("unlock_account", "Can unlock an account"),
            ("freeze_account", "Can freeze an account"),
            ("resend_code", "Can send an activation code again"),
            ("assist_account", "Can ask for help with an account, and approve what a colleague asked"),
            ("reveal_details", "Can look at a person's hidden details for a reason, for a minute"),
            ("view_figures", "Can see the figures of registration and proofing"),
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """Return whether the account may sign in. Django's backends and the admin ask this."""
        return self.state == State.ACTIVE

    @property
    def is_premium(self) -> bool:
        return self.level == Level.PREMIUM

    def is_verified(self) -> bool:
        """Return False. For the account of a session the middleware replaces this with the answer for that session."""
        return False

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        return self.first_name
