"""Making a quiz: which facts are asked about, and how the questions are written down."""

import hmac
import random
from collections.abc import Collection, Iterable
from dataclasses import astuple, dataclass
from datetime import date, datetime
from uuid import UUID

from core import policy
from deers import lookup
from idproofing import questions
from idproofing.facts import facts_about, facts_of_one_alone, facts_unknown_from, recent_facts
from idproofing.models import Fact, Question, Quiz
from safeguards.cipher import blind_index


@dataclass(frozen=True)
class Known:
    """What others know about a person: the details in DEERS, and the facts about the person and about the family."""

    dod_id: str
    details: list[str]
    facts: list[Fact]
    relatives: list[Fact]


def known_of(dod_id: str) -> Known | None:
    """Return what DEERS and the sources know about the person, who may be unknown to them.

    Return None if DEERS does not answer. Somebody who holds a letter or an identity card may know all the details. A
    family knows what it shares, and a former spouse knows no less than the present one. Call this outside a
    transaction. Others answer in their own time, and nobody should wait for a lock meanwhile.
    """
    answer = lookup.ask(lambda deers: (deers.person(dod_id), deers.kin(dod_id)), None)
    if answer is None:
        return None
    person, kin = answer
    facts = facts_about(dod_id, *kin)
    return Known(
        dod_id,
        details=[str(value) for value in astuple(person)] if person else [],
        facts=[fact for fact in facts if fact.dod_id == dod_id],
        relatives=[fact for fact in facts if fact.dod_id != dod_id],
    )


def askable(known: Known, shown: Collection[str], options: int, today: date) -> list[Fact]:
    """Return the facts that may be asked about, each with as many `options`.

    They are recent and were never asked. They are neither in DEERS nor among the values `shown` in this session. They
    are true of this person alone, and have enough plausible wrong answers beside them.
    """
    alone = facts_of_one_alone(recent_facts(known.facts, today), known.relatives)
    untold = facts_unknown_from(alone, [*shown, *known.details])
    return unasked(known.dod_id, [fact for fact in untold if questions.has_options(fact, known.facts, options)])


def unasked(dod_id: str, facts: Collection[Fact]) -> list[Fact]:
    """Return the facts that no quiz, of any level, has ever asked this person about."""
    asked = {bytes(key) for key in Question.objects.filter(dod_id=dod_id).values_list("fact_key", flat=True)}
    return [fact for fact in facts if fact_key(fact) not in asked]


def choose(facts: Collection[Fact], strength: policy.Strength, rng: random.Random) -> list[Fact] | None:
    """Return facts to ask about, at random and from as many categories as there are.

    Return None if there are too few. No two of them began on the same day. The bank, the limit and the date of one card
    are on one paper, and a car and its loan are in one contract. Somebody who found that must not be able to answer two
    questions with it.
    """
    by_category: dict[str, list[Fact]] = {}
    for fact in rng.sample(list(facts), len(facts)):
        by_category.setdefault(fact.category, []).append(fact)
    # Chance may take the only day that a small category has. So on the second try the small categories choose first.
    for categories in (list(by_category.values()), sorted(by_category.values(), key=days)):
        chosen = in_turn(categories)[: strength.questions]
        if len(chosen) == strength.questions and len({fact.category for fact in chosen}) >= strength.categories:
            return chosen
    return None


def days(facts: Iterable[Fact]) -> int:
    return len({fact.since for fact in facts})


def in_turn(categories: Iterable[list[Fact]]) -> list[Fact]:
    """Return one fact of each category after the other, as long as they last, and only one fact of each day."""
    left, taken, seen = [iter(facts) for facts in categories], [], set()
    while left:
        for facts in list(left):
            fact = next((one for one in facts if one.since not in seen), None)
            if fact is None:
                left.remove(facts)
            else:
                seen.add(fact.since)
                taken.append(fact)
    return taken


def write(
    dod_id: str,
    strength: policy.Strength,
    chosen: Collection[Fact],
    facts: Collection[Fact],
    now: datetime,
    rng: random.Random,
) -> Quiz:
    """Write the quiz down: its words, the fixed order of options, and the keyed hash of the right one."""
    quiz = Quiz.objects.create(dod_id=dod_id, level=strength.level, started_at=now)
    written = []
    for position, fact in enumerate(chosen):
        options, right = questions.options(fact, facts, strength.options, rng)
        written.append(
            Question(
                quiz=quiz,
                position=position,
                dod_id=dod_id,
                fact_key=fact_key(fact),
                kind=fact.kind,
                prompt=questions.word_question(fact)[0],
                hint=questions.TEMPLATES[fact.kind].hint,
                options=options,
                right=answer_hash(quiz.pk, position, right),
            )
        )
    Question.objects.bulk_create(written)
    return quiz


def fact_key(fact: Fact) -> bytes:
    """Return a keyed hash that recognizes a fact, from any row or source."""
    return blind_index(f"{fact.dod_id}:{fact.kind}:{fact.qualifier}", purpose="quiz-fact")


def answer_hash(quiz_id: UUID, position: int, choice: int) -> bytes:
    """Return the keyed hash of a choice (an index of the options) at this position of the quiz."""
    return blind_index(f"{quiz_id}:{position}:{choice}", purpose="quiz-answer")


def is_right(asked: Question) -> bool:
    """Return whether the choice that was made is the right one."""
    given = answer_hash(asked.quiz_id, asked.position, asked.choice) if asked.choice is not None else b""
    return hmac.compare_digest(given, bytes(asked.right))
