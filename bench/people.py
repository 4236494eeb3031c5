"""Who uses the site while it is measured: accounts to sign in to, a registration under way, a portal in use."""

from dataclasses import dataclass

from django.core import signing
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django_otp.oath import totp

from accounts import drafts
from accounts.models import Account, RegistrationDraft
from accounts.registration.steps import REGISTRATION
from accounts.sign_in import consent
from bench.views import hashed
from dslogon.demo.people import PEOPLE
from dslogon.policy import Level

BROWSER = "only-for-the-bench"
# The cookie of a browser in which the notice before signing in was accepted.
CONSENT = f"{consent.COOKIE}={signing.get_cookie_signer(consent.COOKIE + consent.SALT).sign('given')}"


@dataclass(frozen=True)
class Draft:
    """A registration whose details are typed: the address of their page, and the cookie that opens it."""

    path: str
    cookie: str


def fill(people: int, accounts: int) -> None:
    """Every table, the hand-made people, `people` generated ones with health records, and Basic accounts."""
    call_command("migrate", verbosity=0)
    call_command("load_population", generated=people)
    Account.objects.bulk_create(basic_account(n) for n in range(accounts))


def username(n: int) -> str:
    return f"Member.{n:06}"


def basic_account(n: int) -> Account:
    """One of many accounts at Basic without a second factor; they share one password, and so one hash."""
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


def begun_registration() -> Draft:
    """A registration at Premium with Grace's details typed, as the details page shows them again."""
    grace = PEOPLE["grace"]
    draft = RegistrationDraft.objects.create(
        browser=drafts.hash_of(BROWSER),
        level=Level.PREMIUM,
        code_delivery="email",
        first_name=grace.name.first,
        middle_name=grace.name.middle,
        last_name=grace.name.last,
        date_of_birth=grace.born.isoformat(),
        ssn=grace.ssn,
        email=grace.email,
    )
    return Draft(REGISTRATION.address(draft), f"{drafts.COOKIE}={BROWSER}")


def graces_session() -> str:
    """The cookie of Grace, Premium, signed in by password and authenticator like anybody else."""
    account = PEOPLE["grace"].account
    assert account is not None
    browser = Client()
    browser.cookies.load(CONSENT)
    browser.post("/sign-in/", {"username": account.username, "password": account.password})
    code = f"{totp(bytes.fromhex(account.authenticator_key)):06}"
    done = browser.post("/sign-in/second-factor/", {"otp_token": code})
    assert done.status_code == 302, "Grace could not sign in."
    return f"sessionid={browser.cookies['sessionid'].value}"
