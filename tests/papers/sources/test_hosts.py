from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from papers.models import Host
from papers.sources.web import hosts
from papers.sources.web.answers import Busy

AT = datetime(2026, 3, 16, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NAME = "export.arxiv.org"


@pytest.fixture(autouse=True)
def no_luck(monkeypatch):
    monkeypatch.setattr(hosts.random, "random", lambda: 0.0)


def busy(wait=None):
    return Busy("it answered 429", wait=wait, is_too_many=True)


def test_a_host_that_has_enough_is_left_alone_and_it_is_known_why():
    hosts.leave_alone(NAME, busy(), at=AT)
    with pytest.raises(hosts.Paused) as caught:
        hosts.check(NAME, at=AT + 9 * MINUTE)
    assert str(caught.value) == (
        "export.arxiv.org is left alone until 2026-03-16 12:10 UTC: it answered 429"
    )
    assert caught.value.temporary
    assert Host.objects.get().paused_since == AT


def test_after_the_pause_it_may_be_asked_and_others_always():
    hosts.leave_alone(NAME, busy(), at=AT)
    hosts.check(NAME, at=AT + 10 * MINUTE)
    hosts.check("rss.arxiv.org", at=AT)


def test_each_further_pause_is_twice_as_long_until_a_good_answer():
    lengths = []
    at = AT
    for is_well in (False, False, False, True, False):
        hosts.leave_alone(NAME, busy(), at=at)
        host = Host.objects.get()
        lengths.append((host.paused_until - at) / MINUTE)
        at = host.paused_until
        if is_well:
            hosts.is_well(NAME)
    assert lengths == [10, 20, 40, 80, 10]


def test_two_machines_that_hear_the_same_pause_once():
    hosts.leave_alone(NAME, busy(), at=AT)
    hosts.leave_alone(NAME, busy(), at=AT + MINUTE)
    host = Host.objects.get()
    assert (host.strikes, host.paused_until) == (1, AT + 10 * MINUTE)


def test_machines_do_not_come_back_together(monkeypatch):
    monkeypatch.setattr(hosts.random, "random", lambda: 1.0)
    hosts.leave_alone(NAME, busy(), at=AT)
    assert Host.objects.get().paused_until == AT + 12.5 * MINUTE
