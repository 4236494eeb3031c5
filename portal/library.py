"""The health library: short articles in Markdown in portal/articles/, read once when the site starts."""

from dataclasses import dataclass
from pathlib import Path

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

FOLDER = Path(__file__).with_name("articles")


@dataclass(frozen=True)
class Article:
    """One article of the library."""

    slug: str
    title: str
    summary: str
    body: SafeString


def read(file: Path) -> Article:
    """Return the article in a file.

    The first line is the title, the next paragraph is the summary, and the rest is the body.
    """
    title, summary, body = file.read_text(encoding="utf-8").split("\n\n", 2)
    html = MarkdownIt().render(body).replace("<ul>", '<ul class="usa-list">').replace("<ol>", '<ol class="usa-list">')
    return Article(
        file.stem,
        title.removeprefix("# ").strip(),
        " ".join(summary.split()),
        mark_safe(html),  # noqa: S308 - our own text
    )


ARTICLES: dict[str, Article] = {file.stem: read(file) for file in sorted(FOLDER.glob("*.md"))}
