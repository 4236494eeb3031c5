"""Tags of the health tools."""

from django import template

from portal.record import moments
from portal.zones import zone_of

register = template.Library()


@register.simple_tag(takes_context=True)
def own_zone(context: template.Context) -> str:
    """Return the time zone of the reader in words, by which they type times."""
    return moments.show_zone(zone_of(context["request"]))
