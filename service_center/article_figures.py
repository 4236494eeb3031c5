"""How helpful each help article was, by what people said of it in the last days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from core import policy
from support import articles
from support.models import Rating, Reason


@dataclass(frozen=True)
class Helpfulness:
    """An article, or one that is gone: how many found it helpful and how many did not, and why not."""

    slug: str
    title: str
    address: str
    yes: int
    no: int
    reasons: tuple[tuple[str, int], ...]

    @property
    def percent(self) -> int:
        """Return how many of a hundred opinions say that it was helpful."""
        return round(100 * self.yes / (self.yes + self.no))


def helpfulness_by_article(today: date | None = None) -> list[Helpfulness]:
    """Return the articles about which anybody said anything in policy.HELP_RATINGS_DAYS, the least helpful first."""
    since = (today or timezone.localdate()) - timedelta(days=policy.HELP_RATINGS_DAYS)
    by_reason = {f"no_{place}": Count("pk", filter=Q(reason=reason)) for place, reason in enumerate(Reason.values)}
    rows = (
        Rating.objects.filter(day__gte=since)
        .values("article")
        .annotate(yes=Count("pk", filter=Q(helpful=True)), no=Count("pk", filter=Q(helpful=False)), **by_reason)
    )
    return sorted((line_of(row) for row in rows), key=lambda line: (line.percent, -line.no, line.title))


def line_of(row: Mapping[str, Any]) -> Helpfulness:
    article = articles.all_articles().get(row["article"])
    reasons = [(str(reason.label), row[f"no_{place}"]) for place, reason in enumerate(Reason)]
    return Helpfulness(
        row["article"],
        article.title if article else f"{row['article']} (gone)",
        article.address if article else "",
        row["yes"],
        row["no"],
        tuple(sorted((one for one in reasons if one[1]), key=lambda one: -one[1])),
    )
