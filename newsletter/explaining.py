"""Why each paper is in a digest, in full words, and what a reader does to get more or less.

Only what the digest itself says is explained: the reason of a pick, and facts of its paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _

from newsletter.models import Card, Delivery
from newsletter.picks import PACKED, Pick, Why
from newsletter.reasons import Names
from newsletter.references import names_of
from papers.models import Assignment, Paper

Topics = Mapping[int, Assignment]  # topic id -> that the paper is about it


@dataclass(frozen=True, slots=True)
class Explained:
    """One paper of a digest."""

    paper: Paper
    reasons: list[str]  # whole sentences, the strongest first
    advice: str
    place: int  # 1..100: its score in hundredths of the best one's in this digest
    trend: int  # 0..100: how hot it was on its list
    topics: list[tuple[str, int]]  # what the paper is about, and how much: 1..100


def explain(delivery: Delivery) -> list[Explained]:
    """Explain the papers of a delivery in its order; those that were deleted are left out."""
    picks = delivery.picks
    ids = [pick.paper_id for pick in picks]
    papers = Paper.objects.with_topics().in_bulk(ids)
    cards = Card.objects.filter(issue=delivery.issue_id, paper_id__in=ids)
    trends = dict(cards.values_list("paper_id", "trend"))
    names = names_of(np.frombuffer(delivery.packed_picks, PACKED))
    best = max((pick.score for pick in picks), default=0)
    return [
        _explained(pick, papers[pick.paper_id], names, trends=trends, best=best)
        for pick in picks
        if pick.paper_id in papers
    ]


def _explained(
    pick: Pick, paper: Paper, names: Names, *, trends: Mapping[int, float], best: float
) -> Explained:
    topics = {found.topic_id: found for found in paper.assignments.all()}
    trend = trends.get(paper.pk, paper.trend_score)
    return Explained(
        paper=paper,
        reasons=_reasons(pick, topics, names),
        advice=_advice(pick, topics, names),
        place=round(100 * pick.score / best) if best > 0 else 0,
        trend=round(100 * trend),
        topics=[(str(found.topic), round(100 * found.strength)) for found in topics.values()],
    )


def _reasons(pick: Pick, topics: Topics, names: Names) -> list[str]:
    found = [_main(pick, topics, names)]
    if pick.is_again:
        found.append(
            _("You had it before. A list has named it anew since then, and it is high up.")
        )
    if pick.why == Why.TOPIC and pick.reference in topics and topics[pick.reference].reason:
        sign = {"sign": topics[pick.reference].reason}
        found.append(_("What shows that it is about it: %(sign)s.") % sign)
    if pick.also_topic in topics:
        also = {"topic": topics[pick.also_topic].topic}
        found.append(_("It is also about %(topic)s, which you follow.") % also)
    return found


def _main(pick: Pick, topics: Topics, names: Names) -> str:
    filled: dict[str, object] = {}
    match pick.why:
        case Why.TOPIC if pick.reference in topics:
            said = _("You follow %(topic)s, and this paper is about it.")
            filled["topic"] = topics[pick.reference].topic
        case Why.KEYWORD if pick.reference in names.phrases:
            said = _("You look for “%(phrase)s”, which stands in its title or abstract.")
            filled["phrase"] = names.phrases[pick.reference]
        case Why.AUTHOR if pick.reference in names.phrases:
            said = _("You follow %(author)s, who is one of its authors.")
            filled["author"] = names.phrases[pick.reference].title()
        case Why.TASTE if pick.reference in names.papers:
            said = _("It is like “%(title)s”, of which you wanted more.")
            filled["title"] = names.papers[pick.reference]
        case Why.TASTE:
            said = _("It is like papers of which you wanted more.")
        case Why.TREND:
            said = _("It is outside your topics, and everybody reads it.")
        case _:
            said = _("It was picked for something that has changed since.")
    return said % filled


def _advice(pick: Pick, topics: Topics, names: Names) -> str:
    match pick.why:
        case Why.TOPIC if pick.reference in topics:
            topic = {"topic": topics[pick.reference].topic}
            return _("Set %(topic)s to more, to less, or mute it.") % topic
        case Why.KEYWORD if pick.reference in names.phrases:
            return _("Take the keyword out of what you look for, or add others.")
        case Why.AUTHOR if pick.reference in names.phrases:
            return _("Take the name out of the authors that you follow, or add others.")
        case Why.TASTE:
            return _("Say “less like this” of it, or take back what you said of the other one.")
        case Why.TREND:
            return _("Follow one of its topics, or mute it.")
        case _:
            return _("Say “more like this” or “less like this” of it.")
