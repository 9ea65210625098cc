from __future__ import annotations

import pytest

from newsletter.config.environment import celery_broker_url, complaints, with_engine_options

FIT = {
    "debug": False,
    "secret_key": "k" * 50,
    "site_url": "https://news.example.org",
    "mail_from": "Papers <digest@news.example.org>",
}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("redis://localhost:6379/0", "redis://localhost:6379/0"),
        ("rediss://user:word@queue.example.org/2", "rediss://user:word@queue.example.org/2"),
        ("redis+socket:///run/redis.sock", "redis+socket:///run/redis.sock"),
        ("unix:///run/redis.sock?db=3", "redis+socket:///run/redis.sock?virtual_host=3"),
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock?virtual_host=0"),
    ],
)
def test_every_way_to_write_a_redis_address_becomes_celerys(given, wanted):
    assert celery_broker_url(given) == wanted


def test_sqlite_gets_what_keeps_two_writers_apart():
    options = with_engine_options({"ENGINE": "django.db.backends.sqlite3"})["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert options["timeout"] >= 20
    assert "journal_mode=WAL" in options["init_command"]


def test_postgres_keeps_its_connections_and_tests_them():
    given = {"ENGINE": "django.db.backends.postgresql", "NAME": "papers"}
    assert with_engine_options(given) == {
        **given,
        "OPTIONS": {"connect_timeout": 5},
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def test_what_the_address_of_postgres_says_wins():
    chosen = {"connect_timeout": 60, "sslmode": "require"}
    given = {"ENGINE": "django.db.backends.postgresql", "OPTIONS": chosen}
    assert with_engine_options(given)["OPTIONS"] == chosen


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"site_url": "http://localhost:8000", "mail_from": "papers@localhost"},
        {"site_url": "http://127.0.0.1:8000"},
        {"site_url": "http://[::1]:8000"},
        {"debug": True, "secret_key": "", "site_url": "http://news.example.org"},
    ],
)
def test_settings_that_are_fit(change):
    assert complaints(**{**FIT, **change}) == []


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"secret_key": ""}, "SECRET_KEY"),
        ({"secret_key": "k" * 49}, "SECRET_KEY"),
        ({"site_url": "http://news.example.org"}, "SITE_URL"),
        ({"site_url": "news.example.org"}, "SITE_URL"),
        ({"mail_from": "papers@localhost"}, "MAIL_FROM"),
        ({"mail_from": "Papers <papers@localhost>"}, "MAIL_FROM"),
        ({"mail_from": "Papers, Daily <digest@news.example.org>"}, "MAIL_FROM"),
    ],
)
def test_settings_that_are_unfit_are_named(change, name):
    [complaint] = complaints(**{**FIT, **change})
    assert complaint.startswith(name)


def test_all_complaints_come_at_once():
    unfit = {"secret_key": "", "site_url": "http://news.example.org", "mail_from": "a@localhost"}
    assert len(complaints(**{**FIT, **unfit})) == 3
