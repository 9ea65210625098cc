from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from papers.evaluation import snapshots
from papers.sources import SourceError

DAY = date(2026, 3, 16)


def test_snapshots_are_put_in_order_and_copies_left_out(saved):
    rows = [
        ["2026-03-17T10:00:00+08:00", {"2603.00001": 9}, "a"],
        ["2026-03-16T17:00:00+00:00", {"2603.00001": 5}, "b"],
        ["2026-03-21T00:00:00+00:00", {"2603.00001": 9}, "a copy of the first"],
    ]
    found = snapshots.read(saved("votes.json", json.dumps({"2026-03-16": rows})))
    assert [(one.seen_at, one.votes) for one in found[DAY]] == [
        (datetime(2026, 3, 16, 17, tzinfo=UTC), {"2603.00001": 5}),
        (datetime(2026, 3, 17, 2, tzinfo=UTC), {"2603.00001": 9}),
    ]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ([], "holds no snapshots by date"),
        ({"yesterday": []}, "no date"),
        ({"2026-03-16": 5}, "no list of snapshots"),
        ({"2026-03-16": [["now"]]}, "snapshot 1 is not a moment"),
        ({"2026-03-16": [["now", {}]]}, "snapshot 1: its moment is no ISO"),
        ({"2026-03-16": [["2026-03-16T00:00:00", {}]]}, "no time zone"),
        ({"2026-03-16": [["2026-03-16T00:00:00Z", {"a": "many"}]]}, "snapshot 1: its votes"),
    ],
)
def test_bad_snapshots_are_named(saved, answer, message):
    with pytest.raises(SourceError, match=message):
        snapshots.read(saved("votes.json", json.dumps(answer)))
