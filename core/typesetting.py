"""Markdown to Typst, and Typst to a tagged PDF.

The writer emits Typst *code*, never Typst markup. Each piece of text becomes a quoted string, so that no character of a
text can mean anything to Typst. Text of a health record is not even in the code: it is an input of the compiler.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import typst
from django.conf import settings
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

PAPER = Path(__file__).parent / "paper"
LAYOUT = PAPER / "layout.typ"
# Typst uses its own serif where these are missing, as on a server without the sources of the design system.
FONTS = settings.BASE_DIR / "node_modules/@uswds/uswds/dist/fonts/public-sans"

# Markdown's name for a block or an inline, and the Typst function for it, which takes the content as its only argument.
FUNCTIONS = {
    "paragraph": "par",
    "strong": "strong",
    "em": "emph",
    "s": "strike",
    "blockquote": "callout",
    "figure": "shown",
    "figcaption": "caption",
}
LITERALS = {"softbreak": '" "', "hardbreak": "linebreak()", "hr": "line(length: 100%)"}

# How Typst names a text that PDF/UA does not allow, because no font has it or because it is no character.
REFUSED = re.compile(r'PDF/UA-1 error: the text (?:contains the disallowed codepoint )?`"((?:[^"\\]|\\.)*)"`')
# How many compilations Typst remembers.
KEPT_FOR = 10
ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")


def typeset(source: str, *, made: datetime, standard: Literal["ua-1"] | None = "ua-1", data: object = None) -> bytes:
    """Return the PDF of a Typst `source`, which may import the files in `paper/`.

    `made` is the date that the document carries. `standard` is the standard that the PDF must meet. PDF/UA-1 is ISO
    14289-1, for readers with assistive technology; Typst refuses a text that breaks it. `data` is what the source reads
    as JSON from `sys.inputs.data`. System fonts are not used, so the same source and data give the same bytes on every
    machine.
    """
    return typst.compile(  # type: ignore[misc]
        source.encode(),
        root=str(PAPER),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        pdf_standards=standard,
        timestamp=made.astimezone(UTC).replace(microsecond=0),  # Typst accepts no others
        sys_inputs={} if data is None else {"data": json.dumps(data)},
    )


def typeset_data(source: str, data: Any, *, made: datetime) -> bytes:
    """Return the PDF/UA-1 of a `source` that sets `data`: strings of any characters, in lists and dicts.

    In the place of a character that no font of ours has stands its number, as "[U+4E2D]". Typst itself tells which
    characters those are, so most texts are set at once and no list of characters can be out of date.
    """
    while True:
        try:
            return typeset(source, made=made, data=data)
        except typst.TypstError as error:
            refused = refused_by(error)
            if not refused:
                raise
            # There are fewer with each turn, and a stand-in is all ASCII.
            data = replaced(data, {ord(one): f"[U+{ord(one):04X}]" for one in refused})


def forget() -> None:
    """Take from memory what was set. Call this between the parts of a long work.

    Typst keeps what it has set for the next ten compilations, which was 700 MB in a record of many parts: measured.
    """
    compiler = typst.Compiler(ignore_system_fonts=True)  # one of our own: two threads cannot use one at the same time
    for _ in range(KEPT_FOR):
        compiler.compile(b"", format="svg")


def refused_by(error: typst.TypstError) -> set[str]:
    """Return the characters for which Typst refused a text. ASCII is never at fault but for control characters."""
    texts = (ESCAPED.sub(lambda code: chr(int(code[1], 16)), text) for text in REFUSED.findall(error.diagnostic))
    return {one for text in texts for one in text if not one.isascii() or not one.isprintable()}


def replaced(data: Any, table: dict[int, str]) -> Any:
    """Return a copy of `data` with characters replaced in all its strings."""
    if isinstance(data, str):
        return data.translate(table)
    if isinstance(data, dict):
        return {name: replaced(value, table) for name, value in data.items()}
    return [replaced(value, table) for value in data] if isinstance(data, list) else data


def document(tokens: list[Token], **about: str) -> str:
    """Return a whole Typst document for Markdown `tokens`, laid out by `paper/layout.typ`.

    `about` is passed to its `guide` function.
    """
    arguments = ", ".join(f"{name}: {quote(value)}" for name, value in about.items())
    return (
        f'#import "/layout.typ": callout, caption, guide, picture, shown\n'
        f"#show: guide.with({arguments})\n"
        f"#{written(SyntaxTreeNode(tokens).children, site=settings.SITE_ADDRESS)}\n"
    )


def quote(text: str) -> str:
    """Return `text` as a Typst string."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def written(nodes: list[SyntaxTreeNode], *, site: str) -> str:
    """Return Typst code for `nodes`, joined in braces. Links that begin with a slash lead to `site`."""
    return "{" + "; ".join(code for node in nodes if (code := one(node, site=site))) + "}"


def one(node: SyntaxTreeNode, *, site: str) -> str:
    """Return Typst code for one node of the Markdown tree."""
    if node.type in LITERALS:
        return LITERALS[node.type]
    if node.type == "text":
        return quote(node.content)
    if node.type == "image":
        return f"picture({quote(str(node.attrs['src']))}, {quote(node.content)})"
    if node.type in ("code_inline", "code_block", "fence"):
        return f"raw({quote(node.content)}, block: {'false' if node.type == 'code_inline' else 'true'})"
    if node.type in ("bullet_list", "ordered_list"):
        return listed(node, site=site)
    if node.type == "table":
        return table(node, site=site)
    inside = written(node.children, site=site)
    if node.type == "heading":
        return f"heading(level: {node.tag[1:]}, {inside})"
    if node.type == "link":
        return linked(str(node.attrs.get("href", "")), inside, site=site)
    return f"{FUNCTIONS[node.type]}({inside})" if node.type in FUNCTIONS else inside


def linked(href: str, inside: str, *, site: str) -> str:
    """Return Typst code for a link.

    A link within the site is followed by its address, for print. A link without a target becomes only its words.
    """
    if href.startswith("/"):
        address = site.rstrip("/") + href
        printed = address.partition("//")[2]
        return f"link({quote(address)}, {inside}); {quote(f' ({printed})')}"
    return f"link({quote(href)}, {inside})" if href and not href.startswith("#") else inside


def listed(node: SyntaxTreeNode, *, site: str) -> str:
    """Return Typst code for a list.

    A numbered list keeps its first number. The items have room between them.
    """
    items = "".join(f", {written(item.children, site=site)}" for item in node.children)
    if node.type == "bullet_list":
        return f"list(tight: false{items})"
    return f"enum(tight: false, start: {node.attrs.get('start', 1)}{items})"


def table(node: SyntaxTreeNode, *, site: str) -> str:
    """Return Typst code for a table. Assistive technology knows its first row as a header."""
    rows = [row for part in node.children for row in part.children]
    head, *body = [list(cells(row, site=site)) for row in rows]
    parts = [f"table.header({', '.join(head)})", *(", ".join(row) for row in body)]
    return f"table(columns: {len(head)}, {', '.join(parts)})"


def cells(row: SyntaxTreeNode, *, site: str) -> Iterator[str]:
    for cell in row.children:
        yield written(cell.children, site=site)
