"""What somebody can do whose record in DEERS is right but allows no account: told by mail, never on the page.

The page answers every mismatch with the same words, and every mismatch leaves a job for the worker, which alone finds
out whether anybody is to be told. So neither text nor status nor time tells a stranger who is in DEERS, or why not.
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
"""What is sealed has always this length, so that the length of a job tells nothing either."""

# Nobody is written to about the dead. Staff see it in the audit trail, and in the case if a review is asked for.
MAILS = {
    Reason.MINOR: "next-step-minor",
    Reason.ENDED: "next-step-ended",
    Reason.PROTECTED: "next-step-protected",
}


class DeersSilentError(Exception):
    """DEERS does not answer the worker, which shall try again later."""


def pass_on(outcome: Outcome) -> None:
    """Leave what became of a mismatch to the worker, in the caller's transaction; the same work for each outcome."""
    about = f"{outcome.reason} {outcome.dod_id}" if isinstance(outcome, Ineligible) else ""
    tell_next_step.defer(sealed=encrypt(about.ljust(ROOM), context=SEALED_FOR).hex())


def tell(sealed: str) -> None:
    """Mail the next step to the address of record, if there is anybody to tell, and not twice in a while."""
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
    """The person, or for a minor the sponsor, if there is one. DEERS knew them a moment ago: no answer is silence."""
    if reason == Reason.MINOR:
        coverage = lookup.coverage(dod_id)
        if coverage:
            return coverage.sponsor
    elif person := lookup.person(dod_id):
        return person
    raise DeersSilentError


@app.task(name="accounts.tasks.tell_next_step", retry=PATIENTLY)
def tell_next_step(sealed: str) -> None:
    """Mail the person concerned what to do about a record that allows no account; for most mismatches, nobody."""
    tell(sealed)
