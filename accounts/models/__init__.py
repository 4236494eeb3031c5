"""Models: accounts, their sessions and second factors, drafts of journeys, and the links and notices in emails."""

from accounts.models.account import Account, State
from accounts.models.changes import CredentialChange, Freeze, NotificationAddress
from accounts.models.devices import SignInPause, TrustedDevice
from accounts.models.drafts import Draft, RegistrationDraft, UpgradeDraft
from accounts.models.factors import AuthenticatorApp, BackupCode, Factor, Passkey, PasskeyHandle
from accounts.models.mail import Link, Notice, ProofingLink, RecoveryRequest
from accounts.models.recovery import Assistance, LostFactor
from accounts.models.session import KnownDevice, Session

__all__ = [
    "Account",
    "Assistance",
    "AuthenticatorApp",
    "BackupCode",
    "CredentialChange",
    "Draft",
    "Factor",
    "Freeze",
    "KnownDevice",
    "Link",
    "LostFactor",
    "Notice",
    "NotificationAddress",
    "Passkey",
    "PasskeyHandle",
    "ProofingLink",
    "RecoveryRequest",
    "RegistrationDraft",
    "Session",
    "SignInPause",
    "State",
    "TrustedDevice",
    "UpgradeDraft",
]
