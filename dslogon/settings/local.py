"""`make run`: one machine, plain HTTP on the loopback, its own keys, and the demo unless it is switched off."""

from hashlib import sha256

from dslogon.settings import environment
from dslogon.settings.base import *  # noqa: F403
from dslogon.settings.base import INSTALLED_APPS, MIDDLEWARE, VAR_DIR, env
from dslogon.settings.keys import local_keys

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
SECRET_KEY, FIELD_KEYS, INDEX_KEY = local_keys(env.path("DSLOGON_KEYS_FILE", default=str(VAR_DIR / "keys.json")))

# A card of this machine is for trying out: nobody else trusts its key.
HEALTH_CARD_KEY = sha256(b"health cards" + INDEX_KEY).digest()

# After the files, which may be fetched from anywhere.
MIDDLEWARE.insert(
    MIDDLEWARE.index("whitenoise.middleware.WhiteNoiseMiddleware") + 1, "dslogon.one_host.OneHostMiddleware"
)

DEMO = environment.flag("DSLOGON_DEMO", default=True)
# The demo's staff sign in with codes that its page shows.
STAFF_PASSKEY_REQUIRED = environment.flag("STAFF_PASSKEY_REQUIRED", default=not DEMO)
CHAT_ALWAYS_OPEN = environment.flag("CHAT_ALWAYS_OPEN", default=DEMO)
if DEMO:
    DOCUMENT_READER = env.str("DOCUMENT_READER", default="idproofing.document_reader.MockReader")
    INSTALLED_APPS.append("demo")
    # Mail stays on a page of the demo, unless a mail server is named.
    if not env.str("EMAIL_URL", default=""):
        EMAIL_BACKEND = "demo.mail.KeepingBackend"
if not (VAR_DIR / "staticfiles.json").exists():
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
