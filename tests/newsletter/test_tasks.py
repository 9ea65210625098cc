"""The entry points of the workers, called as a worker calls them."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from celery import current_app
from django.core import mail
from django.db import DatabaseError
from django.utils.timezone import now

from newsletter import counting, issues, tasks
from newsletter.models import Delivery, Tally, Webhook
from papers.models import Page
from subscriptions import outbox, restore
from subscriptions.outgoing import Unreachable
from subscriptions.verdicts import State
from tests.conftest import MOMENT
from tests.subscriptions.outbox_steps import Way


@pytest.fixture
def rings(monkeypatch):
    """Which tasks were woken up, and for how long the bell can be heard."""
    rung = []
    monkeypatch.setattr(tasks, "ring", lambda task, *, expires: rung.append((task.name, expires)))
    return rung


@pytest.fixture(autouse=True)
def one_clock(monkeypatch):
    """Let the database's clock travel with ours."""
    monkeypatch.setattr(tasks, "database_now", now)


def states() -> set[str]:
    return set(Delivery.objects.values_list("state", flat=True))


def test_tasks_have_fixed_names_and_keep_no_results():
    found = {task.name: task.ignore_result for task in (tasks.tick, tasks.sweep, tasks.pump)}
    assert found == dict.fromkeys(("newsletter.tick", "newsletter.sweep", "newsletter.pump"), True)


@time_machine.travel(MOMENT, tick=False)
def test_the_tick_opens_what_is_due_and_rings(make_subscriber, make_paper, rings, settings):
    make_paper(topics=["agents"])
    reader = make_subscriber(topics=["agents"], next_digest_at=MOMENT)
    tasks.tick.run()

    assert Delivery.objects.get().subscriber == reader
    assert rings == [("newsletter.pump", settings.SWEEP_SECONDS)]
    assert mail.outbox == []


@time_machine.travel(MOMENT, tick=False)
def test_the_tick_wakes_another_worker_if_there_are_many_readers(
    make_subscriber, make_paper, rings, settings, monkeypatch
):
    monkeypatch.setattr(issues, "READERS_AT_ONCE", 2)
    make_paper(topics=["agents"])
    for _ in range(3):
        make_subscriber(topics=["agents"], next_digest_at=MOMENT)
    tasks.tick.run()
    assert rings == [
        ("newsletter.tick", settings.TICK_SECONDS),
        ("newsletter.pump", settings.SWEEP_SECONDS),
    ]


def test_the_tick_rings_even_if_opening_fails(make_delivery, rings, monkeypatch):
    def fail(*, at, wake):
        raise DatabaseError("gone")

    make_delivery()
    monkeypatch.setattr(issues, "open_due", fail)
    with pytest.raises(DatabaseError):
        tasks.tick.run()
    assert len(rings) == 1


@time_machine.travel(MOMENT, tick=False)
def test_a_tick_without_work_is_silent(make_subscriber, make_delivery, rings):
    make_subscriber(topics=["vision"], next_digest_at=MOMENT)  # for whom there is no paper
    make_delivery(state=State.ACCEPTED)
    tasks.tick.run()
    assert rings == []


def test_the_pump_sends_everything(make_delivery, rings):
    readers = [make_delivery().subscriber for _ in range(3)]
    tasks.pump.run()

    assert [message.to for message in mail.outbox] == [[reader.email] for reader in readers]
    assert states() == {State.ACCEPTED}
    assert rings == []


@pytest.fixture
def make_three_chunks(make_delivery, settings):
    def make() -> None:
        settings.CLAIM_SIZE = 2
        for _ in range(5):
            make_delivery()

    return make


def test_the_pump_wakes_another_worker_once_a_chunk_is_out(make_three_chunks, rings):
    make_three_chunks()
    tasks.pump.run()

    assert len(mail.outbox) == 5
    assert [name for name, _ in rings] == ["newsletter.pump"]


@pytest.mark.parametrize("error", [Unreachable("nobody there"), DatabaseError("gone")])
def test_a_pump_that_can_send_nothing_wakes_nobody(make_three_chunks, rings, monkeypatch, error):
    make_three_chunks()
    monkeypatch.setattr(outbox, "open_transport", lambda: Way(error))
    with suppress(DatabaseError):
        tasks.pump.run()
    assert rings == []


@pytest.mark.parametrize(("budget", "sent", "bells"), [(0, 0, 0), (0.5, 2, 1), (1.5, 4, 2)])
def test_the_pump_passes_on_what_it_had_no_time_for(
    make_three_chunks, rings, monkeypatch, budget, sent, bells
):
    make_three_chunks()
    way, time = Way(), [0.0]
    way.before = lambda mail: time.__setitem__(0, time[0] + 0.5)
    monkeypatch.setattr(outbox, "open_transport", lambda: way)
    monkeypatch.setattr("subscriptions.clock.seconds", lambda: time[0])
    post = partial(outbox.post, budget=budget)
    monkeypatch.setattr(outbox, "post", post)
    tasks.pump.run()
    assert len(rings) == bells
    assert len(way.taken) <= sent
    assert bool(way.taken) is bool(bells)


@pytest.mark.parametrize("task", [tasks.tick, tasks.sweep, tasks.pump])
def test_a_restored_database_sends_and_opens_nothing(
    make_delivery, make_subscriber, make_paper, rings, task
):
    make_paper(topics=["agents"])
    make_subscriber(topics=["agents"], next_digest_at=MOMENT)
    make_delivery()
    restore.freeze("a test")
    task.run()
    assert (Delivery.objects.count(), mail.outbox, rings) == (1, [], [])


def test_the_sweep_takes_up_what_a_dead_worker_left(make_delivery, rings):
    delivery = make_delivery(state=State.CLAIMED, lease_until=MOMENT, claims=1)
    tasks.sweep.run()
    delivery.refresh_from_db()
    assert delivery.state == State.PENDING
    assert len(rings) == 1


def test_from_the_tick_to_the_inbox(make_subscriber, make_paper, monkeypatch):
    monkeypatch.setattr(tasks, "ring", lambda task, *, expires: task.apply(throw=True))
    make_paper("The one", topics=["agents"])
    make_subscriber("ann@example.net", topics=["agents"], next_digest_at=MOMENT)
    with time_machine.travel(MOMENT, tick=False):
        tasks.tick.apply(throw=True)
        tasks.tick.apply(throw=True)

    [message] = mail.outbox
    assert (message.to, message.subject) == (["ann@example.net"], "1 paper for you: The one")
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.issue.imbalance()) == (State.ACCEPTED, 0)
    assert delivery.provider_id


@pytest.fixture
def bulk_queue():
    """The messages that wait in the real broker."""
    with current_app.connection_for_write() as connection:
        channel = connection.default_channel
        channel.client.delete("bulk")
        yield lambda: [json.loads(text) for text in channel.client.lrange("bulk", 0, -1)]
        channel.client.delete("bulk")


def test_the_bell_is_one_message_without_arguments(make_delivery, bulk_queue):
    make_delivery()
    tasks.ring_pump()
    [message] = bulk_queue()
    assert message["headers"]["task"] == "newsletter.pump"
    assert message["headers"]["argsrepr"] == "()"
    assert message["headers"]["expires"]


@pytest.mark.parametrize("state", [s for s in State if s != State.PENDING])
def test_without_work_nothing_is_published(make_delivery, bulk_queue, state):
    make_delivery(state=state)
    tasks.ring_pump()
    assert bulk_queue() == []


def test_the_sweep_sums_up_what_was_counted(make_issue, settings):
    settings.COUNT_OPENS = True
    issue = make_issue().pk
    token = counting.pixel(issue).split("/")[-2]
    counting.see(token, address="192.0.2.7", at=now() - timedelta(minutes=5))
    tasks.sweep.run()
    assert Tally.objects.get(issue=issue, kind="opened").count == 1


@pytest.mark.parametrize(("days", "left"), [(29, {"waiting", "dead"}), (31, {"waiting"})])
def test_what_could_not_be_read_is_forgotten_after_thirty_days(db, days, left):
    for state in ("waiting", "dead", "ignored")[: 3 if days > 30 else 2]:
        Webhook.objects.create(
            service="postmark", received_at=now() - timedelta(days=days), body=b"?", size=1,
            state=state,
        )  # fmt: skip
    tasks.forget.run()
    assert set(Webhook.objects.values_list("state", flat=True)) == left


def test_pages_of_sources_that_nobody_asked_for_are_forgotten(db):
    for days in (29, 31):
        Page.objects.create(url=f"https://example.org/{days}", read_at=now() - timedelta(days=days))
    tasks.forget()
    assert [page.url for page in Page.objects.all()] == ["https://example.org/29"]
