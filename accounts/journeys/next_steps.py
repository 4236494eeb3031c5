"""What people can do whose record in DEERS is right but allows no account. They learn it by email, never on the page.

The page answers every mismatch with the same words, and every mismatch leaves a job for the worker. Only the worker
finds out whether anybody is to be notified. So neither text nor status nor time tells a stranger who is in DEERS, or
why not.
"""

from django.db import transaction
from procrastinate.contrib.django import app

from accounts.mail import notices
from core import policy
from deers import lookup
from deers.registry import Beneficiary, Ineligible, Outcome, Reason
from safeguards import audit, limits
from safeguards.cipher import decrypt, encrypt
from safeguards.retry import PATIENTLY

SEALED_FOR = "procrastinate_jobs:args:next-step"
ROOM = 40
"""The encrypted text always has this length, so that the length of a job reveals nothing either."""

# No email is sent about people who have died. Staff see it in the audit trail, and in the case if there is a review.
MAILS = {
    Reason.MINOR: "next-step-minor",
    Reason.ENDED: "next-step-ended",
    Reason.PROTECTED: "next-step-protected",
}


class DeersSilentError(Exception):
    """DEERS does not answer the worker, which has to try again later."""


def pass_on(outcome: Outcome) -> None:
    """Leave the outcome of a mismatch to the worker, in the caller's transaction. Every outcome costs the same work."""
    about = f"{outcome.reason} {outcome.dod_id}" if isinstance(outcome, Ineligible) else ""
    tell_next_step.defer(sealed=encrypt(about.ljust(ROOM), context=SEALED_FOR).hex())


def tell(sealed: str) -> None:
    """Email the next step to the address of record, if there is anybody to notify.

    This happens at most once per person within policy.NEXT_STEP_GAP.
    """
    about = decrypt(bytes.fromhex(sealed), context=SEALED_FOR).split()
    if not about:
        return
    reason, dod_id = Reason(about[0]), about[1]
    person = whom_to_tell(reason, dod_id) if reason in MAILS else None
    with transaction.atomic():
        if not limits.once("next-step", dod_id, within=policy.NEXT_STEP_GAP):
            return
        audit.record("registration.ineligible", by="system", dod_id=dod_id, reason=reason.value)
        if person is not None:
            notices.send(MAILS[reason], to=person.email, first_name=person.first_name)


def whom_to_tell(reason: Reason, dod_id: str) -> Beneficiary | None:
    """Return the person, or a minor's sponsor if there is one.

    Raise DeersSilentError if DEERS has no answer. It knew them a moment ago, so no answer means that it is silent.
    """
    if reason == Reason.MINOR:
        coverage = lookup.coverage(dod_id)
        if coverage:
            return coverage.sponsor
    elif person := lookup.person(dod_id):
        return person
    raise DeersSilentError


@app.task(name="accounts.tasks.tell_next_step", queue="housekeeping", retry=PATIENTLY)
def tell_next_step(sealed: str) -> None:
    """Email the person what to do about a record that allows no account. Most mismatches have nobody to email."""
    tell(sealed)
