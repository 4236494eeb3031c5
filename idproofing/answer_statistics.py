"""Counts of right answers by kind of question, for the staff's figures.

They are of all people together, never of one.
"""

from datetime import datetime

from django.db import connection
from django.utils import timezone

from idproofing import asking
from idproofing.models import Quiz

# The rows are written in the order of their kinds, so that two quizzes that end at once never deadlock.
COUNT = """
    INSERT INTO idproofing_answertally AS tally (day, kind, answered, correct)
    SELECT %s, kind, count(*), count(*) FILTER (WHERE is_right)
    FROM unnest(%s::text[], %s::boolean[]) AS answer (kind, is_right) GROUP BY kind ORDER BY kind
    ON CONFLICT (day, kind) DO UPDATE
    SET answered = tally.answered + excluded.answered, correct = tally.correct + excluded.correct
"""


def count_answer(quiz: Quiz, now: datetime) -> None:
    """Add the answers of a quiz that has just ended, however it ended, to those of the day.

    Call it while holding the exclusive lock of the person's proofing.
    """
    given = list(quiz.questions.filter(choice__isnull=False))
    if given:
        with connection.cursor() as cursor:
            right = [asking.is_right(asked) for asked in given]
            cursor.execute(COUNT, [timezone.localdate(now), [asked.kind for asked in given], right])
