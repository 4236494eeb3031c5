"""Messages for the next page, such as "A new code is on its way", in a signed cookie of this host only."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage


class MessageCookie(CookieStorage):
    """Django's message cookie, with a safer name in production.

    A browser accepts a name that begins with "__Host-" only from this host, and only over HTTPS.
    """

    cookie_name = "__Host-messages" if settings.SESSION_COOKIE_SECURE else "messages"
