"""The search of the help center: PostgreSQL's full text in English, which mistyped words are first likened to."""

import re
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_
from typing import Any

from django.contrib.postgres.search import SearchHeadline, SearchQuery, SearchRank
from django.db import connection
from django.db.models import BooleanField, ExpressionWrapper, F, Q
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from core import policy
from core.typed import clean_typed
from safeguards.standby import may_be_read_from_standby
from support.index import WORD
from support.models import IndexedPage

# Private signs of Unicode, which stand in no text of ours and become marks once the text is escaped.
BEGIN, END = "\ue000", "\ue001"
PAGES = {"article": "help-article", "guide": "guide"}


@dataclass(frozen=True)
class Result:
    """A page that was found: what it is about, and the part of it that has the words, if the text has any."""

    address: str
    title: str
    summary: str
    is_guide: bool
    excerpt: SafeString


@dataclass(frozen=True)
class Results:
    """What a search found. `corrected` are the words that were searched in place of mistyped ones, by what was typed.

    `words` is empty if nothing was typed that can be searched for. `all_words` is false if no page has all words.
    """

    words: tuple[str, ...]
    corrected: dict[str, str]
    found: tuple[Result, ...]
    all_words: bool
    cut: bool

    @property
    def searched(self) -> str:
        """Return the words that were searched, as one text."""
        return " ".join(self.corrected.get(word, word) for word in self.words)


@may_be_read_from_standby
def search_help(text: str) -> Results:
    """Return the articles and guides that fit what somebody typed, best first."""
    cut = len(text) > policy.HELP_SEARCH_MAX
    words = words_of(text[: policy.HELP_SEARCH_MAX])
    cut = cut or len(words) > policy.HELP_SEARCH_WORDS
    words = words[: policy.HELP_SEARCH_WORDS]
    if not words:
        return Results((), {}, (), all_words=True, cut=cut)
    corrected = correct_words(words)
    rows = matching_pages([corrected.get(word, word) for word in words])
    best = [row for row in rows if row.has_all] or rows
    return Results(tuple(words), corrected, tuple(map(result_of, best)), any(row.has_all for row in rows), cut)


def words_of(text: str) -> list[str]:
    """Return the words of a search, each once, in small letters. Signs and NUL are no words."""
    clean = clean_typed(re.sub(r"[\x00-\x1f\ud800-\udfff]", " ", text)).lower()
    return list(dict.fromkeys(WORD.findall(clean)))


def correct_words(words: list[str]) -> dict[str, str]:
    """Return the known word that is most like each word that no page has. A word without a likeness is left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT typed, likest.word
            FROM unnest(%s::text[]) AS typed,
                LATERAL (
                    SELECT word FROM support_helpword
                    WHERE word %% typed AND similarity(word, typed) >= %s
                    ORDER BY similarity(word, typed) DESC, word LIMIT 1
                ) AS likest
            WHERE length(typed) > 3 AND length(to_tsvector('english', typed)) > 0 AND NOT EXISTS (
                SELECT FROM support_helpword WHERE stem = ANY (tsvector_to_array(to_tsvector('english', typed)))
            )
            """,
            [words, policy.HELP_LIKENESS],
        )
        return dict(cursor.fetchall())


def matching_pages(words: list[str]) -> list[Any]:
    """Return the pages that have any of these words, first those that have all."""
    each = [SearchQuery(word, config="english") for word in words]
    some, every = reduce(or_, each), reduce(and_, each)
    headline = SearchHeadline(
        "body", some, config="english", start_sel=BEGIN, stop_sel=END, max_words=32, min_words=16, max_fragments=1
    )
    return list(
        IndexedPage.objects.filter(vector=some)
        .annotate(
            has_all=ExpressionWrapper(Q(vector=every), output_field=BooleanField()),
            rank=SearchRank(F("vector"), some),
            excerpt=headline,
        )
        .only("place", "title", "summary")
        .order_by("-has_all", "-rank", "place")[: policy.HELP_RESULTS]
    )


def result_of(row: Any) -> Result:
    kind, _, slug = row.place.partition("/")
    excerpt = f"… {row.excerpt} …" if BEGIN in row.excerpt else ""
    return Result(reverse(PAGES[kind], args=[slug]), row.title, row.summary, kind == "guide", marked(excerpt))


def marked(excerpt: str) -> SafeString:
    """Return an excerpt as HTML. Everything in it is escaped but the marks around what was found."""
    html = str(escape(" ".join(excerpt.split())))
    html = html.replace(BEGIN, "<mark>").replace(END, "</mark>")
    return mark_safe(html)  # noqa: S308 - escaped above; only our own marks are added
