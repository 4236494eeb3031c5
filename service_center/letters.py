"""Letters on paper: the contents of each, laid out by paper/letter.typ, and one PDF of many letters."""

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
    """Return a PDF/UA document of these letters, one sheet each. The same letters and time give the same bytes.

    The letters must still have their address and secret. `title` must not tell who they are for, because viewers show
    it and keep it.
    """
    return typesetting.typeset(source(letters, title=title), made=made)


def source(letters: Sequence[Letter], *, title: str) -> str:
    """Return these letters as a Typst document."""
    sheets = "\n#pagebreak()\n".join(sheet(letter) for letter in letters)
    head = '#import "/letter.typ": acts-letter, code-letter, failed-letter, letters, notice-letter'
    return f"{head}\n#show: letters.with(title: {quote(title)})\n{sheets}\n"


def sheet(letter: Letter) -> str:
    """Return the Typst code for one letter."""
    assert letter.addressee
    lines = "".join(f"{quote(line)}, " for line in letter.addressee.splitlines())
    told = code_arguments(letter) if letter.kind == Letter.Kind.CODE else notice_arguments(letter)
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
    """Return the URL that the letter leads to: the page for codes, or the link of a notice."""
    if letter.kind == Letter.Kind.CODE:
        return settings.SITE_ADDRESS + reverse(letter.enter_at, settings.ROOT_URLCONF)
    return letter.secret or ""


def code_arguments(letter: Letter) -> dict[str, str]:
    """Return what only a letter with a code says. Its QR code leads to a page that is the same for everybody."""
    address = address_in(letter)
    return {
        "code": quote(letter.secret or ""),
        "upgrade": typst_bool(letter.enter_at != REGISTERING),
        "second-factor": typst_bool(letter.level == Level.PREMIUM),
        "address": quote(short(address)),
        "qr": picture(address, "A picture for phones that leads to the page where you enter the code"),
    }


def notice_arguments(letter: Letter) -> dict[str, str]:
    """Return what only a notice says."""
    link = address_in(letter)
    pages = {Letter.Kind.FAILED: "stop the questions", Letter.Kind.SURROGATE: "stop the access"}
    page = pages.get(Letter.Kind(letter.kind), "freeze the account")
    return {
        "since": quote(day(letter.made_at)),
        "address": quote(short(link)),
        "qr": picture(link, f"A picture for phones that leads to the page where you {page}"),
    }


def typst_bool(value: bool) -> str:
    return "true" if value else "false"


def day(moment: datetime) -> str:
    """Return a date as people write it, in the service center's time zone."""
    return date_format(timezone.localtime(moment), "F j, Y")


def short(address: str) -> str:
    """Return a URL as it is printed, without the part up to the two slashes, which browsers fill in."""
    return address.partition("//")[2]


@lru_cache(maxsize=8)
def picture(address: str, alt: str) -> str:
    """Return the Typst code for the QR code of a URL, with alternative text."""
    drawn = io.BytesIO()
    segno.make(address, error="m", micro=False).save(
        drawn, kind="svg", xmldecl=False, border=3, dark="#1b1b1b", light="#fff"
    )
    return f'image(bytes({quote(drawn.getvalue().decode())}), format: "svg", width: 1.2in, alt: {quote(alt)})'
