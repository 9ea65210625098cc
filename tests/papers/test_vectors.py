from __future__ import annotations

import numpy as np
import pytest

from papers import lexicon, vectors
from papers.vectors import DIMENSIONS, pack, terms, unpack, vector

ROBOTS = "Legged robots learn locomotion with torque control and gait planning"
WALKING = "A humanoid robot walks: controllers for stable bipedal gaits"
PROOFS = "Formal proofs of theorems by tactic search in dependent type theory"


def cosine(one, other) -> float:
    first, second = (vector(*text).astype(float) for text in (one, other))
    return float(first @ second / np.linalg.norm(first) / np.linalg.norm(second))


def test_the_shipped_table_has_the_dimensions_of_a_vector():
    table = lexicon.load()
    assert table.directions.shape == (len(table.rows), DIMENSIONS)
    assert table.rarity.shape == (len(table.rows),)
    assert table.dimensions == DIMENSIONS == table.scale.size


def test_a_vector_is_whole_numbers_of_one_length():
    made = vector(ROBOTS, "").astype(int)
    assert (made @ made) ** 0.5 == pytest.approx(vectors.LENGTH, rel=0.02)


def test_papers_on_one_subject_point_the_same_way_in_words_of_their_own():
    assert cosine((ROBOTS, ""), (WALKING, "")) > 0.5
    assert cosine((ROBOTS, ""), (PROOFS, "")) < 0.2


def test_case_and_where_a_word_stands_do_not_matter():
    assert cosine((ROBOTS, PROOFS), (PROOFS.upper(), ROBOTS)) == pytest.approx(1)


def test_words_that_say_nothing_do_not_count():
    assert cosine((ROBOTS, ""), (ROBOTS, "Which of these were there in 2026?")) == pytest.approx(1)


def test_words_in_pairs_go_over_what_says_nothing():
    assert terms("Proofs of theorems", "And 3 proofs") == {
        "proofs": 2,
        "theorems": 1,
        "proofs theorems": 1,
    }


@pytest.mark.parametrize("text", ["", "which of these are there", "2026 !?", "Qwzx vbnmk"])
def test_without_a_word_to_go_by_there_is_no_direction(text):
    assert not vector(text, "").any()


def test_what_is_packed_is_read_again():
    packed = pack(vector(ROBOTS, PROOFS))
    assert len(packed) == vectors.SIZE
    assert unpack(packed).tolist() == vector(ROBOTS, PROOFS).tolist()


@pytest.mark.parametrize("packed", [b"", bytes(128), bytes(vectors.SIZE), b"\x02" * 128])
def test_what_is_cut_or_of_another_version_is_refused(packed):
    with pytest.raises(ValueError, match="version 2"):
        unpack(packed)
    assert not vectors.is_current(packed)


def test_many_are_read_at_once_and_what_cannot_be_read_is_nothing():
    packed = pack(vector(ROBOTS, ""))
    read = vectors.table([None, packed, bytes(128), b""])
    assert read.tolist() == [[0] * 128, vector(ROBOTS, "").tolist(), [0] * 128, [0] * 128]
    assert vectors.table([]).shape == (0, DIMENSIONS)
