"""Bad input to every form: the page is clear, what was typed is kept, and we never fail."""

from itertools import count

import pytest
from django.test import Client
from django.utils import timezone

from accounts.journeys.steps import code
from accounts.models import Account
from tests import people, walk
from tests.accounts.holders import (
    KEY,
    address,
    give_password,
    holder,
    premium,
    proven,
    registering,
    signed_in,
    upgrading,
)

pytestmark = pytest.mark.django_db

FIELDS = (
    *("level", "code_delivery", "first_name", "middle_name", "last_name", "suffix", "ssn", "dod_id", "email", "phone"),
    *("date_of_birth", "date_of_birth_month", "date_of_birth_day", "date_of_birth_year", "street", "city", "state"),
    *("postal_code", "code", "username", "password", "password_again", "current_password", "otp_token"),
    *("position", "choice", "next", "form_id", "name", "topic", "message"),
    *("reference", "continuation_code"),
)
HOSTILE = {
    "NUL": "a\x00b",
    "only NUL": "\x00",
    "10 kB": "x" * 10_000,
    "right to left": "\u202eאבג\u202c",
    "combining": "Z\u0351\u036b" * 30,
    "emoji": "👩🏽‍⚕️🇺🇸",
    "zero width": "\u200b\u200d\ufeff",
    "line ends": "a\r\nBcc: x@y.example\r\n",
    "quotes": "' OR 1=1; --\"<script>alert(1)</script>",
    "template": "{{ settings.SECRET_KEY }}{% debug %}%s%(x)d",
    "negative": "-1",
    "huge number": "9" * 60,
    "other digits": "٣",
    "not a number": "NaN",
    "surrogate": "\\ud800",
    "private use": "\U0010ffff\ufffe",
}
NUMBERS = count(1)


@pytest.fixture
def forms(db: None) -> list[tuple[Client, str]]:
    """Every form that a visitor or a person with an account can reach, each in a browser where it is open."""
    rosa, grace, walter = people.load_all("rosa", "grace", "walter")
    visitor, factor = Client(), Client()
    now = timezone.now()
    coded = registering(visitor, rosa, quiz_passed_at=now)
    code.send_code(coded, "visitor")
    asked = address(registering(visitor, walter), "questions")
    visitor.post(asked, {"action": "start"})
    owing = proven(visitor, walter, level=2, username="owes.one", password_hash="x", authenticator_key=KEY)
    account = holder(rosa)
    browser = signed_in(account)
    upgraded = upgrading(browser, account, dod_id=rosa.dod_id, quiz_passed_at=now, code_redeemed_at=now)
    upgraded.authenticator_key = KEY
    upgraded.save()
    give_password(factor, premium(grace).username)
    public = ["/register/", "/register/with-code/", "/sign-in/", "/recover/username/", "/recover/password/"]
    public += ["/support/contact/", "/support/cases/", asked]
    steps = [(registering(visitor, rosa), "details"), (coded, "code"), (proven(visitor, rosa), "credentials")]
    public += [address(draft, step) for draft, step in [*steps, (owing, "second-factor")]]
    own = ["/upgrade/", address(upgrading(browser, account), "details"), address(upgraded, "second-factor")]
    own += ["/account/security/password/", "/account/security/authenticator/"]
    return [
        *((visitor, one) for one in public),
        *((browser, one) for one in own),
        (factor, "/sign-in/second-factor/"),
    ]


def send(client: Client, where: str, data: dict) -> tuple[int, str]:
    """From an address of its own each time, so that no limit stands before the form."""
    number = next(NUMBERS)
    response = client.post(where, data, REMOTE_ADDR=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    return response.status_code, response.content.decode()


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_no_value_in_any_field_breaks_any_form(forms, value):
    # A form as a whole may hold 128 kB, so long values go in parts.
    parts = [FIELDS[:11], FIELDS[11:22], FIELDS[22:]] if len(value) > 1000 else [FIELDS]
    for client, where in forms:
        for part in parts:
            status, page = send(client, where, dict.fromkeys(part, value))
            assert status in (200, 302), where
            assert "<script>alert" not in page, where
    assert Account.objects.count() == 2


@pytest.mark.parametrize(
    "data",
    [
        {},
        {name: ["1", "2"] for name in FIELDS},
        {f"{name}[]": "1" for name in FIELDS},
        {f"{name}[x]": "1" for name in FIELDS},
        dict.fromkeys(FIELDS, ""),
        dict.fromkeys(FIELDS, "   "),
        {"action": "no-such-action"},
        {"csrfmiddlewaretoken": "x"},
    ],
    ids=["nothing", "two of each", "lists", "maps", "empty", "blanks", "another button", "a false token"],
)
def test_no_shape_of_a_form_breaks_it(forms, data):
    for client, where in forms:
        status, _ = send(client, where, data)
        assert status in (200, 302), where


BODIES = {
    "broken UTF-8": (
        b"username=\xff\xfe&email=\xc3\x28&first_name=%ff%fe&level=%c3%28",
        "application/x-www-form-urlencoded",
    ),
    "another charset": (b"username=a", "application/x-www-form-urlencoded; charset=utf-16"),
    "no such charset": (b"username=a", "application/x-www-form-urlencoded; charset=klingon"),
    "JSON": (b'{"username": {"a": []}}', "application/json"),
    "multipart without an end": (
        b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\na',
        "multipart/form-data; boundary=x",
    ),
    "multipart without a boundary": (b"username=a", "multipart/form-data"),
    "a file in place of a name": (
        b'--x\r\nContent-Disposition: form-data; name="username"; filename="a"\r\n\r\na\r\n--x--\r\n',
        "multipart/form-data; boundary=x",
    ),
    "a huge body": (b"username=" + b"x" * 200_000, "application/x-www-form-urlencoded"),
    "a thousand fields": (b"&".join(b"f%d=1" % number for number in range(1000)), "application/x-www-form-urlencoded"),
    "not a form at all": (b"\x00\x01\x02", "application/octet-stream"),
}


@pytest.mark.parametrize(("body", "kind"), BODIES.values(), ids=BODIES)
def test_no_body_breaks_any_form(forms, body, kind):
    for client, where in forms:
        response = client.generic("POST", where, body, content_type=kind)
        assert response.status_code in (200, 302, 400, 413), where
        assert "Traceback" not in response.content.decode()


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace", "head"])
def test_no_other_method_breaks_any_form_or_changes_anything(forms, method):
    for client, where in forms:
        assert getattr(client, method)(where).status_code in (200, 302, 403, 405), where


ODD_ADDRESSES = [
    "/sign-in/?next=%00&next=//evil&timed_out=%ff",
    "/register/?level=%00",
    "/register/?level=[]&level[]=3",
    "/upgrade/?next=%0d%0aSet-Cookie:x",
    "/account/activity/?page=%00",
    "/account/activity/?page=-1",
    "/support/contact/?topic=%00",
    "/register/%00/details/",
    "/%00",
    "/%ff%fe/",
    "/register/../../etc/passwd",
    "//evil.example/",
    "/" + "x" * 5000,
]


@pytest.mark.parametrize("where", ODD_ADDRESSES, ids=lambda where: where[:30])
def test_no_address_breaks_the_site(client, where):
    assert client.get(where).status_code in (200, 302, 301, 400, 404)


@pytest.mark.parametrize("cookie", ["", "x", "\x7f", "é" * 10, "a" * 4000, '"', "null", "a;b"])
def test_no_cookie_breaks_the_site(client, cookie):
    for name in ("draft", "sessionid", "csrftoken", "messages"):
        client.cookies[name] = cookie
    assert client.get("/sign-in/").status_code == 200
    assert client.post("/register/", {"level": 1, "code_delivery": "screen"}).status_code == 302
    assert client.get("/portal/").status_code == 302


def details_refused(client: Client, **other: str) -> str:
    """What the details page says to Rosa's details with these changes."""
    rosa = people.load("rosa")
    response = client.post(address(registering(client, rosa, dod_id=""), "details"), walk.details_of(rosa, **other))
    assert response.status_code == 200
    return walk.text_of(response)


SENTENCES = {
    "no first name": ({"first_name": ""}, "Enter your first name."),
    "no last name": ({"last_name": " "}, "Enter your last name."),
    "a name of 10 kB": ({"last_name": "x" * 10_000}, "use at most 100 characters"),
    "a NUL in a name": ({"first_name": "Ro\x00sa"}, "Null characters are not allowed."),
    "no such suffix": ({"suffix": "Esquire"}, "Choose a suffix from the list."),
    "no birth date": ({"date_of_birth": ""}, "birth"),
    "a birth date in the future": ({"date_of_birth": "2999-01-01"}, "future"),
    "no such day": ({"date_of_birth": "1950-02-30"}, "February 1950 has only 28 days."),
    "no date at all": ({"date_of_birth": "yesterday"}, "Enter the month"),
    "before anybody lived": ({"date_of_birth": "1850-01-01"}, "1900 or later"),
    "no number": ({"ssn": ""}, "Enter your Social Security number or your DoD ID number."),
    "eight digits": ({"ssn": "123-45-678"}, "has nine digits"),
    "letters": ({"ssn": "abc-de-fghi"}, "has nine digits"),
    "area 000": ({"ssn": "000-12-3456"}, "cannot exist"),
    "area 666": ({"ssn": "666-12-3456"}, "cannot exist"),
    "group 00": ({"ssn": "901-00-3456"}, "cannot exist"),
    "serial 0000": ({"ssn": "901-12-0000"}, "cannot exist"),
    "no email": ({"email": ""}, "Enter your email address."),
    "half an email": ({"email": "rosa@"}, "name@example.com"),
    "an email with a line end": ({"email": "rosa@mail.example\nBcc: x@y.example"}, "name@example.com"),
}


@pytest.mark.parametrize(("other", "sentence"), SENTENCES.values(), ids=SENTENCES)
def test_each_mistake_in_the_details_has_its_own_sentence(client, other, sentence):
    assert sentence.lower() in details_refused(client, **other).lower()


def test_numbers_from_area_900_are_taken_only_while_the_mock_serves(client, settings):
    settings.DEERS_REGISTRY = "deers.elsewhere.Registry"
    assert "cannot exist" in details_refused(client)


@pytest.mark.parametrize("form", ["{} ", " {}", "{bare}", "{spaced}", "{dashed}"])
def test_a_number_may_be_written_in_any_usual_way(client, form):
    rosa = people.load("rosa")
    bare = rosa.ssn.replace("-", "")
    spaced, dashed = f"{bare[:3]} {bare[3:5]} {bare[5:]}", f"{bare[:3]}–{bare[3:5]}–{bare[5:]}"
    typed = form.format(rosa.ssn, bare=bare, spaced=spaced, dashed=dashed)
    draft = registering(client, rosa, dod_id="")
    assert walk.send(client, address(draft, "details"), walk.details_of(rosa, ssn=typed)).endswith("/questions/")


def test_what_was_typed_is_kept_beside_the_mistake(client):
    rosa = people.load("rosa")
    draft = registering(client, rosa, dod_id="")
    typed = walk.details_of(rosa, email="rosa@", first_name="Ro'sa <b>")
    page = client.post(address(draft, "details"), typed).content.decode()
    assert 'value="rosa@"' in page
    assert "Ro&#x27;sa &lt;b&gt;" in page
    assert 'aria-invalid="true"' in page
