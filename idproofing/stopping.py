"""Notices that questions failed or a letter was asked for in somebody's name, and the stop that the person can choose.

Here is kept that a notice is due. accounts/recovery/stop_questions.py writes to the person.
"""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from core.policy import Level
from idproofing import attempts, letters, quiz
from idproofing.models import ActivationCode, FailureNotice, Proofing
from idproofing.routes import Route
from idproofing.states import exclusive_proofing
from safeguards import audit


def due() -> QuerySet[FailureNotice]:
    """Return the notices that nobody was sent yet, the oldest first. Lock one before it is sent."""
    return FailureNotice.objects.filter(told_at=None).order_by("made_at")


def mark_told(notice: FailureNotice, *, reached: bool, by: object, now: datetime | None = None) -> bool:
    """Note that the person was sent the notice, or that there is no address for it. Return False if that was done."""
    told = FailureNotice.objects.filter(pk=notice.pk, told_at=None).update(told_at=now or timezone.now())
    if told:
        event = "letter.told" if notice.kind == FailureNotice.Kind.LETTER else "proofing.failures-told"
        audit.record(event, by=by, dod_id=notice.dod_id, level=notice.level, reached=reached)
    return bool(told)


def stop(notice_id: UUID, *, by: object, now: datetime | None = None) -> bool:
    """Close the questions in this name until the person comes by another route, and end what they have led to.

    Live quizzes of both levels end, and codes that came from questions and were not used become void. Those that are
    asked for later, because a quiz was passed before, cannot be redeemed (codes.use). The link in the notice of a
    letter ends the letters with a code too. That in a notice of failures does not: a letter may be the person's own.
    Return False if the notice is stopped already, or if the person has come by another route since.
    """
    now = now or timezone.now()
    notice = FailureNotice.objects.get(pk=notice_id)
    dod_id, of_letter = notice.dod_id, notice.kind == FailureNotice.Kind.LETTER
    with exclusive_proofing(dod_id):
        if not attempts.open_notices(dod_id).filter(kind=notice.kind, stopped_at=None).update(stopped_at=now):
            return False
        audit.record("proofing.stopped", by=by, dod_id=dod_id, kind=notice.kind)
        if of_letter:
            letters.void_codes(dod_id, by=by, now=now)
        for proofing in Proofing.objects.filter(dod_id=dod_id).order_by("level"):
            quiz.supersede(proofing, by=by, now=now)
            for code in unspent_of_questions(dod_id, Level(proofing.level)):
                ActivationCode.objects.filter(pk=code.pk).update(voided_at=now)
                audit.record("code.voided", by=by, dod_id=dod_id, level=proofing.level, reason="stopped")
    return True


def unspent_of_questions(dod_id: str, level: Level) -> QuerySet[ActivationCode]:
    unspent = ActivationCode.objects.filter(dod_id=dod_id, level=level, used_at=None, voided_at=None)
    return unspent.filter(route=Route.QUESTIONS)
