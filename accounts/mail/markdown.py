"""The Markdown of our emails, parsed once and rendered twice, as plain text and as HTML, so that the two never differ.

Our emails use a heading, paragraphs, lists, a rule, links and bold text. A link that is a paragraph of its own becomes
a button. Bold text that is a paragraph of its own (a code, a username) stands out.
"""

import re
from collections.abc import Iterator, Sequence
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token

MARKDOWN = MarkdownIt("commonmark", {"html": False})
PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def literal(value: str) -> str:
    """Return `value` on one line, as plain text: with every ASCII punctuation mark escaped (CommonMark §2.4)."""
    return PUNCTUATION.sub(r"\\\1", " ".join(value.split()))


def parse(source: str) -> tuple[str, list[Token]]:
    """Return the email's subject, which is its first heading, and the whole email as tokens."""
    tokens = MARKDOWN.parse(source)
    return said(tokens[1].children or []), tokens


def text(tokens: Sequence[Token]) -> str:
    """Return the email as plain text, without its heading, because that is already the subject."""
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
    """Return a line as plain text. A link's URL follows its text."""
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
    """Return whether a paragraph is a single link, or a single run of bold text, and nothing else."""
    parts = [part for part in parts if part.content or part.type != "text"]
    return len(parts) == 3 and parts[0].type == f"{kind}_open" and parts[2].type == f"{kind}_close"


def html(tokens: Sequence[Token]) -> str:
    """Return the email as HTML that is safe to put into the frame that all emails share."""
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
