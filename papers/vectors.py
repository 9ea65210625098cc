"""What a paper's words say, as a direction: papers on one subject point the same way.  Pure.

Each word has 64 signs of its own, which are the bits of its hash; a paper is the sum of its
words' signs, each counted ln(1 + times).  Such a projection keeps angles well enough to tell
near from far (Achlioptas 2003), and needs neither a vocabulary nor a model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from math import log1p

import numpy as np
from numpy.typing import NDArray

from papers.text import words

DIMENSIONS = 64
SIZE = 2 * DIMENSIONS  # bytes of a packed vector: little-endian float16

# Words that say nothing of the subject, in English and in abstracts.
STOP_WORDS = frozenset(
    """
    a about above achieve achieves across after against all also although among an and another any
    approach approaches are as at based be because been before being between both but by can
    compared could data demonstrate different do does during each effective efficient either
    enable enables et evaluate evaluation existing experiments extensive first for framework from
    further have has however i if improve improved improves in including into introduce is it its
    key large many may method methods model models more most multiple new not novel of on one only
    or other our outperforms over paper perform performance present problem problems propose
    proposed provide recent results s second set several show shows significant significantly
    since single so some state such system systems t task tasks than that the their them then
    there these they this those through thus to towards two under up use used using various via
    was we well were what when where which while who whose will with within without work works
    yet you
    """.split()  # noqa: SIM905  # a list would be a page long
)


def vector(title: str, abstract: str) -> NDArray[np.float32]:
    """Return 64 numbers of length 1 together; all 0 if there is no word to go by."""
    counts = Counter(
        word
        for word in [*words(title), *words(abstract)]
        if word not in STOP_WORDS and not word.isdigit()
    )
    if not counts:
        return np.zeros(DIMENSIONS, np.float32)
    hashes = b"".join(blake2b(word.encode(), digest_size=8).digest() for word in sorted(counts))
    bits = np.unpackbits(np.frombuffer(hashes, np.uint8)).reshape(-1, DIMENSIONS)
    weights = np.array([log1p(counts[word]) for word in sorted(counts)])
    return normalise(weights @ (2.0 * bits - 1.0))


def normalise(sum_: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the direction of a sum of vectors; a sum without one stays 0."""
    length = float(np.linalg.norm(sum_))
    return (sum_ / length if length > 1e-6 else np.zeros(DIMENSIONS)).astype(np.float32)


def pack(numbers: NDArray[np.float32]) -> bytes:
    return numbers.astype("<f2").tobytes()


def unpack(packed: bytes | memoryview) -> NDArray[np.float32]:
    """Read what `pack` wrote; raise `ValueError` if it is cut."""
    if len(packed) != SIZE:
        raise ValueError(f"a vector has {SIZE} bytes, not {len(packed)}")
    return np.frombuffer(packed, "<f2").astype(np.float32)


def mix(more: Sequence[bytes], less: Sequence[bytes]) -> NDArray[np.float32]:
    """Return the direction of what is wanted, away from what is not, which counts half."""
    wanted = sum((unpack(packed) for packed in more), np.zeros(DIMENSIONS, np.float32))
    unwanted = sum((unpack(packed) for packed in less), np.zeros(DIMENSIONS, np.float32))
    return normalise(wanted - 0.5 * unwanted)
