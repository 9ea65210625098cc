"""Lines over time, drawn to scale and told in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from papers.charts import HEIGHT, WIDTH, line_chart

START = datetime(2026, 3, 16, tzinfo=UTC)


def values(*votes, hours=1):
    return [(START + number * timedelta(hours=hours), vote) for number, vote in enumerate(votes)]


def test_nothing_is_drawn_of_nothing():
    assert line_chart({}) is None
    assert line_chart({"page": []}) is None


def test_time_goes_right_and_votes_go_up():
    chart = line_chart({"page": values(0, 5, 10)})
    (line,) = chart.lines
    assert line.dots == [(chart.left, chart.bottom), (258.0, 101.0), (chart.right, chart.top)]
    assert line.points.startswith(f"{chart.left},{chart.bottom} 258,101")


def test_series_share_one_scale_and_have_their_own_styles():
    chart = line_chart({"page": values(3), "huggingface": values(1, 20), "none": []})
    assert [(line.name, line.style) for line in chart.lines] == [("page", 0), ("huggingface", 1)]
    assert [tick.text for tick in chart.upward] == ["0", "10", "20"]
    assert [tick.text for tick in chart.across] == ["16 Mar 00:00", "16 Mar 01:00"]


@pytest.mark.parametrize(
    ("most", "top"), [(0, "2"), (1, "2"), (3, "4"), (9, "10"), (11, "20"), (1_234, "2,000")]
)
def test_the_scale_ends_at_a_number_that_reads_well(most, top):
    assert line_chart({"page": values(most)}).upward[-1].text == top


def test_one_observation_is_a_dot_in_the_middle():
    chart = line_chart({"page": values(7)})
    assert chart.lines[0].dots[0][0] == (chart.left + chart.right) / 2
    assert len(chart.across) == 1


def test_everything_lies_inside_the_drawing():
    chart = line_chart({"page": values(*range(0, 2_000_000_000, 100_000_000))})
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in chart.lines[0].dots)


def test_words_say_what_the_lines_show():
    chart = line_chart({"page": values(3, 1_041, 41), "sample": values(7, 7)})
    assert chart.sentence == "page: from 3 to 41, at most 1,041; sample: 7 throughout"
