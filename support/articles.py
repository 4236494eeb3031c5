"""The articles of the help center: Markdown with typed front matter, read as Django templates with the policy.

Front matter is TOML between two lines of "+++". An article that cannot be read, or that names a number, page or article
that is not there, fails `manage.py check` (support/checks.py). The site then leaves it out, or shows it without the
number, but no page fails.
"""

import logging
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.template import Context, Engine, Template, TemplateSyntaxError
from django.urls import NoReverseMatch, reverse
from markdown_it.token import Token

from core import center, policy
from core.public_links import LINKS
from idproofing import routes
from support import guides

logger = logging.getLogger(__name__)

FOLDER = Path(__file__).parent / "articles"
FENCE = "+++\n"
# The topics in the order of the help page.
TOPICS = {
    "account": "Creating an account",
    "sign-in": "Signing in",
    "second-step": "Second step when you sign in",
    "details": "Your details and DEERS",
    "record": "Your health record",
    "care": "Care: messages, medications, appointments",
    "family": "Family",
    "safety": "Safety and privacy",
    "coverage": "TRICARE and military health",
    "site": "Using this site",
}


class InvalidArticle(Exception):
    """An article's file cannot be read. Its text says why."""


@dataclass(frozen=True)
class Article:
    """One article. `slug` is its place in addresses, and `source` its Markdown with template tags.

    `keywords` are words that people search for and the text does not say. `codes` are the help codes that lead here.
    `popular` is its place among the common questions, or 0. We choose these: nothing counts what is read.
    """

    slug: str
    title: str
    summary: str
    topic: str
    reviewed: date
    keywords: tuple[str, ...]
    source: str = field(repr=False)
    codes: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    guide: str = ""
    popular: int = 0

    @property
    def address(self) -> str:
        return reverse("help-article", args=[self.slug])

    @property
    def topic_title(self) -> str:
        return TOPICS[self.topic]


# The types of the front matter's entries, as TOML has them. The first five must be there.
TYPES: dict[str, type] = {
    "title": str,
    "summary": str,
    "topic": str,
    "reviewed": date,
    "keywords": list,
    "codes": list,
    "related": list,
    "guide": str,
    "popular": int,
}
REQUIRED = {"title", "summary", "topic", "reviewed", "keywords"}


def read_article(path: Path) -> Article:
    """Return the article in a file. Raise InvalidArticle if its front matter is not as it should be."""
    before, fence, rest = path.read_text(encoding="utf-8").partition(FENCE)
    front, closing, source = rest.partition("\n" + FENCE)
    if before or not fence or not closing:
        raise InvalidArticle("It does not begin with front matter between two lines of +++.")
    try:
        values = tomllib.loads(front)
    except tomllib.TOMLDecodeError as error:
        raise InvalidArticle(f"Its front matter is no TOML: {error}.") from None
    refuse_front_matter(values)
    texts: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    return Article(slug=path.stem, source=source.strip() + "\n", **texts)


def refuse_front_matter(values: Mapping[str, Any]) -> None:
    """Raise InvalidArticle for an entry that is unknown, missing or of the wrong type, or for an unknown topic."""
    if unknown := values.keys() - TYPES.keys():
        raise InvalidArticle(f"Its front matter has an unknown entry: {', '.join(sorted(unknown))}.")
    if missing := REQUIRED - values.keys():
        raise InvalidArticle(f"Its front matter has no {', '.join(sorted(missing))}.")
    for name, value in values.items():
        if type(value) is not TYPES[name]:
            raise InvalidArticle(f"Its {name} is no {TYPES[name].__name__}.")
        if isinstance(value, list) and not all(isinstance(one, str) and one for one in value):
            raise InvalidArticle(f"Its {name} is no list of texts.")
        if isinstance(value, str) and not value.strip():
            raise InvalidArticle(f"Its {name} is empty.")
    if values["topic"] not in TOPICS:
        raise InvalidArticle(f"There is no topic {values['topic']!r}.")


@cache
def all_articles() -> dict[str, Article]:
    """Return every article that can be read, by its slug."""
    found = {}
    for path in sorted(FOLDER.glob("*.md")):
        try:
            found[path.stem] = read_article(path)
        except InvalidArticle as error:
            logger.error("The help article %s is left out. %s", path.stem, error)
    return found


def articles_by_topic() -> list[tuple[str, str, list[Article]]]:
    """Return the topics that have articles: slug, title, and their articles by title."""
    every = sorted(all_articles().values(), key=lambda article: article.title)
    by_topic = [(slug, title, [one for one in every if one.topic == slug]) for slug, title in TOPICS.items()]
    return [topic for topic in by_topic if topic[2]]


def popular_articles() -> list[Article]:
    """Return the common questions, in order."""
    return sorted((one for one in all_articles().values() if one.popular), key=lambda article: article.popular)


def article_of_code(code: str) -> Article | None:
    """Return the article that names a help code."""
    return next((article for article in all_articles().values() if code in article.codes), None)


def context() -> dict[str, Any]:
    """Return what an article may name."""
    return {"policy": policy, "center": center, "links": LINKS, "ways": routes.offers()}


def body(article: Article, engine: Engine | None = None) -> str:
    """Return the article's Markdown with every number and address filled in.

    Raise TemplateSyntaxError or NoReverseMatch if it names a tag, filter or page that is not there.
    """
    template = engine.from_string(article.source) if engine else Template(article.source)
    return template.render(Context(context(), autoescape=False))


def tokens_of(article: Article) -> tuple[list[Token], list[guides.Section]]:
    """Return the article's Markdown, parsed and with the page's classes and ids, and its sections."""
    try:
        tokens = guides.MARKDOWN.parse(body(article))
    except (TemplateSyntaxError, NoReverseMatch):
        logger.exception("The help article %s cannot be shown.", article.slug)
        tokens = guides.MARKDOWN.parse(f"We are correcting this article. Call {center.PHONE}, and we help you.")
    return tokens, guides.marked(tokens) if tokens else []


def article_html(article: Article) -> tuple[str, list[guides.Section]]:
    """Return the article as HTML that is safe to put on a page, and its sections in order."""
    tokens, sections = tokens_of(article)
    return guides.MARKDOWN.renderer.render(tokens, guides.MARKDOWN.options, {}), sections


def plain_text(tokens: list[Token]) -> str:
    """Return what Markdown says, without its signs, for the search."""
    inline = (token.children or [] for token in tokens if token.type == "inline")
    return "\n".join("".join(" " if "break" in part.type else part.content for part in parts) for parts in inline)
