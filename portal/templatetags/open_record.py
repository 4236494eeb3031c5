"""Links that stay within the record that is open."""

from typing import Any

from django import template
from django.template import RequestContext

from portal.family.patients import address_of

register = template.Library()


@register.simple_tag(takes_context=True)
def page_url(context: RequestContext | dict[str, Any], name: str, *args: object) -> str:
    """Return the address of a page of the portal: of the open record, or of one's own if no other is open."""
    return address_of(context.get("open_record"), name, *args)
