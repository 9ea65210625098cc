from __future__ import annotations

import pytest

from subscriptions import even_time


@pytest.fixture
def clock(monkeypatch):
    """A clock that only work and sleep move; returns what was slept."""
    slept = []
    moments = iter([10.0])
    monkeypatch.setattr(even_time, "STEP", 0.1)
    monkeypatch.setattr(even_time.time, "sleep", slept.append)

    def work(seconds):
        nonlocal moments
        moments = iter([10.0, 10.0 + seconds])
        monkeypatch.setattr(even_time.time, "perf_counter", lambda: next(moments))
        return slept

    return work


@pytest.mark.parametrize(
    ("seconds", "total"), [(0.001, 0.1), (0.099, 0.1), (0.101, 0.2), (0.35, 0.4)]
)
def test_work_takes_a_whole_number_of_steps(clock, seconds, total):
    slept = clock(seconds)
    with even_time.even_time():
        pass
    assert seconds + slept[0] == pytest.approx(total)


def test_work_that_fails_takes_as_long(clock):
    slept = clock(0.03)
    with pytest.raises(ValueError, match="oh"), even_time.even_time():
        raise ValueError("oh")
    assert slept == [pytest.approx(0.07)]
