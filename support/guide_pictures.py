"""The pictures in the guides. `./run pictures` takes them from the demo site; none is in the repository.

A guide's Markdown names a picture in a paragraph of its own: ![what it shows](name "caption"). A picture that nobody
has taken is left out with its caption.
"""

import base64
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from markdown_it.token import Token

NAME = re.compile(r"[a-z]+(?:-[a-z]+)*")
# How the file of a PNG begins, up to its size, and how it ends.
BEGIN, END = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\0\0\0\0IEND\xaeB`\x82"


def picture_file(guide: str, name: str) -> Path:
    """Return where the picture of this name in a guide lies, or would lie."""
    return settings.GUIDE_PICTURES / guide / f"{name}.png"


def read_picture(guide: str, name: str) -> bytes | None:
    """Return a guide's picture as PNG, or None if there is none that can be read."""
    if not NAME.fullmatch(name):
        return None
    try:
        content = picture_file(guide, name).read_bytes()
    except OSError:
        return None
    return content if content.startswith(BEGIN) and content.endswith(END) else None


def pictures_in(tokens: Iterable[Token]) -> list[str]:
    """Return the names of the pictures that the Markdown has, in order."""
    return [str(image.attrs["src"]) for token in tokens if (image := picture_of(token))]


def picture_of(token: Token) -> Token | None:
    """Return the picture if a paragraph's content is a picture and nothing else."""
    children = token.children or []
    return children[0] if len(children) == 1 and children[0].type == "image" else None


def with_figures(tokens: list[Token], sources: dict[str, str]) -> list[Token]:
    """Return the tokens with each picture in a figure, with its caption. A picture that has no source is left out."""
    placed: list[Token] = []
    skips = 0
    for token, inline in zip(tokens, [*tokens[1:], None], strict=True):
        image = picture_of(inline) if inline and token.type == "paragraph_open" else None
        if image:
            skips = 3  # the paragraph's opening, its content and its end
            placed += figure(image, sources)
        if skips:
            skips -= 1
        else:
            placed.append(token)
    return placed


def figure(image: Token, sources: dict[str, str]) -> Iterator[Token]:
    """Yield the tokens of a picture with its caption, or nothing if the picture has no source."""
    source, caption = sources.get(str(image.attrs["src"])), str(image.attrs["title"])
    if source is None:
        return
    image.attrs = {"src": source, "alt": "", "loading": "lazy"}
    yield Token("figure_open", "figure", 1, block=True)
    yield Token("inline", "", 0, content=image.content, children=[image])
    yield Token("figcaption_open", "figcaption", 1, block=True)
    yield Token("inline", "", 0, content=caption, children=[Token("text", "", 0, content=caption)])
    yield Token("figcaption_close", "figcaption", -1, block=True)
    yield Token("figure_close", "figure", -1, block=True)


def as_svg(png: bytes) -> str:
    """Return a PNG as an SVG of the same size. Typst takes that as text, so that no file has to be in its folder."""
    width, height = (int.from_bytes(png[at : at + 4]) for at in (16, 20))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"><image width="{width}" '
        f'height="{height}" href="data:image/png;base64,{base64.b64encode(png).decode()}"/></svg>'
    )
