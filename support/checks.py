"""Checks of the help articles, in `manage.py check`: a wrong number, link or code stops a change and not a page."""

import re
from collections import Counter
from collections.abc import Callable, Iterator

from django.core.checks import CheckMessage, Error, register
from django.template import Context, Engine, TemplateSyntaxError, Variable, VariableDoesNotExist
from django.urls import NoReverseMatch, Resolver404, resolve

from core import center, public_links
from core.help_codes import BY_CODE
from support import articles, guides
from support.articles import Article, InvalidArticle

TAG = re.compile(r"{{.*?}}|{%.*?%}", re.DOTALL)
NAMED = re.compile(r"\b(?:policy|center|links)(?:\.\w+)+")
UNKNOWN = "(unknown name)"
# Digits that are no number of the policy: the marks of a list, the two levels, a form's number, and what the law calls.
NO_NUMBER = re.compile(r"^\s*\d\. |\(Level [12]\)|\bDD Form \d+\b|\bSection 508\b|\bH-\d+\b", re.MULTILINE)
LINK = re.compile(r'href="([^"]*)"')
PLACE = re.compile(r'id="([^"]*)"')


@register("help")
def check_articles(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Check every article by itself, and that each code has exactly one."""
    read: list[Article] = []
    found: list[CheckMessage] = []
    for path in sorted(articles.FOLDER.glob("*.md")):
        try:
            read.append(articles.read_article(path))
        except InvalidArticle as error:
            found.append(wrong(path.stem, str(error), "E001"))
    known = {article.slug for article in read}
    for article in read:
        found += [wrong(article.slug, said, number) for said, number in faults(article, known)]
    return [*found, *check_codes(read), *check_public_links()]


def wrong(slug: str, said: str, number: str) -> Error:
    return Error(f"The help article {slug!r}: {said}", id=f"support.{number}")


def check_codes(read: list[Article]) -> list[CheckMessage]:
    """Check that each help code has exactly one article."""
    counted = Counter(code for article in read for code in article.codes)
    return [
        Error(f"The help code {code} ({one.shown_by}) has {counted[code]} articles.", id="support.E010")
        for code, one in BY_CODE.items()
        if counted[code] != 1
    ]


def check_public_links() -> list[CheckMessage]:
    """Check that each public link has the plain address of a government site."""
    return [
        Error(f"The public link {name!r} is no plain https address of a .gov or .mil site.", id="support.E011")
        for name, link in public_links.LINKS.items()
        if not public_links.FORM.fullmatch(link.url)
    ]


def faults(article: Article, known: set[str]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with an article, each with the number of its check."""
    for related in article.related:
        if related not in known or related == article.slug:
            yield f"there is no other article {related!r} that it could be related to.", "E002"
    for code in article.codes:
        if code not in BY_CODE:
            yield f"there is no help code {code!r}.", "E003"
    if article.guide and article.guide not in guides.GUIDES:
        yield f"there is no guide {article.guide!r}.", "E002"
    yield from ((f"{name} is not there.", "E004") for name in unknown_names(article.source))
    if digits := re.search(r"[^\s]*\d[^\s]*", NO_NUMBER.sub("", TAG.sub("", f"{article.source}\n{article.title}"))):
        yield f"{digits[0]!r} is a number of its own. Take it from the policy.", "E005"
    yield from faults_of_page(article)


def unknown_names(source: str) -> list[str]:
    """Return the names below policy, center and links that the template names and that are not there."""
    given = Context(articles.context())
    missing = []
    for name in sorted({name for tag in TAG.findall(source) for name in NAMED.findall(tag)}):
        try:
            Variable(name).resolve(given)
        except VariableDoesNotExist:
            missing.append(name)
    return missing


def strict_engine() -> Engine:
    """Return the site's template engine, but one that says so where a name is unknown."""
    usual = Engine.get_default()
    return Engine(
        dirs=list(usual.dirs), app_dirs=usual.app_dirs, builtins=list(usual.builtins), string_if_invalid=UNKNOWN
    )


def faults_of_page(article: Article) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the article as a page: what it cannot show, and links that lead nowhere."""
    try:
        text = articles.body(article, strict_engine())
    except (TemplateSyntaxError, NoReverseMatch) as error:
        yield str(error).splitlines()[0], "E006"
        return
    if UNKNOWN in text:
        yield f"a name is unknown before {text.partition(UNKNOWN)[2][:40]!r}.", "E004"
    tokens = guides.MARKDOWN.parse(text)
    if not tokens:
        yield "it is empty.", "E006"
        return
    guides.marked(tokens)
    html = guides.MARKDOWN.renderer.render(tokens, guides.MARKDOWN.options, {})
    if re.search(r"\]\(|&lt;/?\w", html):
        yield "a link or a tag of HTML is shown as text. HTML is off.", "E007"
    places = set(PLACE.findall(html))
    yield from ((f"the link {link!r} leads nowhere.", "E008") for link in LINK.findall(html) if is_dead(link, places))


def dead_links(text: str) -> list[str]:
    """Return the links of a text in Markdown that lead nowhere."""
    return [link for link in LINK.findall(guides.MARKDOWN.render(text)) if is_dead(link, set())]


def is_dead(link: str, places: set[str]) -> bool:
    """Return whether a link of an article leads nowhere: to no place on it, no page of ours and no known website."""
    if link.startswith("#"):
        return link[1:] not in places
    if link.startswith("tel:"):
        return dialed(link) not in NUMBERS
    return not (is_page(link) if link.startswith("/") else link in public_links.BY_URL)


def dialed(number: str) -> str:
    """Return the digits of a phone number, without the country code of the United States."""
    digits = re.sub(r"[^0-9]", "", number)
    return digits.removeprefix("1") if len(digits) == 11 else digits


NUMBERS = {
    *map(dialed, (center.PHONE, center.TTY, center.FROM_ABROAD, *(region.phone for region in center.REGIONS.values()))),
    *(center.RELAY, center.EMERGENCY, "988"),
}
"""What a page or a notice may have people dial: a link to a stranger's phone looks like one to ours."""


def is_page(path: str) -> bool:
    """Return whether an address of ours leads to a page. Of articles and guides, it must be one that is there."""
    try:
        match = resolve(path.partition("#")[0].partition("?")[0])
    except Resolver404:
        return False
    there: dict[str, Callable[[], object]] = {
        "help-article": lambda: match.kwargs["slug"] in articles.all_articles(),
        "guide": lambda: match.kwargs["slug"] in guides.GUIDES,
        "help-code": lambda: match.kwargs["code"] in BY_CODE,
    }
    return bool(there.get(match.url_name or "", lambda: True)())
