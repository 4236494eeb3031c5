"""What changed about how one gets into an account, so that a freeze can take it back, and where to write about it."""

import json
import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models.account import Account
from safeguards.fields import EncryptedTextField


class NotificationAddress(models.Model):
    """An email address that an account had before. Notices go there too for policy.NOTICES_TO_FORMER_ADDRESSES.

    `given_up` says that the address is known not to be the holder's any more: nothing is sent there, and no link
    restores it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="former_addresses")
    email = EncryptedTextField()
    until_at = models.DateTimeField(default=timezone.now, db_index=True)
    given_up = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"former address {self.pk}"


class CredentialChange(models.Model):
    """One change of a password, second factor, email address or phone number, and where it came from.

    `before` is what is needed to undo the change: the email address, the phone number, or the hashes of the backup
    codes from before, as JSON. `factor` is the label of the factor that was added or removed.
    """

    class Kind(models.TextChoices):
        PASSWORD = "password", "Password changed"
        FACTOR_ADDED = "factor-added", "Authenticator app or passkey added"
        FACTOR_REMOVED = "factor-removed", "Authenticator app or passkey removed"
        BACKUP_CODES = "backup-codes", "Backup codes replaced"
        EMAIL = "email", "Email address changed"
        PHONE = "phone", "Phone number changed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="credential_changes")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    at = models.DateTimeField(db_index=True)
    factor = models.CharField(max_length=100, blank=True, default="")
    before = EncryptedTextField(default="")
    address = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def email_before(self) -> str:
        """Return the email address before a change of it."""
        return json.loads(self.before)["email"]

    @property
    def confirmed_before(self) -> datetime | None:
        """Return when the email address before a change of it was confirmed."""
        confirmed = json.loads(self.before)["confirmed_at"]
        return datetime.fromisoformat(confirmed) if confirmed else None


class Freeze(models.Model):
    """A time in which an account is frozen.

    `since` is from when on the account may not have been the holder's: the moment of the reported change. It is None if
    nobody has said. `by` is the account that froze it; None for a link in an email, and for the system.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="freezes")
    frozen_at = models.DateTimeField(default=timezone.now)
    since = models.DateTimeField(null=True)
    by = models.ForeignKey(Account, on_delete=models.SET_NULL, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["account"], condition=Q(ended_at=None), name="freeze_one_live")]

    def __str__(self) -> str:
        return f"freeze {self.pk}"
