"""Production: HTTPS only, every secret from the environment, no demo. A missing value stops the start."""

import base64

from django.core.exceptions import ImproperlyConfigured

from dslogon.settings.base import *  # noqa: F403
from dslogon.settings.base import env
from dslogon.settings.keys import decode_keys

if env.bool("DSLOGON_DEMO", default=False):
    raise ImproperlyConfigured(
        "DSLOGON_DEMO=1 shows every code and password of the invented people, so it never runs with production "
        "settings. Unset it, or use DJANGO_SETTINGS_MODULE=dslogon.settings.local."
    )


def required(name: str, hint: str) -> str:
    """Return the environment's value of `name`. Without one, the start fails with `hint`."""
    value = env.str(name, default="")
    if not value:
        raise ImproperlyConfigured(f"{name} is not set: {hint}")
    return value


SECRET_KEY = required("SECRET_KEY", "50 random characters that sign cookies and links.")
KEY_PAIRS = "id:key pairs, separated by commas, the newest last; each key is 32 bytes in base64."
try:
    FIELD_KEYS = decode_keys(dict(pair.split(":", 1) for pair in required("FIELD_KEYS", KEY_PAIRS).split(",")))
    INDEX_KEY = base64.b64decode(required("INDEX_KEY", "32 bytes in base64, for blind indexes."))
except ValueError:
    raise ImproperlyConfigured(f"FIELD_KEYS or INDEX_KEY cannot be read. FIELD_KEYS: {KEY_PAIRS}") from None
required("ALLOWED_HOSTS", "the site's own host names, separated by commas.")
SITE_ADDRESS = required("SITE_ADDRESS", "the address people reach, such as https://dslogon.example.")
required("DATABASE_URL", "postgres://user:password@host/name.")
# Without one, mail with its codes and links would be printed in the logs.
required("EMAIL_URL", "the mail server, such as smtp+tls://user:password@host:587.")

SECURE_SSL_REDIRECT = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 63_072_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
