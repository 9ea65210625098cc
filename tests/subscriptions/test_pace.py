from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from subscriptions import pace
from subscriptions.outgoing import Fate, Result
from subscriptions.pace import Flow

NOW = datetime(2026, 3, 17, 12, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.mark.parametrize("rate", [0.1, 1, 7.5, 400])
def test_no_minute_sees_more_than_the_rate_and_one_burst(rate):
    flow, times = Flow(filled_at=NOW), []
    for second in range(300):
        now = NOW + second * SECOND
        flow, taken = pace.take(pace.fill(flow, rate=rate, now=now), 10_000)
        times += [second] * taken
    most = max(sum(start <= t < start + 60 for t in times) for start in range(240))
    assert most <= rate * (60 + pace.BURST) + 2
    assert abs(len(times) - 299 * rate) <= rate + 2


def test_tokens_are_not_saved_up_for_ever():
    flow = pace.fill(Flow(filled_at=NOW - timedelta(days=1)), rate=5, now=NOW)
    assert flow.tokens == 5 * pace.BURST


def test_a_clock_that_goes_back_takes_nothing_away():
    flow = Flow(tokens=3, filled_at=NOW)
    assert pace.fill(flow, rate=5, now=NOW - MINUTE).tokens == 3


def test_a_throttled_stream_halves_its_pace_once_a_minute_and_not_below_the_slowest():
    flow = pace.slow_down(Flow(), now=NOW)
    assert pace.slow_down(flow, now=NOW + SECOND).pace == flow.pace == 0.5
    for minute in range(1, 30):
        flow = pace.slow_down(flow, now=NOW + minute * MINUTE)
    assert flow.pace == pace.SLOWEST


def test_every_clean_ten_minutes_speed_up_by_a_tenth():
    flow = Flow(pace=0.5, paced_at=NOW, filled_at=NOW)
    paces = []
    for minute in range(0, 31, 5):
        flow = pace.fill(flow, rate=1, now=NOW + minute * MINUTE)
        paces.append(round(flow.pace, 4))
    assert paces == [0.5, 0.5, 0.55, 0.55, 0.605, 0.605, 0.6655]


def test_twenty_failures_in_a_row_close_the_gate_for_longer_each_time():
    flow, closings = Flow(), []
    for _ in range(8 * 20):
        flow = pace.judge(flow, is_well=False, failures=1, now=NOW)
        closings.append((flow.closed_until - NOW) / SECOND if flow.closed_until else 0)
    assert closings[18:20] == [0, 30]
    assert closings[19::20] == [30, 60, 120, 240, 480, 960, 1920, 3600]


def test_one_success_ends_the_row_and_opens_no_gate_that_the_service_wants_closed():
    closed = Flow(failures=40, closed_until=NOW + MINUTE)
    assert closed.is_closed(NOW)
    opened = pace.judge(closed, is_well=True, failures=3, now=NOW)
    assert opened == Flow(closed_until=NOW + MINUTE)


@pytest.mark.parametrize(("seconds", "expected"), [(10, 10), (1e9, 3600), (-5, 0)])
def test_the_gate_is_closed_as_long_as_the_service_asks_but_no_longer_than_an_hour(
    seconds, expected
):
    flow = pace.close(Flow(), seconds=seconds, now=NOW)
    assert flow.closed_until == NOW + expected * SECOND


def test_a_shorter_wish_does_not_open_a_gate_that_is_closed_for_longer():
    closed = Flow(closed_until=NOW + MINUTE)
    assert pace.close(closed, seconds=5, now=NOW) == closed


def test_a_new_sender_warms_up_over_six_weeks():
    start = date(2026, 3, 1)
    caps = [pace.warm_up_cap(start, on=start + timedelta(days=day)) for day in range(-1, 43)]
    assert caps[:3] == [200, 200, 237]
    assert caps[42] == 200_000
    assert caps[43] is None
    assert caps[1:43] == sorted(caps[1:43])


@pytest.mark.parametrize(
    ("fate", "detail", "is_so"),
    [
        (Fate.LATER, "421 4.7.28 unusual rate of mail", True),
        (Fate.LATER, "450 4.7.1 greylisted", True),
        (Fate.LATER, "HTTP 429: Too Many Requests", True),
        (Fate.LATER, "452 4.2.2 mailbox full", False),
        (Fate.NEVER, "550 5.7.1 rate limit", False),
    ],
)
def test_who_asks_for_less_mail_is_understood(fate, detail, is_so):
    assert pace.is_throttled(Result(fate, detail)) is is_so
