"""Production: HTTPS only, every secret from the environment, no demo. What is missing or unsafe stops the start."""

import base64
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from dslogon.settings import environment
from dslogon.settings.base import *  # noqa: F403
from dslogon.settings.base import ALLOWED_HOSTS, EMAIL_BACKEND, HEALTH_CARD_KEY, LOGGING
from dslogon.settings.environment import required
from dslogon.settings.keys import KEY_BYTES, decode_keys


def refuse(unsafe: bool, sentence: str) -> None:
    """Stop the start with `sentence` if a value is unsafe."""
    if unsafe:
        raise ImproperlyConfigured(sentence)


refuse(
    environment.flag("DSLOGON_DEMO", default=False),
    "DSLOGON_DEMO=1 shows every code and password of the invented people, so it never runs with production settings. "
    "Unset it, or use DJANGO_SETTINGS_MODULE=dslogon.settings.local.",
)

SIGNING = "50 random characters that sign cookies and links."
SECRET_KEY = required("SECRET_KEY", SIGNING)
refuse(
    # Django's own measure (security.W009).
    len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5 or SECRET_KEY.startswith("django-insecure-"),
    f"SECRET_KEY can be guessed: it has to be {SIGNING}",
)
KEY_PAIRS = "id:key pairs, separated by commas, the newest last; each key is 32 random bytes in base64."
try:
    FIELD_KEYS = decode_keys(dict(pair.split(":", 1) for pair in required("FIELD_KEYS", KEY_PAIRS).split(",")))
    INDEX_KEY = base64.b64decode(required("INDEX_KEY", "32 bytes in base64, for blind indexes."))
except ValueError:
    raise ImproperlyConfigured(f"FIELD_KEYS or INDEX_KEY cannot be read. FIELD_KEYS: {KEY_PAIRS}") from None
refuse(
    any(len(key) != KEY_BYTES for key in (*FIELD_KEYS.values(), INDEX_KEY)),
    f"FIELD_KEYS or INDEX_KEY holds a key of another length than {KEY_BYTES} bytes. FIELD_KEYS: {KEY_PAIRS}",
)
refuse(
    len(HEALTH_CARD_KEY) not in (0, KEY_BYTES),
    f"HEALTH_CARD_KEY has to be {KEY_BYTES} random bytes in base64, or unset: then no vaccine codes are offered.",
)

required("ALLOWED_HOSTS", "the site's own host names, separated by commas.")
refuse(
    any(host.strip() in ("*", ".") for host in ALLOWED_HOSTS),
    "ALLOWED_HOSTS=* lets anybody choose the host name of our pages: name the site's own, separated by commas.",
)
SITE_ADDRESS = required("SITE_ADDRESS", "the address people reach, such as https://your.domain.")
site = urlsplit(SITE_ADDRESS)
refuse(
    site.scheme != "https" or not site.hostname or site.path not in ("", "/") or bool(site.query or site.username),
    "SITE_ADDRESS has to be the https address that people reach, with nothing after the host: links in mail and "
    "passkeys need it.",
)
refuse(
    not any(site.hostname == host or host == f".{(site.hostname or '').partition('.')[2]}" for host in ALLOWED_HOSTS),
    "SITE_ADDRESS names a host that ALLOWED_HOSTS lacks, so every link in our mail would be refused.",
)
required("DATABASE_URL", f"{environment.DATABASE}.")
# Without one, mail with its codes and links would be printed in the logs.
required("EMAIL_URL", f"the mail server, such as {environment.MAIL}.")
refuse(
    "smtp" not in EMAIL_BACKEND and EMAIL_BACKEND.startswith("django.core.mail."),
    f"EMAIL_URL prints or keeps mail, with its codes and links, instead of sending it: name a server, such as "
    f"{environment.MAIL}.",
)
# RFC 2606: names that nobody can own, so that answers and failures go nowhere.
RESERVED = (".example", ".test", ".invalid", ".localhost", "example.com", "example.org", "example.net")
DEFAULT_FROM_EMAIL = required("DEFAULT_FROM_EMAIL", "who our mail comes from, such as DS Logon <no-reply@host>.")
SERVICE_CENTER_EMAIL = required("SERVICE_CENTER_EMAIL", "the mailbox of the service center.")
for name, sender in (("DEFAULT_FROM_EMAIL", DEFAULT_FROM_EMAIL), ("SERVICE_CENTER_EMAIL", SERVICE_CENTER_EMAIL)):
    domain = sender.rpartition("@")[2].rstrip("> ").lower()
    refuse(
        "." not in domain or f".{domain}".endswith(RESERVED),
        f"{name} is at a domain that nobody can own, so mail from there is refused: name a mailbox of your own.",
    )
required(
    "TRUSTED_PROXIES",
    'the addresses or networks of our own proxies, separated by commas, such as 10.0.0.0/24, or "none". Without them '
    "every visitor would have the same address, and one would use up the limits of all.",
)

LOGGING["handlers"]["console"]["formatter"] = environment.one_of("LOG_FORMAT", "json", "line")

SECURE_SSL_REDIRECT = True
# Only from TRUSTED_PROXIES: dslogon/request.py takes the header away from everybody else.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 63_072_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_NAME = "__Host-csrf"
