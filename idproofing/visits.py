"""Visits: a slip with a reference, and the documents that an agent checks against DEERS.

A person on this route shows documents at an office or in a video call. The slip's reference is as long as an activation
code, and the slip is found by a keyed hash of it. Only a keyed hash is kept of a document too. So nobody can read its
number again, and yet one document cannot serve two people.

At Premium nobody proves a person alone. A second member of staff enters the documents once more, and they must be the
same, or a document reader (idproofing/document_reader.py) has read one of them.
"""

import random
import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core import policy
from core.policy import DOCUMENTS, Level
from idproofing import codes
from idproofing.models import Document, Visit
from idproofing.routes import Route
from idproofing.states import exclusive_proofing
from idproofing.visit_states import State, change_state
from safeguards import audit
from safeguards.cipher import blind_index

ROUTES = (Route.IN_PERSON, Route.AGENT)
HALF = policy.REFERENCE_LENGTH // 2
Reason = Visit.Reason


@dataclass(frozen=True)
class Booked:
    """The new slip."""

    visit: Visit


@dataclass(frozen=True)
class Held:
    """A supervisor is looking at this person's visit. Nothing else happens until it is settled."""


@dataclass(frozen=True)
class Checked:
    """The documents are accepted, and wait for a second look.

    `email` is the address to notify, and `withdrawn` are those of the person's other slips, which end.
    """

    email: str
    withdrawn: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotTheSame:
    """These are not the documents that the first agent entered. Nothing changed."""


@dataclass(frozen=True)
class CheckedByYou:
    """The second look is for another member of staff than the first. Nothing changed."""


@dataclass(frozen=True)
class Verified:
    """All is well. `email` is the address that the activation code goes to. `withdrawn` is as for Checked."""

    email: str
    withdrawn: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settled:
    """The visit moved as asked. `email` is the address to notify."""

    email: str


@dataclass(frozen=True)
class DocumentOfAnother:
    """A document is already somebody else's, so the visit is held for a supervisor.

    `email` is the address to notify. `withdrawn` is as for Checked.
    """

    email: str
    withdrawn: tuple[str, ...] = ()


@dataclass(frozen=True)
class Over:
    """Nothing changed. The slip has been used, replaced or settled in the meantime, or its time is over."""


@dataclass(frozen=True)
class Shown:
    """A document as the agent has it in hand. The number is hashed and forgotten."""

    kind: str
    number: str
    state: str = ""

    @property
    def digest(self) -> bytes:
        """Return the keyed hash of the document.

        Case, spaces and dashes make no difference. A state makes one only if each state numbers the kind of document
        itself.
        """
        bare = "".join(c for c in self.number.upper() if c.isalnum())
        state = self.state if DOCUMENTS[self.kind].by_state else ""
        return blind_index(f"{self.kind}:{state}:{bare}", purpose="identity-document")


def book(
    dod_id: str,
    level: Level,
    route: Route,
    email: str,
    *,
    by: object,
    begun_at: datetime | None = None,
    now: datetime | None = None,
    rng: random.Random | None = None,
) -> Booked | Held:
    """Make a slip for this person and level.

    Earlier ones stay good: somebody else may have asked for this one, and must not send the person home from the
    office. The first whose documents are looked at ends the others. `email` is the address that the activation code
    goes to after the visit. It is kept encrypted until then. `begun_at` is when the journey began. Return Held if a
    supervisor has an earlier visit.
    """
    now, rng = now or timezone.now(), rng or secrets.SystemRandom()
    text = "".join(rng.choices(codes.ALPHABET, k=policy.REFERENCE_LENGTH))
    with exclusive_proofing(dod_id):
        if Visit.objects.filter(dod_id=dod_id, level=level, state=State.HELD).exists():
            return Held()
        visit = Visit.objects.create(
            dod_id=dod_id,
            level=level,
            route=route,
            digest=digest(text),
            reference=f"{text[:HALF]}-{text[HALF:]}",
            email=email,
            begun_at=begun_at,
            made_at=now,
            changed_at=now,
            expires_at=now + policy.VISIT_LIFE,
        )
        audit.record("visit.booked", by=by, dod_id=dod_id, level=int(level), route=str(route))
    return Booked(visit)


def find(reference: str, *, by: object, now: datetime | None = None) -> Visit | None:
    """Return the slip with this reference for whose documents an agent may look now, or None.

    Both the right references and the wrong ones are recorded in the audit trail, without the reference.
    """
    visit = Visit.objects.filter(digest=digest(codes.normalize(reference))).first()
    if visit is None or not is_attended(visit, now):
        audit.record("visit.not-found", by=by, known=visit is not None)
        return None
    audit.record("visit.looked-up", by=by, dod_id=visit.dod_id, level=visit.level, route=visit.route)
    return visit


def is_open(visit: Visit, now: datetime | None = None) -> bool:
    """Return whether documents may be checked for the visit now."""
    return visit.state == State.OPEN and visit.expires_at > (now or timezone.now())


def is_attended(visit: Visit, now: datetime | None = None) -> bool:
    """Return whether an agent may look at the documents now, for the first or the second time."""
    return visit.state in (State.OPEN, State.CHECKED) and visit.expires_at > (now or timezone.now())


def shortfall(kinds: Collection[str], level: Level) -> str | None:
    """Return what these kinds of documents lack for this level, as a sentence for the agent.

    Return None if they are enough.
    """
    known = [DOCUMENTS[kind] for kind in kinds]
    if len(set(kinds)) < policy.VISIT_DOCUMENTS:
        return f"{policy.VISIT_DOCUMENTS} documents of different kinds are needed."
    wanted = policy.VISIT_EVIDENCE[level]
    if not any(document.photo and document.evidence >= wanted for document in known):
        return f"For {level.label}, one document must have a photo and be {wanted.name.lower()} evidence or better."
    return None


def verify(
    visit_id: UUID,
    shown: Collection[Shown],
    *,
    by: object,
    agent: int,
    reading: str = "",
    now: datetime | None = None,
) -> Verified | Checked | DocumentOfAnother | NotTheSame | CheckedByYou | Over:
    """Accept the documents, once. The caller has asked the agent for every check, and has called `shortfall`.

    A document that was accepted for somebody else is never accepted. The visit is held for a supervisor instead. At
    Premium the documents then wait for a second look, unless `reading` names what a document reader has read. The
    caller has compared that with the person and the documents.
    """
    now = now or timezone.now()
    with turn_of(visit_id) as visit:
        if not is_attended(visit, now):
            return Over()
        email = visit.email or ""
        kinds = {f"document_{place}": one.kind for place, one in enumerate(shown, 1)}
        if visit.state == State.CHECKED:
            return look_again(visit, shown, by=by, agent=agent, now=now, details=kinds)
        withdrawn = withdraw_others(visit, by=by, now=now)
        if not claim(visit.dod_id, shown, now):
            change_state(visit, State.HELD, by=by, now=now, agent=agent, details=kinds)
            return DocumentOfAnother(email, withdrawn)
        read = reading_digest(reading) if reading else None
        if Level(visit.level) in policy.VISIT_TWICE_AT and (
            read is None or Visit.objects.filter(reading=read).exists()
        ):
            until = now + policy.VISIT_SECOND_LOOK_WITHIN
            change_state(visit, State.CHECKED, by=by, now=now, agent=agent, expires_at=until, details=kinds)
            return Checked(email, withdrawn)
        details = {**kinds, "second_look": "reader"} if read else kinds
        change_state(visit, State.VERIFIED, by=by, now=now, agent=agent, reading=read, details=details)
        return Verified(email, withdrawn)


def look_again(
    visit: Visit, shown: Collection[Shown], *, by: object, agent: int, now: datetime, details: dict[str, str]
) -> Verified | NotTheSame | CheckedByYou:
    """Verify the person of a visit that was checked once, if another agent has the same documents in hand."""
    if visit.agent == agent:
        return CheckedByYou()
    digests = {one.digest for one in shown}
    if Document.objects.filter(digest__in=digests, dod_id=visit.dod_id).count() < len(digests):
        about: dict[str, int | bool | str] = {"level": visit.level, "route": visit.route, **details}
        audit.record("visit.not-the-same", by=by, dod_id=visit.dod_id, **about)  # type: ignore[arg-type]
        return NotTheSame()
    email = visit.email or ""
    seen = {**details, "second_look": "staff"}
    withdrawn = withdraw_others(visit, by=by, now=now)
    change_state(visit, State.VERIFIED, by=by, now=now, second_agent=agent, details=seen)
    return Verified(email, withdrawn)


def withdraw_others(visit: Visit, *, by: object, now: datetime) -> tuple[str, ...]:
    """End the other slips of this person and level, because documents were looked at. Return whom to notify.

    Call it while holding `exclusive_proofing`.
    """
    same = Visit.objects.filter(dod_id=visit.dod_id, level=visit.level, state__in=(State.OPEN, State.CHECKED))
    others = list(same.exclude(pk=visit.pk).order_by("made_at"))
    told = {settled(other, State.WITHDRAWN, by=by, now=now).email for other in others}
    return tuple(sorted(told - {"", visit.email}))


def claim(dod_id: str, shown: Collection[Shown], now: datetime) -> bool:
    """Keep the documents as this person's. Return False, and keep none, if one of them is already somebody else's."""
    digests = {one.digest: one.kind for one in shown}
    with transaction.atomic():
        rows = [Document(digest=key, kind=digests[key], dod_id=dod_id, seen_at=now) for key in sorted(digests)]
        Document.objects.bulk_create(rows, ignore_conflicts=True)
        others = Document.objects.filter(digest__in=list(digests)).exclude(dod_id=dod_id).exists()
        transaction.set_rollback(others)
    return not others


def refuse(visit_id: UUID, reason: str, *, by: object, agent: int, now: datetime | None = None) -> Settled | Over:
    """End the visit without a code, for this reason. The person may make another slip."""
    now = now or timezone.now()
    with turn_of(visit_id) as visit:
        if not is_attended(visit, now):
            return Over()
        if visit.state == State.CHECKED:
            second = None if visit.agent == agent else agent
            return settled(visit, State.REFUSED, by=by, now=now, reason=reason, second_agent=second)
        return settled(visit, State.REFUSED, by=by, now=now, reason=reason, agent=agent)


def settle(visit_id: UUID, *, again: bool, by: object, supervisor: int, now: datetime | None = None) -> Settled | Over:
    """Settle a visit that is held: make the slip valid once more (`again`), or refuse the visit.

    The agent who attended the visit cannot settle it.
    """
    now = now or timezone.now()
    with turn_of(visit_id) as visit:
        if visit.state != State.HELD or visit.agent == supervisor:
            return Over()
        if again:
            return settled(visit, State.OPEN, by=by, now=now, expires_at=now + policy.VISIT_LIFE)
        return settled(visit, State.REFUSED, by=by, now=now, reason=Reason.USED_BEFORE)


def settled(visit: Visit, to: str, *, by: object, now: datetime, **values: object) -> Settled:
    """Move the visit. Return the address that it had until then."""
    email = visit.email or ""
    details = {"reason": str(values["reason"])} if "reason" in values else {}
    change_state(visit, to, by=by, now=now, details=details, **values)
    return Settled(email)


def expire(visit_id: UUID, *, now: datetime | None = None) -> Settled | Over:
    """End a slip whose time is over: nobody came, or nobody took the second look."""
    now = now or timezone.now()
    with turn_of(visit_id) as visit:
        if visit.state not in (State.OPEN, State.CHECKED) or visit.expires_at > now:
            return Over()
        return settled(visit, State.EXPIRED, by="system", now=now)


def due(now: datetime | None = None) -> list[UUID]:
    """Return the slips whose time is over."""
    over = Visit.objects.filter(state__in=(State.OPEN, State.CHECKED), expires_at__lte=now or timezone.now())
    return list(over.values_list("pk", flat=True))


@contextmanager
def turn_of(visit_id: UUID) -> Iterator[Visit]:
    """Hold the exclusive lock of the visit's person, and yield the visit as it is now.

    If thirty people act at once, each sees what the one before did.
    """
    with exclusive_proofing(Visit.objects.values_list("dod_id", flat=True).get(pk=visit_id)):
        yield Visit.objects.get(pk=visit_id)


def digest(text: str) -> bytes:
    """Return the keyed hash of a reference without dashes."""
    return blind_index(text, purpose="visit-reference")


def reading_digest(scan: str) -> bytes:
    """Return the keyed hash of the number of a reader's scan."""
    return blind_index(scan.strip().lower(), purpose="document-reading")
