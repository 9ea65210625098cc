"""The shipped table of words: how rare each is, and with which others it goes together.

`bench/learn_words.py` makes it, from the titles and abstracts of arXiv papers (latent semantic
analysis: Deerwester and others 1990).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TABLE = Path(__file__).parent / "data" / "lexicon.npz"


@dataclass(frozen=True, slots=True)
class Lexicon:
    """What is known of words and of pairs of words, here called terms."""

    rows: dict[str, int]  # term -> its row
    rarity: NDArray[np.float64]  # of each term: ln of papers by papers that have it, plus 1
    directions: NDArray[np.int8]  # terms by dimensions; `scale` makes numbers of a column alike
    scale: NDArray[np.float64]
    centre: NDArray[np.float64]  # where papers lie on average

    @property
    def dimensions(self) -> int:
        return int(self.centre.size)


@cache
def load() -> Lexicon:
    """Read the shipped table, 8,192 terms by 128 numbers, once in a process."""
    with np.load(TABLE, allow_pickle=False) as table:
        terms = table["terms"].tobytes().decode().split("\n")
        return Lexicon(
            rows={term: row for row, term in enumerate(terms)},
            rarity=table["rarity"].astype(np.float64),
            directions=table["directions"],
            scale=table["scale"].astype(np.float64),
            centre=table["centre"].astype(np.float64),
        )
