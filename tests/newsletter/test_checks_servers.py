"""Checks that ask Redis, Postgres and the disk."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from django.db import connection

from newsletter.demo.processes import free_port
from papers import broker


@pytest.fixture(autouse=True)
def room(settings, tmp_path):
    settings.MIN_FREE_GB, settings.JOURNAL_DIR = 0.0, str(tmp_path)


def found(databases=("default",)) -> list[str]:
    options = {"tags": ["database"], "include_deployment_checks": True}
    messages = run_checks(databases=databases, **options)
    return [message.id for message in messages if message.id.startswith("newsletter.")]


def test_the_servers_of_the_tests_pass(db):
    assert found() == []


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-ttl"])
def test_a_redis_that_forgets_is_refused(db, policy):
    broker.ask(lambda redis: redis.config_set("maxmemory-policy", policy))
    try:
        assert found() == ["newsletter.E001"]
    finally:
        broker.ask(lambda redis: redis.config_set("maxmemory-policy", "noeviction"))


def test_a_redis_that_cannot_be_asked_is_a_warning(db, settings):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    assert found() == ["newsletter.W003"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no connections")
@pytest.mark.parametrize(("processes", "ids"), [(50, []), (51, ["newsletter.E002"])])
def test_more_programs_than_connections_are_refused(db, settings, processes, ids):
    settings.DATABASE_PROCESSES = processes  # the tests' server allows 60
    assert found() == ids


def test_a_full_disk_is_a_warning(db, settings):
    settings.MIN_FREE_GB = 1e9
    assert found() == ["newsletter.W004"]


def test_no_server_is_asked_unless_that_is_wanted(settings):
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    assert [m.id for m in run_checks() if m.id.startswith("newsletter.W003")] == []
