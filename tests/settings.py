"""The product's settings with real servers behind them."""

from __future__ import annotations

import os

import tests.servers  # noqa: F401  # starts the servers and sets their addresses

os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 50)
os.environ.setdefault("SITE_URL", "https://news.example.org")
os.environ.setdefault("MAIL_FROM", "Trending Papers <digest@news.example.org>")
os.environ.setdefault("STATIC_MANIFEST", "0")
os.environ.setdefault("STAFF_SECOND_FACTOR", "0")

from newsletter.config.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = [*ALLOWED_HOSTS, "testserver", "localhost", "127.0.0.1"]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, so that threads and worker processes see the same test database.
    DATABASES["default"]["TEST"] = {"NAME": DATABASES["default"]["NAME"] + ".test"}
