"""Help for people who lost what they sign in with: a wait that any address can stop, and help by two staff members."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models.account import Account
from safeguards.fields import EncryptedTextField


class LostFactor(models.Model):
    """A wait after which a person who gave the password, but lost the second factor, gets a link to set up a new one.

    `told_at` is when that link was sent, after `ready_at`. An account has at most one wait under way.
    """

    class Outcome(models.TextChoices):
        STOPPED = "stopped", "Stopped"
        REPLACED = "replaced", "A new second factor was set up"
        EXPIRED = "expired", "The link was not used in time"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="lost_factors")
    asked_at = models.DateTimeField(default=timezone.now)
    ready_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account"], condition=Q(ended_at=None), name="lost_factor_one_at_a_time")
        ]
        indexes = [models.Index(fields=["ready_at"], condition=Q(ended_at=None), name="lost_factor_under_way")]

    def __str__(self) -> str:
        return f"lost factor {self.pk}"


class Assistance(models.Model):
    """Something done to an account that one staff member requests and another approves. It has no free text.

    It is help with getting back in, or, for a staff account, also a freeze or the end of one. `mailboxes` are the
    addresses that the person reported as taken or lost (accounts/mail/reported_mailboxes.py).
    """

    class Kind(models.TextChoices):
        LOST_FACTOR = "lost-factor", "Start the wait for a new second factor"
        EMAIL_OF_RECORD = "email-of-record", "Write to the email address in DEERS from now on"
        FREEZE = "freeze", "Freeze the account"
        UNLOCK = "unlock", "Unlock the account"

    class Reason(models.TextChoices):
        DEVICE_LOST = "device-lost", "Phone or computer lost or broken"
        DEVICE_TAKEN = "device-taken", "Phone or computer stolen"
        MAILBOX_LOST = "mailbox-lost", "No way into the mailbox any more"
        MAILBOX_TAKEN = "mailbox-taken", "Somebody else is in the mailbox"
        ACCOUNT_TAKEN = "account-taken", "Somebody else may be using the account"
        AWAY = "away", "No longer on duty, or away for long"
        SETTLED = "settled", "What the account was stopped for is settled"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="assistance")
    kind = models.CharField("what to do", max_length=16, choices=Kind.choices)
    reason = models.CharField(max_length=16, choices=Reason.choices)
    asked_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    approved = models.BooleanField(null=True)
    mailboxes = EncryptedTextField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["account"], condition=Q(decided_at=None), name="assistance_one_at_a_time"),
            models.CheckConstraint(
                condition=~Q(asked_by=F("account")) & ~(Q(approved=True) & Q(decided_by=F("account"))),
                name="assistance_of_somebody_else",
            ),
            models.CheckConstraint(
                condition=~Q(approved=True) | ~Q(decided_by=F("asked_by")), name="assistance_approved_by_another"
            ),
        ]

    def __str__(self) -> str:
        return f"assistance {self.pk}"
