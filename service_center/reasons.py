"""Why staff press a button. The reasons are closed choices, so the audit trail keeps them and nothing personal.

A button with one reason only does not ask for it: its page says why, and the trail keeps that.
"""

from accounts.models import Assistance

Reasons = tuple[tuple[str, str], ...]

HELP = Assistance.Reason
# How the person reached us. Each says that it was checked who it is.
ASKED_US: Reasons = (
    ("called", "The person called, and I checked who it is"),
    ("pin", "The person read me the support PIN"),
    ("in-person", "The person is here, and I checked who it is"),
    ("wrote", "The person wrote, and I checked who it is"),
)
# Nobody has to prove anything for an account to be frozen: waiting would help a thief.
FREEZING: Reasons = tuple(
    (str(one.value), str(one.label)) for one in (HELP.ACCOUNT_TAKEN, HELP.DEVICE_TAKEN, HELP.MAILBOX_TAKEN)
)
RESENDING: Reasons = (
    ("not-arrived", "The code did not arrive"),
    ("deleted", "The person has deleted the email"),
    ("not-accepted", "The code was not accepted"),
)
APPROVING: Reasons = (
    ("called-back", "I spoke with the person too, and checked who it is"),
    ("in-person", "The person is here, and I checked who it is"),
    ("papers", "I saw the papers that show it"),
)
DECLINING: Reasons = (
    ("not-shown", "The person could not show who they are"),
    ("no-longer", "It is no longer needed"),
    ("by-mistake", "It was asked for by mistake"),
    ("suspicious", "Somebody else may be behind it"),
)
PRINTING_AGAIN: Reasons = (
    ("spoiled", "The page is torn, smudged or folded wrong"),
    ("jammed", "The printer stopped"),
    ("missing", "The page is missing"),
)
CAME_BACK: Reasons = (
    ("unknown", "Not known at this address"),
    ("moved", "Moved"),
    ("refused", "Not accepted or not picked up"),
    ("unreadable", "Damaged, or no reason on it"),
)
VOIDING: Reasons = (
    ("person-asked", "The person asked for it"),
    ("wrong-address", "The address is wrong"),
    ("stolen", "Somebody else may have the letter"),
    ("by-mistake", "It was asked for by mistake"),
)
MAKING_BATCH: Reasons = (
    ("daily", "The letters of the day"),
    ("urgent", "A letter cannot wait"),
    ("again", "Letters have to be printed again"),
)
OPENING_BATCH: Reasons = (
    ("first", "To print it"),
    ("again", "The printer stopped, or pages are spoiled"),
    ("check", "To check the printed pages"),
)
MAILING: Reasons = (("posted", "The letters were handed to the post."),)
GOOD_AGAIN: Reasons = (
    ("mistyped", "A number was mistyped"),
    ("same-person", "Both documents are of the same person"),
)
NOT_GOOD: Reasons = (
    ("of-another", "The document is somebody else’s"),
    ("unexplained", "Nobody can explain it"),
)
PUTTING_BACK: Reasons = (
    ("shift-ends", "My shift ends"),
    ("waits", "It waits for something else"),
    ("colleague", "A colleague knows more about it"),
)
CONFIRMING: Reasons = (
    ("compared", "I compared every detail, and agree"),
    ("papers", "I saw the papers, and agree"),
)
SENDING_BACK: Reasons = (
    ("not-shown", "The reason given is not shown by what is there"),
    ("wrong-record", "It may be another person’s record"),
    ("more-needed", "More is needed to decide"),
    ("by-mistake", "It was proposed by mistake"),
)
STOPPING: Reasons = (
    ("person-asked", "The patient, or the person who has the access, asked for it"),
    ("paper-over", "The paper no longer holds"),
    ("misused", "The access may be misused"),
)
RETRYING: Reasons = (
    ("repaired", "What made it fail is repaired"),
    ("try-once", "It may have been a short outage"),
)
THE_REQUEST: Reasons = (("request", "The person asked for it."),)
