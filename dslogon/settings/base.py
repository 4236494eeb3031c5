"""What every deployment shares. Values that differ come from the environment. Policy is in core/policy.py."""

import base64
from pathlib import Path

import environ
from csp.constants import NONCE

from core import policy
from dslogon.settings.origin import relying_party

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = BASE_DIR / "var"
env = environ.Env()

DEBUG = False
DEMO = False
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[])

INSTALLED_APPS = [
    "service_center.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "django_otp",
    "core",
    # Before procrastinate, whose command it wraps.
    "safeguards",
    "procrastinate.contrib.django",
    "deers",
    "idproofing",
    "accounts",
    # After accounts, because its rows refer to rows of accounts.
    "django_otp_webauthn",
    "portal.record.apps.RecordConfig",
    "portal.export.apps.ExportConfig",
    "portal.medications.apps.MedicationsConfig",
    "portal.messages.apps.MessagesConfig",
    "portal.tools.apps.ToolsConfig",
    "portal.notices.apps.NoticesConfig",
    "portal.appointments.apps.AppointmentsConfig",
    "portal.family.apps.FamilyConfig",
    "portal",
    "support",
    "support.chat.apps.ChatConfig",
    "service_center.audit_viewer.apps.AuditViewerConfig",
    "service_center.figures.apps.FiguresConfig",
    # After the rooms whose rows its pages show.
    "service_center.calls.apps.CallsConfig",
    "service_center.apps.ServiceCenterConfig",
]

MIDDLEWARE = [
    # Middleware that adds headers comes first, so that files get them too.
    "django.middleware.security.SecurityMiddleware",
    "dslogon.headers.HeadersMiddleware",
    "dslogon.headers.PolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "safeguards.middleware.RequestContextMiddleware",
    "accounts.sessions.zones.ZonedSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.sign_in.middleware.SessionLimitsMiddleware",
    # After CSRF was judged, and before an old session is sent to the sign-in.
    "accounts.sign_in.repeated_forms.RepeatedFormMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.sign_in.middleware.BusyMiddleware",
]

ROOT_URLCONF = "dslogon.urls"
STAFF_URLCONF = "dslogon.staff_urls"
WSGI_APPLICATION = "dslogon.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["core.templatetags.page", "accounts.templatetags.session_tags"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "core.context_processors.site",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
INSTALLED_APPS.append("django.forms")

# A connection is kept for the life of its thread and checked before it is used again. Values are bound
# by the server and frequent statements are prepared there, which halves PostgreSQL's share of a request.
DATABASES = {"default": env.db("DATABASE_URL", default="postgres:///dslogon")}
DATABASES["default"].update(ENGINE="safeguards.postgres", CONN_MAX_AGE=None, CONN_HEALTH_CHECKS=True)
DATABASES["default"].setdefault("OPTIONS", {}).update(server_side_binding=True, prepare_threshold=3)

# Counters are in the cache, so it must count correctly under load. django-ratelimit refuses caches that do not.
CACHE_URL = env.str("CACHE_URL", default="")
if CACHE_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": CACHE_URL}}
else:
    CACHES = {"default": {"BACKEND": "safeguards.cache.PostgresCache"}}
SILENCED_SYSTEM_CHECKS = [
    # The username is unique by a constraint on lower(username), which the check cannot see.
    "auth.W004",
    # Our own cache counts atomically (safeguards/cache.py, proved by a test). The check knows only names.
    "django_ratelimit.E003",
    "django_ratelimit.W001",
]

# 32 bytes that sign SMART Health Cards (portal/health_card.py). Without them, none are offered.
HEALTH_CARD_KEY = base64.b64decode(env.str("HEALTH_CARD_KEY", default=""))

AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = ["accounts.backend.AccountBackend"]
PASSWORD_HASHERS = ["accounts.passwords.hashing.Argon2Hasher"]
# For each process of the web server. Together they take WEB_CONCURRENCY x this x 64 MiB while they hash.
HASHES_AT_ONCE = env.int("HASHES_AT_ONCE", default=policy.HASHES_AT_ONCE)
AUTH_PASSWORD_VALIDATORS = [{"NAME": "accounts.passwords.validation.NewPasswordValidator"}]
# Whether staff need a passkey, which no false page can ask for. Only where it cannot be had is this switched off.
STAFF_PASSKEY_REQUIRED = env.bool("STAFF_PASSKEY_REQUIRED", default=True)
# The name of a URL: under /admin/ it is a different one.
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "/portal/"
MESSAGE_STORAGE = "core.flash.MessageCookie"
SESSION_ENGINE = "accounts.sessions.store"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = int(policy.SESSION_IDLE.total_seconds())
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "accounts.sign_in.stale_forms.csrf_failure"
# How many proxies of our own are in front of us. Each of them appends to X-Forwarded-For.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        # Each page's own scripts, by a random number made for the page. See headers.py for the admin.
        "script-src": [NONCE],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# DEERS is a mock here. A real registry implements deers.registry.EligibilityRegistry.
DEERS_REGISTRY = env.str("DEERS_REGISTRY", default="deers.mock.MockRegistry")
# The mock's fault: none, "unavailable", "slow", or "flapping" at a rate from 0 to 1. And its latency.
DEERS_FAULT = env.str("DEERS_FAULT", default="")
DEERS_FAULT_RATE = env.float("DEERS_FAULT_RATE", default=0.5)
DEERS_LATENCY_MS = env.int("DEERS_LATENCY_MS", default=0)
# What reads documents at visits: the path of an idproofing.document_reader.DocumentReader. Without one, a second staff
# member looks at every document for Premium.
DOCUMENT_READER = env.str("DOCUMENT_READER", default="")
# The sources of the identity questions. Each implements idproofing.facts.FactSource.
IDPROOFING_SOURCES = env.list(
    "IDPROOFING_SOURCES", default=["idproofing.facts.MockCreditBureau", "idproofing.facts.MockTransactions"]
)

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = int(policy.MAIL_TIMEOUT.total_seconds())
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="DS Logon <no-reply@dslogon.example>")
SERVICE_CENTER_EMAIL = env.str("SERVICE_CENTER_EMAIL", default="service-center@dslogon.example")
# Whether chats are answered at any hour, as in a demonstration. Otherwise core/policy.py has the hours.
CHAT_ALWAYS_OPEN = env.bool("CHAT_ALWAYS_OPEN", default=False)
# Whether this is an official website of the United States government. Only then do pages say so, under the flag. The
# demo never does.
OFFICIAL_SITE = env.bool("OFFICIAL_SITE", default=False)
# Links in mail are built from this, never from the Host header of a request.
SITE_ADDRESS = env.str("SITE_ADDRESS", default="http://localhost:8000")
# Passkeys belong to a host name, and browsers do not accept an IP address. On one's own machine they work at localhost.
# If the host name changes later, everyone has to make new passkeys.
OTP_WEBAUTHN_RP_NAME = "DS Logon"
OTP_WEBAUTHN_RP_ID, OTP_WEBAUTHN_ALLOWED_ORIGINS = relying_party(SITE_ADDRESS)

LANGUAGE_CODE = "en-us"
FORMAT_MODULE_PATH = ["core.formats"]
TIME_ZONE = "America/New_York"
USE_TZ = True

# Where `./run pictures` puts the pictures of the guides.
GUIDE_PICTURES = VAR_DIR / "guide-pictures"

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static", ("uswds", BASE_DIR / "node_modules/@uswds/uswds/dist")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "dslogon.static_files.ManifestAside"},
}
WHITENOISE_MAX_AGE = 3600

DATA_UPLOAD_MAX_MEMORY_SIZE = 128 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 20
FILE_UPLOAD_HANDLERS = ["core.uploads.BoundedMemoryUploadHandler"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "class": "safeguards.redaction.RedactingFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    # Otherwise each command would begin with a list of all jobs.
    "loggers": {name: {"level": "WARNING"} for name in ("procrastinate.blueprints", "procrastinate.periodic")},
}
