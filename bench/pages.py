"""What is measured against what, and the goal of each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from itertools import count

from django_otp.oath import totp

from bench import people
from bench.views import PASSWORD

CSRF = "b" * 32
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
NETWORK = int(IPv4Address("10.0.0.0"))

Forms = Iterator[Mapping[str, str]]


@dataclass(frozen=True)
class Page:
    """One address, asked for again and again. `form` gives what is posted; without it the page is read.

    `then` is what the same browser asks for next, with the cookies that it was given on the way: all of it counts as
    one. With `addresses` each time comes from another network address.
    """

    name: str
    path: str
    cookie: str = ""
    form: Forms | None = None
    status: int = 200
    site: str = "dslogon"
    then: "tuple[Page, ...]" = ()
    addresses: Iterator[str] | None = None

    @property
    def cookies(self) -> str:
        """The cookies of the browser that comes for this page."""
        return "; ".join(filter(None, (f"csrftoken={CSRF}", self.cookie)))

    def headers(self) -> dict[str, str]:
        """What a browser sends that the site looks at, but for the cookies."""
        where = {"X-Forwarded-For": next(self.addresses)} if self.addresses else {}
        return {"User-Agent": FIREFOX, "Accept": "text/html"} | where


EMPTY = Page("an empty view", "/bench/empty/")


@dataclass(frozen=True)
class Comparison:
    """A page beside its measure. A goal of None is not set; rates and CPU are the page's over the measure's.

    `whole_cpu_at_most` counts PostgreSQL's too. `alike` is for two pages that nobody may tell apart: how far from 1 the
    ratios of median time and of CPU may be, while they ask the same number of queries. Each is then asked for alone.
    """

    key: str
    page: Page
    measure: Page
    cpu_at_most: float | None = None
    whole_cpu_at_most: float | None = None
    rate_at_least: float | None = None
    queries_at_most: int | None = None
    commits: int | None = None
    alike: float | None = None


def posted(names: Iterator[str], password: str = PASSWORD) -> Forms:
    """Sign-ins, one name after the other."""
    for name in names:
        yield {"csrfmiddlewaretoken": CSRF, "username": name, "password": password}


def tokens() -> Forms:
    """What the authenticator of every holder shows now."""
    while True:
        yield {"csrfmiddlewaretoken": CSRF, "otp_token": f"{totp(bytes.fromhex(people.KEY)):06}"}


def with_factor(names: Iterator[str], site: str = "dslogon") -> Page:
    """A whole sign-in with an authenticator app, as a person's browser asks for it from the first page on."""
    agreed = {"csrfmiddlewaretoken": CSRF, "consent": "yes"}
    return Page(
        "Sign-in with authenticator",
        "/sign-in/",
        site=site,
        then=(
            Page("the notice accepted", "/sign-in/", form=iter(lambda: agreed, None), status=302),
            Page("the form", "/sign-in/"),
            Page("the password", "/sign-in/", form=posted(names), status=302),
            Page("the form for the code", "/sign-in/second-factor/"),
            Page("the code", "/sign-in/second-factor/", form=tokens(), status=302),
        ),
    )


def comparisons(accounts: int, holders: int, draft: people.Draft, session: str, allauth: str) -> list[Comparison]:
    """All but that of a million; `accounts` and `holders` are how many there are to sign in to."""

    def members() -> Iterator[str]:
        return (people.username(n % accounts) for n in count())

    one_hash = Page("one Argon2 verification", "/bench/one-hash/", form=posted(members()))
    addresses = (str(IPv4Address(NETWORK + n)) for n in count())
    unknown = (f"Stranger.{n:06}" for n in count())
    return [
        Comparison(
            "sign-in",
            Page("Password sign-in", "/sign-in/", people.CONSENT, form=posted(members()), status=302),
            one_hash,
            cpu_at_most=1.04,
            queries_at_most=8,
            commits=1,
        ),
        Comparison(
            "sign-in-factor",
            with_factor(people.holders(holders)),
            one_hash,
            cpu_at_most=1.12,
            queries_at_most=16,
        ),
        Comparison(
            "sign-in-wrong",
            wrong("Wrong password, known name", members(), addresses),
            wrong("wrong password, no such name", unknown, addresses),
            alike=0.03,
        ),
        Comparison(
            "sign-in-page",
            Page("Sign-in page", "/sign-in/", people.CONSENT),
            EMPTY,
            rate_at_least=0.45,
            queries_at_most=0,
        ),
        *(
            Comparison(key, page, EMPTY, rate_at_least=0.45, queries_at_most=queries)
            for key, page, queries in (
                ("wizard-start", Page("Registration: its start", "/register/"), 0),
                ("wizard-details", Page("Registration: details", draft.details, draft.cookie), 1),
                ("wizard-code", Page("Registration: code", draft.code, draft.cookie), 1),
            )
        ),
        Comparison(
            "dashboard",
            Page("Portal dashboard", "/portal/", session),
            Page("django-allauth profile", "/accounts/profile/", f"sessionid={allauth}", site="allauth"),
            rate_at_least=1.0,
            queries_at_most=3,
        ),
    ]


def wrong(name: str, usernames: Iterator[str], addresses: Iterator[str]) -> Page:
    form = posted(usernames, "not the password of anybody")
    return Page(name, "/sign-in/", people.CONSENT, form=form, addresses=addresses)


def at_a_million(few: int, many: int) -> Comparison:
    """The sign-in with authenticator on a site with a million accounts, beside the same on one with far fewer."""
    return Comparison(
        "million",
        with_factor(people.holders(many), site="million"),
        with_factor(people.holders(few, begin=few // 2)),
        whole_cpu_at_most=1.10,
    )
