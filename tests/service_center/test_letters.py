"""The letters as printed: one sheet each, readable by everyone, and only the address in the window."""

import io
import re
import shutil
import subprocess
from datetime import timedelta
from unittest.mock import Mock

import pytest
import segno

from core import center
from core.policy import Level
from idproofing.models import Letter
from service_center import letters
from tests.idproofing.letter_people import LINK
from tests.idproofing.people import NOON
from tests.support.test_guides import words

ROSA = "Rosa Elena Delgado\n2214 Sawmill Creek Lane\nClarksville, TN 37042"
CODE = "7K3QH-0ABCD"
LONG = "\n".join(
    (
        "Maximiliana-Wilhelmina " * 4 + "Featherstonehaugh " * 5 + "van der Meer-Nguyễn " * 4,
        "Building 7, Apartment 12b, The Old Mill on the Hill " * 3,
        "Llanfairpwllgwyngyllgogerychwyrndrobwll " * 2 + ", TX 78130-1234",
    )
)
POINTS = 72


def letter(kind: str = "code", addressee: str = ROSA, *, level: Level = Level.BASIC, **other: str) -> Letter:
    return Letter(
        kind=kind,
        addressee=addressee,
        secret=CODE if kind == "code" else LINK,
        level=level,
        reference="L-7F3K-9Q2M",
        made_at=NOON,
        expires_at=NOON + timedelta(days=21),
        **{"enter_at": "register-with-code", **other},
    )


def pdf(*of: Letter) -> bytes:
    return letters.letters_pdf(of, title="Batch 12", made=NOON)


def run(*command: str, given: bytes) -> str:
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is missing: install poppler-utils to read what the PDFs say")
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout.decode()


@pytest.mark.parametrize("kind", Letter.Kind.values)
def test_a_letter_is_pdf_ua_with_a_title_and_a_language_and_no_name_in_what_viewers_keep(kind):
    made = pdf(letter(kind))
    for mark in (b"/StructTreeRoot", b"/Marked true", b"/Lang(en-US)", b"pdfuaid:part", b"Batch 12"):
        assert mark in made
    assert b"Delgado" not in made.replace(b"\0", b"")


def test_the_same_letters_give_the_same_file():
    assert pdf(letter()) == pdf(letter())


def test_a_letter_with_a_code_says_what_to_do_with_it():
    said = words(pdf(letter()))
    for part in (
        "Rosa Elena Delgado",
        CODE,
        "Use it by December 11, 2026. It works once.",
        "/register/with-code/",
        "Choose Basic.",
        "If you did not ask for this letter",
        center.PHONE,
        "Date: November 20, 2026",
        "L-7F3K-9Q2M",
    ):
        assert part in said
    assert "second step" not in said


def test_a_letter_for_an_upgrade_leads_there_and_speaks_of_the_second_step():
    said = words(pdf(letter(level=Level.PREMIUM, enter_at="upgrade")))
    for part in ("upgrade your DS Logon account to Premium", "/upgrade/", "Sign in with your username", "second step"):
        assert part in said


def test_a_notice_says_how_to_freeze_the_account_and_holds_no_code():
    said = words(pdf(letter("notice", level=Level.PREMIUM)))
    for part in (
        "Your DS Logon account is now Premium",
        "If this was you, you do not have to do anything.",
        "dslogon.example/not-me/7K3QH-0ABCD-EFGHJ/",
        "Freeze my account",
        "until December 11, 2026",
        center.PHONE,
    ):
        assert part in said


def test_a_notice_of_failed_questions_says_how_to_stop_them():
    said = words(pdf(letter("failed")))
    for part in (
        "Identity questions failed in your name",
        "If this was you, you do not have to do anything.",
        "7K3QH-0ABCD-EFGHJ/",
        "Stop the questions",
        "until December 11, 2026",
        center.PHONE,
    ):
        assert part in said
    assert "freeze" not in said


def test_the_picture_of_a_code_letter_is_the_same_for_everybody(monkeypatch):
    """So it can hold neither the code nor anything else of the person."""
    make = Mock(wraps=segno.make)
    monkeypatch.setattr(segno, "make", make)
    letters.picture.cache_clear()
    letters.source([letter(), letter(addressee="Grace Somebody\n1 Elm Row\nNew London, CT 06320")], title="")
    letters.source([letter("notice")], title="")
    assert [call.args[0] for call in make.mock_calls] == ["http://localhost:8000/register/with-code/", LINK]


@pytest.mark.parametrize("addressee", [ROSA, LONG, "Gregory Vogel\nLindenhofweg 14a\n67655 Kaiserslautern\nGERMANY"])
def test_each_letter_is_one_sheet_and_the_window_shows_the_address_alone(addressee):
    made = pdf(
        letter(addressee=addressee),
        letter(addressee=addressee, level=Level.PREMIUM, enter_at="upgrade"),
        letter("notice", addressee=addressee, level=Level.PREMIUM),
    )
    pages = run("pdftotext", "-bbox", "-", "-", given=made).split("<page ")[1:]
    assert len(pages) == 3
    for page in pages:
        assert sorted(in_window(page)) == sorted(["L-7F3K-9Q2M", *addressee.split()])


def in_window(page: str) -> list[str]:
    """The words that a No. 10 envelope's window may show, however the sheet has slipped in it.

    The window is 1 1/8 by 4 1/2 inches, 7/8 from the left and 1/2 from the bottom; the sheet has 1 inch to slip
    sideways and half an inch upwards.
    """
    found = []
    for left, top, right, bottom, word in re.findall(
        r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>', page
    ):
        x, y = (float(left) / POINTS, float(right) / POINTS), (float(top) / POINTS, float(bottom) / POINTS)
        if y[1] > 2.04 and y[0] < 3.63 and x[0] < 5.38:
            assert x[0] >= 0.875
            assert x[1] <= 4.4
            assert y[1] <= 3.45
            found.append(word)
    return found


@pytest.mark.parametrize(
    "text",
    [
        '#panic("x")',
        "$x$ @ref <label> // no comment",
        '"\\"',
        "*bold* _not_ = heading",
        "Hagåtña Đặng ʻOkina Ωμέγα Жук",
    ],
)
def test_whatever_stands_in_deers_is_printed_as_it_stands(text):
    assert text in words(pdf(letter(addressee=f"{text}\n1 Elm Row\nNew London, CT 06320")))


def test_many_letters_are_one_document():
    made = pdf(*(letter() for _ in range(20)))
    assert len(run("pdftotext", "-", "-", given=made).split("\f")) == 21
    assert io.BytesIO(made).read(5) == b"%PDF-"
