"""All settings, grouped by seam. Values come from the environment; the README has the table."""

import logging
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from prometheus_client import disable_created_metrics

from accounts import redis_patience
from inference.engines.processor import available_cores
from maskr_site.composition import *  # noqa: F403  # settings as well, which nobody sets
from maskr_site.env import (
    BYTES,
    FROM_0,
    FROM_1,
    KEPT,
    LOG_FORMAT,
    PORT,
    THREADS,
    THREADS_OR_ALL,
    address,
    database,
    env,
    folder,
    hosts,
    listed,
    networks,
    next_database,
    place,
    published,
    rotated,
    secret,
    sender,
    shared,
    site,
    texts,
)
from maskr_site.logs import logging_config
from maskr_site.metrics import room
from maskr_site.storages import storage_entry

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = folder("MASKR_VAR_DIR", BASE_DIR / "var")

DEBUG = env.bool("DEBUG", False)

# --- Secrets -------------------------------------------------------------------------------------
_secrets = VAR_DIR / "secrets"
SECRET_KEY = secret("SECRET_KEY", _secrets)
# Sessions and reset links that one of these signed go on working while it is being replaced.
SECRET_KEY_FALLBACKS = listed("MASKR_OLD_SECRET_KEYS")
# Separate from SECRET_KEY: rotating that one must not kill every customer's key or result URL.
# The first hashes, all find; a key found by an older one is hashed anew: put a new one in front.
KEY_PEPPERS = rotated("MASKR_KEY_PEPPER", _secrets)
# The first signs, all verify: put a new one in front to rotate.
SIGNING_KEYS = rotated("MASKR_SIGNING_KEYS", _secrets)
# Webhook secrets are derived from the first, and all sign: put a new one in front to rotate.
WEBHOOK_KEYS = rotated("MASKR_WEBHOOK_KEYS", _secrets)

# --- Addresses -----------------------------------------------------------------------------------
PUBLIC_URL = site("PUBLIC_URL")
_public = urlsplit(PUBLIC_URL)
ALLOWED_HOSTS = hosts("MASKR_ALLOWED_HOSTS", _public.hostname)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
# How many reverse proxies stand in front and append to X-Forwarded-For; 0 trusts none.
TRUSTED_PROXIES = env.int("MASKR_TRUSTED_PROXIES", 0, validate=FROM_0)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
_https = _public.scheme == "https"
SECURE_SSL_REDIRECT = False  # a redirected POST loses its body: the proxy redirects browsers
SILENCED_SYSTEM_CHECKS = ["security.W008"]  # which asks for that redirect
SECURE_HSTS_SECONDS = env.int("MASKR_HSTS_SECONDS", 31_536_000 if _https else 0, validate=FROM_0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.bool("MASKR_HSTS_SUBDOMAINS", _https)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- Database: DATABASE_URL -------------------------------------------------------------------
DATABASES = {"default": database("DATABASE_URL", f"sqlite:///{VAR_DIR / 'maskr.sqlite3'}")}
_database = DATABASES["default"]
if "sqlite3" in _database["ENGINE"]:
    # IMMEDIATE: a deferred transaction that upgrades to a write fails at once, timeout or not.
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;PRAGMA foreign_keys=ON;",
    }
    _database["CONN_MAX_AGE"] = 60
    # In a file, so that the threads of a live server share it with the test.
    _database["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
else:
    from maskr_site.database import patient_for_seconds

    # Threads give their connection back before they wait, so a small pool serves many requests.
    _database["OPTIONS"] = {
        **patient_for_seconds(pool_size=env.int("MASKR_DB_POOL", 10, validate=THREADS)),
        **_database.get("OPTIONS", {}),
    }
    _database["CONN_MAX_AGE"] = 0
    _database["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Broker: BROKER_URL ---------------------------------------------------------------------------
BROKER_URL = address("BROKER_URL", "stub://", "stub", "redis", "rediss", "amqp", "amqps")
EMBEDDED = BROKER_URL.startswith("stub:")
# The first seals secrets of second factors, all open them: put a new one in front to rotate.
FACTOR_KEYS = shared("MASKR_FACTOR_KEYS", _secrets, makes_one=EMBEDDED)
# Rate limits, wake-ups and the cache: another database of the same server, since the broker's
# maintenance lists every key of its own.
REDIS_URL = address("MASKR_REDIS_URL", "", "redis", "rediss", "unix")
if not REDIS_URL and BROKER_URL.startswith(("redis:", "rediss:")):
    REDIS_URL = next_database("BROKER_URL", BROKER_URL)
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": redis_patience.options(),
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
# One more than cores: while one job waits for a file or the database, none of them idles.
WORKER_THREADS = env.int("MASKR_WORKER_THREADS", min(available_cores(), 8) + 1, validate=THREADS)
WEB_THREADS = env.int("MASKR_WEB_THREADS", 64, validate=THREADS)
# A request must have come whole within the grace, or at this average rate: 408 otherwise.
UPLOAD_GRACE_S = env.float("MASKR_UPLOAD_GRACE", 20.0, validate=FROM_0)
MIN_UPLOAD_BYTES_PER_S = env.float("MASKR_MIN_UPLOAD_RATE", 5_000.0, validate=FROM_1)
LEASE_S = env.int("MASKR_LEASE_SECONDS", 20, validate=FROM_1)
MAX_ATTEMPTS = env.int("MASKR_MAX_ATTEMPTS", 3, validate=FROM_1)
# Jobs that waited for so long without any worker are given up and their credits returned.
NO_WORKER_LIMIT_S = env.int("MASKR_NO_WORKER_SECONDS", 60, validate=FROM_1)

# Beyond these the door refuses with 503 and Retry-After: seconds that the oldest picture of a queue
# may wait before its owner gets no more in, and pictures that may wait in all. After an overload, at
# half of what the workers can do, a queue is gone after twice its age.
MAX_QUEUE_AGE_S = env.float("MASKR_MAX_QUEUE_AGE", 7.0, validate=FROM_0)
MAX_BATCH_QUEUE_AGE_S = env.float("MASKR_MAX_BATCH_QUEUE_AGE", 240.0, validate=FROM_0)
MAX_QUEUE_DEPTH = env.int("MASKR_MAX_QUEUE_DEPTH", 1000, validate=FROM_1)

# --- Storage: STORAGE_URL -------------------------------------------------------------------------
STORAGES = {
    "default": storage_entry(env.str("STORAGE_URL", (VAR_DIR / "files").as_uri())),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
RETENTION_HOURS = env.int("MASKR_RETENTION_HOURS", 24, validate=KEPT)
URL_TTL_S = env.int("MASKR_URL_TTL", 3600, validate=FROM_1)

# --- Inference --------------------------------------------------------------------------------
MODELS_DIR = place("MODELS_DIR", VAR_DIR / "models")
ORT_PROVIDERS = listed("ORT_PROVIDERS", ["CPUExecutionProvider"])
ORT_THREADS = env.int("MASKR_ORT_THREADS", 0, validate=THREADS_OR_ALL) or None
# Of several runs at once each gets a core, a lone one gets all: 1 gives all to each in its turn.
STREAMS = env.int("MASKR_STREAMS", 0, validate=THREADS_OR_ALL) or None
PRECISION = env.str("MASKR_PRECISION", "auto")
QUALITY = env.str("MASKR_QUALITY", "auto")

# --- Limits ---------------------------------------------------------------------------------------
MAX_PIXELS = env.int("MASKR_MAX_PIXELS", 50_000_000, validate=FROM_1)
MAX_UPLOAD_BYTES = env.int("MASKR_MAX_UPLOAD_BYTES", 25 * 1024 * 1024, validate=BYTES)
MAX_BATCH_FILES = env.int("MASKR_MAX_BATCH_FILES", 50, validate=FROM_1)
TEST_KEY_MAX_SIDE = 512
SYNC_TIMEOUT_S = env.float("MASKR_SYNC_TIMEOUT", 60.0, validate=FROM_0)
BATCH_TIMEOUT_S = env.float("MASKR_BATCH_TIMEOUT", 300.0, validate=FROM_0)
IDEMPOTENCY_HOURS = 24
# Small results without an account, in 24 hours: of one network, and of all of them together.
VISITOR_TRIES = env.int("MASKR_VISITOR_TRIES", 3, validate=FROM_0)
VISITOR_TRIES_IN_ALL = env.int("MASKR_VISITOR_TRIES_IN_ALL", 300, validate=FROM_0)
# Base64 pictures arrive as text fields, 4/3 of their size; files have their own, earlier limit.
DATA_UPLOAD_MAX_MEMORY_SIZE = max(44 * 1024 * 1024, MAX_UPLOAD_BYTES * 3 // 2)
DATA_UPLOAD_MAX_NUMBER_FILES = (
    2 * MAX_BATCH_FILES + 50
)  # more than allowed, to answer for it ourselves
FILE_UPLOAD_HANDLERS = [
    "services.uploads.SizeLimitHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
# Small enough uploads stay in memory: a 12-megapixel JPEG does, a batch of them goes to disk.
FILE_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024

# --- Applications -----------------------------------------------------------------------------
ROOT_URLCONF = "maskr_site.urls"
WSGI_APPLICATION = "maskr_site.wsgi.application"
APPEND_SLASH = False  # a redirected POST loses its body; API paths exist with and without a slash
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"  # fields look as templates/ says
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "maskr_site.navigation.frame",
            ]
        },
    }
]
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = ["maskr_site.formats"]
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = published("MASKR_STATIC_DIR", VAR_DIR / "static", VAR_DIR, BASE_DIR)
STATICFILES_DIRS = [BASE_DIR / "static"]
LOGGING = logging_config(
    env.log_level("MASKR_LOG_LEVEL", logging.INFO),
    env.str("MASKR_LOG_FORMAT", "console" if EMBEDDED else "json", validate=LOG_FORMAT),
)

# --- Watching ---------------------------------------------------------------------------------
# /health/ready is 503 when a single picture waits longer, or when less room is left.
READY_QUEUE_AGE_S = env.float("MASKR_READY_QUEUE_AGE", 60.0, validate=FROM_0)
MIN_FREE_MB = env.int("MASKR_MIN_FREE_MB", 200, validate=FROM_0)
room.be_careful()
disable_created_metrics()  # type: ignore[no-untyped-call]  # the age of each series, which nobody looks at and doubles them
# Without a token /metrics answers this machine only.
METRICS_TOKEN = env.str("MASKR_METRICS_TOKEN", "")
# Where `manage.py worker` tells its metrics; 0: nowhere.
METRICS_PORT = env.int("MASKR_METRICS_PORT", 0, validate=PORT)

# Errors are reported there, without bodies, headers, keys and local variables.
SENTRY_DSN = env.str("MASKR_SENTRY_DSN", "")

# --- Accounts -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_CHANGE_EMAIL = True  # one address: the new one replaces it once it is confirmed
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # before what a stolen session must not do
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
_email_url = env.str("EMAIL_URL", "")
# Without a mail server a confirmation would never arrive, and nobody could sign up.
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if _email_url else "none"
if _email_url:
    _email = env.dj_email_url("EMAIL_URL")
    if "EMAIL_BACKEND" not in _email:
        raise ImproperlyConfigured("EMAIL_URL begins with smtp://, smtps:// or submission://")
    vars().update(_email)
else:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
EMAIL_TIMEOUT = 10  # a mail server that hangs must not hold requests
DEFAULT_FROM_EMAIL = sender("MASKR_FROM_EMAIL", "Maskr <no-reply@localhost>")
MFA_ALLOW_UNVERIFIED_EMAIL = not _email_url
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Maskr"
MFA_TOTP_TOLERANCE = 1  # the code before and the one after: clocks of phones differ
HIJACK_PERMISSION_CHECK = "accounts.backoffice.impersonation.may_impersonate"
# Whether the admin is closed to staff who log in with a password alone.
STAFF_MFA = env.bool("MASKR_STAFF_MFA", False)
# Who may report keys found in public: PEM public keys by the identifier that the partner sends.
LEAK_PARTNER_KEYS = texts("MASKR_LEAK_PARTNER_KEYS")
# What the role "support" may return to customers in a day, each person.
SUPPORT_REFUND_CREDITS = env.int("MASKR_SUPPORT_REFUND_CREDITS", 100, validate=FROM_0)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/account/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"

# --- Payments -------------------------------------------------------------------------------------
# Without a key nothing can be bought, and the pages say so.
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", "")
# Any of them may have signed: two while one is being rotated.
STRIPE_WEBHOOK_SECRETS = listed("STRIPE_WEBHOOK_SECRETS")
STRIPE_API_BASE = address("STRIPE_API_BASE", "", "https", "http")
# What Stripe told is kept for so long once it is processed; that it was told, for ever.
STRIPE_EVENT_DAYS = env.int("MASKR_STRIPE_EVENT_DAYS", 90, validate=KEPT)
STRIPE_TAX = env.bool("STRIPE_TAX", False)

# --- Webhooks to customers -------------------------------------------------------------------
# Beside public addresses by https, endpoints may lie in these networks, also by http.
WEBHOOK_NETWORKS = networks("MASKR_WEBHOOK_NETWORKS")
WEBHOOK_DAYS = env.int("MASKR_WEBHOOK_DAYS", 30, validate=KEPT)
# At once, in each web and worker process; a quarter of them to one endpoint, half to one owner's.
WEBHOOK_THREADS = env.int("MASKR_WEBHOOK_THREADS", 8, validate=THREADS)
