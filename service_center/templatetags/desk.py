"""What the templates of the desk need beyond core's tags."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django import template
from django.template.defaultfilters import capfirst
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from django.utils.translation import gettext

register = template.Library()


@register.filter
def waited(since: datetime, now: datetime | None = None) -> str:
    """Return in words how long something has waited."""
    now = now or timezone.now()
    return gettext("less than a minute") if now - since < timedelta(minutes=1) else timesince(since, now)


@register.filter
def with_labels(cells: Iterable[SafeString], headers: Iterable[dict]) -> list[SafeString]:
    """Return the cells of a row in a list of the admin, each with the heading of its column as `data-label`.

    The cell with the box that chooses the row has no heading to read.
    """
    return [_with_label(cell, header) for cell, header in zip(cells, headers, strict=True)]


def _with_label(cell: SafeString, header: dict) -> SafeString:
    if "action-checkbox" in cell[:40]:
        return cell
    tag, _, rest = cell.partition(" ")
    label = format_html('data-label="{}"', capfirst(header["text"]))
    return mark_safe(f"{tag} {label} {rest}")  # noqa: S308 - the cell is Django's own HTML
