"""Learn which words go together, and write the table that is shipped: papers.lexicon.

`python bench/learn_words.py arxiv.jsonl.gz`: one JSON object a line with `title` and `summary`.
Only words and what can be computed of them are kept.  A new table needs a new
`papers.vectors.VERSION`.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np

from papers.lexicon import TABLE
from papers.vectors import DIMENSIONS, terms

# ruff: noqa: T201
TERMS = 8192
FEWEST = 5  # papers that have a term; what is rarer is chance
COMMONEST = 0.3  # share of papers; what is commoner says nothing of the subject
SPARE, ROUNDS = 32, 7  # of the subspace iteration (Halko, Martinsson, Tropp 2011)
AT_ONCE = 1000  # papers


def main(path: Path, *, before: str = "9999") -> None:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    papers = [terms(row["title"], row["summary"]) for row in rows if row["id"] < before]
    chosen, rarity = choose(papers)
    known = {term: row for row, term in enumerate(chosen)}
    blocks = [weigh(papers[at : at + AT_ONCE], known, rarity) for at in starts(len(papers))]
    basis = subspace(blocks)
    scale = np.abs(basis).max(axis=0) / 127
    directions = np.rint(basis / scale).astype(np.int8)
    places = np.concatenate([dense(block) @ (directions * scale) for block in blocks])
    places /= np.linalg.norm(places, axis=1, keepdims=True)
    np.savez_compressed(
        TABLE,
        terms=np.frombuffer("\n".join(chosen).encode(), np.uint8),
        rarity=rarity.astype(np.float32),
        directions=directions,
        scale=scale.astype(np.float32),
        centre=places.mean(axis=0).astype(np.float32),
    )
    print(f"{len(papers):,} papers, {len(chosen):,} terms, {TABLE.stat().st_size:,} bytes")


def choose(papers: list[Counter[str]]) -> tuple[list[str], np.ndarray]:
    """Return the terms that are used most, and how rare each is."""
    times, having = Counter(), Counter()
    for counts in papers:
        times.update(counts)
        having.update(counts.keys())
    fit = [t for t in times if FEWEST <= having[t] <= COMMONEST * len(papers)]
    chosen = sorted(sorted(fit, key=lambda t: (-times[t], t))[:TERMS])
    papers_by_term = np.array([having[term] for term in chosen])
    return chosen, np.log((1 + len(papers)) / (1 + papers_by_term)) + 1


def weigh(papers: list[Counter[str]], rows: dict[str, int], rarity: np.ndarray):
    """Return the weights of some papers as (paper, term, weight)."""
    found = [
        (number, rows[term], times)
        for number, counts in enumerate(papers)
        for term, times in counts.items()
        if term in rows
    ]
    paper, term, times = np.array(found).T
    weight = (np.log(times) + 1) * rarity[term]
    lengths = np.sqrt(np.bincount(paper, weight**2, minlength=len(papers)))
    return paper, term, weight / lengths[paper], len(papers)


def dense(block) -> np.ndarray:
    paper, term, weight, size = block
    whole = np.zeros((size, TERMS), np.float32)
    whole[paper, term] = weight
    return whole


def subspace(blocks) -> np.ndarray:
    """Return terms by `DIMENSIONS`: the directions in which papers differ most."""
    basis = np.random.default_rng(1).standard_normal((TERMS, DIMENSIONS + SPARE))
    for _ in range(ROUNDS):
        basis = np.linalg.qr(basis)[0].astype(np.float32)
        basis = sum(whole.T @ (whole @ basis) for whole in map(dense, blocks))
    return np.linalg.svd(basis.astype(np.float64), full_matrices=False)[0][:, :DIMENSIONS]


def starts(size: int) -> Iterator[int]:
    yield from range(0, size, AT_ONCE)


if __name__ == "__main__":
    main(Path(sys.argv[1]), **({"before": sys.argv[2]} if sys.argv[2:] else {}))
