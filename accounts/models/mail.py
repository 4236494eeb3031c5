"""Outgoing email: notices that a job will send, and links that work once."""

import uuid

from django.db import models
from django.utils import timezone

from accounts.models.account import Account
from idproofing.models import FailureNotice
from safeguards.fields import EncryptedTextField


class Notice(models.Model):
    """One email. Its address and contents are encrypted until the worker has sent it, and then wiped.

    `handed_over_at` is set before the mail server gets the email, and `sent_at` after it has accepted it. With the
    first and without the second, nobody knows whether the email is out. `given_up_at` says that it was left at that.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.SlugField(max_length=40)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True, related_name="notices")
    to = EncryptedTextField()
    context = EncryptedTextField()
    created_at = models.DateTimeField(default=timezone.now)
    handed_over_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["created_at"], condition=models.Q(sent_at=None), name="notice_waiting")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Purpose(models.TextChoices):
    """What a link in an email is for."""

    NEW_PASSWORD = "new-password", "Choose a new password"
    NOT_ME = "not-me", "Freeze the account"
    CONFIRM_EMAIL = "confirm-email", "Confirm a new email address"
    UNDO_EMAIL = "undo-email", "Take back a change of the email address"
    STOP_LOST_FACTOR = "stop-lost-factor", "Stop the wait for a new second factor"
    NEW_FACTOR = "new-factor", "Set up a new second factor"


class Link(models.Model):
    """A link in an email. Only the keyed hash of its token is kept. It works once (accounts/mail/links.py).

    `data` is what the link needs when it is used: the kind of notice that "this was not me" answers, or an email
    address. `since` is from when on the account may not be the holder's, if this link is used to say so: the moment of
    the change that the email reports.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="links")
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    digest = models.BinaryField(max_length=32, unique=True)
    data = EncryptedTextField(default="")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    since = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.purpose} link {self.pk}"


class ProofingLink(models.Model):
    """A link in a message to somebody who may have no account. It stops identity questions in that name.

    Only the keyed hash of its token is kept. It works once (accounts/recovery/stop_questions.py).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    notice = models.ForeignKey(FailureNotice, on_delete=models.CASCADE, related_name="+")
    digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"proofing link {self.pk}"


class RecoveryRequest(models.Model):
    """A request for a username or for a link to a new password.

    Requests for known and unknown accounts are kept alike, so that both look the same. `device` is the value of the
    browser's cookie (accounts/sign_in/trusted_devices.py), and is wiped with what was typed.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    wanted = models.CharField(max_length=8, choices=[("username", "Username"), ("password", "Password")])
    typed = EncryptedTextField()
    device = EncryptedTextField(null=True, default="")
    asked_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"recovery request {self.pk}"
