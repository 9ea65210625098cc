"""How often somebody may sign up, and who somebody is."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from subscriptions import limits
from subscriptions.models import SignUpCount

MORNING = datetime(2026, 3, 17, 9, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def allow(bucket="a", *, limit=2, span=DAY, at=MORNING):
    return limits.allow(bucket, limit=limit, span=span, at=at)


def test_a_bucket_is_full_after_its_limit(db):
    assert [allow() for _ in range(4)] == [True, True, False, False]
    assert SignUpCount.objects.get().count == 2


def test_a_limit_of_zero_allows_nobody(db):
    assert not allow(limit=0)


def test_buckets_do_not_share(db):
    assert [allow("a", limit=1), allow("b", limit=1)] == [True, True]


def test_a_new_span_begins_with_nothing(db):
    assert [allow(limit=1), allow(limit=1, at=MORNING.replace(hour=23, minute=59))] == [True, False]
    assert allow(limit=1, at=MORNING + DAY)
    assert SignUpCount.objects.filter(starts_at=MORNING.replace(hour=0)).count() == 1


def test_hours_begin_on_the_hour(db):
    allow(span=HOUR, at=MORNING.replace(minute=59))
    assert SignUpCount.objects.get().starts_at == MORNING


@pytest.mark.django_db(transaction=True)
def test_threads_together_get_no_more_than_the_limit():
    def ask(_):
        try:
            return allow(limit=5)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(ask, range(20))) == 5


def spaced(at, *, limit=3):
    return limits.allow_spaced("a", limit=limit, span=30 * DAY, at=at)


def test_spaced_ones_never_exceed_the_limit_within_any_span(db):
    """One is asked for every six hours of 120 days."""
    moments = [MORNING + timedelta(hours=6 * number) for number in range(480)]
    allowed = [at for at in moments if spaced(at)]

    assert len(allowed) == 12
    for at in allowed:
        assert sum(at <= other < at + 30 * DAY for other in allowed) <= 3
    assert SignUpCount.objects.count() == 3


def test_a_place_is_free_again_when_its_span_is_over_and_not_before(db):
    assert spaced(MORNING, limit=1)
    assert not spaced(MORNING + 30 * DAY - timedelta(seconds=1), limit=1)
    assert spaced(MORNING + 30 * DAY, limit=1)


def test_what_is_used_once_is_used_once(db):
    assert [limits.use_once("a", until=MORNING) for _ in range(3)] == [True, False, False]
    assert limits.use_once("b", until=MORNING)


def test_booking_fills_one_span_after_the_other(db):
    at = MORNING + timedelta(minutes=10)
    booked = [limits.book("a", limit=2, span=HOUR, at=at, spans=3) for _ in range(8)]

    assert booked == [
        *[at] * 2, *[MORNING + HOUR] * 2, *[MORNING + 2 * HOUR] * 2, None, None,
    ]  # fmt: skip
    assert not allow(span=HOUR, at=MORNING + HOUR)


def test_booking_never_exceeds_the_limit_of_any_span(db):
    assert limits.book("a", limit=0, span=HOUR, at=MORNING, spans=3) is None


@pytest.mark.django_db(transaction=True)
def test_threads_together_use_up_one_place_once():
    def ask(_):
        try:
            return spaced(MORNING, limit=2)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(ask, range(20))) == 2


@pytest.mark.parametrize(
    ("remote", "forwarded", "proxies", "client"),
    [
        ("192.0.2.1", "", 0, "192.0.2.1"),
        ("192.0.2.1", "203.0.113.9", 0, "192.0.2.1"),  # nobody in front: the header is a lie
        ("10.0.0.1", "203.0.113.9", 1, "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9", 1, "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.2", 2, "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9", 2, "10.0.0.1"),  # too short: not from our proxies
        ("10.0.0.1", "", 1, "10.0.0.1"),
        ("10.0.0.1", '"><script>', 1, "10.0.0.1"),
        ("10.0.0.1", "1.2.3.4,", 1, "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9:4711", 1, "203.0.113.9"),
        ("10.0.0.1", "[2001:db8::1]:443", 1, "2001:db8::1"),
        ("::ffff:192.0.2.1", "", 0, "192.0.2.1"),
        ("fe80::1%eth0", "", 0, "fe80::1"),
        ("", "", 0, ""),
        ("", "203.0.113.9", 1, "203.0.113.9"),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(remote, forwarded, proxies, client):
    assert limits.client_address(remote, forwarded, proxies=proxies) == client


@given(st.text(), st.integers(0, 3))
def test_no_header_breaks_it(forwarded, proxies):
    assert limits.client_address("192.0.2.1", forwarded, proxies=proxies)


@pytest.mark.parametrize(
    ("client", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("", "unknown"),
    ],
)
def test_neighbours_count_together(client, network):
    assert limits.network(client) == network
