"""What the public pages, the guides and the mails promise is there: every link, every button, every feature they name.

A feature that is planned and not built stands in NOT_BUILT. Take it out when its pages are there.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.template import Context, Template
from django.test import Client
from django.urls import reverse

from accounts.journeys.registration.forms import LEVELS, DetailsForm
from core.policy import Level
from portal.features import BY_SLUG, FEATURES
from portal.library import ARTICLES
from support import articles, guides
from tests import people, walk
from tests.accounts.holders import holder, premium, signed_in, staff

ROOT = Path(settings.BASE_DIR)
LINK = re.compile(r'<a\b[^>]*\bhref="([^"]+)"')
URL_TAG = re.compile(r"{% url ['\"]([\w:-]+)['\"](?: ['\"]([\w-]+)['\"])? %}")

# What is not built, by words that would promise it. A sentence that says so ("not yet") promises nothing.
NOT_BUILT = {
    "text messages": r"\b(text messages?|SMS)\b|\bwe text\b",
    "an app of our own": r"\b(our|the DS Logon) (mobile |phone )?app\b",
}
DENIED = re.compile(r"\b(not|cannot|no one|nobody|never|no page)\b")

# How the public texts call a feature.
NAMES = {
    "upcoming and past appointments": "appointments",
    "appointments": "appointments",
    "immunizations": "immunizations",
    "allergies": "allergies",
    "deers eligibility": "eligibility",
    "eligibility": "eligibility",
    "your tricare plan": "eligibility",
    "tricare plan": "eligibility",
    "contact details": "contact",
    "health library": "library",
    "your sign-in and access history": "access",
    "secure messages with your care team": "messages",
    "messages with your care team": "messages",
    "lab results with trends": "labs",
    "lab results": "labs",
    "vitals": "vitals",
    "conditions": "conditions",
    "procedures": "procedures",
    "medications, refills and renewals": "medications",
    "medications": "medications",
    "notes, documents": "notes",
    "notes": "notes",
    "complete record to print": "record",
    "complete record": "record",
    "goals and reminders": "tools",
    "your family in deers": "family",
    "family access": "family",
    "who used your account": "access",
}
# What stands between the names, and says nothing of its own.
BETWEEN = (
    "everything in basic",
    "the rest of your health record",
    "all of your health record",
    "opens your whole health record",
    "you also set up a passkey or authenticator app",
    *("premium opens", "premium (level 2)", "plus", "your", "and", "the"),
)


def words_of(html: str) -> str:
    """The sentences of a page, each heading, item and paragraph ending one."""
    return re.sub(r"<[^>]+>", " ", re.sub(r"</(h\d|p|li|td|th|dt|dd|legend|label|option|button)>", ". ", html))


def promises_in(text: str) -> list[tuple[str, str]]:
    """Each sentence that promises what is not built, with what that is."""
    sentences = re.split(r"(?<=[.?!:])\s+", " ".join(text.split()))
    return [
        (what, sentence)
        for sentence in sentences
        for what, words in NOT_BUILT.items()
        if re.search(words, sentence, re.IGNORECASE) and not DENIED.search(sentence.lower())
    ]


@cache
def sources(*folders: str) -> str:
    """All templates and code of these folders, with single blanks."""
    files = (
        file for folder in folders for file in sorted((ROOT / folder).rglob("*")) if file.suffix in (".html", ".py")
    )
    return " ".join(" ".join(file.read_text() for file in files).split())


def mail_sources() -> dict[str, str]:
    return {f"mail {file.stem}": file.read_text() for file in sorted((ROOT / "templates/mail").glob("*.md"))}


def crawled(client: Client) -> dict[str, Any]:
    """The answers to a visitor who follows every link of the home page, and of the pages behind them."""
    found: dict[str, Any] = {}
    waiting = ["/"]
    while waiting:
        path = waiting.pop()
        found[path] = client.get(path)
        if found[path]["Content-Type"].startswith("text/html"):
            links = LINK.findall(found[path].content.decode())
            pages = {link.partition("#")[0] for link in links if link.startswith("/") and not link.startswith("/demo/")}
            waiting += pages - found.keys() - {*waiting}
    return found


@pytest.fixture
def pages(client: Client, db: None) -> dict[str, Any]:
    walk.agree(client)
    return crawled(client)


def test_every_link_of_a_public_page_leads_a_visitor_to_a_page_or_to_the_gate(pages):
    assert len(pages) > 15
    for path, page in pages.items():
        assert page.status_code in (200, 302), path
        if page.status_code == 302:
            assert page["Location"].partition("?")[0] == reverse("sign-in"), path


def test_behind_the_gate_every_public_link_leads_somebody_to_its_page(pages):
    rosa, grace = people.load_all("rosa", "grace")
    inside = [signed_in(holder(rosa)), signed_in(premium(grace)), signed_in(staff("Supervisor"))]
    gated = {path for path, page in pages.items() if page.status_code == 302} | {*links_in_mails()}
    assert {"/portal/", "/upgrade/", "/account/activity/"} <= gated
    for path in gated:
        assert any(browser.get(path, follow=True).status_code == 200 for browser in inside), path


def links_in_mails() -> Iterator[str]:
    """The addresses that the templates of the mails name. Links with a token have tests of their own."""
    for source in mail_sources().values():
        for name, argument in URL_TAG.findall(source):
            yield reverse(name, settings.STAFF_URLCONF, args=[argument] if argument else [])


def test_every_place_on_a_page_that_a_link_names_is_there(pages):
    for path, page in pages.items():
        html = page.content.decode(errors="replace") if page.status_code == 200 else ""
        for link in LINK.findall(html):
            there, _, place = link.partition("#")
            target = pages.get(urlsplit(there).path or path) if there.startswith(("/", "")) else None
            if place and target is not None and not there.startswith("http"):
                assert f'id="{place}"' in target.content.decode(), f"{link} on {path}"


def test_no_public_page_article_guide_or_mail_promises_what_is_not_built(pages):
    texts = {path: words_of(page.content.decode()) for path, page in pages.items() if page.status_code == 200
             and page["Content-Type"].startswith("text/html")} | mail_sources()  # fmt: skip
    texts |= {
        f"article {slug}": words_of(f"{article.title}. {article.summary} {article.body}")
        for slug, article in ARTICLES.items()
    }
    texts |= {f"feature {feature.slug}": feature.summary for feature in FEATURES}
    assert {"/", "/support/", "/support/guides/registration/", "/support/guides/upgrade/", "/register/"} <= texts.keys()
    assert {where: found for where, text in texts.items() if (found := promises_in(text))} == {}


@pytest.mark.parametrize(
    "promise",
    [
        "Your code comes by text message.",
    ],
)
def test_somebody_who_adds_a_promise_of_what_is_not_built_is_told(promise):
    assert promises_in(f"This is the portal. {promise} It is free.")


@pytest.mark.parametrize(
    "truth",
    [
        "Your family in DEERS, and who used your account.",
        "Write to us.",
        "Chat with an agent.",
        "Upcoming and past appointments.",
    ],
)
def test_what_is_there_may_be_said(truth):
    assert promises_in(truth) == []


def named_in(text: str) -> set[str]:
    """The features that a list of them names. Anything in it that is no feature's name is a promise of nothing."""
    rest = " ".join(text.lower().split())
    found: set[str] = set()
    for name in sorted(NAMES, key=len, reverse=True):
        if re.search(rf"\b{re.escape(name)}\b", rest):
            rest = re.sub(rf"\b{re.escape(name)}\b", " ", rest)
            found.add(NAMES[name])
    for filler in BETWEEN:
        rest = re.sub(rf"(?<!\w){re.escape(filler)}(?!\w)", " ", rest)
    assert re.sub(r"[\s,.:|]", "", rest) == "", f"{rest.split()} in: {text}"
    return found


def test_the_home_page_names_every_feature_of_a_level_and_no_other(client):
    html = client.get("/").content.decode()
    cards = re.findall(r'<ul class="ticks">(.*?)</ul>', html, re.DOTALL)
    basic, more = (named_in(re.sub(r"<[^>]+>", " ", card.replace("</li>", ","))) for card in cards)
    assert basic == {feature.slug for feature in FEATURES if feature.level == Level.BASIC}
    assert basic | more == {feature.slug for feature in FEATURES}


def test_a_guide_and_the_first_pages_name_features_that_are_there_at_that_level():
    source = guides.source(guides.GUIDES["registration"])
    row = re.search(r"\| What you can see \|(.*)\|(.*)\|", source)
    assert row
    of_upgrade = guides.source(guides.GUIDES["upgrade"])
    opens = re.search(r"^Premium \(Level 2\) opens.*", of_upgrade, re.MULTILINE)
    assert opens
    intro = re.search(r'usa-intro">(.*?)</p>', (ROOT / "templates/accounts/upgrade.html").read_text())
    assert intro
    for level, text in ((1, row[1]), (2, row[2]), (2, opens[0]), (2, intro[1]), *LEVELS.items()):
        named = named_in(text)
        assert len(named) >= 3, text
        assert all(BY_SLUG[slug].level <= level for slug in named), text


def test_a_feature_that_is_not_there_is_found_in_a_list():
    with pytest.raises(AssertionError, match="travel"):
        named_in("Appointments, travel pay and allergies")


def test_every_button_and_choice_that_a_guide_or_the_help_names_is_on_some_page():
    texts = {slug: guides.source(guide) for slug, guide in guides.GUIDES.items()}
    texts |= {slug: articles.body(article) for slug, article in articles.all_articles().items()}
    named = {
        (where, label)
        for where, text in texts.items()
        for label in re.findall(r"\b(?:[Ss]elect|[Cc]hoose|page) \*\*([^*]+)\*\*", text)
    }
    assert len(named) > 20
    site = sources("templates/accounts", "templates/portal", "accounts", "idproofing", "core")
    site += Template("{% field form.ssn %}").render(Context({"form": DetailsForm()}))  # which puts its button together
    assert {one for one in named if one[1].lower() not in site.lower()} == set()
