"""The guides: each is one Markdown source, read as a Django template with the policy, and shown as a page and a PDF."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import lru_cache
from pathlib import Path

from django.template import Context, Template
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import slugify
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from core import center, policy, typesetting
from idproofing import routes
from support import guide_pictures as pictures

FOLDER = Path(__file__).parent / "guides"
MARKDOWN = MarkdownIt("commonmark", {"html": False, "typographer": True}).enable(["table", "smartquotes"])

# The design system's classes for the elements of Markdown. A quotation serves as a boxed remark.
CLASSES = {
    "table_open": "usa-table usa-table--borderless usa-table--stacked-header width-full",
    "blockquote_open": "usa-summary-box padding-y-1 margin-y-3",
}


@dataclass(frozen=True)
class Guide:
    """A guide with its name in URLs, its title, one sentence about it, and the only level that it is about, if any."""

    slug: str
    title: str
    summary: str
    level: policy.Level | None = None


@dataclass(frozen=True)
class Section:
    """A heading in a guide, with the id by which links on the page reach it."""

    id: str
    title: str


GUIDES = {
    guide.slug: guide
    for guide in (
        Guide(
            "registration",
            "How to create your DS Logon account",
            "Every step from the first page to your health portal, and what to do if a step does not work.",
        ),
        Guide(
            "upgrade",
            "How to upgrade to Premium",
            "Every step from a Basic account to a Premium account, and what to do if a step does not work.",
            policy.Level.PREMIUM,
        ),
        Guide(
            "second-step",
            "How to use a second step when you sign in",
            "Passkeys, authenticator apps and backup codes: how to set them up, and what to do if you lose your phone.",
        ),
        Guide(
            "family",
            "How to share a health record with your family",
            "Children, access by a code, acting for somebody, a look for a doctor, and how to stop each of them.",
        ),
        Guide(
            "record",
            "How to use your health record",
            "Reading results, taking a copy with you, showing that you are vaccinated, and seeing who saw your record.",
        ),
    )
}


def source(guide: Guide) -> str:
    """Return the guide's Markdown, with every number of the policy and the ways to prove one's identity filled in."""
    template = Template((FOLDER / f"{guide.slug}.md").read_text(encoding="utf-8"))
    ways = routes.offers(guide.level)
    return template.render(Context({"policy": policy, "center": center, "ways": ways}, autoescape=False))


def plain_tokens(guide: Guide) -> list[Token]:
    """Return the guide's Markdown, parsed, without pictures."""
    return pictures.with_figures(MARKDOWN.parse(source(guide)), {})


def html(guide: Guide) -> tuple[str, list[Section]]:
    """Return the guide as HTML that is safe to put on a page, and its sections in order."""
    found = MARKDOWN.parse(source(guide))
    taken = [name for name in pictures.pictures_in(found) if pictures.read_picture(guide.slug, name)]
    addresses = {name: reverse("guide-picture", args=[guide.slug, name]) for name in taken}
    tokens = pictures.with_figures(found, addresses)
    sections = marked(tokens)
    return MARKDOWN.renderer.render(tokens, MARKDOWN.options, {}), sections


def marked(tokens: list[Token]) -> list[Section]:
    """Give `tokens` the page's classes and ids, and return the sections."""
    sections = []
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type in CLASSES:
            token.attrSet("class", CLASSES[token.type])
        if token.type.startswith("blockquote"):
            token.tag = "div"
        if token.type == "heading_open" and following:
            token.attrSet("id", slugify(following.content))
            if token.tag == "h2":
                sections.append(Section(slugify(following.content), following.content))
    label_cells(tokens)
    return sections


def label_cells(tokens: list[Token]) -> None:
    """Make the first cell of each row its header, and give every other cell its column's name.

    Screen readers say both. On a phone, the design system stacks the cells under their names.
    """
    for table in (node for node in SyntaxTreeNode(tokens).walk() if node.type == "table"):
        head, *body = (row for part in table.children for row in part.children)
        columns = [cell.children[0].content for cell in head.children]
        for cell in head.children:
            ends(cell)[0].attrSet("scope", "col")
        for first, *others in (row.children for row in body):
            opening, closing = ends(first)
            opening.tag = closing.tag = "th"
            opening.attrSet("scope", "row")
            for cell, column in zip(others, columns[1:], strict=True):
                ends(cell)[0].attrSet("data-label", column)


def ends(node: SyntaxTreeNode) -> tuple[Token, Token]:
    """Return the opening and the closing token of a node that holds others."""
    assert node.nester_tokens
    return node.nester_tokens.opening, node.nester_tokens.closing


def typst_source(guide: Guide) -> str:
    """Return the guide as a Typst document: the same Markdown, with the layout for paper. Its pictures are in it."""
    tokens = MARKDOWN.parse(source(guide))
    read = {name: pictures.read_picture(guide.slug, name) for name in pictures.pictures_in(tokens)}
    drawn = {name: pictures.as_svg(png) for name, png in read.items() if png}
    return typesetting.document(
        pictures.with_figures(tokens, drawn),
        title=guide.title,
        summary=guide.summary,
        phone=center.PHONE,
        hours=center.HOURS,
        reviewed=date_format(policy.REVIEWED, "F j, Y"),
    )


def layout() -> str:
    """Return the layout for paper, as Typst source."""
    return typesetting.LAYOUT.read_text(encoding="utf-8")


@lru_cache(maxsize=8)
def typeset(text: str) -> bytes:
    """Return the PDF of a Typst source. Each process makes it once.

    Its date comes from the policy, so every process makes the same file.
    """
    return typesetting.typeset(text, made=datetime.combine(policy.REVIEWED, time(), UTC))
