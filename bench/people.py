"""The people who use the site while it is measured: accounts, a registration in progress, and a portal session."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import count
from uuid import uuid4

import psycopg
from django.core import signing
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import totp

from accounts.journeys import drafts
from accounts.journeys.registration.steps import REGISTRATION
from accounts.models import Account, AuthenticatorApp, RegistrationDraft
from accounts.sign_in import consent
from bench.views import hashed
from core.policy import Level
from demo.people import PEOPLE
from portal.messages.models import CareTeam, PatientTeam
from safeguards.cipher import encrypt

BROWSER = "only-for-the-bench"
# The cookie of a browser in which the notice before signing in was accepted.
CONSENT = f"{consent.COOKIE}={signing.get_cookie_signer(consent.COOKIE + consent.SALT).sign('given')}"
# The key of every holder's authenticator.
KEY = "3132333435363738393031323334353637383930"
# It has no common factor with any number of accounts here, so its multiples reach each account once.
STRIDE = 7919


@dataclass(frozen=True)
class Draft:
    """A registration in progress: the URLs of two of its pages, and the cookie that opens them."""

    details: str
    code: str
    cookie: str


def fill(people: int, accounts: int, holders: int) -> None:
    """Fill every table with the hand-made people, generated people and accounts.

    `people` is the number of generated people with health records, `accounts` that of Basic accounts, and `holders`
    that of accounts with an authenticator.
    """
    call_command("migrate", verbosity=0)
    call_command("load_population", generated=people)
    Account.objects.bulk_create(basic_account(n) for n in range(accounts))
    add_holders(connection.connection, range(holders))


def username(n: int) -> str:
    return f"Member.{n:06}"


def basic_account(n: int) -> Account:
    """Return one of many Basic accounts without a second factor. They share one password, and so one hash."""
    return Account(
        username=username(n),
        password=hashed(),
        first_name="Joan",
        last_name="Example",
        email=f"member{n}@example.org",
        dod_id=f"{n:010}",
        level=Level.BASIC,
        proofed_at=timezone.now(),
    )


def holders(accounts: int, begin: int = 0) -> Iterator[str]:
    """Yield the names of accounts with an authenticator, from all over the table.

    It takes a long time until a name is repeated.
    """
    return (f"Holder.{(begin + n) * STRIDE % accounts:07}" for n in count())


def add_holders(database: psycopg.Connection, numbers: range) -> None:
    """Add Premium accounts with one authenticator app each. They share one password and one key."""
    own = {"username": "'Holder.' || to_char(n, 'FM0000000')", "email": "n || '@example.org'"}
    own |= {"dod_id": "'9' || to_char(n, 'FM000000000')", "level": str(Level.PREMIUM.value)}
    made = copy_account(database, numbers, own)
    key = AuthenticatorApp._meta.get_field("key")
    columns = "id, user_id, name, confirmed, created_at, key, last_t"
    with database.cursor() as cursor:
        with cursor.copy(f"COPY accounts_authenticatorapp ({columns}) FROM STDIN") as apps:
            for (account_id,) in made:
                pk = uuid4()
                sealed = encrypt(KEY, context=key.context(pk))
                apps.write_row((pk, account_id, "App", True, timezone.now(), sealed, -1))
        cursor.execute("ANALYZE")


def copy_account(database: psycopg.Connection, numbers: range, own: dict[str, str]) -> list[tuple[int]]:
    """Let the database make accounts as copies of one row, so that a million of them take a minute. Return their keys.

    `own` says in SQL what is each account's own, by column, from its number `n`.
    """
    pattern = basic_account(0)
    values = {str(field.column): getattr(pattern, field.attname) for field in Account._meta.concrete_fields}
    del values["id"]
    return database.execute(
        f"INSERT INTO accounts_account ({', '.join(values)})"
        f" SELECT {', '.join(own.get(column, f'%({column})s') for column in values)}"
        " FROM generate_series(%(first)s::int, %(last)s) AS n RETURNING id",
        values | {"first": numbers[0], "last": numbers[-1]},
    ).fetchall()


def begun_registration() -> Draft:
    """Make a Premium registration in which Grace passed the questions and has to enter her code.

    The page with her details can be opened again.
    """
    grace = PEOPLE["grace"]
    draft = RegistrationDraft.objects.create(
        browser=drafts.hash_of(BROWSER),
        level=Level.PREMIUM,
        code_delivery=RegistrationDraft.CodeDelivery.EMAIL,
        first_name=grace.name.first,
        middle_name=grace.name.middle,
        last_name=grace.name.last,
        date_of_birth=grace.born.isoformat(),
        ssn=grace.ssn,
        email=grace.email,
        dod_id=grace.dod_id,
        quiz_passed_at=timezone.now(),
    )
    details, code = (reverse(REGISTRATION.page, args=[draft.pk, name]) for name in ("details", "code"))
    return Draft(details, code, f"{drafts.COOKIE}={BROWSER}")


def graces_care_team() -> str:
    """Return the key of a care team to which Grace may write."""
    grace, since = PEOPLE["grace"].dod_id, date(2020, 1, 1)
    team = CareTeam.objects.create(name="Primary care", since=since)
    PatientTeam.objects.create(patient=grace, team=team, since=since)
    return str(team.pk)


def graces_session() -> str:
    """Return the cookie of Grace, who is Premium and signed in with password and authenticator like anyone else."""
    account = PEOPLE["grace"].account
    assert account is not None
    browser = Client()
    browser.cookies.load(CONSENT)
    browser.post("/sign-in/", {"username": account.username, "password": account.password})
    code = f"{totp(bytes.fromhex(account.authenticator_key)):06}"
    done = browser.post("/sign-in/second-factor/", {"otp_token": code})
    assert done.status_code == 302, "Grace could not sign in."
    return f"sessionid={browser.cookies['sessionid'].value}"
