"""Which papers a reader gets, compared with a slow and obvious reference."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from newsletter.matching import block
from newsletter.matching.block import pick, pick_all
from newsletter.matching.phrases import AUTHOR, KEYWORD, Text
from newsletter.matching.pool import Candidate, Pool
from newsletter.matching.readers import Reader, block_of
from newsletter.picks import Why, pack, unpack
from papers import likeness, vectors
from tests.newsletter.matching_reference import (
    World,
    picks_of,
    random_world,
)

A, B, C = 1, 2, 3  # topics
WORLDS = 3000


def candidate(paper_id=1, *, trend=0.5, topics=None, title="", authors=(), vector=None):
    about = {A: 1.0} if topics is None else topics
    return Candidate(paper_id, trend, about, Text(title, "", authors), vector)


def reader(*, interests=None, length=7, **wishes):
    return Reader(1, {A: 1.0} if interests is None else interests, length, **wishes)


def on_axis(axis):
    """A paper's vector along one axis."""
    numbers = np.zeros(vectors.DIMENSIONS, np.int8)
    numbers[axis] = vectors.LENGTH
    return vectors.pack(numbers)


def liking(axis, strength=1.0):
    """What likes papers along an axis so much."""
    return likeness.pack(strength * np.eye(likeness.NUMBERS)[axis])


def found(who, *candidates, phrases=None, outside=False):
    return pick(who, World([], list(candidates), phrases or {}).pool(), outside=outside)


def ids(*arguments, **options):
    return [made.paper_id for made in found(*arguments, **options)]


def differences(world, *, outside=False):
    """Readers for whom the two ways do not agree to the byte."""
    pool = world.pool()
    packed = pick_all(block_of(world.readers, pool), pool, outside=outside).packed()
    return [
        (who, expected)
        for who, ours in zip(world.readers, packed, strict=True)
        if pack(expected := picks_of(who, world, outside=outside)) != ours
    ]


# --- against the reference ------------------------------------------------------------


def test_picks_are_those_of_the_reference_in_thousands_of_worlds():
    random = Random(20260317)  # the same worlds every time
    reasons, counts = set(), set()
    for number in range(WORLDS):
        world = random_world(random)
        outside = number % 4 == 0
        assert differences(world, outside=outside) == [], f"world {number}: {world}"
        picks = picks_of(world.readers[0], world, outside=outside)
        counts.add(len(picks))
        reasons.update(made.why for made in picks)
    assert counts == set(range(9))  # no kind of world was left out
    assert reasons == set(Why) - {Why.NOTHING}


@pytest.mark.parametrize(("readers", "papers", "topics"), [(150, 300, 20), (400, 40, 3)])
@pytest.mark.parametrize("outside", [False, True])
def test_a_large_world_has_the_picks_of_the_reference(readers, papers, topics, outside):
    random = Random(readers)
    world = random_world(random, readers=readers, papers=papers, topics=topics)
    assert differences(world, outside=outside) == []


def test_a_block_that_is_cut_into_parts_has_the_same_picks(monkeypatch):
    world = random_world(Random(1), readers=60, papers=40)
    monkeypatch.setattr(block, "AT_ONCE", 7 * len(world.candidates))
    assert differences(world) == []


def test_all_is_looked_at_where_the_best_of_each_topic_are_not_enough(monkeypatch):
    """With nothing to spare, many readers must be done again."""
    monkeypatch.setattr(block, "SPARE", 0)
    world = random_world(Random(2), readers=300, papers=120, topics=3)
    assert differences(world) == []


# --- rule by rule ---------------------------------------------------------------------


def test_a_paper_needs_a_reason():
    about_b = candidate(2, trend=1, topics={B: 1.0})
    about_nothing = candidate(3, trend=1, topics={})
    assert ids(reader(), about_b, candidate(1), about_nothing) == [1]


def test_without_wishes_there_is_nothing():
    assert found(reader(interests={}), candidate()) == []


def test_without_candidates_there_is_nothing():
    assert found(reader(taste=liking(1)), outside=True) == []


def test_without_readers_there_is_nothing():
    pool = Pool.of([candidate()])
    assert pick_all(block_of([], pool), pool).packed() == []


def test_a_paper_is_not_sent_twice():
    assert ids(reader(already_sent={1, 77}), candidate(1), candidate(2)) == [2]


@pytest.mark.parametrize("length", [0, 1, 3, 9])
def test_no_more_papers_than_wanted(length):
    papers = [candidate(number) for number in range(1, 6)]
    assert len(found(reader(length=length), *papers)) == min(length, 5)


def test_a_weight_can_outdo_a_trend():
    quiet, hot = candidate(1, trend=0, topics={A: 1.0}), candidate(2, trend=1, topics={B: 1.0})
    assert ids(reader(interests={A: 1, B: 1}), hot, quiet) == [2, 1]
    assert ids(reader(interests={A: 2, B: 1}), hot, quiet) == [1, 2]


@pytest.mark.parametrize(("share", "order"), [(0, [2, 1]), (0.4, [1, 2]), (1, [1, 2])])
def test_the_reader_says_how_much_the_trend_counts(share, order):
    hot, near = candidate(1, trend=0.9, topics={A: 0.7}), candidate(2, trend=0.1)
    assert ids(reader(trend_share=share), hot, near) == order


def test_of_two_papers_of_one_trend_the_match_decides_whatever_the_share():
    weak, strong = candidate(1, topics={A: 0.5}), candidate(2, topics={A: 1.0})
    assert ids(reader(trend_share=1), weak, strong) == [2, 1]


def test_ties_keep_the_order_of_the_candidates():
    assert ids(reader(), *map(candidate, (5, 3, 9, 1))) == [5, 3, 9, 1]


def test_only_the_best_shared_topic_counts():
    one, many = candidate(1, topics={A: 0.9}), candidate(2, topics={A: 0.8, B: 0.8, C: 0.8})
    assert ids(reader(interests={A: 1, B: 1, C: 1}), many, one) == [1, 2]


def test_the_reasons_are_the_two_strongest_topics():
    paper = candidate(topics={A: 0.5, B: 0.9, C: 0.9, 4: 1.0})
    [made] = found(reader(interests={C: 1.0, A: 2.0, B: 1.0}), paper)
    assert (made.why, made.reference, made.also_topic) == (Why.TOPIC, A, B)
    assert made.score == pytest.approx(0.6 * 1.0 + 0.4 * 0.5, abs=1e-3)


def test_a_muted_topic_keeps_its_papers_out():
    muted, fine = candidate(1, topics={A: 1, B: 0.5}), candidate(2)
    assert ids(reader(interests={A: 2, B: 0}), muted, fine) == [2]


@pytest.mark.parametrize(
    ("title", "is_found"),
    [
        ("Cold Fusion-Reactors", True),
        ("A cold\nfusion reactors guide", True),
        ("Cold diffusion reactors", False),
        ("Cold fusion reactor", False),
        ("Fusion reactors, cold", False),
    ],
)
def test_a_keyword_is_whole_words_one_after_the_other(title, is_found):
    who = reader(interests={}, phrases={8})
    phrases = {8: (KEYWORD, "cold fusion reactors")}
    made = found(who, candidate(1, topics={B: 1.0}, title=title), phrases=phrases)
    assert [(pick.why, pick.reference) for pick in made] == [(Why.KEYWORD, 8)] * is_found


def test_a_keyword_does_not_go_over_from_the_title_into_the_abstract():
    paper = Candidate(1, 0.5, {}, Text("On fusion", "reactors are hot", ()))
    assert ids(reader(phrases={8}), paper, phrases={8: (KEYWORD, "fusion reactors")}) == []


def test_an_author_is_a_whole_name():
    phrases = {8: (AUTHOR, "ada example")}
    papers = [
        candidate(1, topics={}, authors=("Ada Example-Smith",)),
        candidate(2, topics={}, authors=("Grace Sample", "ADA  Example")),
    ]
    [made] = found(reader(phrases={8}), *papers, phrases=phrases)
    assert (made.paper_id, made.why, made.reference) == (2, Why.AUTHOR, 8)


def test_an_author_beats_a_keyword_and_a_keyword_a_weak_topic():
    phrases = {7: (KEYWORD, "fusion"), 8: (AUTHOR, "ada example")}
    paper = candidate(1, topics={A: 0.9}, title="Fusion", authors=("Ada Example",))
    whys = [
        found(reader(phrases=wished), paper, phrases=phrases)[0].why
        for wished in [(), (7,), (7, 8)]
    ]
    assert whys == [Why.TOPIC, Why.KEYWORD, Why.AUTHOR]


def test_an_excluded_phrase_beats_everything():
    phrases = {7: (KEYWORD, "fusion"), 8: (AUTHOR, "ada example")}
    paper = candidate(1, title="Fusion", authors=("Ada Example",))
    assert ids(reader(phrases={8}, excluded={7}), paper, phrases=phrases) == []
    assert ids(reader(phrases={7}, excluded={8}), paper, phrases=phrases) == []


def test_a_phrase_that_was_not_looked_up_is_found_nowhere():
    assert ids(reader(interests={}, phrases={8}), candidate(title="Fusion")) == []


def test_what_is_like_what_he_wanted_more_of_is_found():
    papers = [candidate(n, topics={}, vector=on_axis(n)) for n in (1, 2)]
    [made] = found(reader(taste=liking(2)), *papers, candidate(3, topics={}))
    assert (made.paper_id, made.why, made.reference) == (2, Why.TASTE, 0)


@pytest.mark.parametrize(("strength", "is_found"), [(0.39, False), (0.41, True)])
def test_a_little_likeness_is_no_reason(strength, is_found):
    papers = [candidate(1, topics={}, vector=on_axis(2))]
    assert bool(found(reader(taste=liking(2, strength)), *papers)) == is_found


def test_no_likeness_is_worth_more_than_twice_a_topic():
    papers = [candidate(n, topics={}, vector=on_axis(2), trend=0) for n in (1, 2)]
    scores = [made.score for made in found(reader(taste=liking(2, 9)), *papers)]
    assert scores == pytest.approx([1.2, 1.2], abs=1e-3)


def test_what_is_like_what_he_wanted_fewer_of_stays_out_whatever_speaks_for_it():
    papers = [candidate(n, title="Fusion", vector=on_axis(n)) for n in (1, 2)]
    who = reader(phrases={7}, taste=liking(2), aversion=liking(2, 0.5))
    assert ids(who, *papers, phrases={7: (KEYWORD, "fusion")}) == [1]
    assert ids(reader(aversion=liking(2, 0.3)), *papers) == [1, 2]


def test_a_vector_or_a_taste_of_another_version_counts_as_none():
    old = bytes(128)
    assert ids(reader(taste=old, aversion=old), candidate(1, vector=old)) == [1]
    assert ids(reader(interests={}, taste=liking(1)), candidate(1, vector=old)) == []


def test_one_topic_does_not_fill_the_mail_of_who_follows_two():
    of_a = [candidate(number, trend=0.9) for number in range(1, 9)]
    of_b = [candidate(number, trend=0.1, topics={B: 0.5}) for number in range(11, 19)]
    both = reader(interests={A: 1, B: 1}, length=5)
    assert ids(both, *of_a, *of_b) == [1, 2, 3, 11, 12]
    assert ids(reader(length=5), *of_a, *of_b) == [1, 2, 3, 4, 5]


def test_places_that_would_stay_empty_are_filled_all_the_same():
    of_a = [candidate(number, trend=0.9) for number in range(1, 9)]
    of_b = candidate(11, trend=0.1, topics={B: 0.5})
    assert ids(reader(interests={A: 1, B: 1}, length=5), *of_a, of_b) == [1, 2, 3, 11, 4]


def test_the_hottest_stranger_takes_the_last_place_where_that_is_wanted():
    papers = [candidate(1, trend=1, topics={B: 1}), candidate(2), candidate(3), candidate(4)]
    made = found(reader(length=3), *papers, outside=True)
    assert [(pick.paper_id, pick.why) for pick in made] == [
        (2, Why.TOPIC),
        (3, Why.TOPIC),
        (1, Why.TREND),
    ]
    assert ids(reader(length=1), *papers, outside=True) == [2]
    assert ids(reader(interests={C: 1}), *papers, outside=True) == []


def test_every_reader_has_an_answer():
    pool = Pool.of([candidate(1)])
    made = pick_all(block_of([reader(), Reader(2, {B: 1.0}, 7)], pool), pool).packed()
    assert [[pick.paper_id for pick in unpack(picks)] for picks in made] == [[1], []]


def test_too_many_candidates_are_refused():
    with pytest.raises(ValueError, match="too many"):
        Pool.of([candidate(number) for number in range(1, 16386)])
