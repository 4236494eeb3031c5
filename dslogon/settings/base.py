"""What every deployment shares. Values that differ come from the environment. Policy is in core/policy.py."""

import base64
import os
from pathlib import Path
from typing import Any

from csp.constants import NONCE
from django.core.exceptions import ImproperlyConfigured

from core import policy
from dslogon.settings import environment
from dslogon.settings.environment import env
from dslogon.settings.origin import relying_party
from dslogon.settings.queues import by_queue

BASE_DIR = Path(__file__).resolve().parents[2]
VAR_DIR = BASE_DIR / "var"

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
    "safeguards.middleware.RequestContextMiddleware",
    # Middleware that adds headers comes first, so that files get them too.
    "django.middleware.security.SecurityMiddleware",
    "dslogon.headers.HeadersMiddleware",
    "dslogon.headers.PolicyMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "accounts.sessions.zones.ZonedSessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "safeguards.standby.WrittenMiddleware",
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
DATABASES: dict[str, dict[str, Any]] = {"default": environment.database("DATABASE_URL", "postgres:///dslogon")}
CONNECT_SECONDS = {"default": environment.seconds("DB_CONNECT_SECONDS", policy.CONNECT_TIMEOUT)}
# Pages that only show something may be read from a standby (safeguards/standby.py).
if environment.text("STANDBY_DATABASE_URL"):
    DATABASES["standby"] = environment.database("STANDBY_DATABASE_URL") | {"READ_ONLY": True}
    CONNECT_SECONDS["standby"] = policy.STANDBY_PATIENCE.total_seconds()
for name, database in DATABASES.items():
    database["ENGINE"] = "safeguards.postgres"
    database["CONN_MAX_AGE"] = database.get("CONN_MAX_AGE")
    database["CONN_HEALTH_CHECKS"] = database.get("CONN_HEALTH_CHECKS", True)
    database["OPTIONS"] = {
        "server_side_binding": True,
        "prepare_threshold": 3,
        "connect_timeout": max(int(CONNECT_SECONDS[name]), 2),
        # A network that went silent is noticed by the system, which counts in milliseconds.
        "tcp_user_timeout": int(environment.seconds("DB_NETWORK_SECONDS", policy.STATEMENT_DEADLINE) * 1000),
    } | database["OPTIONS"]
# What the server keeps for each connection. The web server limits each statement too (dslogon/wsgi.py), but commands
# may take their time.
DATABASES["default"]["TIME_LIMITS"] = {
    "lock_timeout": environment.seconds("DB_LOCK_SECONDS", policy.LOCK_DEADLINE),
    "idle_in_transaction_session_timeout": environment.seconds("DB_IDLE_SECONDS", policy.IDLE_IN_TRANSACTION),
}
if "standby" in DATABASES:
    DATABASES["standby"]["TIME_LIMITS"] = {"statement_timeout": policy.STANDBY_PATIENCE.total_seconds()}
DB_STATEMENT_SECONDS = environment.seconds("DB_STATEMENT_SECONDS", policy.STATEMENT_DEADLINE)
# From when on a page that waits for the database gives up.
REQUEST_SECONDS = environment.seconds("REQUEST_SECONDS", policy.REQUEST_DEADLINE)

# Counters are in the cache, so it must count correctly under load. django-ratelimit refuses caches that do not.
CACHE_URL = environment.cache("CACHE_URL")
CACHE_SECONDS = environment.seconds("CACHE_SECONDS", policy.CACHE_TIMEOUT)
CACHES: dict[str, dict[str, Any]] = {"default": {"BACKEND": "safeguards.cache.PostgresCache"}}
if CACHE_URL:
    CACHES["default"] = {
        "BACKEND": "safeguards.cache.ValkeyCache",
        "LOCATION": CACHE_URL,
        # What the URL says of them wins.
        "OPTIONS": {"socket_timeout": CACHE_SECONDS, "socket_connect_timeout": CACHE_SECONDS},
    }
SILENCED_SYSTEM_CHECKS = [
    # The username is unique by a constraint on lower(username), which the check cannot see.
    "auth.W004",
    # Our own cache counts atomically (safeguards/cache.py, proved by a test). The check knows only names.
    "django_ratelimit.E003",
    "django_ratelimit.W001",
]

# 32 bytes that sign SMART Health Cards (portal/health_card.py). Without them, none are offered.
try:
    HEALTH_CARD_KEY = base64.b64decode(env.str("HEALTH_CARD_KEY", default=""))
except ValueError:
    raise ImproperlyConfigured("HEALTH_CARD_KEY cannot be read: it is 32 random bytes in base64.") from None

AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = ["accounts.backend.AccountBackend"]
PASSWORD_HASHERS = ["accounts.passwords.hashing.Argon2Hasher"]
# For each process of the web server. Together they take WEB_CONCURRENCY x this x 64 MiB while they hash.
HASHES_AT_ONCE = environment.whole("HASHES_AT_ONCE", policy.HASHES_AT_ONCE)
# The cores that hashing takes at most, of all processes together.
HASH_CORES = environment.whole("HASH_CORES", max(1, (os.cpu_count() or 1) - 1))
AUTH_PASSWORD_VALIDATORS = [{"NAME": "accounts.passwords.validation.NewPasswordValidator"}]
# Whether staff need a passkey, which no false page can ask for. Only where it cannot be had is this switched off.
STAFF_PASSKEY_REQUIRED = environment.flag("STAFF_PASSKEY_REQUIRED", default=True)
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
# The networks of our own proxies. Only they are believed what X-Forwarded-For and X-Forwarded-Proto say.
TRUSTED_PROXIES = environment.networks("TRUSTED_PROXIES")
# The site is at the root of its host. Otherwise a header that a proxy passes on could move it.
FORCE_SCRIPT_NAME = ""
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
DEERS_FAULT_RATE = environment.number("DEERS_FAULT_RATE", 0.5, most=1)
DEERS_LATENCY_MS = environment.whole("DEERS_LATENCY_MS", 0, least=0)
# How long DEERS and the sources of identity questions may take.
DEERS_SECONDS = environment.seconds("DEERS_SECONDS", policy.DEERS_DEADLINE)
SOURCES_SECONDS = environment.seconds("SOURCES_SECONDS", policy.SOURCES_DEADLINE)
# What reads documents at visits: the path of an idproofing.document_reader.DocumentReader. Without one, a second staff
# member looks at every document for Premium.
DOCUMENT_READER = env.str("DOCUMENT_READER", default="")
# The sources of the identity questions. Each implements idproofing.facts.FactSource.
IDPROOFING_SOURCES = env.list(
    "IDPROOFING_SOURCES", default=["idproofing.facts.MockCreditBureau", "idproofing.facts.MockTransactions"]
)

EMAIL_CONFIG = environment.mail("EMAIL_URL", "consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_BACKEND = EMAIL_CONFIG["EMAIL_BACKEND"]
EMAIL_TIMEOUT = EMAIL_CONFIG["EMAIL_TIMEOUT"] or environment.seconds("EMAIL_SECONDS", policy.MAIL_TIMEOUT)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="DS Logon <no-reply@dslogon.example>")
SERVICE_CENTER_EMAIL = env.str("SERVICE_CENTER_EMAIL", default="service-center@dslogon.example")
# Whether chats are answered at any hour, as in a demonstration. Otherwise core/policy.py has the hours.
CHAT_ALWAYS_OPEN = environment.flag("CHAT_ALWAYS_OPEN", default=False)
# Whether this is an official website of the United States government. Only then do pages say so, under the flag. The
# demo never does.
OFFICIAL_SITE = environment.flag("OFFICIAL_SITE", default=False)
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

# For each queue of the worker (docs/jobs.md): how many jobs run at once, and the seconds that one may take.
JOBS_AT_ONCE = by_queue(
    "JOBS_AT_ONCE", env.str("JOBS_AT_ONCE", default=""), {name: one.at_once for name, one in policy.QUEUES.items()}
)
JOB_DEADLINE_SECONDS = by_queue(
    "JOB_DEADLINE_SECONDS",
    env.str("JOB_DEADLINE_SECONDS", default=""),
    {name: int(one.deadline.total_seconds()) for name, one in policy.QUEUES.items()},
)

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

# Jobs know which request they come from.
PROCRASTINATE_ON_APP_READY = "safeguards.jobs.manage_jobs"

# Where Prometheus finds the figures of this machine; without a port, nowhere. All processes count in one folder.
METRICS_PORT = environment.whole("METRICS_PORT", 0, least=0, most=65_535)
METRICS_HOST = environment.text("METRICS_HOST", "127.0.0.1")
if METRICS_PORT:
    # The library reads it there.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(environment.folder("PROMETHEUS_MULTIPROC_DIR", VAR_DIR / "metrics"))

# The path of a function that takes what went wrong as a dict. It tells an error collector, such as Sentry.
ERROR_COLLECTOR = environment.text("ERROR_COLLECTOR")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "class": "safeguards.redaction.RedactingFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        },
        "json": {"class": "safeguards.logs.JsonFormatter"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": environment.one_of("LOG_FORMAT", "line", "json")},
        "errors": {"class": "safeguards.logs.ErrorHandler", "level": "ERROR"},
    },
    "root": {"handlers": ["console", "errors"], "level": "INFO"},
    "loggers": {
        # Otherwise each command would begin with a list of all jobs.
        "procrastinate.blueprints": {"level": "WARNING"},
        "procrastinate.periodic": {"level": "WARNING"},
        # It reports every try to reach a database that is away. safeguards/workers.py says so once a minute.
        "psycopg.pool": {"level": "ERROR"},
    },
}
