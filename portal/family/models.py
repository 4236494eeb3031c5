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


class Surrogacy(models.Model):
    """One request to act for a patient who cannot act, and the access that two members of staff open by it.

    `number` names the case, and `access` stands in the addresses of the record. Until it is decided, `typed` is what
    was typed of the patient (idproofing.cases.Typed as JSON) and `subject` the keyed hash of the number in it.
    `patient` is the DoD ID number of the record that the first reviewer chose. `paper` is the keyed hash of number and
    date of the paper, as both reviewers read them. `objection` is that of the link that the patient gets. Staff are
    known by the number of their account.
    """

    class State(models.TextChoices):
        ASKED = "asked", "Waiting for a reviewer"
        PROPOSED = "proposed", "Waiting for a second reviewer"
        OPEN = "open", "In use"
        DECLINED = "declined", "Not approved"
        WITHDRAWN = "withdrawn", "Taken back"
        STOPPED = "stopped", "Stopped"
        ENDED = "ended", "Ended on its day"

    class Ground(models.TextChoices):
        COURT = "court", "An order of a court"
        GUARDIAN = "guardian", "Guardianship or conservatorship"
        POWER = "power", "A power of attorney for health care"
        DIRECTIVE = "directive", "An advance directive that names a person"

    class Showing(models.TextChoices):
        PERSON = "person", "In person, at an ID card office"
        MAIL = "mail", "A certified copy, by mail to the service center"

    class Decision(models.TextChoices):
        APPROVE = "approve", "Approve"
        DECLINE = "decline", "Decline"

    class Reason(models.TextChoices):
        ORIGINAL = "original", "The original was seen"
        CERTIFIED = "certified", "A certified copy was seen"
        NO_PAPER = "no-paper", "The paper was not shown"
        NOT_VALID = "not-valid", "The paper is not valid, or no longer"
        NOT_HEALTH = "not-health", "The paper does not cover health care"
        NOT_NAMED = "not-named", "The paper does not name you and this patient"
        DETAILS = "details", "The details of the patient could not be confirmed"
        CAN_ACT = "can-act", "The patient has to give access in person"

    number = models.BigAutoField(primary_key=True)
    access = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    asker = models.ForeignKey(Account, models.CASCADE, related_name="+")
    typed = EncryptedTextField(null=True)
    subject = models.BinaryField(max_length=32, null=True)
    ground = models.CharField(max_length=9, choices=Ground)
    showing = models.CharField("paper", max_length=6, choices=Showing)
    state = models.CharField(max_length=9, choices=State, default=State.ASKED)
    asked_at = models.DateTimeField("asked")
    changed_at = models.DateTimeField("last change")
    due_at = models.DateTimeField("due")
    patient = models.CharField("DoD ID number on record", max_length=10, blank=True, default="")
    decision = models.CharField(max_length=7, choices=Decision, blank=True, default="")
    reason = models.CharField(max_length=10, choices=Reason, blank=True, default="")
    sees = ArrayField(models.CharField(max_length=20), default=list)
    acts = ArrayField(models.CharField(max_length=20), default=list)
    starts = models.DateField("first day", null=True)
    ends = models.DateField("last day", null=True)
    paper = models.BinaryField(max_length=32, null=True)
    proposed_by = models.BigIntegerField(null=True)
    confirmed_by = models.BigIntegerField(null=True)
    objection = models.BinaryField(max_length=32, null=True, unique=True)

    WAITING = (State.ASKED, State.PROPOSED)
    # What the patient sees of it, too: it was opened once.
    WAS_OPENED = Q(confirmed_by__isnull=False, decision="approve")

    class Meta:
        default_permissions = ("view",)
        permissions = [
            ("decide_surrogacy", "Can decide on requests to act for a patient"),
            ("stop_surrogacy", "Can stop the access of a surrogate"),
        ]
        verbose_name = "surrogate case"
        verbose_name_plural = "surrogate cases"
        indexes = [
            models.Index("asker", F("asked_at").desc(), name="surrogacy_of_asker"),
            models.Index("patient", F("asked_at").desc(), condition=~Q(patient=""), name="surrogacy_of_patient"),
            models.Index(fields=["due_at"], condition=Q(state__in=["asked", "proposed"]), name="surrogacy_due"),
            models.Index(fields=["ends"], condition=Q(state="open"), name="surrogacy_ends"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["asker", "subject"], condition=Q(state__in=["asked", "proposed"]), name="surrogacy_one_case"
            ),
            models.UniqueConstraint(
                fields=["asker", "patient"], condition=Q(state="open"), name="surrogacy_one_open_access"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "proposed"], typed__isnull=False, subject__isnull=False)
                | Q(~Q(state__in=["asked", "proposed"]), typed__isnull=True, subject__isnull=True),
                name="surrogacy_wiped_when_decided",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["open", "declined"])
                | Q(Q(proposed_by__isnull=False, confirmed_by__isnull=False) & ~Q(proposed_by=F("confirmed_by"))),
                name="surrogacy_decided_by_two",
            ),
            models.CheckConstraint(
                condition=~Q(state="open")
                | Q(
                    ~Q(sees=[]) & ~Q(patient="") & Q(sees__contains=F("acts")),
                    decision="approve",
                    paper__isnull=False,
                    starts__isnull=False,
                    ends__gte=F("starts"),
                    ends__lte=F("starts") + policy.DELEGATION_LONGEST,
                ),
                name="surrogacy_open_for_at_most_a_year",
            ),
        ]

    def __str__(self) -> str:
        return f"Request {self.number}"

    @property
    def account_id(self) -> int:
        """Return whom a request is about before a patient is found: who asks."""
        return self.asker_id

    def is_open(self, today: date) -> bool:
        """Return whether it lets anybody see anything on this day."""
        if self.state != self.State.OPEN or self.starts is None or self.ends is None:
            return False
        return self.starts <= today <= self.ends


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
