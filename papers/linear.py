"""Which words speak for which topic: one logistic regression per topic.  Pure, with numpy.

Phrases know what a topic is called; the words around them know it too.  A model is trained
on what phrases are sure of, and then recognises papers that use none of them.
"""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from papers.text import words

TITLE_WEIGHT = 2  # how often a word of the title counts

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Reading:
    """The known words of one paper, by tf-idf; of length 1 together."""

    positions: NDArray[np.intp]
    values: Floats


@dataclass(frozen=True, slots=True)
class Model:
    """What training found.

    Attributes:
        slugs: the topics, in the order of the columns of `weights`.
        words: the vocabulary, in the order of the rows.
        rarity: (words,), ln(papers / papers that have the word).
        weights: (words, topics), in units of `unit`.
        unit, intercept: (topics,), log-odds.
    """

    slugs: tuple[str, ...]
    words: tuple[str, ...]
    rarity: Floats
    weights: NDArray[np.int8]
    unit: Floats
    intercept: Floats


class Opinion:
    """What a model says of one paper: the log-odds of each topic that it knows."""

    def __init__(self, model: Model, columns: dict[str, int], reading: Reading) -> None:
        self._model, self._columns, self._reading = model, columns, reading
        self._log_odds = log_odds(model, reading)

    def __contains__(self, slug: str) -> bool:
        return slug in self._columns

    def __getitem__(self, slug: str) -> float:
        """Return ln(p / (1 - p)), where p is how probably the paper is about the topic."""
        return float(self._log_odds[self._columns[slug]])

    def words(self, slug: str, *, most: int = 2) -> list[str]:
        """Return the words of the paper that speak most for a topic, the strongest first."""
        column = self._columns[slug]
        weights = self._model.weights[self._reading.positions, column]
        says = self._reading.values * weights * self._model.unit[column]
        order = np.argsort(-says, kind="stable")[:most]
        return [self._model.words[self._reading.positions[at]] for at in order if says[at] > 0]


class Judge:
    """Asks a model.  Build it once."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._positions = {word: at for at, word in enumerate(model.words)}
        self._columns = {slug: at for at, slug in enumerate(model.slugs)}

    def read(self, title: str, abstract: str) -> Opinion:
        counts = count(title, abstract)
        known = [word for word in counts if word in self._positions]
        positions = np.array([self._positions[word] for word in known], np.intp)
        times = np.array([counts[word] for word in known], np.float32)
        reading = weigh(positions, times, self._model.rarity)
        return Opinion(self._model, self._columns, reading)


def weigh(positions: NDArray[np.intp], times: Floats, rarity: Floats) -> Reading:
    """Weigh words, each once with how often it comes, by tf-idf."""
    values = (1 + np.log(times)) * rarity[positions]
    length = float(np.linalg.norm(values)) or 1.0
    return Reading(positions, (values / length).astype(np.float32))


def log_odds(model: Model, reading: Reading) -> Floats:
    """Return (topics,): ln(p / (1 - p)), where p is how probably the paper is about each."""
    sums = reading.values @ model.weights[reading.positions].astype(np.float32)
    return np.asarray(sums * model.unit + model.intercept, np.float32)


def pack(model: Model) -> bytes:
    """Write a model as bytes, the same for the same model."""
    packed = io.BytesIO()
    np.savez_compressed(
        packed,
        slugs=_as_array(model.slugs),
        words=_as_array(model.words),
        rarity=model.rarity,
        weights=model.weights,
        unit=model.unit,
        intercept=model.intercept,
    )
    return packed.getvalue()


def unpack(packed: bytes | memoryview) -> Model:
    """Read what `pack` wrote; raise `ValueError` if it is broken."""
    try:
        with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
            model = Model(
                slugs=tuple(bytes(arrays["slugs"]).decode().split("\n")),
                words=tuple(bytes(arrays["words"]).decode().split("\n")),
                rarity=arrays["rarity"],
                weights=arrays["weights"],
                unit=arrays["unit"],
                intercept=arrays["intercept"],
            )
    except (OSError, EOFError, LookupError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise ValueError(f"these bytes are no model of topics: {error}") from error
    _check(model)
    return model


def count(title: str, abstract: str) -> Counter[str]:
    """Count the words of a paper as a model does; numbers are left out."""
    counts = Counter(word for word in words(abstract) if not word.isdigit())
    for word in words(title):
        if not word.isdigit():
            counts[word] += TITLE_WEIGHT
    return counts


def _as_array(lines: Sequence[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(lines).encode(), np.uint8)


def _check(model: Model) -> None:
    rows, columns = len(model.words), len(model.slugs)
    shapes = (model.weights.shape, model.rarity.shape, model.unit.shape, model.intercept.shape)
    if shapes != ((rows, columns), (rows,), (columns,), (columns,)):
        raise ValueError(f"{rows} words and {columns} topics do not fit arrays of {shapes}")
    if model.weights.dtype != np.int8:
        raise ValueError(f"the weights of a model of topics are {model.weights.dtype}, not int8")
    if not all(np.isfinite(part).all() for part in (model.rarity, model.unit, model.intercept)):
        raise ValueError("a model of topics holds numbers that are not finite")
