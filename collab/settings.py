"""Settings, from the environment or from a file `.env` beside manage.py.

Safe by default: without `DEBUG=on` a start needs `SECRET_KEY` and `ALLOWED_HOSTS`.
Each setting of ours says its unit and default.
"""

import sys
from pathlib import Path
from typing import Any

import environ

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")

DEBUG: bool = env.bool("DEBUG", default=False)
SECRET_KEY: str = env.str("SECRET_KEY", default="")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[])
# Full origins, such as https://code.example.org, that may open sockets and send forms besides
# the host a page came from.
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

if not SECRET_KEY:
    sys.exit(
        "SECRET_KEY is not set: put a long random string into the environment or into .env "
        "(script/serve makes one for development)."
    )
if not DEBUG and not ALLOWED_HOSTS:
    sys.exit(
        "ALLOWED_HOSTS is not set: name the hosts this site answers to, separated by commas, "
        "or set DEBUG=on for development."
    )

INSTALLED_APPS = [
    "daphne",  # first, so that runserver serves ASGI
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "servestatic",
    "channels",
    "editor",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "editor.middleware.NotFoundPage",
]

ROOT_URLCONF = "collab.urls"
ASGI_APPLICATION = "collab.asgi.application"

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
                "editor.views.context.site",
            ],
        },
    },
]


def _database() -> dict[str, Any]:
    try:
        database: dict[str, Any] = env.db(
            "DATABASE_URL", default=f"sqlite:///{BASE_DIR / 'db.sqlite3'}"
        )
    except (KeyError, ValueError):
        database = {}
    if database.get("ENGINE") not in (
        "django.db.backends.sqlite3",
        "django.db.backends.postgresql",
    ):
        sys.exit(
            "DATABASE_URL names no database that is supported: expected something like "
            "postgres://user:password@host/name or sqlite:////path/to/file."
        )
    return database


DATABASES: dict[str, dict[str, Any]] = {"default": _database()}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        # A deferred read that turns into a write fails at once when somebody else has committed.
        "transaction_mode": "IMMEDIATE",
        # Seconds that a writer waits for another.
        "timeout": 30,
        # A commit is on the disk when it returns: "Saved" rests on it.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
    # Threads share a file; they cannot share a database in memory.
    DATABASES["default"]["TEST"] = {"NAME": BASE_DIR / "db.sqlite3.test"}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Without REDIS_URL there is one process, and nothing to tell another.
REDIS_URL: str = env.str("REDIS_URL", default="")
CHANNEL_LAYERS: dict[str, dict[str, Any]] = (
    {
        "default": {
            # Pub/sub: the other layer's sockets die every five seconds with redis-py 8.
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL]},
        }
    }
    if REDIS_URL
    else {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
)

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
# What the product calls itself, on pages and in the admin. Default: Collab.
PRODUCT_NAME: str = env.str("PRODUCT_NAME", default="Collab")
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "documents"
LOGOUT_REDIRECT_URL = "login"
# Whether visitors may make an account for themselves. Default: only in development.
SIGN_UP: bool = env.bool("SIGN_UP", default=DEBUG)

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEBUG

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "static" / "collected"
# The built front end; its sources in static/src are not served.
STATICFILES_DIRS = [BASE_DIR / "static" / "dist"]

# The largest frame a socket accepts, in bytes. Default: 1,000,000. A server's own limit has to be
# higher, or a client finds its connection dropped instead of hearing 4413 from us.
MAX_MESSAGE_BYTES: int = env.int("MAX_MESSAGE_BYTES", default=1_000_000)
# runserver's own limit holds for what is sent as well, and a document is sent whole to who opens
# it: at most three bytes for each of its units, and what was deleted in it.
DAPHNE_WEBSOCKET_MAX_MESSAGE_SIZE = DAPHNE_WEBSOCKET_MAX_FRAME_SIZE = 64 * 1024 * 1024
# The longest text of a document, in UTF-16 code units. Default: 5,000,000.
MAX_DOCUMENT_LENGTH: int = env.int("MAX_DOCUMENT_LENGTH", default=5_000_000)
# How long a room without editors is kept in memory, in seconds. Default: 30.
ROOM_IDLE_SECONDS: float = env.float("ROOM_IDLE_SECONDS", default=30.0)
