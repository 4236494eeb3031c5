"""Activation codes: easy to type, good once, and void after very many wrong tries."""

from datetime import timedelta
from importlib import import_module
from random import Random

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from core import policy
from core.policy import Level
from idproofing import codes, quiz
from idproofing.codes import Delivery
from idproofing.models import ActivationCode, Proof, Proofing, Quiz
from safeguards.models import AuditEvent
from tests.idproofing.people import JUNE, MODEST, NOON, answer_all, begin, facts_of_june, remember
from tests.parallel import in_parallel

pytestmark = pytest.mark.django_db
PIA = "1000000039"


def issue(dod_id: str = JUNE, *, level: Level = Level.BASIC, delivery: str = "email", now=NOON) -> codes.Issued:  # type: ignore[no-untyped-def]
    return codes.issue(dod_id, level, delivery, "june@example.org", by="visitor", now=now)


def redeem(typed: str, dod_id: str = JUNE, *, level: Level = Level.BASIC, now=NOON) -> object:  # type: ignore[no-untyped-def]
    return codes.redeem(dod_id, level, typed, by="visitor", now=now)


def test_june_types_the_code_from_her_mail_and_is_proven() -> None:
    assert redeem(issue().text) == codes.Redeemed()
    assert Proofing.objects.get().state == Proofing.State.PROVEN


def test_june_who_registers_a_second_time_stays_proven_by_her_letter() -> None:
    redeem(issue(delivery="letter").text)
    issue(now=NOON + timedelta(days=1))
    assert Proofing.objects.get().state == Proofing.State.CODE_SENT
    assert codes.route_proven(JUNE, Level.BASIC) == "letter"
    assert codes.route_proven(JUNE, Level.PREMIUM) == ""
    assert [(proof.route, proof.proven_at) for proof in codes.proofs(JUNE)] == [("letter", NOON)]


def test_each_time_that_june_proves_who_she_is_leaves_a_row_and_nothing_takes_one_back() -> None:
    for number, delivery in enumerate(("letter", "email", "email")):
        now = NOON + timedelta(days=number)
        redeem(issue(delivery=delivery, now=now).text, now=now)
    issue(now=NOON + timedelta(days=9))
    assert redeem("AAAAA-AAAAA", now=NOON + timedelta(days=9)) != codes.Redeemed()
    assert [proof.route for proof in codes.proofs(JUNE)] == ["questions", "questions", "letter"]


@pytest.mark.django_db(transaction=True)
def test_a_code_that_is_typed_thirty_times_at_once_is_one_proof() -> None:
    now = timezone.now()
    text = issue(now=now).text
    outcomes = in_parallel(lambda number: redeem(text, now=now))
    assert outcomes.count(codes.Redeemed()) == 1
    assert Proof.objects.count() == 1


def test_what_was_proven_before_there_were_proofs_is_taken_over() -> None:
    redeem(issue(delivery="letter").text)
    issue(PIA)
    Proof.objects.all().delete()
    fill = import_module("idproofing.migrations.0009_proofs").FILL
    with connection.cursor() as cursor:
        cursor.execute(fill)
    assert [(proof.dod_id, proof.route, proof.proven_at) for proof in Proof.objects.all()] == [(JUNE, "letter", NOON)]


def test_a_code_works_once() -> None:
    text = issue().text
    redeem(text)
    assert redeem(text) == codes.Used()
    assert AuditEvent.objects.filter(event="code.redeemed").count() == 1


def test_a_code_is_ten_characters_without_look_alikes_shown_in_two_halves() -> None:
    text = issue().text
    assert len(text) == policy.CODE_LENGTH + 1
    assert text[5] == "-"
    assert set(text.replace("-", "")) <= set(codes.ALPHABET)
    assert not set("ILOU") & set(codes.ALPHABET)
    assert len(codes.ALPHABET) ** policy.CODE_LENGTH == 2**50


@MODEST
@given(st.integers(0, 2**32), st.sampled_from(["", " ", "-", " - ", "–", "\t"]), st.booleans())
def test_case_blanks_dashes_and_look_alikes_are_forgiven(seed: int, between: str, lower: bool) -> None:
    rng = Random(seed)
    code = "".join(rng.choices(codes.ALPHABET, k=policy.CODE_LENGTH))
    look_alike = {"0": "O", "1": rng.choice("IL")}
    typed = between.join(look_alike.get(char, char) for char in code)
    assert codes.normalize(typed.lower() if lower else typed) == code


@pytest.mark.parametrize("typed", ["", "-", "x" * 10_000, "\x00\x00", "‮ABCDE", "é" * 10, "UUUUU-UUUUU"])
def test_anything_at_all_may_be_typed(typed: str) -> None:
    issue()
    assert redeem(typed) == codes.Wrong()


def test_the_wrong_codes_of_strangers_leave_the_letter_of_june_valid() -> None:
    """Who types them has to wait (tests/accounts/test_activation_code.py). It used to be June who had."""
    text = issue(delivery="letter").text
    for _ in range(policy.CODE_FAILURES - 1):
        assert redeem("00000-00000") == codes.Wrong()
    assert redeem(text) == codes.Redeemed()


def test_the_hundredth_wrong_code_of_all_voids_it_however_slowly_they_come() -> None:
    text = issue(delivery="letter").text
    for hours in range(policy.CODE_FAILURES - 1):
        assert redeem("00000-00000", now=NOON + timedelta(hours=hours)) == codes.Wrong()
    later = NOON + timedelta(hours=policy.CODE_FAILURES)
    assert redeem("00000-00000", now=later) == codes.Void()
    assert redeem(text, now=later) == codes.Void()
    assert codes.live(JUNE, Level.BASIC, now=later) is None
    assert AuditEvent.objects.filter(event="code.voided").count() == 1


def test_all_the_guesses_at_a_code_together_are_right_by_next_to_no_chance() -> None:
    assert policy.CODE_FAILURES / len(codes.ALPHABET) ** policy.CODE_LENGTH < 1e-12


@pytest.mark.parametrize(
    ("delivery", "life"),
    [
        ("email", policy.CODE_LIFE_EMAIL),
        ("screen", policy.CODE_LIFE_SCREEN),
        ("letter", policy.CODE_LIFE_LETTER),
        ("letter_abroad", policy.CODE_LIFE_LETTER_ABROAD),
    ],
)
def test_a_code_lives_as_long_as_its_way_needs(delivery: str, life: timedelta) -> None:
    issued = issue(delivery=delivery)
    assert issued.expires_at == NOON + life
    assert codes.live(JUNE, Level.BASIC, now=NOON + life - timedelta(seconds=1))
    assert codes.live(JUNE, Level.BASIC, now=NOON + life) is None
    assert redeem(issued.text, now=NOON + life) == codes.Expired()


def test_every_way_of_delivery_has_a_life() -> None:
    assert set(codes.LIVES) == set(Delivery)


def test_a_new_code_takes_the_place_of_the_old() -> None:
    old, new = issue().text, issue().text
    assert isinstance(redeem(old), codes.Wrong)
    assert redeem(new) == codes.Redeemed()
    assert ActivationCode.objects.filter(voided_at__isnull=False).count() == 1


def test_a_used_code_does_not_stand_in_the_way_of_the_next() -> None:
    redeem(issue().text)
    assert redeem(issue(now=NOON + timedelta(days=1)).text, now=NOON + timedelta(days=1)) == codes.Redeemed()


def test_a_code_is_good_for_its_person_and_level_alone() -> None:
    text = issue().text
    issue(PIA)
    issue(level=Level.PREMIUM)
    assert isinstance(redeem(text, PIA), codes.Wrong)
    assert isinstance(redeem(text, level=Level.PREMIUM), codes.Wrong)


def test_a_person_without_a_code_costs_as_many_queries_as_a_wrong_code(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    issue()
    with django_assert_num_queries(4):
        assert isinstance(redeem("00000-00000"), codes.Wrong)
    with django_assert_num_queries(4):
        assert redeem("00000-00000", PIA) == codes.Unknown()


def test_neither_the_code_nor_its_destination_is_kept_in_clear() -> None:
    text = issue().text
    with connection.cursor() as cursor:
        cursor.execute("SELECT idproofing_activationcode::text FROM idproofing_activationcode")
        (row,) = cursor.fetchone()
    assert text.replace("-", "").encode().hex() not in row
    assert b"june".hex() not in row
    assert ActivationCode.objects.get().destination == "june@example.org"
    assert all(text[:5] not in str(one.details) for one in AuditEvent.objects.all())


def test_a_letter_stays_good_while_its_owner_tries_the_questions_once_more() -> None:
    remember(facts_of_june())
    letter = issue(delivery="letter").text
    taken = begin()
    assert redeem(letter) == codes.Redeemed()
    assert Quiz.objects.get(pk=taken.pk).state == Quiz.State.ABANDONED
    assert Proofing.objects.get().state == Proofing.State.PROVEN


def test_after_the_questions_comes_the_code() -> None:
    remember(facts_of_june())
    taken = begin()
    answer_all(taken)
    quiz.grade(taken.pk, by="visitor", now=NOON)
    assert redeem(issue().text) == codes.Redeemed()
    assert list(AuditEvent.objects.order_by("id").values_list("event", flat=True)) == [
        "proofing.started",
        "quiz.started",
        "quiz.passed",
        "code.issued",
        "code.redeemed",
    ]
