"""What people ask of a pharmacy, and each thing that happened to it."""

import uuid

from django.db import models
from django.db.models import F, Q

from accounts.models import Account
from portal import requests
from portal.record.models import Resource
from safeguards.fields import EncryptedTextField


class Request(models.Model):
    """A wish for a refill or a renewal of one prescription.

    The prescription is named by its resource, because the rows that pages list can be made again. `account` is who
    asked. `told_at` is when both sides were told that nobody has answered.
    """

    class Kind(models.TextChoices):
        REFILL = "refill", "Refill"
        RENEWAL = "renew", "Renewal"

    class State(models.TextChoices):
        SUBMITTED = "submitted", "Submitted"
        RECEIVED = "received", "Received by the pharmacy"
        FILLING = "filling", "Being filled"
        SHIPPED = "shipped", "Shipped"
        READY = "ready", "Ready to pick up"
        DONE = "done", "Done"
        REFUSED = "refused", "Not possible"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class Reason(models.TextChoices):
        CALL = "call", "The pharmacy has a question. Call them, please."
        STOPPED = "stopped", "The medication was stopped or changed."
        VISIT = "visit", "Your care team wants to see you before they prescribe it again."
        EARLY = "early", "It is too early for the next fill."
        STOCK = "stock", "The pharmacy cannot get it now. Ask them what else they can do."
        ELSEWHERE = "elsewhere", "Another pharmacy has this prescription."

    class Carrier(models.TextChoices):
        USPS = "usps", "US Postal Service"
        UPS = "ups", "UPS"
        FEDEX = "fedex", "FedEx"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    patient = models.CharField("DoD ID number", max_length=10)
    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    prescription = models.ForeignKey(Resource, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.SUBMITTED)
    made_at = models.DateTimeField("asked for")
    changed_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=10, choices=Reason, blank=True)
    carrier = models.CharField(max_length=10, choices=Carrier, blank=True)
    tracking = EncryptedTextField("tracking number", null=True)

    class Meta:
        default_permissions = ("view",)
        permissions = [("handle_request", "Can answer requests for refills and renewals")]
        indexes = [
            models.Index("patient", F("made_at").desc(), name="refill_newest"),
            models.Index(fields=["made_at"], condition=Q(state="submitted"), name="refill_unanswered"),
            models.Index(
                fields=["made_at"],
                condition=~Q(state__in=("done", "refused", "withdrawn")),
                name="refill_open",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["prescription"],
                condition=~Q(state__in=("done", "refused", "withdrawn")),
                name="refill_one_open",
            ),
            models.CheckConstraint(condition=~Q(state="refused") | ~Q(reason=""), name="refill_refused_why"),
            models.CheckConstraint(
                condition=~Q(state="shipped") | (~Q(carrier="") & Q(tracking__isnull=False)), name="refill_shipped_how"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {str(self.pk)[:8]}"

    @property
    def is_open(self) -> bool:
        """Return whether something is still to come."""
        return self.state not in (self.State.DONE, self.State.REFUSED, self.State.WITHDRAWN)


class Step(requests.Step):
    """That a request came to a state (portal/requests.py)."""

    request = models.ForeignKey(Request, models.CASCADE, related_name="steps")
    state = models.CharField(max_length=10, choices=Request.State)

    class Meta:
        default_permissions = ()
        # For the staff's figures, which time the first answers of a day that is over.
        indexes = [
            models.Index(fields=["at"], condition=Q(state__in=("received", "refused")), name="refill_first_answer")
        ]
        constraints = [models.UniqueConstraint(fields=["request", "state"], name="refill_step_once")]
