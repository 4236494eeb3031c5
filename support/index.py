"""The index of the help center's search: a row for each article and guide, and a row for each of their words."""

import hashlib
import re

from django.db import connection, transaction

from support import articles, guides
from support.models import HelpWord, IndexedPage

# A word as people type it, with an apostrophe within. Digits alone are no word that anybody mistypes.
WORD = re.compile(r"[^\W\d_][^\W_]*(?:['’][^\W_]+)?")


def indexed_pages() -> list[IndexedPage]:
    """Return the rows as the sources make them now."""
    of_articles = [
        page(
            f"article/{one.slug}", one.title, one.summary, one.keywords, articles.plain_text(articles.tokens_of(one)[0])
        )
        for one in articles.all_articles().values()
    ]
    of_guides = [
        page(
            f"guide/{one.slug}",
            one.title,
            one.summary,
            (),
            articles.plain_text(guides.plain_tokens(one)),
        )
        for one in guides.GUIDES.values()
    ]
    return [*of_articles, *of_guides]


def page(place: str, title: str, summary: str, keywords: tuple[str, ...], body: str) -> IndexedPage:
    texts = {"title": title, "summary": summary, "keywords": ", ".join(keywords), "body": body}
    digest = hashlib.sha256("\0".join([place, *texts.values()]).encode()).hexdigest()
    return IndexedPage(place=place, digest=digest, **texts)


def fill_index() -> int:
    """Write the rows whose sources have changed, and forget those that are gone. Return how many changed."""
    pages = indexed_pages()
    with transaction.atomic():
        kept = dict(IndexedPage.objects.select_for_update().values_list("place", "digest"))
        changed = [page for page in pages if kept.get(page.place) != page.digest]
        gone = kept.keys() - {page.place for page in pages}
        if not changed and not gone:
            return 0
        IndexedPage.objects.filter(place__in=gone).delete()
        IndexedPage.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["place"],
            update_fields=["title", "summary", "keywords", "body", "digest"],
        )
        fill_words(pages)
    return len(changed) + len(gone)


def fill_words(pages: list[IndexedPage]) -> None:
    """Write the words of these pages, each with the stem that the search compares."""
    texts = " ".join(f"{page.title} {page.keywords} {page.summary} {page.body}" for page in pages)
    words = sorted({word for word in WORD.findall(texts.lower()) if 3 <= len(word) <= 40})
    HelpWord.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO support_helpword (word, stem) SELECT word, stem[1] FROM (SELECT word, "
            "tsvector_to_array(to_tsvector('english', word)) AS stem FROM unnest(%s::text[]) AS word) AS stemmed "
            "WHERE cardinality(stem) = 1",
            [words],
        )
