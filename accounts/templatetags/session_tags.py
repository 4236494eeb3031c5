"""Template tags about the session."""

from django import template

from accounts.sign_in.session import seconds_left

register = template.Library()


@register.simple_tag(takes_context=True)
def session_seconds_left(context: template.Context) -> int:
    """Return the seconds until the session of this page ends, by the server's clock."""
    return seconds_left(context["request"])
