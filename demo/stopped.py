"""Puts people where they got no further, through the same functions as the site, so that staff can try to help them."""

from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts import actions
from accounts.models import Account, State
from core import policy
from core.policy import Level
from deers import lookup
from demo.people.person import Person
from idproofing import cases, codes, letters, quiz, stopping, visits
from idproofing.letter_states import change_state
from idproofing.models import Case, FailureNotice, Letter, Quiz, Visit
from idproofing.routes import Route
from idproofing.visit_states import change_state as change_visit
from safeguards import audit

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def stop(person: Person) -> None:
    """Put the person where their story says. Nothing happens to people whose story is another one."""
    if stand := STANDS.get(person.key):
        stand(person)


def fail_questions(person: Person, *ago: timedelta) -> None:
    """Fail the questions so often, each time so long ago."""
    for before in ago:
        now = timezone.now() - before
        started = quiz.start(person.dod_id, policy.STRENGTH[Level.BASIC], by="visitor", now=now)
        assert isinstance(started, quiz.Started)
        quiz.end(started.quiz.pk, Quiz.State.FAILED, by="visitor", now=now + timedelta(minutes=5))


def fail_twice(person: Person) -> None:
    fail_questions(person, 2 * HOUR, HOUR)


def fail_three_times(person: Person) -> None:
    fail_questions(person, 9 * HOUR, 8 * HOUR, HOUR)


def stop_questions(person: Person) -> None:
    fail_twice(person)
    for notice in FailureNotice.objects.filter(dod_id=person.dod_id):
        stopping.mark_told(notice, reached=True, by="system")
        stopping.stop(notice.pk, by="visitor")


def ask_for_letter(person: Person, ago: timedelta) -> Letter:
    known = lookup.person(person.dod_id)
    assert known is not None
    then = timezone.now() - ago
    asked = letters.ask(known, Level.BASIC, enter_at="register-with-code", by="visitor", now=then)
    assert isinstance(asked, letters.Queued)
    return asked.letter


def wait_for_letter(person: Person) -> None:
    """A letter is in the mail since two days ago."""
    letter, then = ask_for_letter(person, 3 * DAY), timezone.now() - 2 * DAY
    letters.mailed(batch_of(letter), by="system", now=then)


def get_letter_back(person: Person) -> None:
    letter, then = ask_for_letter(person, 12 * DAY), timezone.now() - 10 * DAY
    letters.mailed(batch_of(letter), by="system", now=then)
    letter.refresh_from_db()
    change_state(letter, Letter.State.RETURNED, by="system", now=timezone.now() - DAY, reason="returned")
    assert letter.code_id is not None
    codes.withdraw(letter.code_id, person.dod_id, by="system", reason="returned")


def batch_of(letter: Letter) -> letters.Batch:
    """Put this letter alone into a batch."""
    batch = letters.make_batch(by="system", only=[letter.pk], now=letter.made_at)
    assert batch is not None
    return batch


def wait_for_code(person: Person) -> None:
    codes.issue(person.dod_id, Level.BASIC, "email", person.email, by="visitor", now=timezone.now() - HOUR)


def miss_code(person: Person) -> None:
    then = timezone.now() - 3 * DAY
    codes.issue(person.dod_id, Level.BASIC, "email", person.email, by="visitor", now=then)


def book_visit(person: Person) -> Visit:
    then = timezone.now() - 2 * DAY
    booked = visits.book(person.dod_id, Level.BASIC, Route.IN_PERSON, person.email, by="visitor", now=then)
    assert isinstance(booked, visits.Booked)
    return booked.visit


def fail_visit(person: Person) -> None:
    visit = book_visit(person)
    reason = Visit.Reason.EXPIRED
    change_visit(visit, Visit.State.REFUSED, by="system", now=timezone.now() - DAY, reason=reason, agent=0)


def ask_for_review(person: Person) -> None:
    name = person.name
    born = person.born.isoformat()
    typed = cases.Typed(born, person.email, name.first, name.middle, "Reyes", ssn=person.ssn, code_delivery="email")
    cases.open_case(Case.Journey.REGISTRATION, Level.BASIC, typed, by="visitor", now=timezone.now() - DAY)


def open_account(person: Person) -> Account:
    """Open a Basic account, as if the person had registered."""
    opened = actions.open_account(
        dod_id=person.dod_id,
        first_name=person.name.first,
        last_name=person.name.last,
        level=Level.BASIC,
        username=f"{person.key}.stopped"[: policy.USERNAME_MAX_LENGTH],
        password_hash=make_password("willow-thunder-paper-58"),
        email=person.email,
        email_confirmed=True,
        phone=person.phone,
        by="system",
    )
    assert isinstance(opened, actions.Opened)
    return opened.account


def lock_account(person: Person) -> None:
    actions.lock(open_account(person), by="system")


def freeze_account(person: Person) -> None:
    account = open_account(person)
    actions.freeze(account, by=account)


def leave_account(person: Person) -> None:
    actions.change_state(open_account(person), State.DORMANT, by="system")


def fail_upgrade(person: Person) -> None:
    account = open_account(person)
    audit.record("upgrade.started", by=account)
    audit.record("registration.not-matched", by=account)


STANDS: dict[str, Callable[[Person], object]] = {
    "dolores": fail_twice,
    "hank": wait_for_letter,
    "loretta": get_letter_back,
    "curtis": wait_for_code,
    "imani": miss_code,
    "walt": book_visit,
    "bettina": fail_visit,
    "yolanda": ask_for_review,
    "floyd": fail_three_times,
    "marguerite": stop_questions,
    "oscar": lock_account,
    "pearl": freeze_account,
    "quentin": leave_account,
    "renata": fail_upgrade,
}
