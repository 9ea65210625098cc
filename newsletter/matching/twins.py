"""Which candidates are one paper twice: another version of it, or the same from two sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from newsletter.matching.phrases import key
from newsletter.matching.pool import Candidate
from papers import vectors

SAME_TEXT = 0.98  # cosine of what their words say
ALIKE, SAME_WORDS = 0.9, 0.6  # or this cosine, and this share of the words of both titles
ENOUGH = 200  # characters of an abstract, without which a vector says too little
AT_ONCE = 512  # papers


def merge(candidates: Sequence[Candidate]) -> tuple[list[Candidate], dict[int, int]]:
    """Keep the first, which is the hottest, of candidates that are one paper.

    Returns:
        What is kept, in its order; and paper id -> id of the one kept for it, for the others.
    """
    titles = [key(candidate.text.title) for candidate in candidates]
    first: dict[str, int] = {}  # title -> position
    pairs = [
        (position, first.setdefault(title, position))
        for position, title in enumerate(titles)
        if title
    ]
    pairs += [
        (later, one)
        for later, one, cosine in _alike(candidates)
        if cosine >= SAME_TEXT or _shared(titles[later], titles[one]) >= SAME_WORDS
    ]
    kept_for: dict[int, int] = {}
    for later, one in sorted(pairs):
        if later != one and later not in kept_for:
            kept_for[later] = kept_for.get(one, one)
    kept = [one for position, one in enumerate(candidates) if position not in kept_for]
    ids = [candidate.paper_id for candidate in candidates]
    return kept, {ids[later]: ids[one] for later, one in kept_for.items()}


def _alike(candidates: Sequence[Candidate]) -> Iterator[tuple[int, int, float]]:
    """Yield pairs (position, earlier position, cosine) of papers that say nearly the same."""
    table = vectors.table(
        candidate.vector if len(candidate.text.abstract) >= ENOUGH else None
        for candidate in candidates
    ).astype(np.float32)
    lengths = np.linalg.norm(table, axis=1, keepdims=True)
    table /= np.maximum(lengths, 1)
    for start in range(0, len(table), AT_ONCE):
        stop = start + AT_ONCE
        cosines = table[start:stop] @ table[:stop].T
        for row, column in np.argwhere(cosines >= ALIKE).tolist():
            if column < start + row:
                yield start + row, column, float(cosines[row, column])


def _shared(one: str, other: str) -> float:
    """Return which share of the distinct words of two titles stands in both."""
    first, second = set(one.split()), set(other.split())
    return len(first & second) / max(len(first | second), 1)
