"""Template tags that every page shares."""

from django import template
from django.conf import settings
from django.http import HttpRequest

from dslogon import policy

register = template.Library()


def site(request: HttpRequest) -> dict:
    """For every page: whether the demo ribbon shows, and the numbers of the policy."""
    return {"demo": settings.DEMO, "policy": policy}
