"""Every setting, in one file. A value is either constant here or read from one environment variable, once, by its name.

`.env.example` explains each variable; a test compares the two. A `.env` file beside manage.py is read where it exists; the
environment wins over it.
"""

from datetime import timedelta
from decimal import Decimal
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
import structlog
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config.kernel.redacting import without_keys

BASE_DIR = Path(__file__).resolve().parent.parent


def refuse(name: str, why: str) -> None:
    raise ImproperlyConfigured(f"{name} {why}")


_IN_PASSWORDS = "in a password / ? # @ : and % are written %2F %3F %23 %40 %3A %25."


def clickhouse_trouble(url: str) -> str:
    """What is wrong with that address, if anything; never with a part of it, for it may hold a password."""
    if not url.startswith(("http://", "https://")):
        return (
            "is neither http(s)://user:password@host:port/database nor a folder."
            if "://" in url.removeprefix("file://")
            else ""
        )
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return f"is no address; {_IN_PASSWORDS}"
    if not host or parts.query or parts.fragment or "@" in parts.path:
        return f"is no http(s)://user:password@host:port/database; {_IN_PASSWORDS}"
    if parts.scheme == "http" and parts.password and not _is_near(host):
        return "would send its password in the clear; use https, or a host of this machine or of a private network."
    return ""


def _is_near(host: str) -> bool:
    """This machine, a private address, or a name without a dot, as containers and services of one network have."""
    try:
        address = ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".localhost"))
    return address.is_loopback or address.is_private


class Env(environ.Env):  # type: ignore[misc]  # environ ships no types
    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        """Names the variable whose value is malformed, which the reader of one type alone does not."""
        try:
            return super().get_value(var, *args, **kwargs)
        except (ValueError, ArithmeticError) as error:
            raise ImproperlyConfigured(f"{var} is malformed: {error}") from error


env = Env()
ENV_FILE = env.str("ENV_FILE", default=str(BASE_DIR / ".env"))
if ENV_FILE and Path(ENV_FILE).is_file():
    env.read_env(ENV_FILE)

# --- The machine -----------------------------------------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
if not SECRET_KEY:
    refuse("SECRET_KEY", "is empty; it must be a long random word.")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

CLOCK_OFFSET = timedelta(seconds=env.float("CLOCK_OFFSET", default=0.0))
if CLOCK_OFFSET and not DEBUG:
    refuse("CLOCK_OFFSET", "shifts the clock of this process for tests; it needs DEBUG=on.")

# --- The shop --------------------------------------------------------------------------------------------------------------

SHOP_NAME = env.str("SHOP_NAME", default="구매 시점")
SHOP_CURRENCY = env.str("SHOP_CURRENCY", default="KRW")
if not (SHOP_CURRENCY.isascii() and SHOP_CURRENCY.isalpha() and SHOP_CURRENCY.isupper() and len(SHOP_CURRENCY) == 3):
    refuse("SHOP_CURRENCY", "must be three capital letters of ISO 4217, such as KRW.")
BUSINESS_TIME_ZONE = env.str("BUSINESS_TIME_ZONE", default="Asia/Seoul")
# A flat fee in the shop's currency, waived from an amount of goods on (0: never waived).
SHIPPING_FEE = env("SHIPPING_FEE", cast=Decimal, default=Decimal(3000))
FREE_SHIPPING_FROM = env("FREE_SHIPPING_FROM", cast=Decimal, default=Decimal(50000))
PAYMENT_DUE_MINUTES = env.int("PAYMENT_DUE_MINUTES", default=60)
SHIP_WITHIN_HOURS = env.int("SHIP_WITHIN_HOURS", default=48)
# Stock counts: what differs by more is counted once more, what is worth more takes a second person to approve.
STOCK_COUNT_TOLERANCE_UNITS = env.int("STOCK_COUNT_TOLERANCE_UNITS", default=2)
STOCK_COUNT_TOLERANCE_VALUE = env("STOCK_COUNT_TOLERANCE_VALUE", cast=Decimal, default=Decimal(50000))
STOCK_COUNT_LIMIT = env("STOCK_COUNT_LIMIT", cast=Decimal, default=Decimal(300000))
# After so many days the SKUs of class A, B and C are due for counting.
STOCK_COUNT_DAYS = env.list("STOCK_COUNT_DAYS", cast=int, default=[30, 90, 180])
if len(STOCK_COUNT_DAYS) != 3 or min(STOCK_COUNT_DAYS) < 1:
    refuse("STOCK_COUNT_DAYS", "must be three numbers of days, for the classes A, B and C, such as 30,90,180.")

# --- Apps ------------------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config.kernel",
    "inventory",
    "campaigns",
    "orders",
    "analytics",
    "config.back_office.BackOfficeConfig",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    "django_celery_beat",
    "axes",
    "csp",
    "django_structlog",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.kernel.middleware.ContentSecurityPolicyByPath",
    "config.kernel.middleware.SessionsOfPages",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.kernel.middleware.AddressesThatCanBeAsked",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.kernel.middleware.AuthenticationOfPages",
    "config.kernel.middleware.RequestsWithoutQueries",
    "config.kernel.middleware.MessagesOfPages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
            ],
        },
    },
]

# --- PostgreSQL ------------------------------------------------------------------------------------------------------------

# A pool serves the threads of one web process. Workers and commands leave it off: a pool does not survive a fork.
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=0)

_database = env.db_url("DATABASE_URL")
if _database.get("ENGINE") != "django.db.backends.postgresql":
    refuse("DATABASE_URL", "must name a PostgreSQL database: postgres://user:password@host/name.")
_database.setdefault("OPTIONS", {})
_database["OPTIONS"]["application_name"] = "backoffice"
# Statements are sent with their values apart and, from the third time on, prepared: planning is half of what an order costs.
_database["OPTIONS"]["server_side_binding"] = True
_database["OPTIONS"]["prepare_threshold"] = 3
# No statement waits or runs for ever, and no forgotten session holds locks. Jobs raise their own limit (kernel/jobs.py).
_database["OPTIONS"]["options"] = "-c lock_timeout=5s -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s"
if DATABASE_POOL_SIZE:
    _database["OPTIONS"]["pool"] = {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 5}
    _database["CONN_MAX_AGE"] = 0
else:
    _database["CONN_MAX_AGE"] = 60
# A restarted PostgreSQL costs nobody a request: a connection is tried before it is used again.
_database["CONN_HEALTH_CHECKS"] = True
DATABASES = {"default": _database}

# --- Redis: a broker and a cache, in two databases, so that clearing the cache never empties the queue ------------------------

REDIS_URL = env.str("REDIS_URL").rstrip("/")
if not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
    refuse("REDIS_URL", "must name a Redis server: redis://host:6379 or unix:///path/of/the/socket.")
if not REDIS_URL.startswith("unix://") and "/" in REDIS_URL.split("://", 1)[1]:
    refuse("REDIS_URL", "names a server without a database; databases 0 and 1 of it are used.")
if REDIS_URL.startswith("unix://"):
    CELERY_BROKER_URL = f"redis+socket://{REDIS_URL.removeprefix('unix://')}?virtual_host=0"
    _cache_url = f"{REDIS_URL}?db=1"
else:
    CELERY_BROKER_URL = f"{REDIS_URL}/0"
    _cache_url = f"{REDIS_URL}/1"

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": _cache_url,
        "KEY_PREFIX": "backoffice",
        # A hanging Redis may slow a request by this much, and no more.
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    }
}

# --- Celery ----------------------------------------------------------------------------------------------------------------

CELERY_TIMEZONE = BUSINESS_TIME_ZONE
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5
DJANGO_CELERY_BEAT_TZ_AWARE = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
# No results are kept, so beat need not schedule their clean-up.
CELERY_RESULT_EXPIRES = None
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 1800
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Above the longest time limit, or a long task would be handed out twice.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_connect_timeout": 2}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# --- Staff, tokens, passwords ----------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "kernel.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "config.kernel.accounts.StaffBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# Login attempts are counted for each pair of name and address, so that nobody can lock out a colleague from elsewhere.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_LOCKOUT_TEMPLATE = "admin/locked_out.html"
# How many proxies of the shop's own stand before it: their part of X-Forwarded-For is believed, no more.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
if TRUSTED_PROXIES < 0:
    refuse("TRUSTED_PROXIES", "counts proxies; it cannot be negative.")
AXES_CLIENT_IP_CALLABLE = "config.kernel.accounts.client_address"
AXES_VERBOSE = False

# --- API -------------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["config.kernel.authentication.ByToken"],
    "DEFAULT_PERMISSION_CLASSES": ["config.kernel.permissions.HasTokenScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "config.kernel.negotiation.FirstUnlessAsked",
    "DEFAULT_PARSER_CLASSES": ["config.kernel.parsing.BoundedJSON"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "config.kernel.pagination.ByCursor",
    "DEFAULT_THROTTLE_CLASSES": ["config.kernel.throttling.TokenThrottle"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.kernel.api.answer_error",
    "COERCE_DECIMAL_TO_STRING": True,
    "NUM_PROXIES": TRUSTED_PROXIES,
}
# Requests a minute for one token, and for one address that shows none.
API_RATE_PER_TOKEN = env.int("API_RATE_PER_TOKEN", default=6000)
API_RATE_PER_ADDRESS = env.int("API_RATE_PER_ADDRESS", default=60)
# Requests a minute with events from one network address; behind it may stand a school or an office.
EVENTS_RATE_PER_ADDRESS = env.int("EVENTS_RATE_PER_ADDRESS", default=600)
# Events a minute from one network address, and of one source; and of one source those that cannot be read, each of which is
# kept as it came. A batch has up to 500 events: none of these may be less.
EVENTS_PER_ADDRESS = env.int("EVENTS_PER_ADDRESS", default=6_000)
EVENTS_PER_SOURCE = env.int("EVENTS_PER_SOURCE", default=120_000)
EVENTS_QUARANTINED_PER_SOURCE = env.int("EVENTS_QUARANTINED_PER_SOURCE", default=1_000)
# Days for which an event tells which customer it was of, and for which it is kept at all.
EVENTS_PERSONAL_DAYS = env.int("EVENTS_PERSONAL_DAYS", default=400)
EVENTS_KEPT_DAYS = env.int("EVENTS_KEPT_DAYS", default=760)
# For how many days before an order its customer's visits count as what led to it.
ATTRIBUTION_DAYS = env.int("ATTRIBUTION_DAYS", default=30)
# Where events are kept besides: nowhere else, or in ClickHouse as well; and from when on they may lie there alone.
EVENTS_STORE = env.str("EVENTS_STORE", default="database")
CLICKHOUSE_URL = env.str("CLICKHOUSE_URL", default="")
EVENTS_IN_DATABASE_DAYS = env.int("EVENTS_IN_DATABASE_DAYS", default=EVENTS_KEPT_DAYS)
if EVENTS_STORE not in ("database", "clickhouse"):
    refuse("EVENTS_STORE", "is database or clickhouse.")
if EVENTS_STORE == "clickhouse":
    if not CLICKHOUSE_URL:
        refuse("CLICKHOUSE_URL", "is empty; EVENTS_STORE=clickhouse needs it.")
    if trouble := clickhouse_trouble(CLICKHOUSE_URL):
        refuse("CLICKHOUSE_URL", trouble)
if EVENTS_IN_DATABASE_DAYS != EVENTS_KEPT_DAYS:
    if EVENTS_STORE != "clickhouse":
        refuse("EVENTS_IN_DATABASE_DAYS", "needs EVENTS_STORE=clickhouse: events that left the database would be gone.")
    if not max(EVENTS_PERSONAL_DAYS + 2, 62) <= EVENTS_IN_DATABASE_DAYS <= EVENTS_KEPT_DAYS:
        refuse(
            "EVENTS_IN_DATABASE_DAYS",
            "is at least 62 and two days more than EVENTS_PERSONAL_DAYS, and at most EVENTS_KEPT_DAYS.",
        )
# How events reach the database: "database" is straight, "kafka" by way of a topic that `manage.py drain_events` empties.
EVENTS_TRANSPORT = env.str("EVENTS_TRANSPORT", default="database")
KAFKA_SERVERS = env.str("KAFKA_SERVERS", default="localhost:9092")
KAFKA_TOPIC = env.str("KAFKA_TOPIC", default="shop-events")
if EVENTS_TRANSPORT not in ("database", "kafka"):
    refuse("EVENTS_TRANSPORT", "is database or kafka.")

# Named, since a foreign key to a swappable model asks the settings for it.
KNOX_TOKEN_MODEL = "knox.AuthToken"  # noqa: S105
REST_KNOX = {
    "TOKEN_TTL": None,
    "AUTO_REFRESH": False,
    "AUTH_HEADER_PREFIX": "Token",
}

SPECTACULAR_SETTINGS = {
    "TITLE": f"{SHOP_NAME} back-office API",
    "DESCRIPTION": "Orders, stock and offers for the storefront and for integrations. Money is a string, never a number.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"persistAuthorization": False},
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "OrderState": "orders.models.order.Order.State",
        "ReturnState": "orders.models.returns.Return.State",
        "PurchaseOrderState": "inventory.models.purchasing.PurchaseOrder.State",
        "TransferState": "inventory.models.transfers.TransferOrder.State",
        "SettlementOutcome": "orders.models.payment.Settlement.Outcome",
        "DiscrepancyOutcome": "inventory.models.papers.ReceiptDiscrepancy.Outcome",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.kernel.schema.describe_refusals",
    ],
}

# --- Languages and time ----------------------------------------------------------------------------------------------------

LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="ko")
LANGUAGES = [("ko", "한국어"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = BUSINESS_TIME_ZONE
USE_THOUSAND_SEPARATOR = True

# --- Static files: collected and fingerprinted where STATIC_ROOT is set, else served from where they lie ----------------------

STATIC_URL = "static/"
STATIC_ROOT = env.str("STATIC_ROOT", default="") or None
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if STATIC_ROOT
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# --- Files that people send: kept until they were read, and never served ------------------------------------------------------

MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(BASE_DIR / ".local" / "media"))
# Exports into s3://bucket/folder go here.
S3_ENDPOINT = env.str("S3_ENDPOINT", default="https://s3.ap-northeast-2.amazonaws.com")
S3_REGION = env.str("S3_REGION", default="ap-northeast-2")
S3_ACCESS_KEY = env.str("S3_ACCESS_KEY", default="")
S3_SECRET_KEY = env.str("S3_SECRET_KEY", default="")
# Exports are written below it, a folder for each.
EXPORT_ROOT = env.str("EXPORT_ROOT", default=str(BASE_DIR / ".local" / "exports"))
FILE_UPLOAD_PERMISSIONS = 0o600
UPLOAD_MOST_MB = env.int("UPLOAD_MOST_MB", default=100)
FILE_UPLOAD_HANDLERS = [
    "config.kernel.uploads.BoundedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- Mail to staff: alerts and reports ---------------------------------------------------------------------------------------

# Such as smtp+tls://user:password@mail.example.com:587, or filemail:////var/mails, which lays each mail into that folder.
# Without it nothing is mailed, and notices say so.
EMAIL_URL = env.str("EMAIL_URL", default="")
MAIL_IS_ON = bool(EMAIL_URL)
if MAIL_IS_ON:
    _mail = Env.email_url_config(EMAIL_URL)
    EMAIL_BACKEND, EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_BACKEND"], _mail["EMAIL_HOST"], _mail["EMAIL_PORT"]
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"], _mail["EMAIL_HOST_PASSWORD"]
    EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.get("EMAIL_USE_TLS", False), _mail.get("EMAIL_USE_SSL", False)
    EMAIL_FILE_PATH = _mail.get("EMAIL_FILE_PATH") or None
else:
    EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="backoffice@localhost")
MAIL_DOMAIN = DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
# How staff reach the back-office, for links in mails, such as https://admin.example.com.
SHOP_URL = env.str("SHOP_URL", default="http://localhost:8000").rstrip("/")
# Networks of the shop's own that webhooks may reach although they are not public, such as 10.20.0.0/24.
try:
    WEBHOOK_ALLOWED_NETWORKS = tuple(ip_network(one.strip()) for one in env.list("WEBHOOK_ALLOWED_NETWORKS", default=[]))
except ValueError as error:
    refuse("WEBHOOK_ALLOWED_NETWORKS", f"must be networks such as 10.20.0.0/24, with commas between: {error}.")

# --- Transport and content security ------------------------------------------------------------------------------------------

HTTPS = env.bool("HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 12 * 3600
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"

_strict = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}
CONTENT_SECURITY_POLICY = {"DIRECTIVES": _strict}
# The admin theme ships Alpine's standard build, which evaluates expressions.
ADMIN_CONTENT_SECURITY_POLICY = {**_strict, "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL]}

# --- Logs: one line an event, no request bodies, no personal data -------------------------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOG_FORMAT = env.str("LOG_FORMAT", default="json")
if LOG_FORMAT not in ("json", "console"):
    refuse("LOG_FORMAT", "must be json or console.")
_shared_processors: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
]
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False
structlog.configure(
    processors=[
        *_shared_processors,
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "structlog.stdlib.ProcessorFormatter",
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                without_keys,
                structlog.processors.JSONRenderer() if LOG_FORMAT == "json" else structlog.dev.ConsoleRenderer(colors=False),
            ],
            "foreign_pre_chain": _shared_processors,
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "axes": {"level": "WARNING"},
    },
}

# --- Admin theme -----------------------------------------------------------------------------------------------------------

UNFOLD = {
    "SITE_TITLE": SHOP_NAME,
    "SITE_HEADER": SHOP_NAME,
    "SITE_SUBHEADER": _("back-office"),
    "SITE_SYMBOL": "storefront",
    "SITE_URL": None,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "BORDER_RADIUS": "8px",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "config.kernel.admin.navigation.favicon"}],
    "STYLES": ["config.kernel.admin.navigation.stylesheet"],
    "DASHBOARD_CALLBACK": "config.kernel.admin.home.dashboard",
    "TABS": "config.kernel.admin.navigation.tabs",
    "SIDEBAR": {
        "show_search": False,
        "show_all_applications": False,
        "navigation": "config.kernel.admin.navigation.sidebar",
    },
    # Warm grays and a terracotta that keeps white text readable on its 600 step.
    "COLORS": {
        "base": {
            "50": "oklch(98.4% .003 70)",
            "100": "oklch(96.6% .004 70)",
            "200": "oklch(92% .006 60)",
            "300": "oklch(86.5% .008 56)",
            "400": "oklch(70.5% .012 56)",
            "500": "oklch(55% .014 56)",
            "600": "oklch(44% .013 56)",
            "700": "oklch(36.5% .012 56)",
            "800": "oklch(27% .01 50)",
            "900": "oklch(21.4% .008 50)",
            "950": "oklch(14.8% .006 50)",
        },
        "primary": {
            "50": "oklch(97.6% .013 50)",
            "100": "oklch(94.6% .03 48)",
            "200": "oklch(89% .06 46)",
            "300": "oklch(81.5% .095 44)",
            "400": "oklch(72.5% .125 43)",
            "500": "oklch(64.5% .145 42)",
            "600": "oklch(55.5% .14 41)",
            "700": "oklch(48% .122 40)",
            "800": "oklch(41% .1 39)",
            "900": "oklch(35.5% .08 39)",
            "950": "oklch(25% .055 38)",
        },
    },
}
