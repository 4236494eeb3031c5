"""What people let others see and do in their health record, and which parents were told that their access ends."""

import uuid
from datetime import date, datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.models import Account
from core import policy
from safeguards.fields import EncryptedTextField


class Delegation(models.Model):
    """That one adult lets another see, or act in, features of the owner's record, from a day to a day.

    `acts` is a part of `sees`. `delegate` is None until somebody accepts. The code is found by `code_index`. `code` is
    there only until the owner has seen it.
    """

    class State(models.TextChoices):
        OFFERED = "offered", "Offered"
        ACCEPTED = "accepted", "In use"
        DECLINED = "declined", "Declined"
        REVOKED = "revoked", "Stopped"
        ENDED = "ended", "Ended on its day"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    owner = models.ForeignKey(Account, models.CASCADE, related_name="+")
    delegate = models.ForeignKey(Account, models.CASCADE, null=True, related_name="+")
    sees = ArrayField(models.CharField(max_length=20))
    acts = ArrayField(models.CharField(max_length=20), default=list)
    state = models.CharField(max_length=10, choices=State, default=State.OFFERED)
    offered_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    starts = models.DateField()
    ends = models.DateField("last day")
    code_index = models.BinaryField(max_length=32)
    code = EncryptedTextField(null=True)
    code_ends_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index("owner", F("offered_at").desc(), name="delegation_of_owner"),
            models.Index("delegate", F("offered_at").desc(), name="delegation_of_delegate"),
            models.Index(fields=["ends"], condition=Q(state="accepted"), name="delegation_ends"),
            models.Index(fields=["code_ends_at"], condition=Q(state="offered"), name="delegation_code_ends"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["code_index"], condition=Q(state="offered"), name="delegation_code_once"),
            models.CheckConstraint(condition=~Q(owner=F("delegate")), name="delegation_to_another"),
            models.CheckConstraint(
                condition=~Q(state="accepted") | Q(delegate__isnull=False), name="delegation_to_whom"
            ),
            models.CheckConstraint(condition=~Q(sees=[]) & Q(sees__contains=F("acts")), name="delegation_of_something"),
            models.CheckConstraint(
                condition=Q(ends__gte=F("starts")) & Q(ends__lte=F("starts") + policy.DELEGATION_LONGEST),
                name="delegation_at_most_a_year",
            ),
        ]

    def __str__(self) -> str:
        return f"delegation {self.pk}"

    def is_open(self, today: date) -> bool:
        """Return whether it lets anybody see anything on this day."""
        return self.state == self.State.ACCEPTED and self.starts <= today <= self.ends


class Parenthood(models.Model):
    """That a parent has opened a child's record, so that both can be told when this ends.

    DEERS says each time whether it may still be opened. `told_at` is when both were told.
    """

    id = models.BigAutoField(primary_key=True)
    parent = models.ForeignKey(Account, models.CASCADE, related_name="+")
    child = models.CharField("DoD ID number", max_length=10)
    comes_of_age = models.DateField()
    told_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["parent", "child"], name="parenthood_once")]
        indexes = [models.Index(fields=["comes_of_age"], condition=Q(told_at=None), name="parenthood_to_tell")]

    def __str__(self) -> str:
        return f"parenthood {self.pk}"


class Share(models.Model):
    """A look at parts of the owner's record, for somebody without an account who has the code and the birth date.

    The first browser that opens it keeps it, by a cookie of its own, until `ends_at`. `code` is there only until the
    owner has seen it. `viewed` are the parts that were looked at.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    owner = models.ForeignKey(Account, models.CASCADE, related_name="+")
    sees = ArrayField(models.CharField(max_length=20))
    code_index = models.BinaryField(max_length=32)
    birth_index = models.BinaryField(max_length=32)
    code = EncryptedTextField(null=True)
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    browser = models.BinaryField(max_length=32, null=True)
    viewed = ArrayField(models.CharField(max_length=20), default=list)

    class Meta:
        default_permissions = ()
        indexes = [models.Index("owner", F("made_at").desc(), name="share_newest")]
        constraints = [
            models.UniqueConstraint(fields=["code_index"], name="share_code_once"),
            models.UniqueConstraint(fields=["browser"], name="share_browser_once"),
            models.CheckConstraint(
                condition=Q(opened_at=None, browser=None) | Q(opened_at__isnull=False, browser__isnull=False),
                name="share_opened_by",
            ),
            models.CheckConstraint(condition=~Q(sees=[]), name="share_of_something"),
        ]

    def __str__(self) -> str:
        return f"share {self.pk}"

    def is_live(self, now: datetime) -> bool:
        """Return whether it opens anything, or still can."""
        return self.stopped_at is None and now < self.ends_at
