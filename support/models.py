"""Messages to the service center, and what staff answer."""

import uuid

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Account
from safeguards.fields import EncryptedTextField


class Topic(models.TextChoices):
    """What a message is about. Staff sort by it."""

    REGISTRATION = "registration", "Creating an account"
    SIGN_IN = "sign-in", "Signing in"
    DETAILS = "details", "My details do not match DEERS"
    PROOFING = "proofing", "Identity questions or activation code"
    UPGRADE = "upgrade", "Upgrading to Premium"
    FAMILY = "family", "A family member, or a sponsor who has died"
    ACCESSIBILITY = "accessibility", "Using the site with a disability"
    OTHER = "other", "Something else"


class ContactMessage(models.Model):
    """One message from the contact form.

    Everything that a person typed is encrypted. Staff and people quote the reference. `account` is the writer's, if
    they were signed in. Nobody else is known to have written it: anybody can type any email address.

    `waits_since` is when it came, or came again with a reply. `round` counts how often it did, so that an answer to
    what is no longer the whole message is not sent. `code` is the keyed hash of the code by which a writer who was not
    signed in reads the answer (support/reading.py).
    """

    class State(models.TextChoices):
        NEW = "new", "New"
        TAKEN = "taken", "Taken by a colleague"
        ANSWERED = "answered", "Answered"
        CLOSED = "closed", "Closed without an answer"

    class Reason(models.TextChoices):
        """Why a message was closed without an answer, as its writer reads it."""

        PHONE = "phone", "We answered it by phone"
        TWICE = "twice", "We answer another message of yours about the same"
        CARE = "care", "It is about health care. Please ask your care team"
        NO_QUESTION = "no-question", "It asks us nothing"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=11, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")
    name = EncryptedTextField()
    email = EncryptedTextField()
    topic = models.CharField(max_length=16, choices=Topic.choices)
    body = EncryptedTextField("message")
    created_at = models.DateTimeField("received", default=timezone.now)
    state = models.CharField(max_length=8, choices=State.choices, default=State.NEW, db_default=State.NEW)
    waits_since = models.DateTimeField("waits since", default=timezone.now, db_default=Now())
    round = models.PositiveSmallIntegerField(default=1, db_default=1)
    taken_by = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    answered_at = models.DateTimeField("answered", null=True, blank=True)
    ended_by = models.ForeignKey(
        Account, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    ended_at = models.DateTimeField("ended", null=True, blank=True)
    reason = models.CharField(max_length=12, choices=Reason.choices, blank=True, default="", db_default="")
    code = models.BinaryField(max_length=32, null=True)
    code_ends_at = models.DateTimeField(null=True)

    WAITING = (State.NEW, State.TAKEN)

    class Meta:
        default_permissions = ("view", "change")
        permissions = [
            ("see_load", "Can see how much work each colleague has, and hand it over"),
            ("see_deliveries", "Can see jobs that failed, and emails that are not sent"),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(answered_at__isnull=True), name="contact_unanswered"),
            models.Index(fields=["-created_at"], name="contact_newest"),
            models.Index(fields=["waits_since"], condition=Q(state__in=["new", "taken"]), name="contact_waiting"),
            models.Index(fields=["taken_by", "waits_since"], condition=Q(state="taken"), name="contact_taken"),
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="contact_ended"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(topic__in=Topic.values), name="contact_topic_known"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True) | Q(answered_at__gte=models.F("created_at")),
                name="contact_answered_after_received",
            ),
            models.CheckConstraint(condition=Q(state="closed") | Q(reason=""), name="contact_reason_when_closed"),
        ]

    def __str__(self) -> str:
        return self.reference


class ContactEntry(models.Model):
    """An answer to a message, a reply of its writer, or a note that only staff read. What it says is encrypted.

    `author` is the member of staff; None for the writer.
    """

    class Kind(models.TextChoices):
        ANSWER = "answer", "Answer"
        REPLY = "reply", "Reply"
        NOTE = "note", "Note"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.ForeignKey(ContactMessage, on_delete=models.CASCADE, related_name="entries", db_index=False)
    kind = models.CharField(max_length=6, choices=Kind.choices)
    author = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False)
    body = EncryptedTextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(fields=["message", "at"], name="contact_entries")]
        constraints = [
            models.CheckConstraint(condition=~Q(kind="reply") | Q(author__isnull=True), name="contact_reply_of_writer")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class AnswerText(models.Model):
    """A text that staff often answer with. It names no person."""

    title = models.CharField(max_length=100, unique=True)
    body = models.TextField()
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ("change",)
        ordering = ("title",)

    def __str__(self) -> str:
        return self.title
