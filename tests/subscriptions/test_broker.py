from __future__ import annotations

import socket
import time

import pytest
from django.conf import settings as configured

from newsletter.demo.processes import free_port
from subscriptions import broker


@pytest.fixture
def frozen_server():
    """The address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def test_a_running_server_answers():
    assert broker.is_there()
    assert broker.ask(lambda redis: redis.echo("hello")) == "hello"


def test_a_frozen_server_costs_its_patience_once(settings, frozen_server):
    settings.REDIS_URL = frozen_server
    started = time.monotonic()
    assert not broker.is_there(patience=0.2)
    assert time.monotonic() - started < 5  # redis-py's own three retries would take longer


@pytest.mark.parametrize(
    "url", [f"redis://127.0.0.1:{free_port()}/0", "redis+socket:///nowhere", "nonsense"]
)
def test_a_server_that_cannot_be_asked_gives_no_answer(settings, url):
    settings.REDIS_URL = url
    assert broker.ask(lambda redis: redis.ping()) is None


def test_a_refused_question_gives_no_answer():
    assert broker.ask(lambda redis: redis.execute_command("NO-SUCH-COMMAND")) is None


def test_celery_uses_the_same_server():
    assert configured.CELERY_BROKER_URL.partition("://")[2]
    assert configured.REDIS_URL
