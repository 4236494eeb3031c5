"""Browsers that somebody has signed in from, and tries to sign in that had to wait."""

from django.db import models
from django.utils import timezone

from accounts.models.account import Account


class TrustedDevice(models.Model):
    """A browser in which a sign-in to the account was completed (accounts/sign_in/trusted_devices.py).

    Only the keyed hash of account and cookie is kept. Until `expires_at`, wrong passwords from this browser have counts
    of their own, so that the wrong passwords of strangers do not keep its owner out.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="trusted_devices")
    digest = models.BinaryField(max_length=32)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["account", "digest"], name="trusted_device_once")]

    def __str__(self) -> str:
        return f"trusted device {self.pk}"


class SignInPause(models.Model):
    """When the holder last heard that a try to sign in to the account had to wait (accounts/sign_in/pauses.py)."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, primary_key=True, related_name="+")
    told_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"pause of {self.account_id}"
