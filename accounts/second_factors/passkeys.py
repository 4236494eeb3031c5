"""Passkeys (WebAuthn level 3): challenges for the browser, new passkeys, and signatures that are judged once.

The rows are django-otp-webauthn's, the cryptography is py_webauthn's. A challenge is kept in the session that asked
for it, names what it is for, lives for policy.PASSKEY_CHALLENGE_LIFE and is used up by the first answer, right or
wrong.
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
# The column of the counter is a signed number of 32 bits; no honest authenticator was used that often.
MOST_USES = 2**31 - 1
# The standard's own bound on the name of a credential (§4, "credential ID").
ID_MAX_BYTES = 1023


@dataclass(frozen=True)
class New:
    """A passkey that the browser has just made, not saved yet, and the handle under which it knows its owner."""

    passkey: Passkey
    handle: bytes


@dataclass(frozen=True)
class Refused:
    """The answer was not accepted; `account_id` is whose passkey it names, if any."""

    account_id: int | None = None


def second_step_of(account: Account) -> str:
    """What a challenge is for that is answered after the password."""
    return f"second-step:{account.pk}"


def making_for(owner: Any) -> str:
    """What a challenge is for that makes a new passkey, for an account or for a draft."""
    return f"making:{owner._meta.label_lower}:{owner.pk}"


def options_to_make(request: HttpRequest, owner: Any, username: str) -> dict[str, Any]:
    """What the browser needs to make a passkey for `owner`: an account, or the draft of one.

    The handle is 64 random bytes and says nothing about the person (§14.6.1); nor does the display name.
    """
    known: Collection[Any] = ()
    handle = generate_user_handle()
    if isinstance(owner, Account):
        known = as_credential_descriptors(Passkey.objects.filter(user=owner))
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
    """What the browser needs to sign in: as the second step of `account`, or, without one, as the whole sign-in.

    As the whole it names no account's passkeys, so that nobody learns who has any.
    """
    known: Collection[Any] = ()
    verification = UserVerificationRequirement.REQUIRED
    if account is not None:
        known = as_credential_descriptors(Passkey.objects.filter(user=account).order_by("-last_used_at"))
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
    """A fresh challenge of 64 random bytes, kept in the session in place of an earlier one."""
    challenge = generate_challenge()
    request.session[CHALLENGE] = {
        "for": purpose,
        "challenge": bytes_to_base64url(challenge),
        "handle": handle.hex(),
        "at": int(time.time()),
    }
    return challenge


def take(request: HttpRequest, purpose: str, *, now: float | None = None) -> tuple[bytes, bytes] | None:
    """The challenge that this session holds for `purpose`, and the handle beside it; None when there is none.

    It is used up by this. Requests in parallel have all read the same session, so the first one is told apart by
    a note that only one of them can leave.
    """
    kept = request.session.pop(CHALLENGE, None)
    age = (time.time() if now is None else now) - kept["at"] if kept else 0
    if not kept or kept["for"] != purpose or age > policy.PASSKEY_CHALLENGE_LIFE.total_seconds():
        return None
    if not limits.once("passkey-challenge", kept["challenge"], within=policy.PASSKEY_CHALLENGE_LIFE):
        return None
    return base64url_to_bytes(kept["challenge"]), bytes.fromhex(kept["handle"])


def made(request: HttpRequest, owner: Any, sent: str, *, now: float | None = None) -> New | Refused:
    """The new passkey in what the browser sent, if it answers this session's challenge for `owner`.

    Call it in the transaction that adds the passkey: it takes its turn with whoever else sends the same one.
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
    """Keep a passkey that was just made; what opened the account may have made it before there was one."""
    with transaction.atomic():
        PasskeyHandle.objects.get_or_create(user=account, defaults={"handle_hex": new.handle.hex()})
        new.passkey.user, new.passkey.name = account, name
        new.passkey.save()
        audit.record("passkey.added", by=by, account_id=account.pk)
    return new.passkey


def signed(
    request: HttpRequest, sent: str, account: Account | None = None, *, now: float | None = None
) -> Passkey | Refused:
    """The passkey whose signature answers this session's challenge.

    With `account`, after its password: one of that account's own, the holder having touched it at least. Without, as
    the whole sign-in: the holder must have been verified by it (PIN, finger or face), which makes it two factors in
    one (63B §3.1.7), and it must name its owner itself.
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
            credential_current_sign_count=0,  # judged below, once we know that the number is the authenticator's own
        )
    except (WebAuthnException, ValueError):
        return Refused(passkey.user_id)
    if not count_use(passkey, seen.new_sign_count, seen.credential_backed_up):
        audit.record("passkey.copied", by="visitor", account_id=passkey.user_id)
        return Refused(passkey.user_id)
    return passkey


def named_by(answer: AuthenticationCredential, account: Account | None) -> Passkey | None:
    """The passkey that an answer says it is from, if it belongs to whom it must."""
    digest = sha256(answer.raw_id).hexdigest()
    found = Passkey.objects.select_related("user").filter(credential_id_sha256=digest).first()
    if found is None:
        return None
    if account is not None:
        return found if found.user_id == account.pk else None
    handle = (answer.response.user_handle or b"").hex()
    owned = PasskeyHandle.objects.filter(user_id=found.user_id, handle_hex=handle).exists()
    return found if owned else None


def count_use(passkey: Passkey, uses: int, backed_up: bool) -> bool:
    """Note that the passkey was used; False if its counter did not go up, which a copy of it gives away (§6.1.1).

    Many passkeys do not count and always say 0. Checked and set in one UPDATE, so that of two copies one loses.
    """
    went_up = Q(sign_count__lt=uses) if uses else Q(sign_count=0)
    row = Passkey.objects.filter(went_up, pk=passkey.pk)
    if uses > MOST_USES:
        return False
    return bool(row.update(sign_count=uses, backup_state=backed_up, last_used_at=timezone.now()))
