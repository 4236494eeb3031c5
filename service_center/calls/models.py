"""Calls as the desk notes them."""

import uuid

from django.db import models
from django.db.models import F, Q

from accounts.models import Account
from safeguards.fields import EncryptedTextField
from support.models import CallBack


class Call(models.Model):
    """One call, and how its caller was identified. An agent has one open call at most.

    `account` and `dod_id` say whom it is about, once that is known. A person without an account has only the number.
    """

    class About(models.TextChoices):
        REGISTRATION = "registration", "Creating an account"
        SIGN_IN = "sign-in", "Signing in, a password or a wait"
        SECOND_STEP = "second-step", "The second step, or a lost device"
        PROOFING = "proofing", "Identity questions, a code or a letter"
        UPGRADE = "upgrade", "Upgrading to Premium"
        DETAILS = "details", "Details that do not match DEERS"
        TAKEN = "taken", "Somebody else may be in the account"
        FAMILY = "family", "A family member or a surrogate"
        PORTAL = "portal", "Something in the portal"
        OTHER = "other", "Something else"

    class Outcome(models.TextChoices):
        SOLVED = "solved", "Solved in the call"
        EXPLAINED = "explained", "Told what to do next"
        SENT_ON = "sent-on", "Sent to another office (ID card office, clinic, TRICARE)"
        HANDED_OVER = "handed-over", "Handed over to a colleague"
        NOT_IDENTIFIED = "not-identified", "Could not find out who was calling"
        NO_ONE = "no-one", "Nobody spoke, or the line was cut"

    class Identity(models.TextChoices):
        NONE = "none", "Not identified"
        COMPARED = "compared", "By details that were compared"
        PIN = "pin", "By support PIN"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    staff = models.ForeignKey(Account, models.PROTECT, related_name="+", verbose_name="agent")
    account = models.ForeignKey(Account, models.CASCADE, null=True, related_name="+")
    dod_id = models.CharField("DoD ID number", max_length=10, blank=True)
    call_back = models.ForeignKey(CallBack, models.SET_NULL, null=True, related_name="+")
    identity = models.CharField("identified", max_length=8, choices=Identity, default=Identity.NONE)
    identified_at = models.DateTimeField(null=True)
    about = models.CharField(max_length=12, choices=About, blank=True)
    outcome = models.CharField(max_length=14, choices=Outcome, blank=True)
    note = EncryptedTextField(null=True)
    began_at = models.DateTimeField("began")
    ended_at = models.DateTimeField("ended", null=True)

    class Meta:
        default_permissions = ("view",)
        permissions = [("take_call", "Can take calls, calls back and support PINs")]
        indexes = [
            models.Index("account", F("began_at").desc(), condition=Q(account__isnull=False), name="call_of_account"),
            models.Index("dod_id", F("began_at").desc(), condition=~Q(dod_id=""), name="call_of_person"),
            models.Index("staff", F("began_at").desc(), name="call_of_agent"),
            models.Index(F("began_at").desc(), name="call_newest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["staff"], condition=Q(ended_at__isnull=True), name="call_one_at_a_time"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | (~Q(about="") & ~Q(outcome="")), name="call_ended_with_reasons"
            ),
            models.CheckConstraint(
                condition=(Q(identity="none") & Q(identified_at__isnull=True))
                | (~Q(identity="none") & Q(identified_at__isnull=False) & (Q(account__isnull=False) | ~Q(dod_id=""))),
                name="call_identified_person",
            ),
        ]

    def __str__(self) -> str:
        return f"Call of {self.began_at:%Y-%m-%d %H:%M}"
