"""Passkeys (WebAuthn level 3): challenges for the browser, new passkeys, and signatures that are judged once.

The rows are django-otp-webauthn's, the cryptography is py_webauthn's. A challenge is kept in the session that asked for
it, names its purpose, and lives for policy.PASSKEY_CHALLENGE_LIFE. The first answer uses it up, right or wrong.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django_otp_webauthn.models import as_credential_descriptors
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    generate_challenge,
    generate_user_handle,
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from accounts.changes import Kind as Change
from accounts.changes import note_change
from accounts.models import Account, Passkey, PasskeyHandle
from accounts.second_factors.kinds import Kind
from core import policy
from safeguards import audit, limits, locks

NAME = "Passkey"
KIND = Kind(
    slug="passkey",
    model=Passkey,
    title=NAME,
    indefinite="a passkey",
    plural="passkeys",
    most=policy.PASSKEYS,
    added_at="add-passkey",
    removed="passkey.removed",
    used="passkey.passed",
)
CHALLENGE = "passkey_challenge"
ALONE = "sign-in"
# The counter's column is a signed 32-bit integer. No honest authenticator has been used that often.
MOST_USES = 2**31 - 1
# The standard's own limit for a credential ID (§4, "credential ID").
ID_MAX_BYTES = 1023


@dataclass(frozen=True)
class New:
    """A passkey that the browser has just created and that is not saved yet, with the handle it knows its owner by."""

    passkey: Passkey
    handle: bytes


@dataclass(frozen=True)
class Refused:
    """The answer was not accepted. `account_id` is the owner of the passkey that it names, if any."""

    account_id: int | None = None


def second_step_of(account: Account) -> str:
    """Return the purpose of a challenge that is answered after the password."""
    return f"second-step:{account.pk}"


def making_for(owner: Any) -> str:
    """Return the purpose of a challenge that creates a passkey for an account or a draft."""
    return f"making:{owner._meta.label_lower}:{owner.pk}"


def options_to_make(request: HttpRequest, owner: Any, username: str) -> dict[str, Any]:
    """Return what the browser needs to create a passkey for `owner`, which is an account or the draft of one.

    The handle is 64 random bytes and says nothing about the person (§14.6.1). The display name says nothing either.
    """
    known: Collection[Any] = ()
    handle = generate_user_handle()
    if isinstance(owner, Account):
        known = as_credential_descriptors(Passkey.objects.filter(user=owner, confirmed=True))
        handle = PasskeyHandle.get_handle_for_user(owner)
    challenge = keep(request, making_for(owner), handle)
    options = generate_registration_options(
        rp_id=settings.OTP_WEBAUTHN_RP_ID,
        rp_name=settings.OTP_WEBAUTHN_RP_NAME,
        user_id=handle,
        user_name=username,
        challenge=challenge,
        timeout=milliseconds(),
        exclude_credentials=list(known),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
    )
    return options_to_json_dict(options)


def options_to_sign(request: HttpRequest, account: Account | None = None) -> dict[str, Any]:
    """Return what the browser needs to sign in: as the second step for `account`, or as the whole sign-in without one.

    As the whole sign-in it lists no account's passkeys, so that nobody learns who has any.
    """
    known: Collection[Any] = ()
    verification = UserVerificationRequirement.REQUIRED
    if account is not None:
        known = as_credential_descriptors(
            Passkey.objects.filter(user=account, confirmed=True).order_by("-last_used_at")
        )
        verification = UserVerificationRequirement.PREFERRED
    options = generate_authentication_options(
        rp_id=settings.OTP_WEBAUTHN_RP_ID,
        challenge=keep(request, second_step_of(account) if account else ALONE),
        timeout=milliseconds(),
        allow_credentials=list(known),
        user_verification=verification,
    )
    return options_to_json_dict(options)


def milliseconds() -> int:
    return int(policy.PASSKEY_CHALLENGE_LIFE.total_seconds() * 1000)


def keep(request: HttpRequest, purpose: str, handle: bytes = b"") -> bytes:
    """Return a new challenge of 64 random bytes. It replaces an earlier one in the session."""
    challenge = generate_challenge()
    request.session[CHALLENGE] = {
        "for": purpose,
        "challenge": bytes_to_base64url(challenge),
        "handle": handle.hex(),
        "at": int(time.time()),
    }
    return challenge


def take(request: HttpRequest, purpose: str, *, now: float | None = None) -> tuple[bytes, bytes] | None:
    """Return this session's challenge for `purpose` and the handle stored with it, or None. The challenge is used up.

    Parallel requests have all read the same session, so only one of them can leave a note that it was first. `now` is
    in seconds since 1970.
    """
    kept = request.session.pop(CHALLENGE, None)
    age = (time.time() if now is None else now) - kept["at"] if kept else 0
    if not kept or kept["for"] != purpose or age > policy.PASSKEY_CHALLENGE_LIFE.total_seconds():
        return None
    if not limits.once("passkey-challenge", kept["challenge"], within=policy.PASSKEY_CHALLENGE_LIFE):
        return None
    return base64url_to_bytes(kept["challenge"]), bytes.fromhex(kept["handle"])


def made(request: HttpRequest, owner: Any, sent: str, *, now: float | None = None) -> New | Refused:
    """Return the new passkey that the browser sent, if it answers this session's challenge for `owner`.

    Call this in the transaction that adds the passkey. An exclusive lock serializes requests that send the same
    passkey. `now` is in seconds since 1970.
    """
    kept = take(request, making_for(owner), now=now)
    if kept is None:
        return Refused()
    challenge, handle = kept
    try:
        answer = parse_registration_credential_json(sent)
        seen = verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=settings.OTP_WEBAUTHN_RP_ID,
            expected_origin=settings.OTP_WEBAUTHN_ALLOWED_ORIGINS,
        )
    except (WebAuthnException, ValueError, RecursionError):
        return Refused()
    digest = sha256(seen.credential_id).hexdigest()
    fits = len(seen.credential_id) <= ID_MAX_BYTES and seen.sign_count <= MOST_USES
    with locks.exclusive("new-passkey", digest):
        if not fits or Passkey.objects.filter(credential_id_sha256=digest).exists():
            return Refused()
    return New(unsaved(seen, answer), handle)


def unsaved(seen: VerifiedRegistration, answer: RegistrationCredential) -> Passkey:
    return Passkey(
        credential_id=seen.credential_id,
        public_key=seen.credential_public_key,
        sign_count=seen.sign_count,
        aaguid=seen.aaguid,
        transports=[transport.value for transport in answer.response.transports or ()],
        backup_eligible=seen.credential_device_type == CredentialDeviceType.MULTI_DEVICE,
        backup_state=seen.credential_backed_up,
    )


def add(account: Account, new: New, *, name: str, by: object) -> Passkey:
    """Save a new passkey. It may have been created before its account was opened."""
    with transaction.atomic():
        PasskeyHandle.objects.get_or_create(user=account, defaults={"handle_hex": new.handle.hex()})
        new.passkey.user, new.passkey.name = account, name
        new.passkey.save()
        note_change(account, Change.FACTOR_ADDED, at=new.passkey.created_at, factor=new.passkey)
        audit.record("passkey.added", by=by, account_id=account.pk)
    return new.passkey


def signed(
    request: HttpRequest, sent: str, account: Account | None = None, *, now: float | None = None
) -> Passkey | Refused:
    """Return the passkey whose signature answers this session's challenge.

    With `account`, this comes after the password: the passkey must be that account's, and the holder must have touched
    it. Without `account`, it is the whole sign-in: the passkey must have verified its holder (PIN, finger or face),
    which makes it two factors in one (63B §3.1.7), and it must name its owner. `now` is in seconds since 1970.
    """
    kept = take(request, second_step_of(account) if account else ALONE, now=now)
    try:
        answer = parse_authentication_credential_json(sent)
    except (WebAuthnException, ValueError, RecursionError):
        return Refused()
    passkey = named_by(answer, account)
    if passkey is None or kept is None:
        return Refused(passkey.user_id if passkey else None)
    try:
        seen = verify_authentication_response(
            credential=answer,
            expected_challenge=kept[0],
            expected_rp_id=settings.OTP_WEBAUTHN_RP_ID,
            expected_origin=settings.OTP_WEBAUTHN_ALLOWED_ORIGINS,
            require_user_verification=account is None,
            credential_public_key=bytes(passkey.public_key),
            credential_current_sign_count=0,  # judged below, once we know that the counter is the authenticator's own
        )
    except (WebAuthnException, ValueError):
        return Refused(passkey.user_id)
    if not count_use(passkey, seen.new_sign_count, seen.credential_backed_up):
        audit.record("passkey.copied", by="visitor", account_id=passkey.user_id)
        return Refused(passkey.user_id)
    return passkey


def named_by(answer: AuthenticationCredential, account: Account | None) -> Passkey | None:
    """Return the passkey that an answer claims to be from, if it is in use and belongs to the right account."""
    digest = sha256(answer.raw_id).hexdigest()
    found = Passkey.objects.select_related("user").filter(credential_id_sha256=digest, confirmed=True).first()
    if found is None:
        return None
    if account is not None:
        return found if found.user_id == account.pk else None
    handle = (answer.response.user_handle or b"").hex()
    owned = PasskeyHandle.objects.filter(user_id=found.user_id, handle_hex=handle).exists()
    return found if owned else None


def count_use(passkey: Passkey, uses: int, backed_up: bool) -> bool:
    """Record that the passkey was used. Return False if its counter did not go up, which reveals a copy (§6.1.1).

    Many passkeys do not count and always say 0. One UPDATE checks and sets the counter, so of two copies one loses.
    """
    went_up = Q(sign_count__lt=uses) if uses else Q(sign_count=0)
    row = Passkey.objects.filter(went_up, pk=passkey.pk, confirmed=True)
    if uses > MOST_USES:
        return False
    return bool(row.update(sign_count=uses, backup_state=backed_up, last_used_at=timezone.now()))
