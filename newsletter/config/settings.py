"""All settings, read from the environment.  docs/operating.md explains every variable."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environ import Env

from newsletter.config.environment import celery_broker_url, complaints, with_engine_options

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = Env()  # type: ignore[no-untyped-call]

# --- the site -------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="only-for-debug" if DEBUG else "")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
SITE_URL = env.str("SITE_URL", default="http://localhost:8000").rstrip("/")
SITE_NAME = env.str("SITE_NAME", default="Trending Papers")
PICTURE_FONT = env.str("PICTURE_FONT", default="")  # of pictures of lists, for links passed on
POSTAL_ADDRESS = env.str("POSTAL_ADDRESS", default="")  # CAN-SPAM wants one in bulk mail
IS_HTTPS = urlsplit(SITE_URL).scheme == "https"
ALLOWED_HOSTS = [urlsplit(SITE_URL).hostname or "", *env.list("EXTRA_HOSTS", default=[])]
CSRF_TRUSTED_ORIGINS = [SITE_URL]
PROXY_COUNT = env.int("PROXY_COUNT", default=0)  # trusted reverse proxies in front of us

# --- mail -----------------------------------------------------------------------------
MAIL_FROM = env.str("MAIL_FROM", default="Trending Papers <papers@localhost>")
MAIL_REPLY_TO = env.str("MAIL_REPLY_TO", default="")
UNSUBSCRIBE_MAILBOX = env.str("UNSUBSCRIBE_MAILBOX", default="")
vars().update(env.email_url("EMAIL_URL", default="smtp://localhost:25"))
if service := env.str("EMAIL_BACKEND", default=""):
    EMAIL_BACKEND = service
EMAIL_TIMEOUT = 30  # seconds; must stay below LEASE_SECONDS
SMTP_SESSIONS = env.int("SMTP_SESSIONS", default=10)  # open connections of one worker process
EMAIL_USE_LOCALTIME = False
ANYMAIL = env.json("ANYMAIL", default={})
DEFAULT_FROM_EMAIL = SERVER_EMAIL = MAIL_FROM
# Services that may post to /hooks/<service>/, with a password of ANYMAIL's WEBHOOK_SECRET.
WEBHOOK_SERVICES = env.list("WEBHOOK_SERVICES", default=service.split(".")[2:3])
COUNT_OPENS = env.bool("COUNT_OPENS", default=False)
COUNT_CLICKS = env.bool("COUNT_CLICKS", default=False)
OPERATOR_MAIL = env.list("OPERATOR_MAIL", default=[])  # who is told of what went wrong

# --- delivery: docs/decisions/0003-rows-are-the-truth.md -------------------------------
TICK_SECONDS = env.float("TICK_SECONDS", default=60.0)
SWEEP_SECONDS = env.float("SWEEP_SECONDS", default=20.0)
LEASE_SECONDS = env.float("LEASE_SECONDS", default=300.0)
CLAIM_SIZE = env.int("CLAIM_SIZE", default=500)
JOURNAL_DIR = env.str("JOURNAL_DIR", default=str(BASE_DIR / "var" / "journal"))
MAIL_RATES = env.json("MAIL_RATES", default={})  # lane, or "all" -> digests a second at most
WARM_UP_SINCE = date.fromisoformat(day) if (day := env.str("WARM_UP_SINCE", default="")) else None
MAX_ATTEMPTS = env.int("MAX_ATTEMPTS", default=20)  # over about half a day
UNCERTAIN = env.str("UNCERTAIN", default="park")  # or "resend"
UNCERTAIN_WAIT_SECONDS = env.float("UNCERTAIN_WAIT_SECONDS", default=900.0)
CATCH_UP_HOURS = env.float("CATCH_UP_HOURS", default=12.0)
MIN_FREE_GB = env.float("MIN_FREE_GB", default=1.0)
DATABASE_PROCESSES = env.int("DATABASE_PROCESSES", default=16)
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# --- sign-up --------------------------------------------------------------------------
CONFIRM_HOURS = env.int("CONFIRM_HOURS", default=72)
SIGNUPS_AN_HOUR = env.int("SIGNUPS_AN_HOUR", default=60)  # without a question, at least
SIGNUPS_PER_ADDRESS_A_DAY = env.int("SIGNUPS_PER_ADDRESS_A_DAY", default=1)
SIGNUPS_PER_ADDRESS_A_MONTH = env.int("SIGNUPS_PER_ADDRESS_A_MONTH", default=3)
EMBED_SITES = env.list("EMBED_SITES", default=[])  # origins that may show /embed/ in a frame
SIGNUPS_PER_NETWORK_AN_HOUR = env.int("SIGNUPS_PER_NETWORK_AN_HOUR", default=10)
SIGNUPS_PER_DOMAIN_A_MINUTE = env.int("SIGNUPS_PER_DOMAIN_A_MINUTE", default=30)

# --- what is kept, in days: docs/privacy.md ----------------------------------------------
KEEP_IP_DAYS = env.int("KEEP_IP_DAYS", default=365)
KEEP_LETTERS_DAYS = env.int("KEEP_LETTERS_DAYS", default=90)
KEEP_LEFT_DAYS = env.int("KEEP_LEFT_DAYS", default=730)  # 0: for ever

# --- the API --------------------------------------------------------------------------
API_CALLS_PER_NETWORK_A_MINUTE = env.int("API_CALLS_PER_NETWORK_A_MINUTE", default=120)
API_SIGNUP_KEYS = env.list("API_SIGNUP_KEYS", default=[])  # of servers that may sign people up

# --- papers ---------------------------------------------------------------------------
PAPER_SOURCES = env.list("PAPER_SOURCES", default=["huggingface", "arxiv"])
ARXIV_CATEGORIES = env.list("ARXIV_CATEGORIES", default=["cs.AI", "cs.CL", "cs.CV", "cs.LG"])
OUTSIDE_PICK = env.bool("OUTSIDE_PICK", default=False)
# Papers that a list names anew after a month, to readers who had them, once each time.
RISING_AGAIN = env.bool("RISING_AGAIN", default=False)
POLL_MINUTES = env.float("POLL_MINUTES", default=45.0)
TREND_PRIOR = env.bool("TREND_PRIOR", default=False)
TRAIN_DAYS = env.float("TRAIN_DAYS", default=7.0)  # 0: the model of topics is never trained
HUGGINGFACE_API_URL = env.str("HUGGINGFACE_API_URL", default="https://huggingface.co/api")
ARXIV_CROSS_LISTS = env.bool("ARXIV_CROSS_LISTS", default=False)
ARXIV_FEED_URL = env.str("ARXIV_FEED_URL", default="https://rss.arxiv.org")
ARXIV_OAI_URL = env.str("ARXIV_OAI_URL", default="https://oaipmh.arxiv.org/oai")
ARXIV_API_URL = env.str("ARXIV_API_URL", default="https://export.arxiv.org/api")

found = complaints(debug=DEBUG, secret_key=SECRET_KEY, site_url=SITE_URL, mail_from=MAIL_FROM)
if UNCERTAIN not in {"park", "resend"}:
    found.append('UNCERTAIN must be "park" or "resend"')
if LEASE_SECONDS <= EMAIL_TIMEOUT and not DEBUG and IS_HTTPS:
    found.append(f"LEASE_SECONDS must be more than {EMAIL_TIMEOUT}")
if any(len(key) < 32 for key in API_SIGNUP_KEYS):
    found.append("every key of API_SIGNUP_KEYS must have at least 32 characters")
if found:
    raise ImproperlyConfigured("; ".join(found))

# --- Django ---------------------------------------------------------------------------
INSTALLED_APPS = [
    "newsletter.staff.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "anymail",
    "axes",
    "csp",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "papers",
    "subscriptions",
    "newsletter",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "newsletter.config.lengths.NeedLength",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "subscriptions.languages.speak",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "newsletter.api.manners.manners",
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: it asks who is locked out
    "django.contrib.auth.backends.ModelBackend",
]
ROOT_URLCONF = "newsletter.config.urls"
WSGI_APPLICATION = "newsletter.config.wsgi.application"
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
                "subscriptions.links.site",
                "subscriptions.languages.of_page",
            ],
        },
    },
]
DATABASES = {
    "default": with_engine_options(
        env.db_url("DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'newsletter.sqlite3'}")
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("zh-hans", "简体中文")]  # as their readers say
LOCALE_PATHS = [BASE_DIR / "newsletter" / "locale"]
FORMAT_MODULE_PATH = "newsletter.formats"
LANGUAGE_COOKIE_NAME = "language"  # of who chose another one than his browser asks for
USE_I18N = True
TIME_ZONE = "UTC"
USE_TZ = True
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

STATIC_URL = "/static/"
# With a manifest, files are served from where `collectstatic` put them, else from the sources.
HAS_STATIC_MANIFEST = env.bool("STATIC_MANIFEST", default=not DEBUG)
STATIC_FOLDER = env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATIC_ROOT = STATIC_FOLDER if HAS_STATIC_MANIFEST else None
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if HAS_STATIC_MANIFEST
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not HAS_STATIC_MANIFEST

# --- staff ----------------------------------------------------------------------------
STAFF_SECOND_FACTOR = env.bool("STAFF_SECOND_FACTOR", default=not DEBUG)
OTP_TOTP_ISSUER = SITE_NAME
OTP_ADMIN_HIDE_SENSITIVE_DATA = True
# Five wrong passwords for a name from one address, and both wait together for a while.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "newsletter.staff.lockout.client_address"
AXES_VERBOSE = False

# --- security -------------------------------------------------------------------------
SECURE_SSL_REDIRECT = False  # the proxy does it: a one-click unsubscribe must never see a 301
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
# Other names of the same domain may not have https: whoever knows that they do says so.
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.bool("HSTS_SUBDOMAINS", default=False)
SECURE_REFERRER_POLICY = "same-origin"  # links with tokens must not leak to other sites
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXY_COUNT else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Celery ---------------------------------------------------------------------------
REDIS_URL = env.str("REDIS_URL", default="redis://localhost:6379/0")
CELERY_BROKER_URL = celery_broker_url(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_TASK_DEFAULT_QUEUE = "bulk"
CELERY_TASK_ROUTES = {
    "subscriptions.renew_tastes": {"queue": "papers"},
    "subscriptions.take_census": {"queue": "papers"},
    "newsletter.count": {"queue": "papers"},
    "subscriptions.*": {"queue": "letters"},
    "papers.*": {"queue": "papers"},
    "newsletter.read_inbox": {"queue": "events"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# Longer than subscriptions.outbox.BUDGET.  Celery waits for all of it, and then some seconds.
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 25.0
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "health_check_interval": 25,
}

# --- logging --------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "filters": {"hide_tokens": {"()": "newsletter.config.logs.HideTokens"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["hide_tokens"],
        }
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "httpx2": {"level": "WARNING"},  # it would log addresses that hold tokens
        "axes": {"level": "WARNING"},  # every sign-in has a row
    },
}
