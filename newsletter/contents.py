"""Papers picked for somebody, as a page of the site shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from newsletter import reasons
from newsletter.models import Delivery
from newsletter.picks import PACKED, Pick
from newsletter.reasons import Names
from newsletter.references import names_of
from papers.models import Paper


@dataclass(frozen=True, slots=True)
class Item:
    """One paper, and why the reader gets it."""

    paper: Paper
    why: str


def items(delivery: Delivery) -> list[Item]:
    """Return the papers of a delivery in its order, without those that were deleted since."""
    return of(delivery.picks, names_of(np.frombuffer(delivery.packed_picks, PACKED)))


def of(picks: Sequence[Pick], names: Names) -> list[Item]:
    """Return these papers in their order; `names` are of what the reasons refer to."""
    papers = Paper.objects.with_topics().in_bulk([pick.paper_id for pick in picks])
    return [
        Item(paper, _why(pick, paper, names))
        for pick in picks
        if (paper := papers.get(pick.paper_id))
    ]


def _why(pick: Pick, paper: Paper, names: Names) -> str:
    topics = {found.topic_id: (found.topic.name, found.reason) for found in paper.assignments.all()}
    return reasons.sentence(
        *(pick.why, pick.reference, pick.also_topic),
        topics=topics,
        names=names,
        is_again=pick.is_again,
    )


def items_of(deliveries: Sequence[Delivery]) -> dict[int, list[Item]]:
    """As `items`, for many deliveries at once, by their ids."""
    picks = {delivery.pk: delivery.picks for delivery in deliveries}
    papers = Paper.objects.with_topics().in_bulk(
        {pick.paper_id for chosen in picks.values() for pick in chosen}
    )
    packed = b"".join(bytes(delivery.packed_picks) for delivery in deliveries)
    names = names_of(np.frombuffer(packed, PACKED))
    return {
        pk: [
            Item(paper, _why(pick, paper, names))
            for pick in chosen
            if (paper := papers.get(pick.paper_id))
        ]
        for pk, chosen in picks.items()
    }
