"""The letters of the demo. Letters that wait to be printed can be read at once, so no one has to wait for paper."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from idproofing.letter_states import IN_THE_HOUSE
from idproofing.models import Letter
from service_center.letters import address_in, day


@dataclass(frozen=True)
class OnPaper:
    """A letter as it is shown among the mail: the addressee, the subject and a short text."""

    pk: UUID
    to: str
    subject: str
    text: str
    sent_at: datetime
    html: str = ""
    letter: bool = True


def waiting(most: int) -> list[OnPaper]:
    """Return the newest letters that are not mailed yet, up to `most`. Once they are mailed, no one can read them."""
    newest = Letter.objects.filter(state__in=IN_THE_HOUSE).order_by("-made_at")
    return [on_paper(letter) for letter in newest[:most]]


def on_paper(letter: Letter) -> OnPaper:
    """Return a letter as it is shown among the mail."""
    until = day(letter.expires_at)
    if letter.kind == Letter.Kind.CODE:
        subject = "Letter: your activation code"
        text = f"Your activation code: {letter.secret}\n\nEnter it by {until} at {address_in(letter)}"
    elif letter.kind == Letter.Kind.FAILED:
        subject = "Letter: someone could not answer identity questions in your name"
        text = f"If this was not you, stop the questions by {until} at {address_in(letter)}"
    elif letter.kind == Letter.Kind.SURROGATE:
        subject = "Letter: someone can open your health record for you"
        text = f"If you do not want that, stop it by {until} at {address_in(letter)}"
    else:
        subject = f"Letter: your DS Logon account is now {letter.get_level_display()}"
        text = f"If this was not you, freeze the account by {until} at {address_in(letter)}"
    to = ", ".join((letter.addressee or "").splitlines())
    return OnPaper(letter.pk, to, subject, text, letter.made_at)
