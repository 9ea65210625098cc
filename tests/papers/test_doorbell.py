from __future__ import annotations

import json
import os
import signal
import time

import pytest
import redis
from celery import current_app
from django.conf import settings

from newsletter.config.environment import celery_broker_url
from newsletter.demo.valkey import Valkey
from papers import doorbell
from subscriptions.tasks import post_letters

PATIENCE = 0.8  # seconds that a visitor may wait for nothing


@pytest.fixture
def server():
    """Another Redis, for the test to break."""
    valkey = Valkey()
    yield valkey
    os.kill(valkey.process.pid, signal.SIGCONT)
    valkey.stop()


@pytest.fixture
def use_broker(monkeypatch):
    def use(url: str) -> None:
        monkeypatch.setattr(current_app.conf, "broker_write_url", celery_broker_url(url))

    return use


def ring() -> tuple[bool, float]:
    """Ring; return the answer and how many seconds it took."""
    start = time.monotonic()
    heard = doorbell.ring(post_letters, expires=20)
    return heard, time.monotonic() - start


def test_a_ring_puts_the_task_into_its_queue():
    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    client.delete("letters")
    heard, _ = ring()
    [message] = client.lrange("letters", 0, -1)
    headers = json.loads(message)["headers"]
    client.delete("letters")
    assert heard
    assert headers["task"] == "subscriptions.post_letters"
    assert headers["expires"] is not None


def test_a_ring_is_fast():
    ring()
    assert min(ring()[1] for _ in range(5)) < 0.1
    redis.Redis.from_url(os.environ["REDIS_URL"]).delete("letters")


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "unix:///tmp/nobody-listens-here.sock"])
def test_a_broker_that_is_away_costs_little(use_broker, url):
    use_broker(url)
    heard, seconds = ring()
    assert not heard
    assert seconds < PATIENCE


def test_a_frozen_broker_costs_little_and_is_heard_again_afterwards(use_broker, server):
    use_broker(server.url)
    assert ring()[0]
    os.kill(server.process.pid, signal.SIGSTOP)
    for _ in range(2):
        heard, seconds = ring()
        assert not heard
        assert seconds < PATIENCE
    os.kill(server.process.pid, signal.SIGCONT)
    assert ring()[0]


@pytest.mark.parametrize(("option", "value"), [("maxmemory", "1"), ("requirepass", "secret")])
def test_a_broker_that_refuses_is_no_error(use_broker, server, option, value):
    use_broker(server.url)
    redis.Redis.from_url(server.url).config_set(option, value)
    assert not ring()[0]


def test_the_workers_own_patience_is_left_alone():
    before = dict(current_app.conf.broker_transport_options)
    ring()
    assert current_app.conf.broker_transport_options == before
    assert before == settings.CELERY_BROKER_TRANSPORT_OPTIONS
    redis.Redis.from_url(os.environ["REDIS_URL"]).delete("letters")
