"""Settings, read from the environment; README.md has the table of variables.

Every variable has a default that suits `make run`, but one: without DEBUG an absent SECRET_KEY is an error.
"""

from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from backoffice.theme import UNFOLD as UNFOLD

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def pkce_required(client_id: str) -> bool:
    """Whether an OAuth2 application must use PKCE (imported late: models are not loaded yet)."""
    from api.oauth.validator import pkce_required

    return pkce_required(client_id)


DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="only-for-a-demo-on-this-machine") if DEBUG else env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "backoffice.apps.ClinicAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "django_filters",
    "oauth2_provider",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "core",
    "directory",
    "patients",
    "catalog",
    "orders",
    "programs",
    "scheduling",
    "billing",
    "api",
    "backoffice",
    "clinic",
]

MIDDLEWARE = [
    "clinic.health.answer_health",
    "clinic.origin.tell_origin",
    "clinic.reads.trace_reads",
    "clinic.unreadable.drop_unreadable",
    "django.middleware.security.SecurityMiddleware",
    "clinic.csp.ContentPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "backoffice.kit.sessions.limit_sessions",
    "allauth.account.middleware.AccountMiddleware",
    "backoffice.kit.second_factor.require_second_factor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "backoffice.kit.clock.in_practice_zone",
]

ROOT_URLCONF = "clinic.urls"
WSGI_APPLICATION = "clinic.wsgi.application"
APPEND_SLASH = False
AUTH_USER_MODEL = "directory.User"
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


# KiB, as SQLite wants it: negative. A new slot goes into fifteen indexes; of a series of 90 in a large clinic the 2 MB
# that SQLite has by itself are too few, and it writes pages away that it reads again.
SQLITE_CACHE_SIZE = -8192


def database_settings() -> dict[str, Any]:
    """Return the settings of the one database, with what each engine needs to be correct under concurrency.

    SQLite: a writer takes the lock when it begins (IMMEDIATE), waits up to 20 s for it, and an acknowledged
    write is on disk (WAL, synchronous FULL). PostgreSQL: no statement may hang a worker, and neither may a server
    that is gone without a word: connecting is given up after 5 s, an open connection after some 20 s.
    """
    config: dict[str, Any] = env.db("DATABASE_URL", default=f"sqlite:///{BASE_DIR}/var/clinic.sqlite3")
    if config["ENGINE"].endswith("sqlite3"):
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
                f"PRAGMA cache_size={SQLITE_CACHE_SIZE};"
            ),
        }
        config["TEST"] = {"NAME": env.str("CLINIC_TEST_SQLITE", default="") or None}
        if config["NAME"] not in ("", ":memory:"):
            Path(config["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    else:
        config["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=60)
        config["CONN_HEALTH_CHECKS"] = True
        gone = {"connect_timeout": 5, "tcp_user_timeout": 20_000}
        alive = {"keepalives_idle": 10, "keepalives_interval": 3, "keepalives_count": 3}
        config["OPTIONS"] = {**gone, **alive, **config.get("OPTIONS", {})}  # the address has the last word
        if env.bool("DATABASE_POOLER", default=False):
            # A pooler that gives each transaction another connection takes no options and keeps no cursor between two:
            # the limits are set on the role (docs/scaling.md).
            config["DISABLE_SERVER_SIDE_CURSORS"] = True
        else:
            config["OPTIONS"]["options"] = (
                "-c statement_timeout=5000 -c lock_timeout=2000 -c idle_in_transaction_session_timeout=10000"
            )
    return config


DATABASES = {"default": database_settings()}

# Who looked at whose records is written with each answer; on SQLite, where each writer waits for the others, within a
# few seconds of it: a process that is killed takes those seconds with it.
READS_WRITTEN_AFTER_SECONDS: float | None = 4 if DATABASES["default"]["ENGINE"].endswith("sqlite3") else 0
READS_KEPT_DAYS = env.int("READS_KEPT_DAYS", default=3650)


def cache_settings() -> dict[str, Any]:
    """Return the settings of the one cache. It holds counts, which strangers' counts must not push out."""
    config: dict[str, Any] = env.cache("CACHE_URL", default="locmemcache://")
    options = config.setdefault("OPTIONS", {})
    if config["BACKEND"].endswith("redis.RedisCache"):
        config["BACKEND"] = "core.redis_cache.ClinicRedisCache"
        options.update(socket_timeout=2, socket_connect_timeout=2)  # seconds; without, a request would wait for ever
        return config
    if config["BACKEND"].endswith("db.DatabaseCache"):
        config["BACKEND"] = "core.caches.CountingDatabaseCache"
    options.setdefault("MAX_ENTRIES", 100_000)
    return config


CACHES = {"default": cache_settings()}
EMAIL_CONFIG = env.email("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
# In a thread, so that how long an answer takes does not tell whether there was anything to send.
MAIL_IN_BACKGROUND = True
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="clinic@example.org")

MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(BASE_DIR / "var/media"))
STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "var/static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = DEBUG
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
if env.str("S3_BUCKET", default=""):
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": env.str("S3_BUCKET"),
            "endpoint_url": env.str("S3_ENDPOINT_URL", default="") or None,
            "region_name": env.str("S3_REGION", default="") or None,
            "signature_version": "s3v4",
            "default_acl": None,
            "querystring_auth": True,
            "file_overwrite": False,
        },
    }
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=10 * 1024 * 1024)
DATA_UPLOAD_MAX_MEMORY_SIZE = UPLOAD_MAX_BYTES
FILE_UPLOAD_HANDLERS = [
    "clinic.uploads.LimitedUpload",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# What goes wrong is written to the console, also without DEBUG: Django alone would only mail it. Without DEBUG each
# line is JSON, and so is one for each request; refusals are in those, by page, without the address that was asked for.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
        "json": {"()": "clinic.logs.JsonFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line" if DEBUG else "json"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "django.request": {"level": "WARNING" if DEBUG else "ERROR"},
        "django.security": {"level": "WARNING" if DEBUG else "ERROR"},
        "clinic.requests": {"level": "WARNING" if DEBUG else "INFO"},
    },
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
TIME_ZONE = "UTC"
USE_TZ = True
FORMAT_MODULE_PATH = ["backoffice.formats"]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = reverse_lazy("admin:login")
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "core.hashers.RandomSecretHasher",  # the secrets of programs, never a password
]
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")
PASSWORD_RESET_TIMEOUT = env.int("PASSWORD_LINK_SECONDS", default=24 * 60 * 60)

# Second factors, passkeys and the list of sessions are django-allauth's, under our entrance: names and passwords,
# their limits and the reset are ours (docs/decisions/0010). Its own counts need a shared cache, and ours do not.
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", default=False)
ACCOUNT_ADAPTER = "backoffice.account.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = LOGIN_URL
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": None, "reauthenticate": None}
ACCOUNT_FORMS = {"reauthenticate": "backoffice.account.factors.PasswordAgainForm"}
MFA_RATE_LIMITS = False  # ten passkeys a minute would not do for a reception behind one router
MFA_ADAPTER = "backoffice.account.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Clinic"
MFA_TOTP_TOLERANCE = 1
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG
MFA_FORMS = {
    "authenticate": "backoffice.account.factors.CodeForm",
    "reauthenticate": "backoffice.account.factors.CodeAgainForm",
    "authenticate_webauthn": "backoffice.account.factors.PasskeyForm",
    "reauthenticate_webauthn": "backoffice.account.factors.PasskeyAgainForm",
    "login_webauthn": "backoffice.account.factors.PasskeyAloneForm",
    "add_webauthn": "backoffice.account.factors.AddPasskeyForm",
    "edit_webauthn": "backoffice.account.factors.RenamePasskeyForm",
}

# A session ends after half an hour without work, and a working day after it began (see backoffice.kit.sessions).
SESSION_IDLE_SECONDS = env.int("SESSION_IDLE_SECONDS", default=30 * 60)
SESSION_LONGEST_SECONDS = env.int("SESSION_LONGEST_SECONDS", default=12 * 60 * 60)
SESSION_COOKIE_AGE = SESSION_LONGEST_SECONDS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],  # the square code of an authenticator app, the theme's small pictures
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "script-src": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
if env.bool("HTTPS", default=False):
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True

REST_FRAMEWORK = {
    # Each contract names its own seams (api/<contract>/contract.py); nothing is allowed by default.
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["api.base.permission.MayUseRoute"],
    "DEFAULT_SCHEMA_CLASS": "api.base.schema.ContractSchema",
    "DEFAULT_THROTTLE_RATES": {
        "register": env.str("RATE_REGISTER", default="20/hour"),
        "book": env.str("RATE_BOOK", default="60/hour"),
        "services": env.str("RATE_SERVICES", default="6000/minute"),
        "availability": env.str("RATE_AVAILABILITY", default="6000/minute"),
        "cliniko": env.str("RATE_CLINIKO", default="200/minute"),
        "flextell": env.str("RATE_FLEXTELL", default="1200/minute"),
        "alfadocs": env.str("RATE_ALFADOCS", default="6000/minute"),
        "oauth": env.str("RATE_OAUTH", default="600/minute"),
    },
    "NUM_PROXIES": env.int("TRUSTED_PROXIES", default=0),
}

# OAuth2: programs that act for people (see directory.models.applications).
OAUTH2_PROVIDER_APPLICATION_MODEL = "directory.Application"
OAUTH2_PROVIDER_GRANT_MODEL = "directory.AuthorizationCode"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "directory.AccessToken"  # noqa: S105 a name
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "directory.RefreshToken"  # noqa: S105
OAUTH2_PROVIDER_ID_TOKEN_MODEL = "directory.IdentityToken"  # noqa: S105
OAUTH2_PROVIDER = {
    "OAUTH2_VALIDATOR_CLASS": "api.oauth.validator.Validator",
    "SCOPES_BACKEND_CLASS": "api.oauth.scopes.Scopes",
    "AUTHORIZATION_CODE_EXPIRE_SECONDS": 60,
    "ACCESS_TOKEN_EXPIRE_SECONDS": 60 * 60,
    "REFRESH_TOKEN_EXPIRE_SECONDS": 90 * 24 * 60 * 60,  # without use
    "ROTATE_REFRESH_TOKEN": True,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "PKCE_REQUIRED": pkce_required,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
}

SILENCED_SYSTEM_CHECKS = [
    "drf_spectacular.W001",  # one document of all contracts would collide; each has its own, compared by a test
    "oauth2_provider.W005",  # the vendors' clients know no `iss`
    "oauth2_provider.W008",  # programs on one's own machine listen on http://127.0.0.1 (RFC 8252)
]

# Turns a lock taken out of order into an error; on in tests and while developing.
CHECK_LOCK_ORDER = env.bool("CHECK_LOCK_ORDER", default=DEBUG)
