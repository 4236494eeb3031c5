"""Who may read the answer to a message: its writer, signed in or with the code that an email brought.

The code is new with each answer. It is kept as a keyed hash, and good with its own reference only.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from core import policy
from idproofing import cases, codes
from safeguards import audit, limits
from safeguards.cipher import blind_index
from support.models import ContactMessage

COOKIE = "__Host-answer" if settings.SESSION_COOKIE_SECURE else "answer"
SALT = "contact-answer"
REFERENCE_LETTERS = 8


@dataclass(frozen=True)
class Wait:
    """There were too many tries. `time` is how long it is until the next."""

    time: timedelta


@dataclass(frozen=True)
class NotFound:
    """There is no such reference, this is not its code, or the code is too old. It is the same for all."""


def new_code() -> str:
    """Return a new code, in two halves with a dash."""
    code = cases.new_code(secrets.SystemRandom())
    return f"{code[: codes.HALF]}-{code[codes.HALF :]}"


def code_values(message: ContactMessage, code: str, now: datetime) -> dict[str, object]:
    """Return the columns of a message that let this code open its answer."""
    return {"code": digest(message.reference, cases.plain(code)), "code_ends_at": now + policy.CONTACT_ANSWER_LIFE}


def digest(reference: str, code: str) -> bytes:
    return blind_index(f"{reference}:{code}", purpose="contact-code")


def read_reference(typed: str, kind: str = "C") -> str:
    """Return a reference as it is kept, such as "C-7F3K-9Q2M". Spaces, dashes, case and its first letter do not matter.

    Return "" for what is no reference.
    """
    first, letters = codes.normalize(kind), plain_letters(typed)
    letters = letters[1:] if len(letters) == REFERENCE_LETTERS + 1 and letters[0] == first else letters
    return f"{kind}-{letters[:4]}-{letters[4:]}" if len(letters) == REFERENCE_LETTERS else ""


def plain_letters(typed: str) -> str:
    """Return the letters and digits of what was typed that can be in a reference."""
    return "".join(letter for letter in codes.normalize(typed[:100]) if letter in codes.ALPHABET)


def find(reference: str, code: str, *, address: str, by: object) -> ContactMessage | NotFound | Wait:
    """Return the message with this reference, if this is the code of its answer. Both are as typed.

    A reference that does not exist and a code that is wrong cost the same counts, query, hash and event. Who guesses is
    counted, and not the reference: strangers who know it do not keep its writer out.
    """
    reference, code = read_reference(reference), cases.plain(code)
    if wait := limits.hit(policy.CONTACT_CODE_TRIES_PER_ADDRESS, address):
        return Wait(wait)
    message = ContactMessage.objects.filter(reference=reference, code_ends_at__gt=timezone.now()).first()
    tried = digest(reference, code)
    kept = bytes(message.code or b"") if message else b""
    if not hmac.compare_digest(kept or bytes(len(tried)), tried) or message is None:
        audit.record("support.answer-refused", by=by)
        return NotFound()
    limits.take_back(policy.CONTACT_CODE_TRIES_PER_ADDRESS, address)
    return message


def remember(response: HttpResponse, message: ContactMessage) -> None:
    """Note in this browser, for policy.CONTACT_PAGE_OPEN, that it has shown the code."""
    response.set_signed_cookie(
        COOKIE,
        str(message.pk),
        salt=SALT,
        max_age=int(policy.CONTACT_PAGE_OPEN.total_seconds()),
        secure=bool(settings.SESSION_COOKIE_SECURE),
        httponly=True,
        samesite="Lax",
        path="/",
    )


def may_read(request: HttpRequest, message: ContactMessage) -> bool:
    """Return whether this browser may show the answers to a message: to its writer, signed in or with the code."""
    if message.account_id:
        return bool(request.user.is_authenticated and request.user.pk == message.account_id)
    max_age = int(policy.CONTACT_PAGE_OPEN.total_seconds())
    return request.get_signed_cookie(COOKIE, default=None, salt=SALT, max_age=max_age) == str(message.pk)
