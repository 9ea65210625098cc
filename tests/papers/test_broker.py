from __future__ import annotations

import socket

import pytest
from django.conf import settings as configured

from newsletter.demo.processes import free_port
from papers import broker


@pytest.fixture
def frozen_server():
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        yield server


def calls(server) -> int:
    """How many connections were made to it."""
    for count in range(100):
        try:
            server.accept()[0].close()
        except TimeoutError:
            return count
    raise AssertionError("it was called without end")


def test_a_running_server_answers():
    assert broker.is_there()
    assert broker.ask(lambda redis: redis.echo("hello")) == "hello"


def test_a_frozen_server_costs_its_patience_once(settings, frozen_server):
    settings.REDIS_URL = f"redis://127.0.0.1:{frozen_server.getsockname()[1]}/0"
    assert not broker.is_there(patience=0.2)
    assert calls(frozen_server) == 1  # nothing is tried twice


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
