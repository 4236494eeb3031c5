"""Letters with a code: how many a person gets, which one is good, and what is left of them."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from core import policy
from core.policy import Level
from deers.registry import Beneficiary
from idproofing import codes, letters
from idproofing.models import ActivationCode, Letter, Proofing
from safeguards.models import AuditEvent
from tests.idproofing.letter_people import LINK, asked, batch, beneficiary, mailed
from tests.idproofing.people import NOON
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db

State = Letter.State
DAY = timedelta(days=1)


def ask(person: Beneficiary, now=NOON, level=Level.BASIC):
    return letters.ask(person, level, enter_at="register-with-code", by="visitor", now=now)


def redeem(letter: Letter, text: str, now=NOON):
    return codes.redeem(letter.dod_id, Level(letter.level), text, by="visitor", now=now)


def secret(letter: Letter) -> str:
    assert letter.secret
    return letter.secret


def test_a_letter_waits_with_its_code_and_the_address_of_record():
    letter = asked("rosa")
    kept = Letter.objects.get()
    assert (kept.addressee or "").splitlines() == [
        "Rosa Elena Delgado",
        "2214 Sawmill Creek Lane",
        "Clarksville, TN 37042",
    ]
    assert redeem(kept, secret(letter)) == codes.Redeemed()
    assert Proofing.objects.get().state == Proofing.State.PROVEN


def test_a_code_by_letter_lives_longer_when_the_letter_goes_far():
    assert asked("rosa").expires_at == NOON + policy.CODE_LIFE_LETTER
    assert asked("gregory").expires_at == NOON + policy.CODE_LIFE_LETTER_ABROAD
    assert [code.expires_at - NOON for code in ActivationCode.objects.order_by("expires_at")] == [
        policy.CODE_LIFE_LETTER,
        policy.CODE_LIFE_LETTER_ABROAD,
    ]


def test_somebody_without_an_address_gets_no_letter_and_no_code():
    assert ask(beneficiary("rosa", street="")) == letters.NoAddress()
    assert not ActivationCode.objects.exists()


def test_the_next_letter_can_be_asked_for_after_a_day():
    person = beneficiary("rosa")
    asked("rosa")
    assert ask(person, NOON + DAY - timedelta(seconds=1)) == letters.TooSoon(NOON + policy.LETTER_GAP)
    assert AuditEvent.objects.latest("id").event == "limit.reached"
    assert isinstance(ask(person, NOON + policy.LETTER_GAP), letters.Queued)


def test_after_four_letters_in_thirty_days_one_waits_for_the_first_to_be_that_old():
    person = beneficiary("rosa")
    for number in range(policy.LETTERS.times):
        assert isinstance(ask(person, NOON + 2 * number * DAY), letters.Queued)
    assert ask(person, NOON + 20 * DAY) == letters.TooSoon(NOON + policy.LETTERS.period)
    assert isinstance(ask(person, NOON + policy.LETTERS.period), letters.Queued)


def test_letters_are_counted_for_the_person_and_not_for_each_level():
    asked("rosa")
    assert isinstance(ask(beneficiary("rosa"), level=Level.PREMIUM), letters.TooSoon)
    assert isinstance(ask(beneficiary("grace")), letters.Queued)


@pytest.mark.django_db(transaction=True)
def test_of_thirty_who_ask_at_once_for_one_person_one_gets_a_letter():
    person = beneficiary("rosa")
    outcomes = in_parallel(lambda _: ask(person))
    assert sum(isinstance(outcome, letters.Queued) for outcome in outcomes) == 1
    assert Letter.objects.count() == ActivationCode.objects.count() == 1


def test_a_newer_letter_makes_the_older_one_and_its_code_void():
    old = asked("rosa")
    text = secret(old)
    new = asked("rosa", now=NOON + DAY)
    old.refresh_from_db()
    assert (old.state, old.addressee, old.secret) == (State.VOID, None, None)
    assert isinstance(redeem(new, text, NOON + DAY), codes.Wrong)
    assert redeem(new, secret(new), NOON + DAY) == codes.Redeemed()


def test_an_older_letter_that_is_in_the_mail_becomes_void_too():
    old = mailed(asked("rosa"))
    asked("rosa", now=NOON + DAY)
    old.refresh_from_db()
    assert old.state == State.VOID


def test_the_code_of_one_persons_letter_opens_nothing_for_another():
    rosas, graces = asked("rosa"), asked("grace")
    assert isinstance(redeem(graces, secret(rosas)), codes.Wrong)
    premium = asked("rosa", level=Level.PREMIUM, now=NOON + DAY)
    assert isinstance(redeem(premium, secret(rosas), NOON + DAY), codes.Wrong)


def test_a_batch_takes_what_waits_longest_and_leaves_the_rest(monkeypatch):
    monkeypatch.setattr(policy, "LETTERS_IN_BATCH", 2)
    keys = ("grace", "rosa", "gregory")
    waiting = [asked(key, now=NOON + place * timedelta(minutes=1)) for place, key in enumerate(keys)]
    first = batch(NOON + DAY)
    assert [letter.pk for letter in letters.to_print(first, now=NOON)] == [letter.pk for letter in waiting[:2]]
    assert [letter.pk for letter in letters.to_print(batch(NOON + DAY), now=NOON + DAY)] == [waiting[2].pk]
    assert letters.make_batch(by="system", now=NOON + DAY) is None


@pytest.mark.django_db(transaction=True)
def test_thirty_clerks_at_once_never_print_one_letter_twice_nor_mail_a_batch_twice(monkeypatch):
    monkeypatch.setattr(policy, "LETTERS_IN_BATCH", 2)
    person = beneficiary("rosa")
    for number in range(40):
        letters.notify(person, Level.BASIC, LINK, NOON + DAY, by="system", now=NOON + number * timedelta(seconds=1))
    batches = in_parallel(lambda _: letters.make_batch(by="system", now=NOON + timedelta(hours=1)))
    printed = [letter.pk for made in batches if made for letter in letters.to_print(made, now=NOON)]
    assert len(printed) == len(set(printed)) == Letter.objects.filter(state=State.PRINTED).count() > 0
    assert all(made.letters.count() <= 2 for made in batches if made)
    assert AuditEvent.objects.filter(event="letter.printed").count() == len(printed)
    one = next(made for made in batches if made)
    told = in_parallel(lambda _: letters.mailed(one, by="system", now=NOON))
    assert told.count(None) == 29
    assert AuditEvent.objects.filter(event="letters.batch-mailed").count() == 1


def test_a_mailed_batch_holds_nothing_any_more_and_is_mailed_once():
    letter = asked("rosa")
    text = secret(letter)
    made = batch()
    assert letters.mailed(made, by="system", now=NOON) == 1
    assert letters.mailed(made, by="system", now=NOON) is None
    letter.refresh_from_db()
    assert (letter.state, letter.addressee, letter.secret) == (State.SENT, None, None)
    assert letters.to_print(made, now=NOON) == []
    assert redeem(letter, text) == codes.Redeemed()


def test_a_spoiled_page_is_printed_again_in_the_next_batch_with_the_same_code():
    letter = asked("rosa")
    first = batch()
    assert letters.print_again(letter, by="system", now=NOON)
    assert letters.to_print(first, now=NOON) == []
    (again,) = letters.to_print(batch(), now=NOON)
    assert redeem(again, secret(letter)) == codes.Redeemed()
    assert letters.mailed(first, by="system", now=NOON) == 0


def test_what_staff_make_void_opens_nothing_and_is_wiped():
    letter = asked("rosa")
    assert letters.void(letter, by="system", now=NOON)
    assert not letters.void(letter, by="system", now=NOON)
    assert not letters.print_again(letter, by="system", now=NOON)
    assert redeem(letter, secret(letter)) == codes.Void()
    letter.refresh_from_db()
    assert letter.secret is None


def test_a_letter_that_comes_back_is_void_and_one_that_never_went_out_cannot_come_back():
    letter = asked("rosa")
    text = secret(letter)
    assert not letters.returned(letter, by="system", now=NOON)
    mailed(letter)
    assert letters.returned(letter, by="system", now=NOON)
    letter.refresh_from_db()
    assert letter.state == State.RETURNED
    assert redeem(letter, text) == codes.Void()


def test_a_letter_that_comes_back_after_its_code_was_used_changes_nothing_for_the_person():
    letter = asked("rosa")
    text = secret(letter)
    mailed(letter)
    assert redeem(letter, text) == codes.Redeemed()
    assert letters.returned(letter, by="system", now=NOON)
    code = ActivationCode.objects.get()
    assert (bool(code.used_at), code.voided_at) == (True, None)


@pytest.mark.parametrize("gone", ["queued", "printed", "sent"])
def test_a_letter_whose_time_is_over_is_void(gone):
    letter = asked("rosa")
    if gone == "printed":
        batch()
    if gone == "sent":
        mailed(letter)
    assert letters.void_dead(now=letter.expires_at - timedelta(seconds=1)) == 0
    assert letters.void_dead(now=letter.expires_at) == 1
    letter.refresh_from_db()
    assert (letter.state, letter.secret) == (State.VOID, None)
    assert AuditEvent.objects.latest("pk").details["reason"] == "expired"


def test_a_letter_whose_code_was_replaced_by_email_is_not_printed():
    letter = asked("rosa")
    codes.issue(letter.dod_id, Level.BASIC, "email", "rosa@example.org", by="visitor", now=NOON)
    assert letters.make_batch(by="system", now=NOON) is None
    letter.refresh_from_db()
    assert letter.state == State.VOID


def test_a_letter_whose_code_was_used_stays_mailed():
    letter = asked("rosa")
    text = secret(letter)
    mailed(letter)
    redeem(letter, text)
    assert letters.void_dead(now=letter.expires_at + DAY) == 0
    asked("rosa", now=letter.expires_at + DAY)
    letter.refresh_from_db()
    assert letter.state == State.SENT


def test_a_notice_needs_no_code_and_counts_against_no_limit():
    person = beneficiary("rosa")
    asked("rosa")
    notice = letters.notify(person, Level.BASIC, LINK, NOON + DAY, by="system", now=NOON)
    assert notice
    assert (notice.secret, notice.code) == (LINK, None)
    assert letters.notify(beneficiary("rosa", city=""), Level.BASIC, LINK, NOON + DAY, by="system", now=NOON) is None
    assert len(letters.to_print(batch(), now=NOON)) == 2


def test_neither_the_code_nor_the_address_stands_anywhere_in_clear():
    letter = asked("rosa")
    written = secret(letter), "Delgado", "2214 Sawmill Creek Lane", "37042"
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(row::text, ' ') FROM idproofing_letter row")
        rows = cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(row::text, ' ') FROM idproofing_activationcode row")
        rows += cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(row::text, ' ') FROM safeguards_auditevent row")
        rows += cursor.fetchone()[0]
    assert not [word for word in written if word in rows or word.encode().hex() in rows]


def test_the_database_itself_lets_nobody_keep_the_words_of_a_mailed_letter():
    asked("rosa")
    with pytest.raises(IntegrityError, match="letter_wiped_when_it_leaves"), transaction.atomic():
        Letter.objects.update(state=State.VOID)
