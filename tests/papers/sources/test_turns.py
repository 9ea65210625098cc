from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection

from newsletter.demo.processes import free_port
from newsletter.demo.valkey import Valkey
from papers import broker
from papers.models import Turn
from papers.sources import SourceError
from papers.sources.web import turns
from papers.sources.web.manners import Manner

SLOW = Manner("slow-service", spacing=3.0)
QUICK = Manner("quick-service", spacing=0.2)
START = datetime(2026, 3, 16, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def free():
    """No turn of an earlier test is still taken."""
    keys = [f"newsletter:turn:{manner.service}" for manner in (SLOW, QUICK)]
    broker.ask(lambda redis: redis.delete(*keys))


@pytest.fixture
def clock(monkeypatch):
    """The database's clock, which goes on only while somebody sleeps."""
    clock = [START]
    monkeypatch.setattr(turns.clock, "database_now", lambda: clock[0])

    def sleep(seconds):
        clock[0] += timedelta(seconds=seconds)

    monkeypatch.setattr(turns, "_sleep", sleep)
    return clock


@pytest.fixture
def valkey(settings):
    """Another Redis, for the test to break."""
    server = Valkey()
    settings.REDIS_URL = server.url
    yield server
    os.kill(server.process.pid, signal.SIGCONT)
    server.stop()


@pytest.fixture(params=["away", "frozen"])
def no_redis(request, settings):
    """Redis is really away, or takes connections and does not answer."""
    if request.param == "away":
        settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    else:
        os.kill(request.getfixturevalue("valkey").process.pid, signal.SIGSTOP)


@pytest.fixture
def emptied(monkeypatch):
    """Redis forgets each turn at once."""
    tell = turns._tell_redis

    def forgetful(*args, **options):
        broker.ask(lambda redis: redis.delete(f"newsletter:turn:{SLOW.service}"))
        return tell(*args, **options)

    monkeypatch.setattr(turns, "_tell_redis", forgetful)


def waits(clock, manner=SLOW):
    before = clock[0]
    with turns.taken(manner):
        return (clock[0] - before).total_seconds()


@pytest.mark.usefixtures("no_redis")
def test_without_redis_the_rows_keep_the_spacing(clock):
    with turns.taken(SLOW):
        clock[0] += timedelta(seconds=10)  # a slow answer
    assert waits(clock) == 3
    clock[0] += timedelta(seconds=1)
    assert waits(clock) == 2
    clock[0] += timedelta(hours=1)
    assert waits(clock) == 0


def test_a_redis_that_freezes_during_a_request_changes_nothing(clock, valkey):
    with turns.taken(SLOW):
        os.kill(valkey.process.pid, signal.SIGSTOP)
        clock[0] += timedelta(seconds=1)
    assert waits(clock) == 3


def test_a_redis_that_dies_during_a_request_changes_nothing(clock, valkey):
    with turns.taken(SLOW):
        valkey.process.kill()
        clock[0] += timedelta(seconds=1)
    assert waits(clock) == 3


def test_with_an_emptied_redis_the_rows_keep_the_spacing(clock, emptied):
    assert [waits(clock) for _ in range(3)] == [0, 3, 3]


def test_services_do_not_wait_for_each_other(clock):
    with turns.taken(SLOW):
        assert waits(clock, QUICK) == 0


@pytest.mark.usefixtures("no_redis")
def test_who_died_with_a_turn_is_waited_for_no_longer_than_the_lease(clock, monkeypatch):
    monkeypatch.setattr(turns, "LEASE", 5)
    with ExitStack() as stack:
        stack.enter_context(turns.taken(SLOW))
        assert waits(clock) == turns.LEASE
        holder = Turn.objects.get().holder
        clock[0] += timedelta(seconds=1)
    assert Turn.objects.get().holder == holder  # who comes back late changes nothing
    assert waits(clock) == 2


@pytest.mark.usefixtures("no_redis")
def test_nobody_waits_for_ever(clock, monkeypatch):
    monkeypatch.setattr(turns, "LEASE", 10_000)
    monkeypatch.setattr(turns, "PATIENCE", 3)
    with turns.taken(SLOW), pytest.raises(SourceError, match="others have asked slow-service") as e:
        waits(clock)
    assert e.value.temporary
    assert (clock[0] - START).total_seconds() == turns.PATIENCE


def test_a_turn_is_given_back_after_an_error(clock):
    with pytest.raises(ZeroDivisionError), turns.taken(Manner("quick-service", spacing=0)):
        raise ZeroDivisionError
    assert waits(clock, QUICK) == 0


@pytest.mark.parametrize("redis", ["there", "away"])
@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_each_has_its_own_turn(settings, redis):
    """Real threads, real clocks, really without Redis: turns never touch and are never close."""
    if redis == "away":
        settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    spans = []

    def ask():
        try:
            with turns.taken(QUICK):
                begun = time.monotonic()
                time.sleep(0.02)
                spans.append((begun, time.monotonic()))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spans.sort()
    assert len(spans) == 5
    gaps = [later[0] - earlier[1] for earlier, later in pairwise(spans)]
    assert min(gaps) >= QUICK.spacing - 0.01  # a clock of milliseconds
