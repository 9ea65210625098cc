"""What a paper's words say, as a direction: papers on one subject point the same way.  Pure.

A paper's words, and pairs of words, count ln(times) + 1 each, by their rarity.  The shipped
table (papers.lexicon) turns that into 128 numbers in which words that go together lie together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from papers import lexicon
from papers.text import words

VERSION = 2  # another table, or another way to use it, needs another number
DIMENSIONS = 128
LENGTH = 127  # of a vector, but for rounding
SIZE = 1 + DIMENSIONS  # bytes of a packed vector: the version, then signed numbers of one byte

# Words that say nothing of the subject.  How much others say, their rarity tells.
STOP_WORDS = frozenset(
    """
    a about above across after against all also although am among an and another any are as at be
    because been before being between both but by can could did do does doing done during each
    either et etc few for from further had has have having he her here his how however i if in
    into is it its itself just may me might more most must my neither no nor not of off on once
    one only onto or other our ours out over own per same several shall she should since so some
    such than that the their theirs them then there these they this those through thus to too
    toward towards under until up upon us very via was we well were what when where whether which
    while who whom whose why will with within without would yet you your
    """.split()  # noqa: SIM905  # a list would be a page long
)


def terms(title: str, abstract: str) -> Counter[str]:
    """Count words, and pairs of words with nothing but stop words between them."""
    found: Counter[str] = Counter()
    for text in (title, abstract):
        said = [
            word
            for word in words(text)
            if len(word) > 1 and word not in STOP_WORDS and not word.isdigit()
        ]
        found.update(said)
        found.update(f"{one} {after}" for one, after in pairwise(said))
    return found


def vector(title: str, abstract: str) -> NDArray[np.int8]:
    """Return 128 whole numbers of length 127 together; all 0 if there is no word to go by."""
    table = lexicon.load()
    counts = terms(title, abstract)
    known = sorted((row, counts[term]) for term in counts if (row := table.rows.get(term, -1)) >= 0)
    rows, times = np.array(known, np.int64).reshape(-1, 2).T
    weights = (np.log(times) + 1) * table.rarity[rows]
    place = (weights @ table.directions[rows]) * table.scale
    if not place.any():
        return np.zeros(DIMENSIONS, np.int8)
    # As long as others before the centre is taken away, or all short titles would be alike.
    away = place / np.linalg.norm(place) - table.centre
    return np.rint(away * (LENGTH / np.linalg.norm(away))).astype(np.int8)


def pack(numbers: NDArray[np.int8]) -> bytes:
    return bytes([VERSION]) + numbers.tobytes()


def unpack(packed: bytes | memoryview) -> NDArray[np.int8]:
    """Read what `pack` wrote; raise `ValueError` if it is cut, or of another version."""
    if not is_current(packed):
        raise ValueError(f"{len(packed)} bytes are no vector of version {VERSION}")
    return np.frombuffer(packed, np.int8)[1:]


def is_current(packed: bytes | memoryview | None) -> bool:
    return packed is not None and len(packed) == SIZE and packed[0] == VERSION


def table(packed: Iterable[bytes | memoryview | None]) -> NDArray[np.int8]:
    """Return one row for each vector; zeros where there is none of this version."""
    nothing = pack(np.zeros(DIMENSIONS, np.int8))
    whole = b"".join(row if row is not None and is_current(row) else nothing for row in packed)
    return np.frombuffer(whole, np.int8).reshape(-1, SIZE)[:, 1:]
