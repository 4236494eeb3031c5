"""The site as production serves it, but on plain HTTP and with invented people."""

import os
from ipaddress import ip_network

from dslogon.settings.base import *  # noqa: F403
from dslogon.settings.base import DATABASES, INSTALLED_APPS, environment

ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
# These guard invented people for three minutes.
SECRET_KEY = "only-for-the-bench"  # noqa: S105
FIELD_KEYS = {"1": b"only for bench, 32 bytes of key."}
INDEX_KEY = b"only for bench, 32 bytes: index."
ROOT_URLCONF = "bench.urls"
INSTALLED_APPS.append("demo")
STAFF_PASSKEY_REQUIRED = False
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
# The bench says where each request comes from, as a proxy would. Wrong passwords are counted for each address.
TRUSTED_PROXIES = [ip_network("127.0.0.0/8")]
# The large registry is queried in turns with a small one, so that what disturbs the machine disturbs both.
if "SMALL_DATABASE_URL" in os.environ:
    DATABASES["small"] = DATABASES["default"] | {"NAME": environment.database("SMALL_DATABASE_URL")["NAME"]}
