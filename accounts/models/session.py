"""Sessions and known devices: where an account is signed in, and from which devices it has been."""

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone

from accounts.models.account import Account
from safeguards.fields import EncryptedTextField


class Session(AbstractBaseSession):
    """One browser's session. Reading this table neither opens a session nor shows what one holds.

    `session_key` is the keyed hash of the key in the browser's cookie. The session's data is encrypted. `account` is
    set once the last factor was given: a half-signed-in session has no account.
    """

    session_key = models.CharField("keyed hash of the cookie's key", max_length=64, primary_key=True)
    session_data = EncryptedTextField()
    account = models.ForeignKey(Account, on_delete=models.CASCADE, null=True, related_name="sessions")
    began_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    address = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=64, blank=True, default="")
    with_factor = models.BooleanField(default=False)

    class Meta(AbstractBaseSession.Meta):
        abstract = False
        default_permissions = ()

    def __str__(self) -> str:
        return "session"

    @classmethod
    def get_session_store_class(cls) -> type:
        from accounts.sessions.store import SessionStore

        return SessionStore


class KnownDevice(models.Model):
    """A device that the account has signed in from, such as "Chrome on Windows" (accounts/sign_in/new_devices.py)."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="known_devices")
    device = models.CharField(max_length=64)
    first_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["account", "device"], name="known_device_once")]

    def __str__(self) -> str:
        return self.device
