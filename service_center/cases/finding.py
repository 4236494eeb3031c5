"""Cases as staff name them: by number, or by the reference that the person has."""

from django.db.models import Q

from idproofing import cases
from idproofing.case_states import State
from idproofing.models import Case

BIG_NUMBER = 10
"""Digits of a number that no case has yet, and that PostgreSQL might not take."""


def is_named(typed: str) -> Q:
    """Return the condition of the case that somebody names by its number, or by the reference that the person has."""
    if typed.isascii() and typed.isdecimal() and len(typed) < BIG_NUMBER:
        return Q(number=int(typed))
    own, repeats = Q(reference=cases.plain(typed)), Q(reference=cases.plain(typed), state=State.REPEATED)
    return own | Q(subject__in=Case.objects.filter(repeats).values("subject"), state__in=Case.WAITING)
