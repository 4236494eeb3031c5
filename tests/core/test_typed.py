"""What people paste, and what their keyboards write: it means what it looks like, in every form."""

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.journeys.forms import DodIdField, SSNField
from accounts.mail import links
from accounts.models.mail import Purpose
from accounts.second_factors.forms import TokenForm
from core import typed
from core.fields import DateField, EmailField, PhoneField, email_field
from deers import dod_id, ssn
from idproofing import codes
from tests import people, walk
from tests.accounts.holders import give_password, holder, is_signed_in
from tests.tripwire import no_secret_is_written

PASTED = {
    "from a chat, with direction marks": "\u202a{}\u202c",
    "from a web page, with no-break blanks": "\u00a0{}\u202f",
    "from a PDF, with zero-width blanks": "\ufeff{}\u200b",
    "from a table, with a tab and a line end": "\t{}\r\n",
}
ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
WIDE = {ord(c): ord(c) + 0xFEE0 for c in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
DASHES = [
    "-",
    "\u2010",
    "\u2011",
    "\u2012",
    "\u2013",
    "\u2014",
    "\u2212",
    "\ufe63",
    "\uff0d",
    " ",
    "\u2009",
    ".",
    "\u00ad",
    "",
]


@pytest.mark.parametrize("around", PASTED.values(), ids=PASTED)
@pytest.mark.parametrize("keyboard", [{}, ARABIC, WIDE], ids=["plain", "Arabic", "wide"])
@pytest.mark.parametrize("dash", DASHES)
def test_amir_s_numbers_and_codes_are_read_whatever_he_pastes_or_types_them_with(around, keyboard, dash):
    def given_as(*parts: str) -> str:
        return around.format(dash.join(parts).translate(keyboard))

    assert SSNField().clean(given_as("900", "11", "2222")) == "900112222"
    assert DodIdField().clean(given_as("9000", "000", "001")) == "9000000001"
    assert TokenForm({"otp_token": given_as("123", "456")}).is_valid()
    assert codes.normalize(given_as("7K3QH", "0ABCD")) == "7K3QH0ABCD"
    assert links.digest(given_as("7K3QH", "0ABCD", "EFGHJ"), Purpose.NOT_ME) == links.digest(
        "7k3qh-oabcd-efghj", Purpose.NOT_ME
    )


@pytest.mark.parametrize(
    "text", ["", "12345678", "1234567890", "12345678O", "٣", "①23456789", "1²3456789", "12+3456789"]
)
def test_what_is_no_number_stays_none(text):
    assert ssn.clean(text) == ""
    assert dod_id.clean(text) in ("", "1234567890")


@given(st.text(st.characters(exclude_categories=())))
@settings(max_examples=100)
def test_cleaning_twice_changes_nothing_more_and_leaves_nothing_invisible(text):
    once = typed.clean_typed(text)
    assert typed.clean_typed(once) == once
    assert not set("\u200b\u200e\u202e\ufeff\u00ad\u00a0") & set(once) or len(text) > typed.LONGEST
    assert typed.strip_blanks(typed.strip_blanks(text)) == typed.strip_blanks(text)


@pytest.mark.parametrize("around", PASTED.values(), ids=PASTED)
def test_june_s_birthday_is_read_from_any_keyboard(around):
    class Form(forms.Form):
        born = DateField(label="Date of birth")

    parts = {"born_month": "6", "born_day": "9", "born_year": "1957"}
    form = Form({name: around.format(part.translate(ARABIC)) for name, part in parts.items()})
    assert form.is_valid()
    assert form.cleaned_data["born"].isoformat() == "1957-06-09"


@pytest.mark.parametrize("around", PASTED.values(), ids=PASTED)
def test_an_email_address_keeps_no_mark_that_nobody_sees(around):
    assert email_field().clean(around.format("ro\u200bsa@mail\u2060.example")) == "rosa@mail.example"
    assert email_field().clean("ｒｏｓａ＠mail.example") == "rosa@mail.example"


@pytest.mark.parametrize(
    "address",
    ["rosa@localhost", "rosa@127.0.0.1", "rosa@10.0.0.10", "rosa@[127.0.0.1]", "rosa@[IPv6:::1]", "rosa@1.22"],
)
def test_nobody_has_mail_sent_to_our_own_machines(address):
    with pytest.raises(ValidationError) as refused:
        email_field().clean(address)
    assert refused.value.messages == ["Enter an email address in the form name@example.com."]


def test_every_form_that_asks_for_an_email_address_asks_with_the_one_field():
    from accounts.journeys.registration.forms import DetailsForm
    from accounts.profile.forms import EmailForm
    from accounts.recovery.views import EmailForm as RecoveryForm
    from support.forms import ContactForm

    for form in (DetailsForm, EmailForm, RecoveryForm, ContactForm):
        assert isinstance(form.base_fields["email"], EmailField), form


@pytest.mark.parametrize(
    ("number", "kept", "digits"),
    [
        ("(210) 555\u20110101", "(210) 555-0101", "2105550101"),
        ("+1 210\u00a0555\u00a00101", "+1 210 555 0101", "12105550101"),
        ("٢١٠-٥٥٥-٠١٠١", "210-555-0101", "2105550101"),
        ("210-555-0101 ext. 12", "210-555-0101 ext. 12", "2105550101"),
        ("210-555-0101x12", "210-555-0101x12", "2105550101"),
        ("210-555-0101 Extension 12", "210-555-0101 Extension 12", "2105550101"),
        ("DSN 312-555-0101", "DSN 312-555-0101", "3125550101"),
        ("dsn: 555-0101", "dsn: 555-0101", "5550101"),
        ("\u202a210-555-0101\u202c", "210-555-0101", "2105550101"),
    ],
)
def test_sergeant_cole_s_phone_number_is_taken_as_the_base_writes_it(number, kept, digits):
    assert PhoneField().clean(number) == kept
    assert typed.phone_digits(number) == digits


@pytest.mark.parametrize("number", ["call me", "555-01", "ext. 12345678", "210-555-0101 x", "DSN", "x210-555-0101 9"])
def test_what_is_no_whole_phone_number_gets_a_sentence(number):
    with pytest.raises(ValidationError, match=r"area code|digits"):
        PhoneField().clean(number)


@pytest.mark.django_db
@pytest.mark.parametrize("pasted", [" {}", "{}\n", "\u00a0{}\u200b"])
def test_a_password_pasted_with_blanks_around_it_lets_rosa_in(pasted):
    rosa, browser = holder(people.load("rosa")), Client()
    with no_secret_is_written([walk.PASSWORD]):
        give_password(browser, rosa.username, pasted.format(walk.PASSWORD))
    assert is_signed_in(browser)
