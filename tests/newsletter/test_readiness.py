"""What is wrong is said in sentences, and what is well is left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from newsletter import inbox, readiness
from newsletter.models import Webhook
from newsletter.readiness import Facts
from subscriptions import clock, heartbeats, restore
from subscriptions.models import Letter
from tests.newsletter.event_steps import posted
from tests.newsletter.rows import a_delivery, a_reader, an_issue

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
WELL = Facts(has_database=True, has_redis=True, tick_age=SECOND, pump_age=HOUR)


@pytest.fixture(autouse=True)
def intervals(settings, tmp_path):
    settings.TICK_SECONDS, settings.MIN_FREE_GB = 60.0, 0.0
    settings.JOURNAL_DIR = str(tmp_path)


def test_a_healthy_product_has_no_complaints():
    assert readiness.complaints(WELL) == []
    assert readiness.complaints(replace(WELL, waiting=HOUR, pump_age=SECOND)) == []  # busy
    assert readiness.complaints(replace(WELL, unread=9000, unread_age=60 * SECOND)) == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"has_redis": False}, "Redis"),
        ({"has_room": False}, "disk"),
        ({"is_frozen": True}, "confirm_restore"),
        ({"tick_age": None}, "beat"),
        ({"tick_age": 4 * 60 * SECOND}, "beat"),
        ({"waiting": HOUR}, "no worker"),
        ({"waiting": HOUR, "pump_age": None}, "no worker"),
        ({"unread": 1, "unread_age": HOUR}, "queue events"),
        ({"skew": 6 * SECOND}, "clock"),
        ({"skew": -6 * SECOND}, "clock"),
    ],
)
def test_each_trouble_is_one_complaint(change, word):
    [sentence] = readiness.complaints(replace(WELL, **change))
    assert word in sentence


def test_without_a_database_that_is_the_only_complaint():
    assert readiness.complaints(Facts()) == ["the database does not answer"]


def test_the_facts_are_looked_up(db):
    for name in ("tick", "pump"):
        heartbeats.beat(name)
    facts = readiness.look()
    assert readiness.complaints(facts) == []
    assert facts.waiting is None
    restore.freeze("a test")
    assert readiness.look().is_frozen


def test_a_database_that_fails_is_a_fact(db, monkeypatch, caplog):
    def fail():
        raise OperationalError("too many connections")

    monkeypatch.setattr(heartbeats, "ages", fail)
    assert not readiness.look().has_database
    assert "too many connections" in caplog.text


def aged(entry, **ages) -> None:
    moments = {field: clock.database_now() - age for field, age in ages.items()}
    type(entry).objects.filter(pk=entry.pk).update(**moments)


def test_the_first_mail_of_the_queue_says_how_long_it_waits(db):
    first, second = (a_delivery(an_issue(cadence=kind)) for kind in ("daily", "weekly"))
    aged(first, created_at=2 * HOUR)
    aged(second, created_at=HOUR)
    assert 2 * HOUR <= readiness.waiting() < 2 * HOUR + 20 * SECOND


def test_what_was_deferred_waits_since_its_time_came(db):
    aged(a_delivery(an_issue()), created_at=9 * HOUR, next_at=HOUR)
    assert HOUR <= readiness.waiting() < HOUR + 20 * SECOND


def test_letters_wait_as_well(db):
    aged(Letter.objects.create(subscriber=a_reader(), kind="confirm"), created_at=HOUR)
    assert readiness.waiting() >= HOUR


@pytest.mark.parametrize("state", ["paused", "cancelled", "checking"])
def test_what_may_not_be_sent_does_not_wait(db, state):
    aged(a_delivery(an_issue(state=state)), created_at=HOUR)
    assert readiness.waiting() is None


def test_what_nobody_read_is_counted_and_the_oldest_has_an_age(db):
    assert readiness.look().unread_age is None
    for age in (2 * HOUR, HOUR, SECOND):
        inbox.keep(replace(posted(b"[]"), received_at=clock.database_now() - age))
    Webhook.objects.filter(pk=Webhook.objects.last().pk).update(state="dead")  # the oldest
    facts = readiness.look()
    assert facts.unread == 2
    assert HOUR <= facts.unread_age < HOUR + 20 * SECOND


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server to hang")
def test_a_database_that_hangs_is_a_fact(monkeypatch):
    def hang():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(3)")

    monkeypatch.setattr(restore, "is_frozen", hang)
    monkeypatch.setattr(readiness, "DATABASE_PATIENCE", 0.2)
    assert not readiness.look().has_database


def test_a_stall_a_full_inbox_and_a_wrong_clock_are_logged_as_errors(caplog):
    readiness.alarm(WELL)
    assert caplog.records == []
    readiness.alarm(replace(WELL, waiting=HOUR, skew=HOUR, unread=3, unread_age=HOUR))
    assert [record.levelname for record in caplog.records] == ["ERROR"] * 3
    assert "stalled" in caplog.text
    assert "unread: 3 webhooks" in caplog.text


def test_the_report_holds_numbers_and_nothing_else():
    report = replace(WELL, waiting=1.5 * SECOND).report()
    assert report["oldest_due"] == 1.5
    assert all(isinstance(value, bool | int | float | None) for value in report.values())
