"""Sending a code again for the service center: to the address that the person gave, and to no other."""

from accounts.actions import Done, NotAllowed
from accounts.mail import notices
from accounts.models import Account
from core.policy import Level
from deers import lookup
from idproofing import codes
from idproofing.models import ActivationCode
from safeguards import audit
from safeguards.locks import exclusive
from service_center.conflicts import Conflicted, refuse_close


def waiting_for(dod_id: str | None) -> ActivationCode | None:
    """Return the person's unused code by email, at any level, or None."""
    if not dod_id:
        return None
    found = (codes.live(dod_id, level) for level in Level)
    return next((code for code in found if code and code.delivery == ActivationCode.Delivery.EMAIL), None)


def to_account(account: Account, *, by: Account) -> Done | NotAllowed | Conflicted:
    """Do the same as `to_person` for an account holder who is upgrading."""
    return to_person(account.dod_id or "", by=by, account_id=account.pk)


def to_person(dod_id: str, *, by: Account, account_id: int | None = None) -> Done | NotAllowed | Conflicted:
    """Void the code that the person waits for, and email a new one to the same address. Staff never see either."""
    pending = waiting_for(dod_id)
    if conflict := refuse_close(by, dod_id, mailbox=(pending and pending.destination) or ""):
        return conflict
    with exclusive("resend", dod_id):
        waiting = waiting_for(dod_id)
        person = lookup.person(dod_id)
        if waiting is None or person is None or not waiting.destination:
            return NotAllowed()
        issued = codes.issue(
            dod_id, Level(waiting.level), waiting.delivery, waiting.destination, by=by, route=waiting.route
        )
        notices.send(
            "activation-code", to=waiting.destination, account_id=account_id,
            first_name=person.first_name, code=issued.text,
        )  # fmt: skip
        audit.record("support.code-sent-again", by=by, account_id=account_id, dod_id=dod_id)
    return Done()
