"""Mail on its way: notices that a job will send, and links that work once."""

import uuid

from django.db import models
from django.utils import timezone

from accounts.models.account import Account
from safeguards.fields import EncryptedTextField


class Notice(models.Model):
    """One email. Address and contents are encrypted until the worker has sent it, and wiped then."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.SlugField(max_length=40)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True, related_name="notices")
    to = EncryptedTextField()
    context = EncryptedTextField()
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["created_at"], condition=models.Q(sent_at=None), name="notice_waiting")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class RecoveryLink(models.Model):
    """A link to choose a new password. Only the keyed hash of its token is kept; it works once."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="recovery_links")
    digest = models.BinaryField(max_length=32, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"recovery link {self.pk}"


class RecoveryRequest(models.Model):
    """Somebody asked for a username or a new password. Kept for known and unknown alike, so that both look the same."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    wanted = models.CharField(max_length=8, choices=[("username", "Username"), ("password", "Password")])
    typed = EncryptedTextField()
    asked_at = models.DateTimeField(default=timezone.now)
    answered_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"recovery request {self.pk}"
