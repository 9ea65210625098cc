"""Which candidates have a phrase in title or abstract, or an author of that name?

Each distinct phrase is looked up once for all readers who wish for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from papers.text import words

KEYWORD, AUTHOR = 0, 1  # kinds of phrases


@dataclass(frozen=True, slots=True)
class Text:
    """The words of one paper."""

    title: str = ""
    abstract: str = ""
    authors: tuple[str, ...] = ()


class Index:
    """Finds the papers that have a phrase; a paper is known by its position."""

    def __init__(self, texts: Sequence[Text]) -> None:
        # A line break between title and abstract: no phrase goes over it.
        self._texts = [f" {key(text.title)} \n {key(text.abstract)} " for text in texts]
        self._with_word: dict[str, int] = defaultdict(int)  # bit i is paper i
        self._by_author: dict[str, list[int]] = defaultdict(list)
        for position, text in enumerate(self._texts):
            for word in set(text.split()):
                self._with_word[word] |= 1 << position
        for position, paper in enumerate(texts):
            for name in {key(name) for name in paper.authors}:
                self._by_author[name].append(position)

    def find(self, kind: int, phrase: str) -> list[int]:
        """Return positions of papers, ascending; `phrase` is as `key` returns it."""
        if kind == AUTHOR:
            return self._by_author.get(phrase, [])
        parts = phrase.split()
        if not parts:
            return []
        papers = -1
        for word in parts:
            papers &= self._with_word.get(word, 0)
            if not papers:
                return []
        found = list(_bits(papers))
        if len(parts) == 1:
            return found
        bounded = f" {phrase} "
        return [position for position in found if bounded in self._texts[position]]


def key(text: str) -> str:
    """Return words in small letters with single spaces: how phrases and names are compared."""
    return " ".join(words(text))


class Hits:
    """Phrase id -> positions of papers, for as many phrases as were looked up so far."""

    def __init__(self) -> None:
        self._ids = np.empty(0, np.int64)  # ascending
        self._starts = np.zeros(1, np.int64)
        self._papers = np.empty(0, np.int32)
        self._is_author = np.empty(0, np.bool_)

    def unknown(self, phrase_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return those that were not looked up yet, each once."""
        return np.setdiff1d(phrase_ids, self._ids)

    def learn(self, index: Index, phrases: Iterable[tuple[int, int, str]]) -> None:
        """Look up phrases, given as id, kind and text."""
        new = sorted(phrases)
        found = [index.find(kind, text) for _, kind, text in new]
        ids = np.concatenate([self._ids, np.array([row[0] for row in new], np.int64)])
        counts = np.concatenate([np.diff(self._starts), np.array([*map(len, found)], np.int64)])
        flat = [position for positions in found for position in positions]
        papers = np.concatenate([self._papers, np.array(flat, np.int32)])
        kinds = np.array([row[1] == AUTHOR for row in new], np.bool_)
        starts = np.cumsum(counts) - counts
        order = np.argsort(ids, kind="stable")
        self._papers = papers[_spread(starts[order], counts[order])]
        self._starts = np.concatenate([[0], np.cumsum(counts[order])])
        self._ids = ids[order]
        self._is_author = np.concatenate([self._is_author, kinds])[order]

    def is_author(self, phrase_ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        at, is_known = self._where(phrase_ids)
        return is_known & self._is_author[at] if self._ids.size else is_known

    def expand(self, phrase_ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return (row of `phrase_ids`, position of a paper) for each hit, row by row."""
        counts = self.counts(phrase_ids)
        rows = np.repeat(np.arange(phrase_ids.size), counts)
        at, _ = self._where(phrase_ids)
        return rows, self._papers[_spread(self._starts[at], counts)]

    def counts(self, phrase_ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many papers have each phrase; 0 for one that was not looked up."""
        at, is_known = self._where(phrase_ids)
        if not self._ids.size:
            return np.zeros(phrase_ids.size, np.int64)
        return np.where(is_known, self._starts[at + 1] - self._starts[at], 0)

    def _where(self, phrase_ids: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        if not self._ids.size:
            return np.zeros(phrase_ids.size, np.int64), np.zeros(phrase_ids.size, np.bool_)
        at = np.minimum(np.searchsorted(self._ids, phrase_ids), self._ids.size - 1)
        return at, self._ids[at] == phrase_ids


def _spread(starts: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return start, start + 1, ... (count of them) for each pair, one after the other."""
    before = np.cumsum(counts) - counts
    return np.repeat(starts - before, counts) + np.arange(counts.sum())


def _bits(number: int) -> Iterator[int]:
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest
