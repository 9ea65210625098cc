"""What matching itself would send to simulated readers, pool by pool.  Pure.

Trend scores are those of papers.trending within each list, by votes and comments.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from random import Random

import numpy as np

from newsletter.matching.block import pick_all
from newsletter.matching.phrases import Text
from newsletter.matching.pool import Candidate, Pool
from newsletter.matching.readers import Reader, block_of
from newsletter.picks import unpack
from newsletter.trial import measures, protocol
from newsletter.trial.protocol import Ints, Trial
from newsletter.trial.records import Record
from papers import likeness, trending, vectors
from papers.signs import Rule
from papers.topics import Classifier
from papers.trending import Attention

SHARES = (0.0, 0.2, 0.4, 0.6, 0.8)
FOLLOWERS, MOST_FOLLOWED = 100, 5  # who follow two to five topics each


@dataclass(frozen=True, slots=True)
class Cost:
    """What a share of the trend costs in relevance, on average over mails."""

    share: float
    ndcg: float
    precision: float  # of the papers that are in the mail
    papers: float  # in a mail


def costs(trial: Trial, people: Sequence[protocol.Reader], *, likes: int) -> list[Cost]:
    """Match readers who said nothing but which papers they like."""
    able = [reader for reader in people if reader.likes.size >= likes]
    usual, nothing = trial.usual(), trial.vectors[:0]
    tastes = [
        likeness.pack(likeness.learn(trial.vectors[reader.likes[:likes]], nothing, usual))
        for reader in able
    ]
    pools = [pool_of(trial, positions) for positions in trial.pools]
    return [_cost(trial, able, tastes, pools, share) for share in SHARES] if able else []


def caps(trial: Trial, rules: Sequence[Rule], *, seed: int) -> tuple[int, int]:
    """Return how many mails the cap for each topic changed, and of how many."""
    classifier, chance = Classifier(rules), Random(seed)  # noqa: S311  # must be repeatable
    numbers = {rule.slug: number for number, rule in enumerate(rules, start=1)}
    wide = range(2, min(MOST_FOLLOWED, len(rules)) + 1)
    followers = [
        Reader(n, dict.fromkeys(chance.sample(sorted(numbers.values()), chance.choice(wide)), 1.0),
               measures.PLACES)
        for n in range(FOLLOWERS)
    ]  # fmt: skip
    changed = mails = 0
    for positions in trial.pools:
        topics = {
            int(position): {
                numbers[match.slug]: match.strength
                for match in classifier.classify(
                    title=trial.records[position].title, abstract=trial.records[position].abstract
                )
                if match.strength >= 0.5
            }
            for position in positions
        }
        pool = pool_of(trial, positions, topics)
        block = block_of(followers, pool)
        with_cap = pick_all(block, pool).packed()
        without = pick_all(block, pool, capped=False).packed()
        mails += sum(map(bool, without))
        changed += sum(one != other for one, other in zip(with_cap, without, strict=True))
    return changed, mails


def pool_of(
    trial: Trial, positions: Ints, topics: dict[int, dict[int, float]] | None = None
) -> Pool:
    """Return papers as candidates, whose ids are their positions and 1."""
    trends = _trends([trial.records[position] for position in positions])
    hottest = sorted(zip(trends, positions.tolist(), strict=True), key=lambda row: -row[0])
    return Pool.of(
        [
            Candidate(
                position + 1, trend, (topics or {}).get(position, {}), Text(),
                vectors.pack(trial.vectors[position]),
            )
            for trend, position in hottest
        ]
    )  # fmt: skip


def _trends(records: Sequence[Record]) -> list[float]:
    lists: dict[date, list[int]] = defaultdict(list)
    for number, record in enumerate(records):
        lists[record.day].append(number)
    found = [0.0] * len(records)
    for numbers in lists.values():
        attention = [Attention(records[n].votes, records[n].comments) for n in numbers]
        for number, score in zip(numbers, trending.trend_scores(attention), strict=True):
            found[number] = score
    return found


def _cost(
    trial: Trial,
    people: Sequence[protocol.Reader],
    tastes: Sequence[bytes],
    pools: Sequence[Pool],
    share: float,
) -> Cost:
    wanted = [
        Reader(n, {}, measures.PLACES, trend_share=share, taste=taste)
        for n, taste in enumerate(tastes)
    ]
    gains, hits, sizes = list[float](), list[float](), list[int]()
    for pool, positions in zip(pools, trial.pools, strict=True):
        packed = pick_all(block_of(wanted, pool), pool).packed()
        for reader, picks in zip(people, packed, strict=True):
            about = trial.is_about[:, reader.interest]
            if not (count := int(about[positions].sum())):
                continue
            chosen = about[[pick.paper_id - 1 for pick in unpack(picks)]]
            gains.append(measures.ndcg(chosen, of=count))
            sizes.append(chosen.size)
            hits.extend(chosen.tolist())
    return Cost(share, float(np.mean(gains)), float(np.mean(hits or [0])), float(np.mean(sizes)))
