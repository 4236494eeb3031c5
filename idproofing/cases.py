"""Cases: a person looks at details that did not match DEERS. Anybody opens one, staff decide it, and it is used once.

Nothing here tells the person who asks whether DEERS knows a number. A case opens without asking DEERS. A second one
about the same number looks like the first from outside (State.REPEATED). What staff do with cases is in
idproofing/reviewing.py.
"""

import hmac
import json
import random
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from core import policy
from core.policy import Level
from deers import names
from idproofing import codes
from idproofing.case_states import State, change_state, record_event
from idproofing.models import Case
from safeguards import audit, clock, limits
from safeguards.cipher import blind_index
from safeguards.locks import exclusive


@dataclass(frozen=True)
class Typed:
    """What a person typed, as it was.

    `date_of_birth` is in ISO form, and numbers are digits. A field is "" if nothing was asked.
    """

    date_of_birth: str
    email: str
    first_name: str = ""
    middle_name: str = ""
    last_name: str = ""
    suffix: str = ""
    ssn: str = ""
    dod_id: str = ""
    phone: str = ""
    street: str = ""
    postal_code: str = ""
    code_delivery: str = ""
    has_code: bool = False
    route: str = ""


@dataclass(frozen=True)
class Opened:
    """An open case. This is the only time that the continuation code can be read, in two halves with a dash."""

    case: Case
    code: str


@dataclass(frozen=True)
class Wait:
    """There were too many requests or tries. `time` is how long it is until the next."""

    time: timedelta


@dataclass(frozen=True)
class NotFound:
    """There is no such reference, or this is not its code. It is the same for both."""


@dataclass(frozen=True)
class Moved:
    """It is done.

    `email` is whom to notify, read before it was wiped. `also` are requests that ended with this one.
    """

    case: Case
    email: str
    also: tuple["Moved", ...] = ()


@dataclass(frozen=True)
class NotNow:
    """Somebody else was faster, or the case is over."""


def too_many(typed: Typed, *, address: str, account_id: int | None = None) -> Wait | None:
    """Count one more request from this address, and from it about this number.

    Return Wait if there were too many. Requests that come from elsewhere do not count: otherwise strangers could keep
    the person from asking. Do not call it in a transaction.
    """
    about = f"{limits.household(address)} {subject_of(typed, account_id)}"
    for limit, key in ((policy.CASES_PER_ADDRESS, address), (policy.CASES_PER_NUMBER, about)):
        if wait := limits.hit(limit, key):
            return Wait(wait)
    return None


def may_confirm(email: str) -> bool:
    """Count one email with a reference to this mailbox. Return False if it got many lately.

    The page shows the reference as well, so nobody needs the email. Do not call it in a transaction.
    """
    return limits.hit(policy.CASE_CONFIRMATIONS, email.lower()) is None


def open_case(
    journey: str,
    level: Level,
    typed: Typed,
    *,
    by: object,
    account_id: int | None = None,
    holder: str = "",
    now: datetime | None = None,
    rng: random.Random | None = None,
) -> Opened:
    """Open a case about what was typed.

    For an upgrade, `account_id` is the account that asks, and `holder` the DoD ID number of its person. While another
    case about the same number or account is under way, this one only seems to be open, and never reaches a reviewer.
    """
    now, rng = now or timezone.now(), rng or secrets.SystemRandom()
    reference, code = (new_code(rng) for _ in range(2))
    case = Case(
        number=next_number(),
        reference=reference,
        code=digest(reference, code),
        journey=Case.Journey(journey),
        level=level,
        account_id=account_id,
        holder=holder,
        subject=blind_index(subject_of(typed, account_id), purpose="case-subject"),
        # False values are left out. Servers from before `has_code` may still read the case, and do not know that field.
        typed=json.dumps({name: value for name, value in asdict(typed).items() if value is not False}),
        opened_at=now,
        due_at=now + policy.CASE_DUE,
        expires_at=now + policy.CASE_LIFE,
        changed_at=now,
    )
    assert case.subject is not None
    with exclusive("case", case.subject.hex()):
        if Case.objects.filter(subject=case.subject, state__in=Case.WAITING).exists():
            case.state = State.REPEATED
        case.save(force_insert=True)
        record_event(case, "case.repeated" if case.state == State.REPEATED else "case.opened", by=by, now=now)
    return Opened(case, f"{code[: codes.HALF]}-{code[codes.HALF :]}")


def subject_of(typed: Typed, account_id: int | None) -> str:
    """Return what a case is about, to find another one about the same."""
    return f"account:{account_id}" if account_id else f"number:{typed.ssn or typed.dod_id}"


def digest_of_details(typed: Typed, account_id: int | None) -> bytes:
    """The keyed hash of details, by which idproofing/approvals.py knows them again.

    Spellings that the rules of names do not tell apart are the same. The email address is left out: it says where to
    write to, not who somebody is. For an upgrade the details are good in its own account only.
    """
    spelled = [typed.first_name, typed.middle_name, typed.last_name, typed.suffix, typed.street, typed.postal_code]
    details = [str(account_id or ""), typed.date_of_birth, typed.ssn, typed.dod_id]
    details += ["".join(names.words(part)) for part in spelled]
    return blind_index("\n".join(details), purpose="case-approved-details")


def new_code(rng: random.Random) -> str:
    return "".join(rng.choices(codes.ALPHABET, k=policy.CODE_LENGTH))


def digest(reference: str, code: str) -> bytes:
    """Return the keyed hash of a continuation code, which is valid with its own reference only."""
    return blind_index(f"{reference}:{code}", purpose="case-code")


def next_number(table: str = "idproofing_case") -> int:
    """Return the number of the next row of a table of cases.

    It is needed before the row exists, because what was typed is encrypted for this row and no other.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'number'))", [table])
        return cursor.fetchone()[0]


def find(reference: str, code: str, *, address: str, by: object = "visitor") -> Case | NotFound | Wait:
    """Return the case with this reference, if this is its continuation code. Both are as typed.

    A reference that does not exist and a code that is wrong cost the same counts, query, hash and event. Who guesses is
    counted, and not the reference: strangers who know it do not keep the person out.
    """
    reference, code = plain(reference), plain(code)
    if wait := limits.hit(policy.CASE_TRIES_PER_ADDRESS, address):
        return Wait(wait)
    case = Case.objects.filter(reference=reference).first()
    tried = digest(reference, code)
    if not hmac.compare_digest(bytes(case.code) if case else bytes(len(tried)), tried) or case is None:
        audit.record("case.refused", by=by)
        return NotFound()
    limits.take_back(policy.CASE_TRIES_PER_ADDRESS, address)
    return case


def plain(typed: str) -> str:
    """Return what was typed, as it would be in a reference or a code. Whatever cannot be there is left out."""
    return "".join(letter for letter in codes.normalize(typed[:100]) if letter in codes.ALPHABET)[: policy.CODE_LENGTH]


def read_typed(case: Case) -> Typed | None:
    """Return what was typed, or None once the case is over."""
    return Typed(**json.loads(case.typed)) if case.typed else None


def use(number: int, *, by: object, now: datetime | None = None) -> Moved | NotNow:
    """Use the link back into the journey, once. Of what was typed, only a keyed hash stays."""
    return judge_case(number, State.APPROVED, State.CONTINUED, by=by, now=now)


def end_what_is_late(now: datetime | None = None) -> list[Moved]:
    """End every case whose time is over. Then let the first of those that repeated it reach the reviewers.

    Return the cases that ended.
    """
    now = now or clock.now()
    late = Case.objects.filter(state__in=Case.UNDER_WAY, expires_at__lte=now).values_list("pk", "state")
    outcomes = [judge_case(number, state, State.EXPIRED, by="system", now=now) for number, state in late]
    for subject in waiting_in_vain():
        bring_forward(subject, now)
    return [outcome for outcome in outcomes if isinstance(outcome, Moved)]


def waiting_in_vain() -> list[bytes]:
    """Return the subjects whose only requests repeat a case that is over."""
    under_review = Case.objects.filter(subject=OuterRef("subject"), state__in=Case.WAITING)
    repeats = Case.objects.filter(~Exists(under_review), state=State.REPEATED)
    return [bytes(subject or b"") for subject in repeats.values_list("subject", flat=True).distinct()]


def bring_forward(subject: bytes, now: datetime) -> None:
    """Make the oldest request about this subject a case like any other.

    The person who asked first must not stop the rest.
    """
    with exclusive("case", subject.hex()):
        about = Case.objects.filter(subject=subject)
        first = about.filter(state=State.REPEATED).order_by("pk").first()
        if first and not about.filter(state__in=Case.WAITING).exists():
            change_state(first, State.OPEN, by="system", now=now, due_at=now + policy.CASE_DUE)


def judge_case(
    number: int, seen: str, to: str, *, by: object, now: datetime | None, **values: object
) -> Moved | NotNow:
    """Move a case from the state in which it was seen.

    Return NotNow if it is in another state, or if its link is too old.
    """
    now = now or timezone.now()
    with transaction.atomic():
        case = Case.objects.select_for_update().filter(pk=number, state=seen).first()
        if case is None or (to == State.CONTINUED and case.expires_at <= now):
            return NotNow()
        return move_case(case, to, by=by, now=now, **values)


def move_case(case: Case, to: str, *, by: object, now: datetime | None, **values: object) -> Moved:
    """Move a locked case. The address to notify is read before it may be wiped."""
    typed = read_typed(case)
    if typed and to == State.CONTINUED:
        values["approved_details"] = digest_of_details(typed, case.account_id)
    change_state(case, to, by=by, now=now or timezone.now(), **values)
    return Moved(case, typed.email if typed else "")
