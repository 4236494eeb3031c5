"""What is compared with what, and the goal of each comparison."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from itertools import count
from uuid import uuid4

from django_otp.oath import totp

from bench import people
from bench.views import PASSWORD
from bench.visitor import FIREFOX

CSRF = "b" * 32
NETWORK = int(IPv4Address("10.0.0.0"))

Forms = Iterator[Mapping[str, str]]


@dataclass(frozen=True)
class Page:
    """One URL that is requested again and again. `form` yields what is posted. Without it, the page is read.

    `then` is what the same browser requests next, with the cookies that it got on the way. All of it counts as one
    visit. With `addresses`, each visit comes from another network address. With a `tag`, the browser has the page.
    """

    name: str
    path: str
    cookie: str = ""
    form: Forms | None = None
    status: int = 200
    site: str = "dslogon"
    then: "tuple[Page, ...]" = ()
    addresses: Iterator[str] | None = None
    tag: str = ""

    @property
    def cookies(self) -> str:
        """Return the cookies of the browser that requests this page."""
        return "; ".join(filter(None, (f"csrftoken={CSRF}", self.cookie)))

    def headers(self) -> dict[str, str]:
        """Return what a browser sends that the site looks at, except for the cookies."""
        where = {"X-Forwarded-For": next(self.addresses)} if self.addresses else {}
        kept = {"If-None-Match": self.tag} if self.tag else {}
        return {"User-Agent": FIREFOX, "Accept": "text/html"} | where | kept


EMPTY = Page("an empty view", "/bench/empty/")


@dataclass(frozen=True)
class Comparison:
    """A page and what it is compared with. Rates and CPU are ratios of the two. A goal of None is not set.

    `whole_cpu_at_most` includes PostgreSQL's CPU. `alike` is for two pages that no one may be able to tell apart: how
    far from 1 the ratios of median time and of CPU may be, while both make the same number of queries. `time_at_most`
    is a ratio of median times. For both, each page is requested alone. `saves` are the transactions that may write.
    """

    key: str
    page: Page
    measure: Page
    cpu_at_most: float | None = None
    whole_cpu_at_most: float | None = None
    rate_at_least: float | None = None
    queries_at_most: int | None = None
    commits: int | None = None
    saves: int | None = None
    alike: float | None = None
    time_at_most: float | None = None

    @property
    def is_alone(self) -> bool:
        """Return whether each page is requested alone, so that its time is that of one answer."""
        return self.alike is not None or self.time_at_most is not None


def posted(names: Iterator[str], password: str = PASSWORD) -> Forms:
    """Yield sign-ins, one username after the other."""
    for name in names:
        yield {"csrfmiddlewaretoken": CSRF, "username": name, "password": password}


def tokens() -> Forms:
    """Yield what the authenticator of every holder shows now."""
    while True:
        yield {"csrfmiddlewaretoken": CSRF, "otp_token": f"{totp(bytes.fromhex(people.KEY)):06}"}


def with_factor(names: Iterator[str], site: str = "dslogon") -> Page:
    """Return a complete sign-in with an authenticator app, as a browser requests it from the first page on."""
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


def written(team: str) -> Forms:
    """Yield new messages to a care team. Each makes up its id, as the form does."""
    text = {"topic": "general", "subject": "A question", "body": "May I take the two together?"}
    while True:
        yield {"csrfmiddlewaretoken": CSRF, "do": "send", "draft": str(uuid4()), "version": "0", "team": team, **text}


def comparisons(
    accounts: int, holders: int, draft: people.Draft, session: str, allauth: str, team: str
) -> list[Comparison]:
    """Return all comparisons except the one with a million accounts.

    `accounts` and `holders` are how many accounts there are to sign in to. `team` is the care team of the session's
    person.
    """

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
            queries_at_most=17,  # the last one remembers the browser (accounts/sign_in/trusted_devices.py)
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
        Comparison(
            "message",
            Page("Sending a secure message", "/portal/messages/compose/", session, form=written(team), status=302),
            Page("opening one's profile", "/account/", session),
            time_at_most=1.4,
            queries_at_most=6,
            saves=1,
        ),
    ]


def wrong(name: str, usernames: Iterator[str], addresses: Iterator[str]) -> Page:
    form = posted(usernames, "not the password of anybody")
    return Page(name, "/sign-in/", people.CONSENT, form=form, addresses=addresses)


def at_a_million(few: int, many: int) -> Comparison:
    """Return the sign-in with an authenticator on a site with `many` accounts, compared with a site with `few`."""
    return Comparison(
        "million",
        with_factor(people.holders(many), site="million"),
        with_factor(people.holders(few, begin=few // 2)),
        whole_cpu_at_most=1.10,
    )
