"""Second factors: authenticator apps, passkeys and backup codes.

accounts/second_factors/factors.py and accounts/second_factors/passkeys.py judge them.
"""

import uuid
from typing import TypeAlias

from django.db import models
from django.utils import timezone
from django_otp.models import Device, TimestampMixin
from django_otp_webauthn.models import WebAuthnCredential as Passkey
from django_otp_webauthn.models import WebAuthnUserHandle as PasskeyHandle

from accounts.models.account import Account
from safeguards.fields import EncryptedTextField

__all__ = ["AuthenticatorApp", "BackupCode", "Factor", "Passkey", "PasskeyHandle"]


class AuthenticatorApp(TimestampMixin, Device):  # type: ignore[misc]
    """One authenticator app (RFC 6238).

    Its key is encrypted. `last_t` is the last time step that was used.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = EncryptedTextField()
    last_t = models.BigIntegerField(default=-1)

    class Meta:
        constraints = [
            # A removed app is kept for a while (accounts/second_factors/suspended.py), and its name is free again.
            models.UniqueConstraint(
                fields=["user", "name"], condition=models.Q(confirmed=True), name="authenticator_name_once_in_use"
            ),
        ]


class BackupCode(models.Model):
    """One code for when no other second factor is at hand.

    Only its keyed hash is kept. It works once.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="backup_codes")
    digest = models.BinaryField(max_length=32)
    made_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "digest"], name="backup_code_once")]

    def __str__(self) -> str:
        return f"backup code {self.pk}"


Named: TypeAlias = AuthenticatorApp | Passkey
"""A factor that an account can have several of. The holder gives each one a name."""
Factor: TypeAlias = Named | BackupCode
"""What proves the holder's identity together with the password. A passkey does so without it as well."""
