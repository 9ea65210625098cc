from __future__ import annotations

import pytest

from newsletter.picks import Why
from newsletter.reasons import Names, sentence

TOPICS = {1: ("Agents", 'title mentions "agent"'), 2: ("Vision", "")}
NAMES = Names({7: "graph of thought", 8: "ada example"}, {7: "Robots on ice"})


@pytest.mark.parametrize(
    ("why", "reference", "also", "expected"),
    [
        (Why.TOPIC, 1, 0, 'you follow Agents; title mentions "agent"'),
        (Why.TOPIC, 1, 2, 'you follow Agents and Vision; title mentions "agent"'),
        (Why.TOPIC, 2, 0, "you follow Vision"),
        (Why.TOPIC, 9, 2, "you follow Vision"),
        (Why.TOPIC, 9, 9, ""),
        (Why.KEYWORD, 7, 0, 'you look for "graph of thought"'),
        (Why.KEYWORD, 7, 1, 'you look for "graph of thought"; you follow Agents'),
        (Why.KEYWORD, 99, 1, "you follow Agents"),
        (Why.AUTHOR, 8, 0, "you follow the author Ada Example"),
        (Why.TASTE, 0, 0, "it is like papers of which you wanted more"),
        (Why.TASTE, 7, 0, 'it is like "Robots on ice", of which you wanted more'),
        (Why.TASTE, 99, 2, "it is like papers of which you wanted more; you follow Vision"),
        (Why.TREND, 0, 0, "much read, and outside your topics"),
        (Why.NOTHING, 0, 0, ""),
    ],
)
def test_a_pick_is_explained(why, reference, also, expected):
    assert sentence(why, reference, also, topics=TOPICS, names=NAMES) == expected
