from __future__ import annotations

import gc
import re

import pytest
from celery.signals import worker_process_init
from django.conf import settings

from newsletter.config import celery_app
from subscriptions import outbox

OURS = {
    "newsletter.tick",
    "newsletter.sweep",
    "newsletter.pump",
    "newsletter.read_inbox",
    "newsletter.count",
    "newsletter.forget",
    "subscriptions.post_letters",
    "subscriptions.purge",
    "subscriptions.take_census",
    "subscriptions.watch_sign_ups",
    "subscriptions.count_votes",
    "subscriptions.renew_tastes",
    "papers.poll",
    "papers.learn_growth",
    "papers.train_topics",
    "papers.ingest_source",
    "papers.reconcile",
    "papers.complete",
    "papers.check_withdrawals",
    "papers.classify_recent",
    "papers.train_now",
}
# Redis hands such a message out again and again, or loses it: the future lives in rows.
IN_THE_FUTURE = re.compile(r"\beta=|\bcountdown=|\bself\.retry\(|\bautoretry_for=")


def test_a_worker_that_is_told_to_go_ends_its_send_and_is_gone_in_half_a_minute():
    # Celery sleeps for all of it, and may take two seconds more.
    assert outbox.BUDGET < settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT <= 27


def test_a_new_process_keeps_the_collector_from_what_was_imported():
    try:
        worker_process_init.send(sender=None)
        assert gc.get_freeze_count() > 100_000
    finally:
        gc.unfreeze()


@pytest.fixture(scope="module")
def tasks():
    celery_app.loader.import_default_modules()
    return {name: task for name, task in celery_app.tasks.items() if not name.startswith("celery")}


def test_these_are_all_tasks(tasks):
    assert set(tasks) == OURS


def test_no_task_keeps_a_result(tasks):
    assert all(task.ignore_result for task in tasks.values())


def test_every_task_is_acknowledged_after_its_work(tasks):
    assert all(task.acks_late and task.reject_on_worker_lost for task in tasks.values())


def test_the_timetable_rings_tasks_that_exist_and_waits_for_none(tasks):
    timetable = celery_app.conf.beat_schedule
    assert {entry["task"] for entry in timetable.values()} <= set(tasks)
    assert all(entry["options"]["expires"] == entry["schedule"] for entry in timetable.values())


def test_every_task_without_arguments_that_nobody_rings_is_in_the_timetable():
    rung = {
        *("newsletter.pump", "papers.ingest_source", "papers.classify_recent"),
        "papers.train_now",
    }
    assert set(celery_app.conf.beat_schedule) == OURS - rung


@pytest.mark.parametrize(
    ("name", "queue"),
    [
        ("subscriptions.purge", "letters"),
        ("subscriptions.renew_tastes", "papers"),
        ("newsletter.read_inbox", "events"),
        ("newsletter.pump", "bulk"),
        ("x.y", "bulk"),
    ],
)
def test_neither_a_confirmation_nor_an_event_waits_behind_digests(name, queue):
    route = celery_app.amqp.router.route({}, name)
    assert route["queue"].name == queue


def test_a_pump_ends_long_before_its_time_limit():
    assert outbox.BUDGET + settings.EMAIL_TIMEOUT < settings.CELERY_TASK_SOFT_TIME_LIMIT


def test_no_message_carries_a_time_to_wait():
    modules = [
        path
        for package in ("papers", "subscriptions", "newsletter")
        for path in (settings.BASE_DIR / package).rglob("*.py")
    ]
    assert len(modules) > 30
    assert [path for path in modules if IN_THE_FUTURE.search(path.read_text())] == []
