"""People know better: what they say of a paper's topics wins, and is learned from."""

from __future__ import annotations

from datetime import datetime

from papers import classify
from papers.models import Correction, Paper, Topic


def correct(paper: Paper, topic: Topic, *, is_about: bool, by: str = "", at: datetime) -> None:
    """Decide that a paper is about a topic, or that it is not, and classify it again."""
    Correction.objects.update_or_create(
        paper=paper,
        topic=topic,
        defaults={"is_about": is_about, "by": by[:150], "made_at": at},
    )
    classify.classify_papers({paper.pk})


def withdraw(paper: Paper, topic: Topic) -> None:
    """Leave it to the rules and the model again."""
    Correction.objects.filter(paper=paper, topic=topic).delete()
    paper.assignments.filter(topic=topic).update(is_by_hand=False)
    classify.classify_papers({paper.pk})
