"""Cases: reviews by a person of details that did not match DEERS."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from idproofing.models.proofing import LEVELS
from safeguards.fields import EncryptedTextField


class Case(models.Model):
    """One review. idproofing/case_states.py has the transitions.

    `number` is for staff, and `reference` for the person. `code` is the keyed hash of the continuation code that opens
    the status page. `typed` is what was typed (idproofing.cases.Typed as JSON), and `subject` is the keyed hash of the
    number that the case is about. Both are wiped when the case is over. For an upgrade, `account_id` is the account
    that asked, and `holder` its DoD ID number. `dod_id` is the record that a reviewer chose. `takes_two` says that the
    decision was proposed because one reviewer is not enough for it (idproofing/second_reviews.py). Once the case was
    used, `approved_details` is the keyed hash of what it was chosen for (idproofing/approvals.py). Staff are known by
    the number of their account.
    """

    class State(models.TextChoices):
        OPEN = "open", "Waiting for a reviewer"
        TAKEN = "taken", "Being looked at"
        PROPOSED = "proposed", "Waiting for a second reviewer"
        REPEATED = "repeated", "Repeats a case under way"
        APPROVED = "approved", "Approved"
        CONTINUED = "continued", "Approved, and gone on"
        DECLINED = "declined", "Not approved"
        IN_PERSON = "in_person", "To be settled in person"
        EXPIRED = "expired", "Time over"

    class Journey(models.TextChoices):
        REGISTRATION = "registration", "Registration"
        UPGRADE = "upgrade", "Upgrade"

    class Decision(models.TextChoices):
        APPROVE = "approve", "Approve: this is the person on record"
        DECLINE = "decline", "Decline"
        IN_PERSON = "in_person", "Ask to come in person"

    class Reason(models.TextChoices):
        FORMER_NAME = "former-name", "A former name was given"
        OTHER_FORM = "other-form", "Another form of the same name"
        SLIP = "slip", "A slip of typing"
        CONTACT = "contact", "The contact details in DEERS were out of date"
        MENDED = "mended", "DEERS has been put right since"
        NO_RECORD = "no-record", "No record fits"
        MIXED = "mixed", "The details belong to more than one person"
        HINDERED = "hindered", "DEERS does not allow an account"
        PAPERS = "papers", "Papers have to be seen"
        DOUBT = "doubt", "It cannot be told who is asking"

    number = models.BigAutoField(primary_key=True)
    reference = models.CharField(max_length=10, unique=True)
    code = models.BinaryField(max_length=32)
    journey = models.CharField(max_length=12, choices=Journey.choices)
    level = models.PositiveSmallIntegerField(choices=LEVELS)
    account_id = models.BigIntegerField(null=True)
    holder = models.CharField("DoD ID number of the account", max_length=10, blank=True, default="")
    subject = models.BinaryField(max_length=32, null=True)
    typed = EncryptedTextField(null=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField("opened")
    due_at = models.DateTimeField("due")
    expires_at = models.DateTimeField("ends")
    changed_at = models.DateTimeField("last changed", default=timezone.now)
    taken_by = models.BigIntegerField(null=True)
    decision = models.CharField(max_length=9, choices=Decision.choices, blank=True, default="")
    reason = models.CharField(max_length=11, choices=Reason.choices, blank=True, default="")
    dod_id = models.CharField("DoD ID number on record", max_length=10, blank=True, default="")
    decided_by = models.BigIntegerField(null=True)
    confirmed_by = models.BigIntegerField(null=True)
    approved_details = models.BinaryField(max_length=32, null=True)
    takes_two = models.BooleanField(default=False, db_default=False)

    WAITING = (State.OPEN, State.TAKEN, State.PROPOSED)
    UNDER_WAY = (*WAITING, State.REPEATED, State.APPROVED)

    class Meta:
        default_permissions = ("view",)
        permissions = [("decide_case", "Can decide on cases")]
        constraints = [
            models.UniqueConstraint(
                fields=["subject"], condition=Q(state__in=["open", "taken", "proposed"]), name="case_one_a_subject"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["approved", "continued"])
                | (Q(decision="approve", decided_by__isnull=False) & ~Q(dod_id="")),
                name="case_approved_by_somebody_for_somebody",
            ),
            models.CheckConstraint(condition=Q(dod_id="") | Q(decision="approve"), name="case_record_when_approved"),
            models.CheckConstraint(
                condition=Q(dod_id="") | Q(holder="") | Q(dod_id=F("holder")), name="case_upgrades_its_own_holder"
            ),
            models.CheckConstraint(
                condition=Q(level=1)
                | Q(decided_by__isnull=True)
                | Q(state__in=["open", "taken", "proposed", "expired"])
                | Q(confirmed_by__isnull=False),
                name="case_premium_takes_two",
            ),
            models.CheckConstraint(
                condition=Q(takes_two=False)
                | Q(state__in=["proposed", "expired"])
                | Q(confirmed_by__isnull=False, decided_by__isnull=False),
                name="case_doubtful_takes_two",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("decided_by")),
                name="case_confirmed_by_another",
            ),
        ]
        indexes = [
            models.Index(
                fields=["account_id", "-opened_at"], condition=Q(account_id__isnull=False), name="case_of_account"
            ),
            models.Index(fields=["dod_id", "-opened_at"], condition=~Q(dod_id=""), name="case_of_person"),
            models.Index(fields=["due_at"], condition=Q(state__in=["open", "taken", "proposed"]), name="case_queue"),
            models.Index(fields=["due_at", "number"], name="case_by_due"),
            models.Index(
                fields=["expires_at"],
                condition=Q(state__in=["open", "taken", "proposed", "repeated", "approved"]),
                name="case_ends",
            ),
            models.Index(
                fields=["approved_details"],
                condition=Q(approved_details__isnull=False),
                name="case_approved_details",
            ),
        ]

    def __str__(self) -> str:
        return f"Case {self.number}"

    @property
    def shown_reference(self) -> str:
        """Return the reference as people read it, in two halves."""
        half = len(self.reference) // 2
        return f"{self.reference[:half]}-{self.reference[half:]}"

    @property
    def is_upgrade(self) -> bool:
        """Return whether the case is about an upgrade, and not a registration."""
        return self.journey == self.Journey.UPGRADE


class CaseMove(models.Model):
    """One entry of a case's history.

    It says which state the case went into, when, and by which member of staff (None: nobody).
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="history")
    state = models.CharField(max_length=9, choices=Case.State.choices)
    at = models.DateTimeField()
    by = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["pk"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.case_id}: {self.state}"
