"""Without any votes: does the guess foretell who will have them?  Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from random import Random

from papers.evaluation.files import Entry
from papers.evaluation.trials import HACKER_NEWS, OURS, RANDOM, SEED, VOTES, Trial
from papers.prior import Prior

FEWEST = 5  # papers of a list that is worth ordering
HELD_BACK = 0.25  # share of the lists that is tested, the newest, unless a date is given


def trial(lists: Mapping[date, Sequence[Entry]], *, since: date | None = None) -> Trial:
    """Guess each list from `since` on with what all earlier lists taught, and no later one.

    Nobody has voted yet, so raw votes, and with papers of one age Hacker News too, know nothing.
    """
    days = sorted(lists)
    since = since or (days[int(len(days) * (1 - HELD_BACK))] if days else date.max)
    prior, chance = Prior(), Random(SEED)
    found = Trial("Cold start", f"lists from {since} on, each learned from all lists before it")
    for day in days:
        entries = lists[day]
        known, votes = [entry.known for entry in entries], [entry.votes for entry in entries]
        if day >= since and len(entries) >= FEWEST:
            nothing = [0.0] * len(entries)
            scores = {
                OURS: prior.guess(known),
                VOTES: nothing,
                HACKER_NEWS: nothing,
                RANDOM: [chance.random() for _ in entries],
            }
            found.add(scores, votes)
        prior.learn(known, votes)
    return found
