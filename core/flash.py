"""Sentences for the next page, such as "A new code is on its way": in a signed cookie of this host alone."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage


class MessageCookie(CookieStorage):
    """Django's, under a name that in production a browser takes from nobody but this host over HTTPS."""

    cookie_name = "__Host-messages" if settings.SESSION_COOKIE_SECURE else "messages"
