"""What people ask of a clinic, each thing that happened to it, what they say before a visit, and reminders."""

import uuid
from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.formats import date_format

from accounts.models import Account
from portal import requests
from portal.record.models import Resource
from safeguards.fields import EncryptedTextField

ENDED = ("booked", "refused", "withdrawn", "closed")


class Part(models.TextChoices):
    """A part of a day."""

    ANY = "any", "Any time"
    MORNING = "morning", "Morning"
    AFTERNOON = "afternoon", "Afternoon"


class Request(models.Model):
    """A wish for a new appointment or another time, or a cancellation that the clinic has to hear of.

    `appointment` is the resource of the appointment. A new one gets it when it is booked. `place` is the Location that
    was chosen, if one was. `wishes` are up to three pairs of a day and a `Part`. `account` is who asked. `told_at` is
    when both sides were told that nobody has answered. `clinic` is the one that answers (clinics.py).
    """

    class Kind(models.TextChoices):
        NEW = "new", "New appointment"
        MOVE = "move", "Another time"
        CANCEL = "cancel", "Cancellation"

    class Way(models.TextChoices):
        PERSON = "person", "In person"
        VIDEO = "video", "By video"
        PHONE = "phone", "By phone"

    class State(models.TextChoices):
        SUBMITTED = "submitted", "Submitted"
        RECEIVED = "received", "Received by the clinic"
        BOOKED = "booked", "Booked"
        REFUSED = "refused", "Not possible"
        WITHDRAWN = "withdrawn", "Withdrawn"
        CANCELLED = "cancelled", "Canceled"
        CLOSED = "closed", "The clinic knows that it is canceled"

    class Reason(models.TextChoices):
        CALL = "call", "The clinic has a question. Call them, please."
        FULL = "full", "There is no time on any of these days. Ask again with other days, please."
        REFERRAL = "referral", "You need a referral for this. Talk to your care team."
        ELSEWHERE = "elsewhere", "This clinic does not do this. Call them to hear who does."

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    patient = models.CharField("DoD ID number", max_length=10)
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    appointment = models.ForeignKey(Resource, models.PROTECT, null=True, related_name="+")
    place = models.ForeignKey(Resource, models.PROTECT, null=True, related_name="+")
    way = models.CharField("how", max_length=10, choices=Way, blank=True)
    wishes = models.JSONField(default=list)
    why = EncryptedTextField("what it is about", null=True)
    state = models.CharField(max_length=10, choices=State, default=State.SUBMITTED)
    made_at = models.DateTimeField("asked for")
    changed_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=10, choices=Reason, blank=True)
    clinic = models.CharField(max_length=120, blank=True, default="", db_default="")

    class Meta:
        default_permissions = ("view",)
        permissions = [("handle_request", "Can answer requests for appointments")]
        indexes = [
            models.Index(fields=["clinic", "made_at"], condition=~Q(state__in=ENDED), name="wish_of_clinic"),
            models.Index("patient", F("made_at").desc(), name="wish_newest"),
            models.Index(fields=["made_at"], condition=~Q(state__in=ENDED), name="wish_open"),
            models.Index(fields=["made_at"], condition=Q(state="submitted"), name="wish_unanswered"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["appointment"], condition=~Q(state__in=ENDED), name="wish_one_open"),
            models.UniqueConstraint(
                fields=["patient", "place"],
                condition=Q(kind="new") & ~Q(state__in=ENDED),
                nulls_distinct=False,
                name="wish_one_new_open",
            ),
            models.CheckConstraint(condition=~Q(state="refused") | ~Q(reason=""), name="wish_refused_why"),
            models.CheckConstraint(
                condition=(Q(kind="new") & ~Q(state="booked")) | Q(appointment__isnull=False), name="wish_which"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {str(self.pk)[:8]}"

    @property
    def is_open(self) -> bool:
        """Return whether something is still to come."""
        return self.state not in ENDED

    @property
    def wishes_in_words(self) -> list[str]:
        """Return each wish as people read it: "Tuesday, December 8, 2026, in the morning"."""
        times = {Part.MORNING: ", in the morning", Part.AFTERNOON: ", in the afternoon"}
        return [
            f"{date_format(date.fromisoformat(day), 'l, F j, Y')}{times.get(part, '')}" for day, part in self.wishes
        ]


class Step(requests.Step):
    """That a request came to a state (portal/requests.py)."""

    request = models.ForeignKey(Request, models.CASCADE, related_name="steps")
    state = models.CharField(max_length=10, choices=Request.State)

    class Meta:
        default_permissions = ()
        # For the staff's figures, which time the first answers of a day that is over.
        indexes = [
            models.Index(
                fields=["at"], condition=Q(state__in=("received", "booked", "refused")), name="wish_first_answer"
            )
        ]
        constraints = [models.UniqueConstraint(fields=["request", "state"], name="wish_step_once")]


class CheckIn(models.Model):
    """What a person says before a visit, for its clinic.

    `phone` is a number for this visit in place of the account's, `medications` what has changed, and `topics` what the
    person wants to talk about. `starts_at` is the start of the visit when it was said. `helper` is who said it for the
    patient, if another person did.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    patient = models.CharField("DoD ID number", max_length=10)
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    helper = models.ForeignKey(Account, models.SET_NULL, null=True, related_name="+", db_index=False)
    appointment = models.ForeignKey(Resource, models.PROTECT, related_name="+")
    phone = EncryptedTextField("another phone number", null=True)
    medications = EncryptedTextField("what changed about medications", null=True)
    topics = EncryptedTextField("what to talk about", null=True)
    starts_at = models.DateTimeField("visit")
    changed_at = models.DateTimeField("said")

    class Meta:
        default_permissions = ("view",)
        verbose_name = "check-in"
        indexes = [models.Index(fields=["starts_at"], name="checkin_next")]
        constraints = [models.UniqueConstraint(fields=["appointment"], name="checkin_once")]

    def __str__(self) -> str:
        return f"Check-in {str(self.pk)[:8]}"

    @property
    def lines(self) -> list[str]:
        """Return each answer as a sentence."""
        return [
            f"Phone: {self.phone or 'that of the account'}",
            f"Medications: {self.medications or 'not changed'}",
            f"To talk about: {self.topics or 'nothing written'}",
        ]


class Reminder(models.Model):
    """That an account was reminded of an appointment, so many days before this start. A moved one is told of again."""

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    appointment = models.ForeignKey(Resource, models.PROTECT, related_name="+")
    days = models.PositiveSmallIntegerField()
    starts_at = models.DateTimeField()
    sent_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["appointment", "account", "days", "starts_at"], name="reminder_once")
        ]

    def __str__(self) -> str:
        return f"{self.days} days before {self.appointment_id}"
