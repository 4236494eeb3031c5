"""Messages to the service center in the demo: one of a person who was signed in, one of a stranger that is overdue."""

import uuid
from datetime import timedelta

from django.utils import timezone

from accounts.models import Account
from demo.people import PEOPLE
from support import contact
from support.models import AnswerText, Topic

TEXTS = {
    "ID card office": (
        "An ID card office can check and correct your record in DEERS. Bring two documents, one of them with a photo. "
        "Call us, and we tell you which office is near you."
    ),
    "No code has come": (
        "Check your spam or junk folder first. Then choose “Get a new code” on the page where you enter it. Only the "
        "newest code works."
    ),
    "Call us with your reference": (
        "We cannot do this in writing, because we have to know who you are. Please call us and have your reference "
        "ready. If you can sign in, have your support PIN ready too."
    ),
}
# How long ago, about what, and the text.
NEW_PHONE = (
    timedelta(hours=5),
    Topic.SIGN_IN,
    "I have a new phone. How do I move my authenticator app to it before I give the old one away?",
)
MOVED = (
    timedelta(days=4),
    Topic.DETAILS,
    "The page says that my details do not match. I moved last year. Where can I have my address corrected?",
)


def write_messages(account: Account) -> None:
    """Write the message of an account's holder, that of a stranger, and the texts with which staff answer."""
    for title, body in TEXTS.items():
        AnswerText.objects.get_or_create(title=title, defaults={"body": body})
    write(account.get_full_name(), account.email, *NEW_PHONE, by=account)
    write("Raymond", PEOPLE["raymond"].email, *MOVED)


def write(name: str, email: str, ago: timedelta, topic: Topic, body: str, by: Account | None = None) -> None:
    now = timezone.now() - ago
    contact.receive(uuid.uuid4(), name=name, email=email, topic=topic, body=body, by=by, confirm=False, now=now)
