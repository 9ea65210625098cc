"""Which of a reader's liked papers is named as the reason."""

from __future__ import annotations

import numpy as np
import pytest

from newsletter import nearest
from newsletter.matching.block import Picks
from newsletter.matching.pool import Candidate, Pool
from newsletter.picks import PACKED, Pick, Why, pack
from papers import vectors
from papers.models import Paper
from subscriptions.models import Feedback
from tests.conftest import MOMENT

ROBOTS, WALKING, PROOFS = "Legged robots walk", "Humanoid robots walk", "Proofs of theorems"


@pytest.fixture
def say(make_paper):
    def make(reader, title, kind=Feedback.Kind.MORE):
        paper = make_paper(title, vector=packed(title))
        Feedback.objects.create(subscriber=reader, paper=paper, kind=kind, at=MOMENT)
        return paper.pk

    return make


def packed(title):
    return vectors.pack(vectors.vector(title, ""))


def referred(*picks_of_readers):
    """References after looking: a list of picks for each reader, given as (reader, whys)."""
    pool = Pool.of([Candidate(9000, 0.5, {}, vector=packed(WALKING))])
    rows = [Pick(9000, 1.0, why, 0) for _, whys in picks_of_readers for why in whys]
    counts = np.array([len(whys) for _, whys in picks_of_readers], np.int64)
    picks = Picks(np.frombuffer(pack(rows), PACKED).copy(), counts)
    nearest.refer(picks, np.array([reader.pk for reader, _ in picks_of_readers]), pool)
    return picks.rows["reference"].tolist()


def test_it_is_the_nearest_one_of_his_own(make_subscriber, say):
    one, other = make_subscriber(), make_subscriber()
    robots, _, proofs = say(one, ROBOTS), say(one, PROOFS), say(other, PROOFS)
    assert referred((one, [Why.TASTE]), (other, [Why.TASTE] * 2)) == [robots, proofs, proofs]


def test_what_he_wants_fewer_of_is_no_reason(make_subscriber, say):
    reader = make_subscriber()
    say(reader, WALKING, Feedback.Kind.LESS)
    robots = say(reader, ROBOTS)
    assert referred((reader, [Why.TASTE])) == [robots]


def test_other_reasons_stay_as_they_are(make_subscriber, say, django_assert_num_queries):
    reader = make_subscriber()
    say(reader, ROBOTS)
    with django_assert_num_queries(0):
        assert referred((reader, [Why.TOPIC, Why.NOTHING])) == [0, 0]


def test_without_a_paper_that_can_be_read_there_is_no_name(make_subscriber, say):
    reader, silent = make_subscriber(), make_subscriber()
    say(reader, ROBOTS)
    Paper.objects.update(vector=bytes(128))
    assert referred((reader, [Why.TASTE]), (silent, [Why.TASTE])) == [0, 0]
