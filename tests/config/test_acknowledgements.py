from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from celery import bootsteps
from celery.worker import state
from celery.worker.consumer import Consumer
from kombu import Connection

from newsletter.config import celery_app
from newsletter.config.acknowledgements import AcknowledgementLost, Acknowledgements, look


class Task:
    """What the worker's state remembers of a message."""


@pytest.fixture
def channel() -> Iterator[object]:
    with Connection("memory://") as connection:
        channel = connection.channel()
        channel.qos.prefetch_count = 2
        yield channel


@pytest.fixture
def consumer(channel, monkeypatch):
    monkeypatch.setattr(state, "reserved_requests", set())
    return SimpleNamespace(task_consumer=SimpleNamespace(channel=channel))


def deliver(channel, tag: str) -> Task:
    channel.qos.append(SimpleNamespace(delivery_tag=tag), tag)
    task = Task()
    state.reserved_requests.add(task)
    return task


def test_a_worker_at_work_is_left_alone(consumer, channel):
    deliver(channel, "one")
    deliver(channel, "two")
    look(consumer)


def test_a_task_that_was_acknowledged_is_no_open_message(consumer, channel):
    task = deliver(channel, "one")
    channel.qos.ack("one")
    state.reserved_requests.discard(task)
    look(consumer)


def test_a_message_that_no_task_has_costs_the_connection(consumer, channel):
    deliver(channel, "one")
    task = deliver(channel, "two")
    assert not channel.qos.can_consume()
    state.reserved_requests.discard(task)  # it ended, and the broker did not hear of it
    with pytest.raises(AcknowledgementLost, match="2 messages are open, but only 1 tasks"):
        look(consumer)


def test_a_lost_acknowledgement_is_taken_for_a_lost_connection_to_redis():
    with Connection("redis://localhost") as connection:
        assert issubclass(AcknowledgementLost, connection.connection_errors)


def test_every_worker_with_an_event_loop_looks():
    assert Acknowledgements in celery_app.steps["consumer"]
    step = Acknowledgements(SimpleNamespace(steps=[]))
    assert step.include_if(SimpleNamespace(hub=object()))
    assert not step.include_if(SimpleNamespace(hub=None))
    assert isinstance(step, bootsteps.StartStopStep)
    assert "celery.worker.consumer.tasks:Tasks" in Consumer.Blueprint.default_steps


def test_it_looks_while_the_connection_lasts():
    entries = []

    class Timer:
        def call_repeatedly(self, seconds, call, arguments):
            entries.append((seconds, call, arguments))
            return SimpleNamespace(cancel=entries.pop)

    consumer = SimpleNamespace(timer=Timer(), steps=[])
    step = Acknowledgements(consumer)
    step.start(consumer)
    assert entries == [(5.0, look, (consumer,))]
    step.stop(consumer)
    assert entries == []
    step.stop(consumer)
