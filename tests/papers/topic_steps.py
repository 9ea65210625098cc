"""A small world of two topics, whose words are easy to learn."""

from __future__ import annotations

import numpy as np

from papers.learning import Example, Lesson
from papers.linear import Model
from papers.signs import Rule

RULES = (Rule("robots", include=("robot",)), Rule("proofs", include=("theorem",)))


def examples(count=60):
    """Papers on robots speak of grippers, those on proofs of lemmas, and all of things."""
    kinds = [("A robot", "A gripper moves"), ("A theorem", "A lemma shows"), ("A pie", "Dough is")]
    return [
        Example(title, f"{abstract} thing {number}.")
        for number in range(count)
        for title, abstract in [kinds[number % 3]]
    ]


def trained(rules=RULES):
    return Lesson(examples(), rules).train()


def model():
    """Grippers speak for robots and against proofs by 10 each, lemmas the other way round."""
    return Model(
        slugs=("robots", "proofs"),
        words=("gripper", "lemma"),
        rarity=np.ones(2, np.float32),
        weights=np.array([[100, -100], [-100, 100]], np.int8),
        unit=np.full(2, 0.1, np.float32),
        intercept=np.full(2, -3, np.float32),
    )
