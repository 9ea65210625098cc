"""With early votes: do they foretell the later ones?  Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random

from papers import surges
from papers.evaluation.snapshots import Snapshot
from papers.evaluation.trials import (
    HACKER_NEWS,
    OURS,
    RANDOM,
    SEED,
    VOTES,
    Trial,
    hacker_news,
)
from papers.growth import Growth
from papers.histories import History, Rise, history

FEWEST = 5  # papers of an early snapshot
LATER = timedelta(hours=6)  # how much later the last snapshot must be, at least
SETTLED = timedelta(hours=24)  # its age, at least

Snapshots = Mapping[date, Sequence[Snapshot]]


def daily(snapshots: Snapshots, *, growth: Growth) -> Trial:
    """Order each list by its first snapshot, and compare with the last one."""
    found = Trial("One list", "its first snapshot against the votes of its last one")
    for day, seen in _usable(snapshots):
        _round(found, day, [seen[0]], seen[-1], growth=growth)
    return found


def late(snapshots: Snapshots, *, growth: Growth) -> Trial:
    """The same where papers joined the list after the first snapshot and before the one used."""
    found = Trial("Late additions", "a snapshot with newcomers against the votes of the last one")
    for day, seen in _usable(snapshots):
        early = [one for one in seen if seen[-1].seen_at - one.seen_at >= LATER]
        if early[-1].votes.keys() - early[0].votes.keys():
            _round(found, day, early, seen[-1], growth=growth)
    return found


def weekly(snapshots: Snapshots, *, growth: Growth) -> Trial:
    """Put the early snapshot of one list among the last ones of all others."""
    found = Trial("Several lists", "one list young among others that are not, by their last votes")
    usable = list(_usable(snapshots))
    for young, _ in usable if len(usable) > 1 else []:
        scores: dict[str, list[float]] = {}
        votes: list[float] = []
        for day, seen in usable:
            used = [seen[0]] if day == young else [seen[0], seen[-1]]
            for name, some in _scores(day, used, seen[-1], growth=growth).items():
                scores.setdefault(name, []).extend(some)
            votes += [seen[-1].votes.get(paper, 0) for paper in used[-1].votes]
        found.add(scores, votes)
    return found


def histories(day: date, snapshots: Sequence[Snapshot]) -> dict[str, History]:
    """Make histories of what snapshots of one list show, in order of time."""
    looks = snapshots[0].seen_at, snapshots[-1].seen_at
    first: dict[str, datetime] = {}
    rises: defaultdict[str, list[Rise]] = defaultdict(list)
    before: dict[str, Rise] = {}
    for snapshot in snapshots:
        for paper, votes in snapshot.votes.items():
            first.setdefault(paper, snapshot.seen_at)
            was = before.get(paper)
            look = before[paper] = Rise(snapshot.seen_at, votes, was.until if was else None)
            if was is None or votes > was.votes:
                rises[paper].append(look)
    return {
        paper: history(day, first_seen=seen, looks=looks, rises=rises[paper])
        for paper, seen in first.items()
    }


def _usable(snapshots: Snapshots) -> Iterable[tuple[date, Sequence[Snapshot]]]:
    for day, seen in snapshots.items():
        whole = [one for one in seen if len(one.votes) >= FEWEST]
        if len(whole) < 2:
            continue
        last = whole[-1].seen_at
        if last - whole[0].seen_at >= LATER and last - _midnight(day) >= SETTLED:
            yield day, whole


def _round(
    found: Trial, day: date, early: Sequence[Snapshot], last: Snapshot, *, growth: Growth
) -> None:
    papers = list(early[-1].votes)
    scores = _scores(day, early, last, growth=growth)
    found.add(scores, [last.votes.get(paper, 0) for paper in papers])


def _scores(
    day: date, seen: Sequence[Snapshot], last: Snapshot, *, growth: Growth
) -> dict[str, list[float]]:
    """Score the papers of the newest of `seen` in every way; ours foretells the votes of `last`."""
    chance = Random(f"{SEED} {day}")
    votes = seen[-1].votes
    watched = histories(day, seen)
    doubted = surges.doubted(watched)
    hours = (seen[-1].seen_at - _midnight(day)) / timedelta(hours=1)
    return {
        OURS: [
            growth.expected(votes[paper] - doubted[paper], age=watched[paper].age)
            * growth.share(last.seen_at - watched[paper].joined)
            for paper in votes
        ],
        VOTES: list(votes.values()),
        HACKER_NEWS: [hacker_news(count, hours=hours) for count in votes.values()],
        RANDOM: [chance.random() for _ in votes],
    }


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
