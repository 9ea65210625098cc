"""Which papers a reader gets, compared with a slow and obvious reference."""

from __future__ import annotations

from random import Random

import pytest

from newsletter.matching import Candidate, Reader, pick, pick_for_all

A, B, C = 1, 2, 3  # topics
WORLDS = 3000


def candidate(paper_id=1, *, trend=0.5, topics=None):
    return Candidate(paper_id, trend, {A: 1.0} if topics is None else topics)


def reader(*, interests=None, length=7, already_sent=frozenset()):
    return Reader(1, {A: 1.0} if interests is None else interests, length, already_sent)


def ids(picks):
    return [made.paper_id for made in picks]


def random_world(random: Random) -> tuple[Reader, list[Candidate]]:
    """Small numbers, so that shared topics, ties and repeats are common."""
    topics = range(random.randint(1, 6))
    papers = random.sample(range(40), random.randint(0, 25))

    def some(values):
        return {topic: random.choice(values) for topic in topics if random.random() < 0.5}

    candidates = [
        Candidate(paper, random.choice([0, 0.25, 0.5, 1]), some([0.5, 0.75, 1])) for paper in papers
    ]
    sent = {paper for paper in papers if random.random() < 0.3}
    wishes = Reader(1, some([0.5, 1, 2]), random.randint(0, 8), sent)
    return wishes, candidates


def best_of_all(wishes: Reader, candidates: list[Candidate]) -> list[tuple[int, float]]:
    """Take the best paper that is left, again and again, trying each topic of each."""
    left, taken = list(candidates), []
    while left and len(taken) < wishes.length:
        best, best_score = None, -1.0
        for paper in left:
            for topic, weight in wishes.interests.items():
                match = weight * paper.topics.get(topic, 0)
                score = 0.6 * match + 0.4 * paper.trend
                if match and paper.paper_id not in wishes.already_sent and score > best_score:
                    best, best_score = paper, score
        if best is None:
            break
        left.remove(best)
        taken.append((best.paper_id, best_score))
    return taken


def test_picks_are_those_of_the_reference_in_thousands_of_worlds():
    random = Random(20260317)  # the same worlds every time
    lengths = set()
    for world in range(WORLDS):
        wishes, candidates = random_world(random)
        expected = best_of_all(wishes, candidates)
        found = [(made.paper_id, made.score) for made in pick(wishes, candidates)]
        assert found == expected, f"world {world}: {wishes}, {candidates}"
        lengths.add(len(found))
    assert lengths == set(range(9))  # no kind of world was left out


def test_a_paper_needs_a_topic_of_the_reader():
    about_b = candidate(2, trend=1, topics={B: 1.0})
    about_nothing = candidate(3, trend=1, topics={})
    assert ids(pick(reader(), [about_b, candidate(1), about_nothing])) == [1]


def test_without_interests_there_is_nothing():
    assert pick(reader(interests={}), [candidate()]) == []


def test_a_paper_is_not_sent_twice():
    assert ids(pick(reader(already_sent={1}), [candidate(1), candidate(2)])) == [2]


@pytest.mark.parametrize("length", [0, 1, 3, 9])
def test_no_more_papers_than_wanted(length):
    found = pick(reader(length=length), [candidate(number) for number in range(5)])
    assert len(found) == min(length, 5)


def test_a_weight_can_outdo_a_trend():
    quiet, hot = candidate(1, trend=0, topics={A: 1.0}), candidate(2, trend=1, topics={B: 1.0})
    assert ids(pick(reader(interests={A: 1, B: 1}), [quiet, hot])) == [2, 1]
    assert ids(pick(reader(interests={A: 2, B: 1}), [quiet, hot])) == [1, 2]


def test_ties_keep_the_order_of_the_candidates():
    assert ids(pick(reader(), [candidate(n) for n in (5, 3, 9, 1)])) == [5, 3, 9, 1]


def test_only_the_best_shared_topic_counts():
    one, many = candidate(1, topics={A: 0.9}), candidate(2, topics={A: 0.8, B: 0.8, C: 0.8})
    assert ids(pick(reader(interests={A: 1, B: 1, C: 1}), [many, one])) == [1, 2]


def test_reasons_are_the_shared_topics_strongest_first():
    paper = candidate(topics={A: 0.5, B: 0.9, C: 0.9, 4: 1.0})
    [made] = pick(reader(interests={C: 1.0, A: 2.0, B: 1.0}), [paper])
    assert made.topic_ids == (A, B, C)  # 1.0, and a tie by id
    assert made.score == pytest.approx(0.6 * 1.0 + 0.4 * 0.5)


def test_every_reader_has_an_answer():
    found = pick_for_all([reader(), Reader(2, {B: 1.0}, 7)], [candidate(1)])
    assert {key: ids(picks) for key, picks in found.items()} == {1: [1], 2: []}
