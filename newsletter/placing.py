"""Put candidates where the plan of an issue wants them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from newsletter.matching.pool import MOST_PAPERS, Candidate
from newsletter.models import Placement, Plan

Act = Placement.Act
Acts = Mapping[int, str]  # paper id -> what is to be done with it
NOTHING: Acts = MappingProxyType({})
TRENDS: Mapping[str, float] = {Act.BOOST: 1, Act.BURY: 0}
RANKS: Mapping[str, int] = {Act.BOOST: 0, Act.BURY: 2}  # between them is everything else
STRICTNESS: list[str] = [Act.BOOST, Act.BURY, Act.EXCLUDE]


def planned(cadence: str, on: date) -> Acts:
    """Return what the plan of that issue does, if there is a plan and it counts."""
    placements = Placement.objects.filter(plan__in=Plan.objects.counting(cadence, on))
    return dict(placements.values_list("paper_id", "act"))


def place(
    candidates: Sequence[Candidate], aliases: Mapping[int, int], acts: Acts
) -> tuple[Sequence[Candidate], Mapping[int, int]]:
    """Return at most MOST_PAPERS, boosted ones first and buried ones last, and their aliases.

    What is said of one of several versions of a paper holds for the one that was kept, or
    another version would come in place of an excluded one; if several things are said, the
    strictest.

    Args:
        candidates: hottest first, without doubles; that order is kept among equals.
        aliases: another id -> the id of the candidate that is the same paper.
    """
    if not acts:
        return candidates, aliases
    said: dict[int, str] = {}
    for paper, act in acts.items():
        one = aliases.get(paper, paper)
        said[one] = max(said.get(one, act), act, key=STRICTNESS.index)
    found = [(said.get(candidate.paper_id, ""), candidate) for candidate in candidates]
    wanted = [(act, candidate) for act, candidate in found if act != Act.EXCLUDE]
    wanted.sort(key=lambda row: RANKS.get(row[0], 1))
    left = [
        replace(candidate, trend=TRENDS[act]) if act else candidate
        for act, candidate in wanted[:MOST_PAPERS]
    ]
    ids = {candidate.paper_id for candidate in left}
    return left, {other: one for other, one in aliases.items() if one in ids}
