"""What is measured against what, and the goal of each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count

from bench import people
from bench.views import PASSWORD

CSRF = "b" * 32
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass(frozen=True)
class Page:
    """One address, asked for again and again. `form` gives what is posted; without it the page is read."""

    name: str
    path: str
    cookie: str = ""
    form: Iterator[Mapping[str, str]] | None = None
    status: int = 200
    of_allauth: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """What a browser sends that the site looks at."""
        cookies = "; ".join(filter(None, (f"csrftoken={CSRF}", self.cookie)))
        return {"User-Agent": FIREFOX, "Accept": "text/html", "Cookie": cookies}


EMPTY = Page("an empty view", "/bench/empty/")


@dataclass(frozen=True)
class Comparison:
    """A page beside its measure. A goal of None is not set; rates and CPU are the page's over the measure's."""

    key: str
    page: Page
    measure: Page
    cpu_at_most: float | None = None
    rate_at_least: float | None = None
    queries_at_most: int | None = None
    commits: int | None = None


def posted(names: Iterator[str]) -> Iterator[dict[str, str]]:
    """Right sign-ins, one name after the other."""
    for name in names:
        yield {"csrfmiddlewaretoken": CSRF, "username": name, "password": PASSWORD}


def comparisons(accounts: int, draft: people.Draft, session: str, allauth_session: str) -> list[Comparison]:
    """The four of them; `accounts` is how many there are to sign in to."""

    def sign_ins() -> Iterator[dict[str, str]]:
        return posted(people.username(n % accounts) for n in count())

    return [
        Comparison(
            "sign-in",
            Page("Password sign-in", "/sign-in/", people.CONSENT, form=sign_ins(), status=302),
            Page("one Argon2 verification", "/bench/one-hash/", form=sign_ins()),
            cpu_at_most=1.04,
            queries_at_most=8,
            commits=1,
        ),
        Comparison(
            "sign-in-page",
            Page("Sign-in page", "/sign-in/", people.CONSENT),
            EMPTY,
            rate_at_least=0.45,
            queries_at_most=0,
        ),
        Comparison(
            "wizard",
            Page("Registration details", draft.path, draft.cookie),
            EMPTY,
            rate_at_least=0.45,
            queries_at_most=1,
        ),
        Comparison(
            "dashboard",
            Page("Portal dashboard", "/portal/", session),
            Page("django-allauth profile", "/accounts/profile/", f"sessionid={allauth_session}", of_allauth=True),
            rate_at_least=1.0,
            queries_at_most=3,
        ),
    ]
