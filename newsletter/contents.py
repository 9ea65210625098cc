"""The papers of a delivery as a page of the site shows them."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter import reasons
from newsletter.models import Delivery
from newsletter.picks import Pick, Why
from papers.models import Paper
from subscriptions.models import Phrase


@dataclass(frozen=True, slots=True)
class Item:
    """One paper, and why the reader gets it."""

    paper: Paper
    why: str


def items(delivery: Delivery) -> list[Item]:
    """Return the papers of a delivery in its order, without those that were deleted since."""
    picks = delivery.picks
    papers = Paper.objects.with_topics().in_bulk([pick.paper_id for pick in picks])
    references = {pick.reference for pick in picks if pick.why in {Why.KEYWORD, Why.AUTHOR}}
    phrases = dict(Phrase.objects.filter(pk__in=references).values_list("pk", "text"))
    return [
        Item(paper, _why(pick, paper, phrases))
        for pick in picks
        if (paper := papers.get(pick.paper_id))
    ]


def _why(pick: Pick, paper: Paper, phrases: dict[int, str]) -> str:
    topics = {found.topic_id: (found.topic.name, found.reason) for found in paper.assignments.all()}
    return reasons.sentence(
        pick.why, pick.reference, pick.also_topic, topics=topics, phrases=phrases
    )
