"""Our mails' Markdown, read once and written twice: as plain text and as HTML, so that the two never differ.

Of Markdown our mails use a heading, paragraphs, lists, a rule, links and strong words. A link that is a paragraph of
its own is a button; strong words that are one (a code, a username) stand out.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token

MARKDOWN = MarkdownIt("commonmark", {"html": False})
PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def literal(value: str) -> str:
    """`value` so that nothing in it is Markdown: every ASCII mark escaped (CommonMark §2.4), on one line."""
    return PUNCTUATION.sub(r"\\\1", " ".join(value.split()))


def parse(source: str) -> tuple[str, list[Token]]:
    """The mail's subject, which is its first heading, and all of it as tokens."""
    tokens = MARKDOWN.parse(source)
    return said(tokens[1].children or []), tokens


def text(tokens: Sequence[Token]) -> str:
    """The mail as plain text, without its heading: that is the subject already."""
    return "\n\n".join(blocks(tokens[3:])) + "\n"


def blocks(tokens: Sequence[Token]) -> Iterator[str]:
    in_list = False
    for token in tokens:
        if token.type in ("list_item_open", "list_item_close"):
            in_list = token.type == "list_item_open"
        elif token.type == "hr":
            yield "--"
        elif token.type == "inline":
            words, parts = said(token.children or []), token.children or []
            if alone(parts, "link"):
                words = ":\n\n    ".join(words.rsplit(": ", 1))
            elif alone(parts, "strong"):
                words = f"    {words}"
            yield f"- {words}" if in_list else words


def said(parts: Sequence[Token]) -> str:
    """A line in plain words; a link's address follows its words."""
    written, address = "", ""
    for part in parts:
        if part.type == "link_open":
            address = str(part.attrs["href"])
        elif part.type == "link_close":
            written += f": {address}"
        else:
            written += "\n" if part.type in ("softbreak", "hardbreak") else part.content
    return written


def alone(parts: Sequence[Token], kind: str) -> bool:
    """Whether a paragraph is one link, or one run of strong words, and nothing else."""
    parts = [part for part in parts if part.content or part.type != "text"]
    return len(parts) == 3 and parts[0].type == f"{kind}_open" and parts[2].type == f"{kind}_close"


def html(tokens: Sequence[Token]) -> str:
    """The mail as HTML, safe to put into the frame that all mails share."""
    written = ""
    for token in tokens:
        parts = token.children or []
        if token.type == "inline" and alone(parts, "link"):
            address = str(next(part for part in parts if part.type == "link_open").attrs["href"])
            next(part for part in parts if part.type == "link_open").attrSet("class", "button")
            written += f"{inline(token)}</p>\n<p>{escape(address)}"
        elif token.type == "inline" and alone(parts, "strong"):
            next(part for part in parts if part.type == "strong_open").attrSet("class", "code")
            written += inline(token)
        else:
            written += MARKDOWN.renderer.render([token], MARKDOWN.options, {})
    return written


def inline(token: Token) -> str:
    return MARKDOWN.renderer.render([token], MARKDOWN.options, {})
