"""The buttons of accounts, and of people who have none yet: what each asks, what follows, and what it does."""

from functools import partial
from typing import Any

from accounts import actions
from accounts.mail import notices
from accounts.models import Account, Assistance
from accounts.reported import FirstChangeForm
from accounts.sign_in import pauses
from core import policy
from core.masks import mask_email
from core.words import duration
from service_center import account_actions, assistance, reasons, resend_code
from service_center.confirmed_actions import ConfirmedAction, Outcome, say_always
from service_center.conflicts import Conflicted, refuse_account

EVERY_ADDRESS_HEARS = "Every address that we have for the person gets an email about it."
UNLOCK_FOLLOWS = (
    "The person can sign in again, and the count of wrong passwords starts over.",
    "An account that was frozen no longer has a password: the person sets a new one by email.",
    EVERY_ADDRESS_HEARS,
)
FREEZE_FOLLOWS = (
    "Nobody can sign in, and all sessions end at once.",
    "Links that were sent for a new password, email address or second factor end.",
    "The person cannot undo it. When staff unlock the account, its old password does not come back.",
    EVERY_ADDRESS_HEARS,
)


def lift_pauses(account: Account, *, by: Account) -> actions.Done | actions.NotAllowed | Conflicted:
    """End every wait after too many tries that concerns a beneficiary's account, unless the person is close."""
    if account.is_staff:
        return actions.NotAllowed()
    if conflicted := refuse_account(by, account):
        return conflicted
    lifted = pauses.lift(account, by=by)
    return actions.Done() if lifted else actions.NotAllowed()


def follows_lift(account: Account) -> list[str]:
    """Return what ending the waits does: the waits that end, and what stays."""
    ends = [f"{pause.what}: the wait ends now." for pause in pauses.of(account)]
    return [*ends, "The count of tries starts over. Somebody who guesses can fill it again."]


def follows_approval(account: Account) -> list[str]:
    """Return what approving does, depending on what was requested."""
    asked = assistance.waiting(account)
    if asked and asked.kind == Assistance.Kind.FREEZE:
        return list(FREEZE_FOLLOWS)
    if asked and asked.kind == Assistance.Kind.UNLOCK:
        return list(UNLOCK_FOLLOWS)
    if asked and asked.kind == Assistance.Kind.EMAIL_OF_RECORD:
        return follows_new_mailbox(asked, account)
    return [
        f"A wait of {duration(policy.LOST_FACTOR_WAIT)} begins. Every address that we have gets a link that stops it.",
        "After the wait we send a link to set up a new second factor. The person still needs the password.",
        "The new second factor replaces all old ones, and all sessions end.",
    ]


def follows_new_mailbox(asked: Assistance, account: Account) -> list[str]:
    """Return what writing to the address in DEERS does: where we write, and which mailboxes are given up."""
    email = assistance.usable_address_of_record(asked, account)
    if not email:
        return [
            "This cannot be approved now. DEERS does not answer, holds no email address, or holds one that the person "
            "said is lost or read by somebody else. An ID card office can put the right one into DEERS."
        ]
    given_up = assistance.mailboxes_given_up(asked, account)
    without = [one.lower() for one in [*given_up, email]]
    others = [one for one in notices.addresses_of(account) if one.lower() not in without]
    follows = [
        f"From now on we write to the email address that DEERS holds: {mask_email(email)}.",
        "Links for a new password, email address or second factor that were sent before end.",
    ]
    if given_up:
        follows.append(f"Given up: {masked(given_up)}. No emails go there any more, and old links only freeze.")
    if others:
        follows.append(f"Former addresses that still hear of changes for a while: {masked(others)}.")
    if assistance.is_about_taken_mailbox(asked):
        follows += [
            "All sessions and the password end, and so does the trust in the person’s browsers. A second factor that "
            "was added since the request is suspended.",
            "The person gets a link for a new password at the address in DEERS, and can ask for another.",
        ]
    return follows


def masked(emails: list[str]) -> str:
    """Return these addresses so that the person recognizes them and nobody else learns them."""
    return ", ".join(mask_email(email) for email in emails)


NEEDS_PROOF = (
    "A frozen account is not unlocked by staff. Tell the caller to go to the sign-in page, choose “My account is "
    "frozen”, and prove again who they are: online, by letter or at a visit. If the email address from before is lost "
    "too, an ID card office can put the right one into DEERS."
)


def freeze_from(account: Account, *, by: Account, form: FirstChangeForm) -> Outcome:
    """Freeze the account from the first change that the caller does not know."""
    return account_actions.freeze(account, by=by, since=form.since())


def resend_to(subject: Any, *, by: Account) -> actions.Done | actions.NotAllowed | Conflicted:
    """Send a new code to the holder of an account, or to a person who has none yet."""
    return (
        resend_code.to_account(subject, by=by)
        if isinstance(subject, Account)
        else resend_code.to_person(subject.dod_id, by=by)
    )


RESEND = ConfirmedAction(
    name="resend",
    permission="accounts.resend_code",
    question="Send the activation code again?",
    button="Send a new code",
    follows=say_always(
        "A new activation code goes to the email address that the person gave.",
        "The code that was sent before no longer works.",
    ),
    act=resend_to,
    why=reasons.RESENDING,
    done="A new activation code is on its way.",
    refused="That is not possible now. Nobody is waiting for a code by email here.",
)

OF_ACCOUNTS = (
    ConfirmedAction(
        name="unlock",
        permission="accounts.unlock_account",
        question="Unlock this account?",
        button="Unlock the account",
        follows=say_always(
            "The person can sign in again, and the count of wrong passwords starts over.", EVERY_ADDRESS_HEARS
        ),
        act=account_actions.unlock,
        why=reasons.ASKED_US,
        done="The account is unlocked.",
        reasons={actions.NeedsProof: NEEDS_PROOF},
    ),
    ConfirmedAction(
        name="lift",
        permission="accounts.unlock_account",
        question="End the waits after too many tries?",
        button="End the waits",
        follows=follows_lift,
        act=lift_pauses,
        done="The person can try again now.",
        refused="Nothing has to wait any more.",
        why=reasons.ASKED_US,
    ),
    ConfirmedAction(
        name="freeze",
        permission="accounts.freeze_account",
        question="Freeze this account?",
        button="Freeze the account",
        follows=say_always(
            "Nobody can sign in, and all sessions end at once.",
            "Links that were sent for a new password, email address or second factor end.",
            "What was added since the change that you choose below is suspended.",
            "To get the account back, the person proves again who they are. The old password does not come back.",
            EVERY_ADDRESS_HEARS,
        ),
        act=freeze_from,
        why=reasons.FREEZING,
        done="The account is frozen.",
        form=partial(FirstChangeForm, none="The person does not know", whose="the person’s"),
    ),
    RESEND,
    ConfirmedAction(
        name="approve",
        permission="accounts.assist_account",
        question="Approve what was asked for?",
        button="I have checked who it is: approve",
        follows=follows_approval,
        act=assistance.approve,
        why=reasons.APPROVING,
        done="Approved and under way.",
    ),
    ConfirmedAction(
        name="decline",
        permission="accounts.assist_account",
        question="Decline what was asked for?",
        button="Decline",
        follows=say_always("Nothing changes for the person.", "The same can be asked for again."),
        act=assistance.decline,
        why=reasons.DECLINING,
        done="Declined.",
    ),
)
