"""Activation codes: ten Crockford base32 characters, kept only as a keyed hash, valid once and for a while."""

import hmac
import random
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from core import policy
from core.policy import Level
from core.typed import clean_joined
from idproofing import attempts, quiz
from idproofing.models import ActivationCode, Proof
from idproofing.routes import Route
from idproofing.states import State, change_state, exclusive_proofing, get_proofing
from safeguards import audit
from safeguards.cipher import blind_index

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOK_ALIKES = str.maketrans("OIL", "011")
HALF = policy.CODE_LENGTH // 2
Delivery = ActivationCode.Delivery
LIVES = {
    Delivery.EMAIL: policy.CODE_LIFE_EMAIL,
    Delivery.SCREEN: policy.CODE_LIFE_SCREEN,
    Delivery.LETTER: policy.CODE_LIFE_LETTER,
    Delivery.LETTER_ABROAD: policy.CODE_LIFE_LETTER_ABROAD,
}
# The route that a delivery implies. Codes of several routes come by email and on the screen.
ROUTES = {Delivery.LETTER: Route.LETTER, Delivery.LETTER_ABROAD: Route.LETTER}


@dataclass(frozen=True)
class Issued:
    """The only time that the code can be read. `text` is for the mail, the screen or the letter, and nowhere else."""

    text: str
    expires_at: datetime


@dataclass(frozen=True)
class Redeemed:
    pass


@dataclass(frozen=True)
class Wrong:
    """This is not the code. It stays valid for who has it."""


@dataclass(frozen=True)
class Used:
    """The newest code was redeemed before."""


@dataclass(frozen=True)
class Void:
    """There were far too many wrong tries, or the code was withdrawn. A new code is needed.

    `just_now` is true for the wrong try that made it void.
    """

    just_now: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Expired:
    pass


@dataclass(frozen=True)
class Unknown:
    """No code was ever made for this person and level."""


def issue(
    dod_id: str,
    level: Level,
    delivery: str,
    destination: str,
    *,
    by: object,
    route: str = "",
    begun_at: datetime | None = None,
    now: datetime | None = None,
    rng: random.Random | None = None,
) -> Issued:
    """Make a code for this person and level. An earlier one that is still live becomes void.

    `delivery` is one of `Delivery`. `destination` is the address that the code goes to, and is kept encrypted. The
    caller must know whether the person may have a code, by a passed quiz or a letter to the address of record.

    Two arguments are for the figures. `route` is how the person came to the code, by default what the delivery implies.
    `begun_at` is when the journey began, if this is its first code.
    """
    now, rng = now or timezone.now(), rng or secrets.SystemRandom()
    text = "".join(rng.choices(ALPHABET, k=policy.CODE_LENGTH))
    code = ActivationCode(
        dod_id=dod_id,
        level=level,
        digest=digest(dod_id, level, text),
        delivery=Delivery(delivery),
        destination=destination,
        route=route or ROUTES.get(Delivery(delivery), Route.QUESTIONS),
        begun_at=begun_at,
        issued_at=now,
        expires_at=now + LIVES[Delivery(delivery)],
    )
    with exclusive_proofing(dod_id):
        proofing = get_proofing(dod_id, level, by=by, now=now)
        quiz.supersede(proofing, by=by, now=now)
        replaced = unspent(dod_id, level).update(voided_at=now)
        code.save(force_insert=True)
        details: dict[str, bool | str] = {"delivery": delivery, "replaced": bool(replaced), "route": code.route}
        change_state(proofing, State.CODE_SENT, by=by, now=now, **details)
    return Issued(f"{text[:HALF]}-{text[HALF:]}", code.expires_at)


def redeem(
    dod_id: str, level: Level, typed: str, *, by: object, now: datetime | None = None
) -> Redeemed | Wrong | Used | Void | Expired | Unknown:
    """Judge what was typed against the newest code. The first right try uses it.

    The caller limits how often anybody may try (accounts/journeys/steps/code.py). A person without a code costs the
    same hash, the same lock and the same event as a person with one.
    """
    now = now or timezone.now()
    tried = digest(dod_id, level, normalize(typed))
    with exclusive_proofing(dod_id):
        code = newest(dod_id, level)
        right = hmac.compare_digest(bytes(code.digest) if code else bytes(len(tried)), tried)
        outcome = Unknown() if code is None else refusal(code, now)
        if code is not None and outcome is None:
            return use(code, by=by, now=now) if right else count_wrong(code, by=by, now=now)
        assert outcome is not None
        audit.record("code.failed", by=by, dod_id=dod_id, level=int(level), reason=type(outcome).__name__.lower())
        return outcome


def refusal(code: ActivationCode, now: datetime) -> Used | Void | Expired | None:
    """Return why no try at this code can succeed, or None if the right one would."""
    if code.used_at:
        return Used()
    if code.voided_at:
        return Void()
    return Expired() if code.expires_at <= now else None


def use(code: ActivationCode, *, by: object, now: datetime) -> Redeemed | Used | Void:
    """Redeem a live code, once. Call it while holding `exclusive_proofing`.

    While questions are stopped in this name, a code that came from them is worth nothing.
    """
    if code.route == Route.QUESTIONS and attempts.is_stopped(code.dod_id):
        audit.record("code.failed", by=by, dod_id=code.dod_id, level=code.level, reason="stopped")
        return Void()
    if not ActivationCode.objects.filter(pk=code.pk, used_at__isnull=True, voided_at__isnull=True).update(used_at=now):
        return Used()
    proofing = get_proofing(code.dod_id, Level(code.level), by=by, now=now)
    quiz.supersede(proofing, by=by, now=now)
    change_state(proofing, State.PROVEN, by=by, now=now, route=code.route)
    if code.route != Route.QUESTIONS:
        attempts.lift(code.dod_id, by=by, now=now)
    Proof.objects.create(dod_id=code.dod_id, level=code.level, route=code.route, proven_at=now)
    return Redeemed()


def count_wrong(code: ActivationCode, *, by: object, now: datetime) -> Wrong | Void:
    """Count a wrong try at a live code. After `policy.CODE_FAILURES` of them, no matter who made them, it is void.

    Call it while holding `exclusive_proofing`.
    """
    code.tries += 1
    code.tries_since = code.tries_since or now
    over = code.tries >= policy.CODE_FAILURES
    code.voided_at = now if over else None
    code.save(update_fields=["tries", "tries_since", "voided_at"])
    event = "code.voided" if over else "code.failed"
    audit.record(event, by=by, dod_id=code.dod_id, level=code.level, reason="wrong")
    return Void(just_now=True) if over else Wrong()


def withdraw(code_id: UUID, dod_id: str, *, by: object, reason: str, now: datetime | None = None) -> bool:
    """Void one code of this person if nobody has used it, for example because the letter with it came back.

    Return whether that was done.
    """
    with exclusive_proofing(dod_id):
        code = ActivationCode.objects.filter(pk=code_id, dod_id=dod_id, used_at=None, voided_at=None).first()
        if code is None:
            return False
        ActivationCode.objects.filter(pk=code.pk).update(voided_at=now or timezone.now())
        audit.record("code.voided", by=by, dod_id=dod_id, level=code.level, reason=reason)
    return True


def live(dod_id: str, level: Level, *, now: datetime | None = None) -> ActivationCode | None:
    """Return the code that could be redeemed now, if there is one."""
    return unspent(dod_id, level).filter(expires_at__gt=now or timezone.now()).first()


def unspent(dod_id: str, level: Level) -> QuerySet[ActivationCode]:
    """Return the one code that is neither used nor void. It may have expired."""
    return ActivationCode.objects.filter(dod_id=dod_id, level=level, used_at__isnull=True, voided_at__isnull=True)


def newest(dod_id: str, level: Level) -> ActivationCode | None:
    """Return the unspent code, or else the one that was made last."""
    spent = ActivationCode.objects.filter(dod_id=dod_id, level=level).order_by("-issued_at")
    return unspent(dod_id, level).first() or spent.first()


def digest(dod_id: str, level: Level, text: str) -> bytes:
    """Return the keyed hash of a code without dashes. The same code of another person or level hashes differently."""
    return blind_index(f"{dod_id}:{int(level)}:{text}", purpose="activation-code")


def normalize(typed: str) -> str:
    """Return what was typed, as it would be in a code: O is 0, and I and L are 1.

    Case, spaces, dashes and the keyboard do not matter.
    """
    return clean_joined(typed).upper().translate(LOOK_ALIKES)


def route_proven(dod_id: str, level: Level) -> str:
    """Return the route by which this person proved who they are last at this level, or "" if they have not.

    It stays so while the person goes through a journey once more.
    """
    return proofs(dod_id).filter(level=level).values_list("route", flat=True).first() or ""


def proofs(dod_id: str) -> QuerySet[Proof]:
    """Return what this person has proven at every level, the latest first."""
    return Proof.objects.filter(dod_id=dod_id).order_by("-proven_at", "-pk")


def came_by_email(dod_id: str, level: Level, address: str) -> bool:
    """Return whether the code that this person used last at this level had been mailed to this address.

    The journey in which it was typed cannot tell that, because the code may come from another journey.
    """
    code = used(dod_id, level).first()
    return code is not None and code.delivery == ActivationCode.Delivery.EMAIL and code.destination == address


def used(dod_id: str, level: Level) -> QuerySet[ActivationCode]:
    """Return this person's codes that were used, the latest use first."""
    return ActivationCode.objects.filter(dod_id=dod_id, level=level, used_at__isnull=False).order_by("-used_at")
