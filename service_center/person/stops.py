"""Where a person stands, and why they got no further: the rows of advice.py that are true now, the weightiest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.dateformat import format as date_format

from accounts.models import Account, Draft, State
from accounts.sign_in import pauses
from core import policy
from core.policy import Level
from deers.registry import Reason as Ineligibility
from idproofing import attempts
from idproofing.models import ActivationCode, Case, Letter, Quiz, Visit
from idproofing.models.visits import LIVE
from safeguards import limits
from safeguards.cipher import blind_index
from safeguards.models import AuditEvent
from service_center.person.advice import ADVICE, OF_EVENTS, Advice
from service_center.person.subject import Begun, Step, Subject, level_word

ON_THEIR_WAY = (Letter.State.QUEUED, Letter.State.PRINTED, Letter.State.SENT)


@dataclass(frozen=True)
class Stop:
    """One reason, filled in. `pk` is the row that a button is about."""

    name: str
    level: int = 0
    at: datetime | None = None
    until: datetime | None = None
    reason: str = ""
    pk: str = ""

    @property
    def advice(self) -> Advice:
        return ADVICE[self.name]

    @property
    def about(self) -> str:
        """Return which level it is about, in words, or ""."""
        return level_word(self.level)

    @property
    def staff(self) -> str:
        return self.filled(self.advice.staff)

    @property
    def say(self) -> str:
        return self.filled(self.advice.say)

    @property
    def step(self) -> str:
        return self.filled(self.advice.step)

    def filled(self, text: str) -> str:
        """Return a sentence of the table with the day or time and the reason in it."""
        return " ".join(text.format(until=in_words(self.until), reason=self.reason).split())


def in_words(until: datetime | None) -> str:
    """Return a day, or the time of a day that is today's or tomorrow's."""
    if until is None:
        return "later"
    local, near = timezone.localtime(until), abs((until - timezone.now()).days) < 1
    return date_format(local, "F j, g:i A" if near else "F j, Y")


def stops_of(subject: Subject) -> list[Stop]:
    """Return every reason that is true now: first the account and DEERS, then what was tried, the latest first."""
    if subject.account and subject.account.is_staff:
        return [Stop("nothing:staff"), *of_account(subject.account, subject.paused)]
    first = [*(of_account(subject.account, subject.paused) if subject.account else ()), *of_deers(subject)]
    tried = [*of_steps(subject), *of_begun(subject)]
    tried += [stop for stop in of_events(subject) if not any(stop.name == one.name for one in tried)]
    tried.sort(key=lambda stop: stop.at or subject.now, reverse=True)
    return [*first, *tried] or [Stop(nothing(subject))]


def nothing(subject: Subject) -> str:
    """Return the row for a person whom nothing stops."""
    words = {0: "registration", int(Level.BASIC): "basic", int(Level.PREMIUM): "premium"}
    return f"nothing:{words[subject.level_reached]}"


def of_account(account: Account, paused: list[pauses.Pause]) -> Iterator[Stop]:
    """Yield what stops the holder of an account from getting in."""
    if account.state != State.ACTIVE:
        yield Stop(f"account:{account.state}")
    if paused:
        yield Stop("pause:sign-in", until=paused[0].until)
    if until := getattr(account, "factor_until", None):
        yield Stop("factor:waiting", at=getattr(account, "factor_at", None), until=until)
    if account.state == State.CLOSED or account.is_staff:
        return
    if not account.email:
        yield Stop("email:none")
    elif account.email_confirmed_at is None:
        yield Stop("email:unconfirmed")


def of_deers(subject: Subject) -> Iterator[Stop]:
    """Yield what DEERS says, or that it does not answer, and mismatches of the last hours with the person's number."""
    if subject.is_silent:
        yield Stop("deers:silent")
        return
    if subject.record and (reason := subject.record.ineligibility):
        yield Stop(f"deers:{Ineligibility(reason)}")
    if subject.level_reached == Level.PREMIUM or not subject.record:
        return
    counted = {tried: count for tried, count in subject.counted.items() if tried[0] == policy.DEERS_PER_SSN}
    if waits := limits.waits(counted):
        yield Stop("mismatch:too-many", until=subject.now + max(waits.values()))
    elif any(counted.values()):
        yield Stop("mismatch:registration")


def of_begun(subject: Subject) -> Iterator[Stop]:
    """Yield where journeys stand that are not deleted yet. What is finished, or shown by its own row, is left out."""
    shown = {step.kind for step in subject.steps if step.level > subject.level_reached}
    own_row = {"letter_asked": "letter", "in_review": "case", "code": "code", "visit": "visit"}
    for begun in subject.begun:
        if begun.state == "finished" or (begun.level <= subject.level_reached and begun.state not in OF_HOLDERS):
            continue
        if begun.state in OF_HOLDERS and has_signed_in_since(subject, begun.touched_at):
            continue
        if own_row.get(begun.state, "") not in shown:
            yield stop_of_begun(begun)


OF_HOLDERS = ("has_account", "not_basic", "give_back", "given_back", "no_mailbox", "needs_premium")
"""What a journey of a person comes to who has an account at its level. It is over when the person has signed in."""


def stop_of_begun(begun: Begun) -> Stop:
    reason = Draft.Blocked(begun.blocked).label + "." if begun.blocked else ""
    return Stop(f"draft:{begun.state}", begun.level, begun.touched_at, reason=reason)


def of_steps(subject: Subject) -> Iterator[Stop]:
    """Yield what proofing has of the person at the levels that they have not reached."""
    for level in Level:
        if level > subject.level_reached:
            steps = [step for step in subject.steps if step.level == level]
            yield from of_slips(steps)
            yield from of_codes(steps)
            yield from of_cases(steps)
    yield from of_questions(subject)


def latest(steps: list[Step], *kinds: str) -> Step | None:
    return next((step for step in steps if step.kind in kinds), None)


def of_slips(steps: list[Step]) -> Iterator[Stop]:
    """Yield the visit under way, or the last one if no proof came after it."""
    slip = next((step for step in steps if step.kind == "visit" and step.state in LIVE), latest(steps, "visit"))
    if slip is None or has_proof_since(steps, slip.at):
        return
    reason = Visit.Reason(slip.detail).label if slip.detail else ""
    yield Stop(f"visit:{slip.state}", slip.level, slip.changed_at, slip.until, reason=reason, pk=slip.pk)


def of_codes(steps: list[Step]) -> Iterator[Stop]:
    """Yield the last code that was made, or the letter that it travels in."""
    code, letter = latest(steps, "code"), latest(steps, "letter")
    if code is None:
        return
    by_letter = code.detail.startswith(ActivationCode.Delivery.LETTER)
    if by_letter and letter and code.state != "used":
        abroad = code.detail == ActivationCode.Delivery.LETTER_ABROAD
        arrives = letter.at + (policy.LETTER_ARRIVES_ABROAD if abroad else policy.LETTER_ARRIVES)
        yield Stop(f"letter:{letter.state}", code.level, letter.changed_at, arrives, pk=letter.pk)
        if code.state == "live" and letter.state in ON_THEIR_WAY:
            return
    if code.state != "void" or not by_letter:
        yield Stop(f"code:{code.state}", code.level, code.changed_at or code.at, code.until, pk=code.pk)


def of_cases(steps: list[Step]) -> Iterator[Stop]:
    """Yield the last review, unless the person has proven who they are since."""
    case = latest(steps, "case")
    if case and not has_proof_since(steps, case.at):
        until = case.until if case.state in (*Case.WAITING, Case.State.REPEATED) else None
        yield Stop(f"case:{case.state}", case.level, case.changed_at, until, pk=case.pk)


def of_questions(subject: Subject) -> Iterator[Stop]:
    """Yield how the questions ended, whether they are closed for longer, and until when an attempt has to wait."""
    if subject.level_reached == Level.PREMIUM:
        return
    proofing = next((step for step in subject.steps_of_kind("proofing") if step.level > subject.level_reached), None)
    failed = any(step.state in Quiz.FAILED_STATES for step in subject.steps_of_kind("quiz"))
    stopped = any(step.changed_at for step in subject.steps_of_kind("notice"))
    stands = attempts.standing(subject.dod_id, subject.now) if failed or stopped else None
    level, at = (proofing.level, proofing.at) if proofing else (0, None)
    if stands and stands.closed:
        yield Stop(f"closed:{stands.closed}", level, at)
    elif stands and not stands.left and stands.until:
        yield Stop("proofing:cooling_down", level, at, stands.until)
    elif proofing and proofing.state not in ("code_sent", "proven", "cooling_down", "closed"):
        yield Stop(f"proofing:{proofing.state}", level, at)


def of_events(subject: Subject) -> Iterator[Stop]:
    """Yield the last event that ended a try and left nothing else behind."""
    if subject.level_reached == Level.PREMIUM or not subject.dod_id:
        return
    index = blind_index(subject.dod_id, purpose="audit-person")
    whose = Q(person_index=index) | Q(account_id=subject.account.pk) if subject.account else Q(person_index=index)
    since = subject.now - policy.STOPPED_WITHIN
    proofs = subject.steps_of_kind("proof")
    if proofs and not subject.account:
        since = max(since, proofs[0].at)
    found = AuditEvent.objects.filter(whose, event__in=OF_EVENTS, at__gt=since).order_by("-id").first()
    # DEERS answers now, and what a person matched since is under way.
    if found and found.event != "deers.unavailable" and not any(step.at > found.at for step in subject.steps):
        name = OF_EVENTS[found.event]
        if not (name.removeprefix("draft:") in OF_HOLDERS and has_signed_in_since(subject, found.at)):
            yield Stop(name, at=found.at)


def has_signed_in_since(subject: Subject, at: datetime) -> bool:
    """Return whether the person has got into the account after this moment."""
    last = subject.account.last_login if subject.account else None
    return last is not None and last > at


def has_proof_since(steps: list[Step], at: datetime) -> bool:
    """Return whether the person has proven who they are after this moment."""
    return any(step.kind == "proof" and step.at > at for step in steps)
