"""Making a quiz: which facts are asked about, and how the questions are written down."""

import hmac
import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.utils import timezone

from core import policy
from core.policy import Level
from deers import lookup
from deers.registry import TimeTogether
from idproofing import questions
from idproofing.facts import (
    facts_about,
    facts_of_one_alone,
    facts_unknown_from,
    facts_unseen_at_home,
    recent_facts,
)
from idproofing.models import Fact, Question, Quiz
from safeguards.cipher import blind_index


@dataclass(frozen=True)
class Known:
    """What others know about a person: the details in DEERS, and the facts about the person and about the family.

    `together` are the times in which the person lived with somebody who is alive.
    """

    dod_id: str
    details: list[str]
    facts: list[Fact]
    relatives: list[Fact]
    together: list[TimeTogether] = field(default_factory=list)


@dataclass(frozen=True)
class Asked:
    """How a fact was asked about before: the last time, and whether that was the only time.

    `failed_at` is when the quiz ended, or None if it was passed or is under way. `none_was_right` says whether "none of
    the above" was the right answer, and `order` is the key from which the wrong options followed.
    """

    question: int
    failed_at: datetime | None
    once: bool
    none_was_right: bool
    order: bytes


def known_of(dod_id: str, today: date | None = None) -> Known | None:
    """Return what DEERS and the sources know about the person, who may be unknown to them.

    Return None if DEERS does not answer. Somebody who holds a letter or an identity card may know all the details. A
    family knows what it shares, and a former spouse knows no less than the present one. Call this outside a
    transaction. Others answer in their own time, and nobody should wait for a lock meanwhile.
    """
    day = today or timezone.localdate()
    answer = lookup.ask(
        lambda deers: (deers.person(dod_id), deers.kin(dod_id), deers.times_together(dod_id, today=day)), None
    )
    if answer is None:
        return None
    person, kin, together = answer
    facts = facts_about(dod_id, *kin)
    return Known(
        dod_id,
        details=[str(value) for value in astuple(person)] if person else [],
        facts=[fact for fact in facts if fact.dod_id == dod_id],
        relatives=[fact for fact in facts if fact.dod_id != dod_id],
        together=together,
    )


def asked_before(dod_id: str) -> dict[bytes, Asked]:
    """Return what was ever asked of this person, at any level, by the key of the fact."""
    rows = Question.objects.filter(dod_id=dod_id).select_related("quiz").order_by("quiz__started_at", "pk")
    asked: dict[bytes, Asked] = {}
    for row in rows:
        key = bytes(row.fact_key)
        last = policy.STRENGTH[Level(row.quiz.level)].options - 1
        none_was_right = hmac.compare_digest(answer_hash(row.quiz_id, row.position, last), bytes(row.right))
        failed_at = row.quiz.ended_at if row.quiz.state in Quiz.FAILED_STATES else None
        order = order_key(row.quiz_id, row.position)
        asked[key] = Asked(row.pk, failed_at, key not in asked, none_was_right, order)
    return asked


def askable(
    known: Known, shown: Collection[str], options: int, asked: Mapping[bytes, Asked], now: datetime
) -> list[Fact]:
    """Return the facts that may be asked about, each with as many `options`.

    They are recent. They are neither in DEERS nor among the values `shown` in this session. They are true of this
    person alone, and nobody who lives or lived with the person has seen them at home. They have enough plausible wrong
    answers beside them. They were never `asked`, or only in a failed attempt long ago, and no attempt since then was
    about the same paper.
    """
    today, seen = timezone.localdate(now), [*shown, *known.details]
    alone = facts_of_one_alone(recent_facts(known.facts, today), known.relatives)
    untold = facts_unknown_from(facts_unseen_at_home(alone, known.together, today), seen)
    keys = {id(fact): fact_key(fact) for fact in known.facts}
    fresh = [fact for fact in known.facts if (old := asked.get(keys[id(fact)])) and not is_long_ago(old, now)]
    return [
        fact
        for fact in untold
        if may_be_asked(asked.get(keys[id(fact)]), now)
        and not any(questions.same_paper(fact, other) for other in fresh)
        and questions.has_options(fact, known.facts, options, seen, again=keys[id(fact)] in asked)
    ]


def may_be_asked(old: Asked | None, now: datetime) -> bool:
    """Return whether a question that was asked like this may be asked now."""
    return old is None or (old.once and is_long_ago(old, now))


def is_long_ago(old: Asked, now: datetime) -> bool:
    """Return whether the question was last asked in an attempt that failed long ago."""
    return old.failed_at is not None and old.failed_at + policy.QUIZ_ASKED_AGAIN <= now


def choose(facts: Collection[Fact], strength: policy.Strength, rng: random.Random) -> list[Fact] | None:
    """Return facts to ask about, at random, from as many categories as there are and from two sources if there are two.

    Return None if there are too few. No two of them are on one paper. The bank, the limit and the date of one card are
    on one paper, and a car and its loan are in one contract. Somebody who found that must not be able to answer two
    questions with it.
    """
    shuffled = rng.sample(list(facts), len(facts))
    sources = min(policy.QUIZ_SOURCES, len({fact.source for fact in shuffled}))
    fallback = None
    # Chance may take the only paper that a small category or source has. So each fact may come first once.
    for first in [[], *([fact] for fact in shuffled)]:
        for categories in orders(shuffled):
            chosen = in_turn(categories, first)[: strength.questions]
            if len(chosen) < strength.questions or len({fact.category for fact in chosen}) < strength.categories:
                continue
            if len({fact.source for fact in chosen}) >= sources:
                return chosen
            fallback = fallback or chosen
    return fallback


def orders(facts: Sequence[Fact]) -> list[list[list[Fact]]]:
    """Return the facts by category, twice: in the order in which they came, and with the small categories first."""
    by_category: dict[str, list[Fact]] = {}
    for fact in facts:
        by_category.setdefault(fact.category, []).append(fact)
    return [list(by_category.values()), sorted(by_category.values(), key=days)]


def days(facts: Iterable[Fact]) -> int:
    return len({fact.since for fact in facts})


def in_turn(categories: Sequence[list[Fact]], first: Iterable[Fact] = ()) -> list[Fact]:
    """Return `first` and then one fact of each category after the other, as long as they last.

    They are all of different papers. The category of what comes first has had its turn.
    """
    taken = list(first)
    left = [facts for facts in categories if not taken or facts[0].category != taken[0].category]
    left += [facts for facts in categories if facts not in left]
    waiting = [iter(facts) for facts in left]
    while waiting:
        for facts in list(waiting):
            fact = next((one for one in facts if not any(questions.same_paper(one, other) for other in taken)), None)
            if fact is None:
                waiting.remove(facts)
            else:
                taken.append(fact)
    return taken


def draw_none(count: int, rng: random.Random) -> list[bool]:
    """Return for each of `count` questions whether "none of the above" is right: for half of them at most."""
    while True:
        drawn = [rng.random() < policy.QUIZ_NONE_OF_THE_ABOVE_RATE for _ in range(count)]
        if sum(drawn) <= count // 2:
            return drawn


def write(
    known: Known,
    shown: Collection[str],
    strength: policy.Strength,
    chosen: Sequence[Fact],
    asked: Mapping[bytes, Asked],
    now: datetime,
    rng: random.Random,
) -> Quiz:
    """Write the quiz down: its words, the fixed order of options, and the keyed hash of the right one."""
    quiz = Quiz.objects.create(dod_id=known.dod_id, level=strength.level, started_at=now)
    nones = draw_none(len(chosen), rng)
    written, again = [], []
    for position, (fact, none) in enumerate(zip(chosen, nones, strict=True)):
        key = fact_key(fact)
        old = asked.get(key)
        again += [old.question] if old else []
        options, right = questions.options(
            fact,
            known.facts,
            strength.options,
            rng,
            seen=[*shown, *known.details],
            none=none,
            before=old.none_was_right if old else None,
            order=old.order if old else order_key(quiz.pk, position),
        )
        written.append(
            Question(
                quiz=quiz,
                position=position,
                dod_id=known.dod_id,
                fact_key=key,
                kind=fact.kind,
                prompt=questions.word_question(fact)[0],
                hint=questions.TEMPLATES[fact.kind].hint,
                options=options,
                right=answer_hash(quiz.pk, position, right),
            )
        )
    if again:
        Question.objects.filter(pk__in=again).update(asked_again=True)
    Question.objects.bulk_create(written)
    return quiz


def fact_key(fact: Fact) -> bytes:
    """Return a keyed hash that recognizes a fact, from any row or source."""
    return blind_index(f"{fact.dod_id}:{fact.kind}:{fact.qualifier}", purpose="quiz-fact")


def order_key(quiz_id: UUID, position: int) -> bytes:
    """Return the secret from which the wrong options at this position of the quiz follow."""
    return blind_index(f"{quiz_id}:{position}", purpose="quiz-options")


def answer_hash(quiz_id: UUID, position: int, choice: int) -> bytes:
    """Return the keyed hash of a choice (an index of the options) at this position of the quiz."""
    return blind_index(f"{quiz_id}:{position}:{choice}", purpose="quiz-answer")


def is_right(asked: Question) -> bool:
    """Return whether the choice that was made is the right one."""
    given = answer_hash(asked.quiz_id, asked.position, asked.choice) if asked.choice is not None else b""
    return hmac.compare_digest(given, bytes(asked.right))
