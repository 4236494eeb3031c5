"""Letters on paper: what each says, laid out by paper/letter.typ, and the PDF of many."""

import io
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

import segno
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from core import center, typesetting
from core.policy import Level
from core.typesetting import quote
from idproofing.models import Letter

REGISTERING = "register-with-code"


def letters_pdf(letters: Sequence[Letter], *, title: str, made: datetime) -> bytes:
    """One PDF/UA document of these letters, a sheet each; the same letters and time give the same bytes.

    They must still have their address and secret. `title` must not tell who they are for: viewers show it, and keep it.
    """
    return typesetting.typeset(source(letters, title=title), made=made)


def source(letters: Sequence[Letter], *, title: str) -> str:
    """The same as a Typst document."""
    sheets = "\n#pagebreak()\n".join(sheet(letter) for letter in letters)
    head = '#import "/letter.typ": code-letter, letters, notice-letter'
    return f"{head}\n#show: letters.with(title: {quote(title)})\n{sheets}\n"


def sheet(letter: Letter) -> str:
    """Typst code for one letter."""
    assert letter.addressee
    lines = "".join(f"{quote(line)}, " for line in letter.addressee.splitlines())
    told = code_told(letter) if letter.kind == Letter.Kind.CODE else notice_told(letter)
    told |= {
        "to": f"({lines})",
        "reference": quote(letter.reference),
        "level": quote(Level(letter.level).label),
        "date": quote(day(letter.made_at)),
        "good-until": quote(day(letter.expires_at)),
        "phone": quote(center.PHONE),
        "tty": quote(center.TTY),
        "abroad": quote(center.FROM_ABROAD),
        "hours": quote(center.HOURS),
    }
    return f"#{letter.kind}-letter({', '.join(f'{name}: {value}' for name, value in told.items())})"


def address_in(letter: Letter) -> str:
    """The address to which the letter leads: the page for codes, or the link that freezes the account."""
    if letter.kind == Letter.Kind.CODE:
        return settings.SITE_ADDRESS + reverse(letter.enter_at, settings.ROOT_URLCONF)
    return letter.secret or ""


def code_told(letter: Letter) -> dict[str, str]:
    """What only a letter with a code says. Its picture leads to a page that is the same for everybody."""
    address = address_in(letter)
    return {
        "code": quote(letter.secret or ""),
        "upgrade": typst_bool(letter.enter_at != REGISTERING),
        "second-factor": typst_bool(letter.level == Level.PREMIUM),
        "address": quote(short(address)),
        "qr": picture(address, "A picture for phones that leads to the page where you enter the code"),
    }


def notice_told(letter: Letter) -> dict[str, str]:
    """What only a notice says."""
    link = address_in(letter)
    return {
        "since": quote(day(letter.made_at)),
        "address": quote(short(link)),
        "qr": picture(link, "A picture for phones that leads to the page where you freeze the account"),
    }


def typst_bool(value: bool) -> str:
    return "true" if value else "false"


def day(moment: datetime) -> str:
    """A day as people write it, where the service center is."""
    return date_format(timezone.localtime(moment), "F j, Y")


def short(address: str) -> str:
    """An address as it is printed; browsers fill in what stands before the two slashes."""
    return address.partition("//")[2]


@lru_cache(maxsize=8)
def picture(address: str, alt: str) -> str:
    """Typst code for the QR code of an address, with words for those who do not see it."""
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawn, kind="svg", xmldecl=False, border=3, dark="#1b1b1b", light="#fff"
    )
    return f'image(bytes({quote(drawn.getvalue().decode())}), format: "svg", width: 1.2in, alt: {quote(alt)})'
