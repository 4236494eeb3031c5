"""Making a quiz: which facts are asked about, and how the questions are written down."""

import random
from collections.abc import Collection
from dataclasses import astuple
from datetime import datetime
from itertools import zip_longest
from uuid import UUID

from deers import lookup
from dslogon import policy
from idproofing import questions
from idproofing.models import Fact, Question, Quiz
from safeguards.cipher import blind_index


def deers_details(dod_id: str) -> list[str]:
    """What the person's DEERS details say: whoever holds a letter or an identity card may know all of it."""
    person = lookup.person(dod_id)
    return [] if person is None else [str(value) for value in astuple(person)]


def unasked(dod_id: str, facts: Collection[Fact]) -> list[Fact]:
    """Those facts that no quiz, of whichever level, has ever asked this person about."""
    asked = {bytes(key) for key in Question.objects.filter(dod_id=dod_id).values_list("fact_key", flat=True)}
    return [fact for fact in facts if fact_key(fact) not in asked]


def choose(facts: Collection[Fact], strength: policy.Strength, rng: random.Random) -> list[Fact] | None:
    """Facts to ask about, at random and from as many categories as there are; None when they are too few."""
    by_category: dict[str, list[Fact]] = {}
    for fact in rng.sample(list(facts), len(facts)):
        by_category.setdefault(fact.category, []).append(fact)
    rounds = zip_longest(*by_category.values())
    in_turn = [fact for one_of_each in rounds for fact in one_of_each if fact is not None]
    chosen = in_turn[: strength.questions]
    if len(chosen) < strength.questions or len({fact.category for fact in chosen}) < strength.categories:
        return None
    return chosen


def write(
    dod_id: str,
    strength: policy.Strength,
    chosen: Collection[Fact],
    facts: Collection[Fact],
    now: datetime,
    rng: random.Random,
) -> Quiz:
    """Write the quiz down: words, fixed order of options, and the keyed hash of the right one."""
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
                prompt=questions.wording(fact)[0],
                hint=questions.TEMPLATES[fact.kind].hint,
                options=options,
                right=answer_hash(quiz.pk, position, right),
            )
        )
    Question.objects.bulk_create(written)
    return quiz


def fact_key(fact: Fact) -> bytes:
    """A keyed hash that knows a fact again, whichever row or source it came from."""
    return blind_index(f"{fact.dod_id}:{fact.kind}:{fact.qualifier}", purpose="quiz-fact")


def answer_hash(quiz_id: UUID, position: int, choice: int) -> bytes:
    return blind_index(f"{quiz_id}:{position}:{choice}", purpose="quiz-answer")
