"""Take in the attention that papers get from our own readers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from papers import scoring
from papers.models import Paper


def note_votes(counts: Mapping[int, int], *, since: date) -> int:
    """Note how many votes of our readers count for papers, and score their lists again.

    Args:
        counts: paper id -> votes, >= 0.  Every other paper listed since `since` has none.

    Returns:
        The number of papers for which this is new.
    """
    papers = Paper.objects.filter(listed_on__gte=since).only("listed_on", "own_votes")
    changed = [paper for paper in papers if paper.own_votes != counts.get(paper.pk, 0)]
    for paper in changed:
        paper.own_votes = counts.get(paper.pk, 0)
    Paper.objects.bulk_update(changed, ["own_votes"], batch_size=400)
    scoring.score_lists({paper.listed_on for paper in changed if paper.listed_on})
    return len(changed)
