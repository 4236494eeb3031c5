"""The tests: a throw-away database, fixed keys, mail kept in memory, and a fast hasher that nothing else uses."""

from dslogon.settings.base import *  # noqa: F403
from dslogon.settings.base import DATABASES, INSTALLED_APPS, VAR_DIR

ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
SECRET_KEY = "only-for-tests"  # noqa: S105 - guards nothing
FIELD_KEYS = {"1": b"only for tests, 32 bytes of key."}
INDEX_KEY = b"only for tests, 32 bytes: index."
HEALTH_CARD_KEY = b"only for tests, 32 bytes: cards."
DEMO = True
STAFF_PASSKEY_REQUIRED = False
CHAT_ALWAYS_OPEN = True
DOCUMENT_READER = "idproofing.document_reader.MockReader"
INSTALLED_APPS.append("demo")
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
# The audit trail may be emptied between tests, and only in a database whose name begins with test_.
DATABASES["default"]["OPTIONS"]["options"] = "-c dslogon.throwaway=on"
PASSWORD_HASHERS = ["tests.hashing.FastHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Otherwise every test client would read the list of all collected files again. The live server needs no list.
STATIC_ROOT = VAR_DIR / "none-in-tests"
# Guides are tested without pictures, but by the tests of pictures.
GUIDE_PICTURES = STATIC_ROOT
