from __future__ import annotations

import numpy as np
import pytest

from papers import vectors
from papers.vectors import DIMENSIONS, mix, pack, unpack, vector

ROBOTS = "Legged robots learn locomotion on ice with torque control and gait planning"
WALKING = "Robots: gait planning for locomotion, and torque control of legged machines"
PROOFS = "Formal proofs of theorems by tactic search in dependent type theory"


def cosine(one, other) -> float:
    return float(vector(*one) @ vector(*other))


def test_a_vector_has_length_one_and_does_not_depend_on_the_machine():
    made = vector(ROBOTS, "")
    assert float(made @ made) == pytest.approx(1)
    assert pack(vector("robots", ""))[:12].hex() == "00300030003000b000b000b0"


def test_papers_on_one_subject_point_the_same_way():
    near, far = cosine((ROBOTS, ""), (WALKING, "")), cosine((ROBOTS, ""), (PROOFS, ""))
    assert near > 0.6
    assert abs(far) < 0.4


def test_case_order_and_where_a_word_stands_do_not_matter():
    assert cosine((ROBOTS, PROOFS), (PROOFS.upper(), ROBOTS)) == pytest.approx(1)


def test_words_that_say_nothing_do_not_count():
    assert cosine((ROBOTS, ""), (ROBOTS, "We propose a novel method in 2026")) == pytest.approx(1)


@pytest.mark.parametrize("text", ["", "We propose a method", "2026 !?"])
def test_without_a_word_to_go_by_there_is_no_direction(text):
    assert not vector(text, "").any()


def test_what_is_packed_is_read_again():
    packed = pack(vector(ROBOTS, PROOFS))
    assert len(packed) == vectors.SIZE
    assert unpack(packed) == pytest.approx(vector(ROBOTS, PROOFS), abs=1e-3)


def test_what_is_cut_is_refused():
    with pytest.raises(ValueError, match="127"):
        unpack(bytes(127))


def test_the_mix_is_near_what_is_wanted_and_away_from_what_is_not():
    more, less = pack(vector(ROBOTS, "")), pack(vector(PROOFS, ""))
    made = mix([more], [less])
    assert float(made @ vector(ROBOTS, "")) > 0.7
    assert float(made @ vector(PROOFS, "")) < float(vector(ROBOTS, "") @ vector(PROOFS, ""))
    assert float(np.linalg.norm(made)) == pytest.approx(1)


def test_the_mix_of_nothing_is_nothing():
    assert mix([], []).shape == (DIMENSIONS,)
    assert not mix([], []).any()
