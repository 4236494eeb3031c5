"""Whether an article was helpful: one answer of a browser a day, which names nobody."""

import uuid
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone

from core import policy
from safeguards import audit, limits
from safeguards.cipher import blind_index
from support.articles import Article
from support.models import Rating


def too_many_ratings(address: str) -> timedelta | None:
    """Count one opinion. Return how long to wait if there were too many from this network address."""
    return limits.hit(policy.HELP_RATINGS_PER_ADDRESS, address)


def rate_article(
    article: Article, *, browser: str, helpful: bool, reason: str = "", remark: str = "", today: date | None = None
) -> None:
    """Keep what a browser says about an article, in place of what it said before on the same day.

    `browser` is a secret of the browser. It is not kept: the row's key is made of it, of the article and of the day.
    """
    day = today or timezone.localdate()
    row = Rating(
        id=key_of(article.slug, day, browser),
        article=article.slug,
        day=day,
        helpful=helpful,
        reason=reason,
        remark=remark or None,
    )
    with transaction.atomic():
        Rating.objects.bulk_create(
            [row], update_conflicts=True, unique_fields=["id"], update_fields=["helpful", "reason", "remark"]
        )
        audit.record("support.article-rated", by="visitor", article=article.slug[:40], helpful=helpful)


def key_of(slug: str, day: date, browser: str) -> uuid.UUID:
    """Return the key of a browser's row for an article and a day."""
    return uuid.UUID(bytes=blind_index(f"{slug}\0{day}\0{browser}", purpose="help-rating")[:16], version=4)
