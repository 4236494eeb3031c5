"""Settings of a plain django-allauth site: what its documentation says to install, and kept connections like ours."""

import environ

from core import policy
from dslogon.settings.base import BASE_DIR

DATABASES = {"default": environ.Env().db("ALLAUTH_DATABASE_URL", default="postgres:///allauth")}
# Without these it would be several times slower, and we do not want to win by that. It has no health checks to pay for.
DATABASES["default"].update(CONN_MAX_AGE=None)
DATABASES["default"].setdefault("OPTIONS", {}).update(server_side_binding=True, prepare_threshold=3)

ALLOWED_HOSTS = ["127.0.0.1"]
# It is served as ours is (bench/allauth_front.py).
HASHES_AT_ONCE = policy.HASHES_AT_ONCE
REQUEST_SECONDS = policy.REQUEST_DEADLINE.total_seconds()
SECRET_KEY = "only-for-the-bench"  # noqa: S105
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "allauth",
    "allauth.account",
    "bench",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "bench/templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "bench.allauth_pages"
LOGIN_REDIRECT_URL = "/accounts/profile/"
USE_TZ = True
