"""Letters to the address of record.

People request them, and staff print them in batches. A newer letter takes the place of an older one. Nobody is ever
shown an address here. A letter goes where DEERS says, so that only people who live there can read the code.
"""

import random
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from procrastinate.contrib.django import app

from core import policy
from core.policy import Level
from deers.registry import Beneficiary
from idproofing import codes, postal
from idproofing.letter_states import IN_THE_HOUSE, TRANSITIONS, State, change_state, record_event
from idproofing.models import Batch, FailureNotice, Letter
from idproofing.states import exclusive_proofing
from safeguards import audit, clock

Kind = Letter.Kind


@dataclass(frozen=True)
class Queued:
    """The letter waits to be printed."""

    letter: Letter


@dataclass(frozen=True)
class TooSoon:
    """The person has requested enough letters. The next one may be requested at `until`."""

    until: datetime


@dataclass(frozen=True)
class NoAddress:
    """DEERS has no address that a letter could be sent to."""


def ask(
    person: Beneficiary,
    level: Level,
    *,
    enter_at: str,
    by: object,
    route: str = "",
    begun_at: datetime | None = None,
    now: datetime | None = None,
    rng: random.Random | None = None,
) -> Queued | TooSoon | NoAddress:
    """Queue a letter with an activation code to the person's address of record. An earlier one becomes void.

    `enter_at` names the address of the page where the code is entered. `route` is how the person
    came to the code, by default the letter itself. `begun_at` is when the journey began. However
    many requests come at once, each person gets as many letters as policy.LETTERS and policy.LETTER_GAP allow. The
    person is told of each by email (accounts/recovery/stop_questions.py), because somebody else may have asked.
    """
    now = now or timezone.now()
    to = postal.lines(person)
    if to is None:
        return NoAddress()
    with exclusive_proofing(person.dod_id):
        until = next_one(person.dod_id, now)
        if until:
            audit.record("limit.reached", by=by, dod_id=person.dod_id, limit=policy.LETTERS.name)
            return TooSoon(until)
        for earlier in unread(person.dod_id, level):
            change_state(earlier, State.VOID, by=by, now=now, reason="replaced")
        # Only the letter holds the address, and it is wiped. The code does not have to know it.
        delivery = postal.delivery(person)
        issued = codes.issue(
            person.dod_id, level, delivery, "", by=by, route=route, begun_at=begun_at, now=now, rng=rng
        )
        code = codes.unspent(person.dod_id, level).get()
        letter = Letter(kind=Kind.CODE, dod_id=person.dod_id, level=level, code=code, enter_at=enter_at)
        queue(letter, to, issued.text, issued.expires_at, by=by, now=now)
        FailureNotice.objects.create(dod_id=person.dod_id, level=level, kind=FailureNotice.Kind.LETTER, made_at=now)
    return Queued(letter)


def notify(
    person: Beneficiary,
    level: Level,
    link: str,
    expires_at: datetime,
    *,
    by: object,
    kind: Kind = Kind.NOTICE,
    now: datetime | None = None,
) -> Letter | None:
    """Queue a notice on paper: of a new level, which `link` freezes (63A §3.10), of failed questions or of a surrogate.

    The `link` of the last two stops them. Return None if DEERS has no address to send it to.
    """
    to = postal.lines(person)
    if to is None:
        return None
    letter = Letter(kind=kind, dod_id=person.dod_id, level=level)
    with transaction.atomic():
        return queue(letter, to, link, expires_at, by=by, now=now or timezone.now())


def queue(letter: Letter, to: list[str], secret: str, expires_at: datetime, *, by: object, now: datetime) -> Letter:
    """Put a letter in line for the next batch, and return it."""
    letter.addressee, letter.secret = "\n".join(to), secret
    letter.reference = new_reference()
    letter.made_at, letter.changed_at, letter.expires_at = now, now, expires_at
    letter.save(force_insert=True)
    record_event("letter.queued", letter, by=by)
    return letter


def new_reference() -> str:
    """Return a new reference, such as "L-7F3K-9Q2M".

    It is printed above the address, so that staff can find a letter that comes back without opening it. It looks unlike
    a code, so that nobody enters the one for the other.
    """
    while True:
        text = "".join(secrets.choice(codes.ALPHABET) for _ in range(8))
        reference = f"L-{text[:4]}-{text[4:]}"
        if not Letter.objects.filter(reference=reference).exists():
            return reference


def next_one(dod_id: str, now: datetime) -> datetime | None:
    """Return when this person may request another code by letter, or None if that is now.

    Call it while holding `exclusive_proofing`, so that it stays true.
    """
    since = now - policy.LETTERS.period
    asked = Letter.objects.filter(dod_id=dod_id, kind=Kind.CODE, made_at__gt=since).order_by("-made_at")
    times = list(asked.values_list("made_at", flat=True)[: policy.LETTERS.times])
    waits = [times[0] + policy.LETTER_GAP] if times else []
    if len(times) == policy.LETTERS.times:
        waits.append(times[-1] + policy.LETTERS.period)
    return max((until for until in waits if until > now), default=None)


def unread(dod_id: str, level: Level) -> QuerySet[Letter]:
    """Return the person's letters whose code nobody has used yet, locked."""
    open_states = [*IN_THE_HOUSE, State.SENT]
    mine = Letter.objects.filter(dod_id=dod_id, level=level, kind=Kind.CODE, state__in=open_states)
    return mine.filter(code__used_at=None).select_for_update(of=("self",))


def waiting(now: datetime | None = None) -> QuerySet[Letter]:
    """Return the letters that a batch could take, those that have waited longest first."""
    queued = Letter.objects.filter(state=State.QUEUED).order_by("made_at", "pk")
    return queued.exclude(pk__in=useless(now or timezone.now()).values("pk"))


def make_batch(*, by: object, only: Collection[UUID] | None = None, now: datetime | None = None) -> Batch | None:
    """Put the letters that have waited longest into a batch, policy.LETTERS_IN_BATCH at most.

    With `only`, take none but these. Return None if no letter waits. Of two clerks at once, each gets letters that the
    other does not: what one has locked, the other skips.
    """
    now = now or timezone.now()
    void_dead(now=now)
    with transaction.atomic():
        queued = Letter.objects.filter(state=State.QUEUED)
        queued = queued if only is None else queued.filter(pk__in=only)
        taken = list(queued.order_by("made_at").select_for_update(skip_locked=True)[: policy.LETTERS_IN_BATCH])
        if not taken:
            return None
        batch = Batch.objects.create(made_at=now)
        for letter in taken:
            change_state(letter, State.PRINTED, by=by, now=now, batch=batch)
        audit.record("letters.batch-made", by=by, batch=batch.pk, letters=len(taken))
    return batch


def to_print(batch: Batch, *, now: datetime | None = None) -> list[Letter]:
    """Return the batch's letters that are still valid. There are none once the batch is noted as mailed."""
    printed = batch.letters.filter(state=State.PRINTED).order_by("made_at", "pk")
    return list(printed.exclude(pk__in=useless(now or timezone.now()).values("pk")))


def mailed(batch: Batch, *, by: object, now: datetime | None = None) -> int | None:
    """Note that the batch's letters are in the mail, and wipe them. Return how many there are.

    Return None if that was noted before.
    """
    now = now or timezone.now()
    void_dead(now=now)
    with transaction.atomic():
        if not Batch.objects.filter(pk=batch.pk, mailed_at=None).update(mailed_at=now):
            return None
        sent = list(batch.letters.filter(state=State.PRINTED).order_by("pk").select_for_update())
        for letter in sent:
            change_state(letter, State.SENT, by=by, now=now)
        audit.record("letters.batch-mailed", by=by, batch=batch.pk, letters=len(sent))
    return len(sent)


def print_again(letter: Letter, *, by: object, now: datetime | None = None) -> bool:
    """Take a letter whose page was spoiled out of its batch, for the next one.

    Return False if it is too late for that.
    """
    return change(letter, State.QUEUED, by=by, now=now)


def void(letter: Letter, *, by: object, now: datetime | None = None) -> bool:
    """Void a letter and its code, because it was lost or should not go out. Return False if it is already void."""
    return change(letter, State.VOID, by=by, now=now, reason="staff")


def returned(letter: Letter, *, by: object, now: datetime | None = None) -> bool:
    """Note that the post office brought the letter back, unopened or not, and void its code.

    Return False if the letter was not out.
    """
    return change(letter, State.RETURNED, by=by, now=now, reason="returned")


def void_codes(dod_id: str, *, by: object, now: datetime) -> None:
    """Void the letters of this person whose code nobody has used, at every level, because of the person's own stop.

    Call it while holding `exclusive_proofing`.
    """
    for level in Level:
        for letter in unread(dod_id, level):
            change_state(letter, State.VOID, by=by, now=now, reason="stopped")
            codes.withdraw(letter.code_id, dod_id, by=by, reason="stopped", now=now)  # type: ignore[arg-type]


def change(letter: Letter, to: State, *, by: object, now: datetime | None, reason: str = "") -> bool:
    """Make one transition of one letter that staff ask for, if its state allows it.

    A letter that ends takes its code along.
    """
    now = now or timezone.now()
    with exclusive_proofing(letter.dod_id):
        row = Letter.objects.select_for_update().get(pk=letter.pk)
        if (row.state, to) not in TRANSITIONS:
            return False
        change_state(row, to, by=by, now=now, reason=reason)
        if row.code_id and to not in IN_THE_HOUSE:
            codes.withdraw(row.code_id, row.dod_id, by=by, reason=reason, now=now)
    return True


def void_dead(*, now: datetime | None = None) -> int:
    """Void every letter that can be of no use any more, in the house or mailed. Return how many there are.

    The time of its code or link is over, or another code, such as one by email, has replaced its own. A letter that
    somebody else has locked at this moment is left for the next time.
    """
    now = now or clock.now()
    with transaction.atomic():
        dead = list(useless(now).select_for_update(skip_locked=True, of=("self",)))
        end(dead, now)
    return len(dead)


def useless(now: datetime) -> QuerySet[Letter]:
    """Return letters in the house that no longer have to go out, and mailed ones whose code nobody can use any more."""
    over = Q(expires_at__lte=now) | Q(code__voided_at__isnull=False)
    in_the_house = Q(state__in=IN_THE_HOUSE) & (over | Q(code__used_at__isnull=False))
    outside = Q(state=State.SENT, kind=Kind.CODE, code__used_at=None) & over
    return Letter.objects.filter(in_the_house | outside)


def end(dead: Iterable[Letter], now: datetime) -> None:
    for letter in dead:
        change_state(
            letter, State.VOID, by="system", now=now, reason="expired" if letter.expires_at <= now else "replaced"
        )


@app.task(name="accounts.tasks.void_letters", queue="letters")
def void_letters(timestamp: int) -> None:
    """Void the letters whose time is over or whose code was replaced, and wipe what they say."""
    void_dead()
