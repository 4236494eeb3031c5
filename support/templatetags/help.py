"""Template tags of the help that pages of any room use: the notices to everybody."""

from django import template

from support.dated_notices import current_notices, notice_html

register = template.Library()


@register.inclusion_tag("support/notices.html")
def notices_to_everybody(place: str) -> dict:
    """Draw the notices that last now and belong to this place: "help", "home" or "sign_in"."""
    return {"notices": [(notice, notice_html(notice.text)) for notice in current_notices(place)], "place": place}
