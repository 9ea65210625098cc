from __future__ import annotations

from datetime import timedelta

import pytest

from papers import classify, corrections, linear, vectors
from papers.models import Assignment, Paper, Topic, TopicModel
from tests.conftest import MOMENT
from tests.papers import topic_steps

YEAR = timedelta(days=365)


@pytest.fixture(autouse=True)
def two_topics(db):
    """Only robots and proofs exist, whatever the catalogue ships."""
    Topic.objects.all().delete()
    Topic.objects.create(slug="robots", name="Robots", include="robot\n\n  legged walking ")
    Topic.objects.create(slug="proofs", name="Proofs", include="theorem", categories="cs.LO\n")


def topics_of(paper):
    return {row.topic.slug: row.reason for row in paper.assignments.select_related("topic")}


def test_phrases_and_categories_lead_to_topics(make_paper):
    paper = make_paper("Robots on ice", categories=["cs.LO"])
    assert classify.classify_papers([paper.pk]) == 2
    assert topics_of(paper) == {"robots": 'title mentions "robot"', "proofs": "arXiv cs.LO"}


def test_strength_is_stored_with_the_assignment(make_paper):
    paper = make_paper("Robots on ice")
    classify.classify_papers([paper.pk])
    assert 0.9 < paper.assignments.get().strength < 1


def test_a_phrase_line_is_trimmed(make_paper):
    paper = make_paper("Advances in legged walking")
    classify.classify_papers([paper.pk])
    assert topics_of(paper) == {"robots": 'title mentions "legged walking"'}


def test_our_summary_stands_in_for_a_missing_abstract(make_paper):
    paper = make_paper("On ice", abstract="", summary="A robot learns to skate.")
    classify.classify_papers([paper.pk])
    assert topics_of(paper) == {"robots": 'mentions "robot"'}


def test_a_second_time_changes_nothing(make_paper):
    paper = make_paper("Robots on ice")
    classify.classify_papers([paper.pk])
    before = list(Assignment.objects.values())
    assert classify.classify_papers([paper.pk]) == 0
    assert list(Assignment.objects.values()) == before


def test_what_is_found_no_more_is_removed(make_paper):
    paper = make_paper("Robots on ice")
    classify.classify_papers([paper.pk])
    Topic.objects.filter(slug="robots").update(include="android")
    assert classify.classify_papers([paper.pk]) == 1
    assert topics_of(paper) == {}


def test_a_changed_reason_replaces_the_old_one(make_paper):
    paper = make_paper("Robots on ice")
    classify.classify_papers([paper.pk])
    Topic.objects.filter(slug="robots").update(include="ice")
    assert classify.classify_papers([paper.pk]) == 1
    assert topics_of(paper) == {"robots": 'title mentions "ice"'}


def test_assignments_by_hand_are_kept_and_win(make_paper):
    paper = make_paper("Robots on ice")
    for topic in Topic.objects.all():
        paper.assignments.create(topic=topic, strength=0.2, reason="mine", is_by_hand=True)
    assert classify.classify_papers([paper.pk]) == 0
    assert topics_of(paper) == {"robots": "mine", "proofs": "mine"}


def test_inactive_topics_are_not_assigned_and_lose_what_they_had(make_paper):
    paper = make_paper("Robots on ice")
    classify.classify_papers([paper.pk])
    Topic.objects.filter(slug="robots").update(is_active=False)
    classify.classify_papers([paper.pk])
    assert topics_of(paper) == {}


def test_other_papers_are_left_alone(make_paper):
    paper, other = make_paper("Robots"), make_paper("More robots", topics=["proofs"])
    classify.classify_papers([paper.pk])
    assert list(topics_of(other)) == ["proofs"]


def test_query_count_does_not_grow_with_papers(make_paper, django_assert_max_num_queries):
    papers = [make_paper(f"Robots on ice {number}") for number in range(150)]
    with django_assert_max_num_queries(10):
        assert classify.classify_papers({paper.pk for paper in papers}) == 150


def test_many_papers_are_classified_batch_by_batch(make_paper, monkeypatch):
    monkeypatch.setattr(classify, "BATCH_SIZE", 2)
    papers = [make_paper(f"Robots on ice {number}") for number in range(5)]
    assert classify.classify_papers({paper.pk for paper in papers}) == 5
    assert Assignment.objects.count() == 5


def test_the_direction_of_its_words_is_kept_with_the_paper(make_paper):
    paper = make_paper("Robots on ice", abstract="", summary="A robot learns to skate.")
    classify.classify_papers([paper.pk])
    paper.refresh_from_db()
    assert bytes(paper.vector) == vectors.pack(vectors.vector(paper.title, paper.summary))
    Paper.objects.update(title="Proofs")
    classify.classify_papers([paper.pk])
    paper.refresh_from_db()
    assert bytes(paper.vector) == vectors.pack(vectors.vector("Proofs", paper.summary))


def test_a_topic_may_name_a_category_by_its_other_name(make_paper):
    Topic.objects.create(slug="control", name="Control", categories="cs.SY")
    paper = make_paper("Boats on a leash", categories=["eess.SY"])
    classify.classify_papers({paper.pk})
    assert [topic.slug for topic in paper.topics.all()] == ["control"]


def test_what_a_person_rejects_is_never_assigned(make_paper):
    paper = make_paper("Robots on ice", categories=["cs.LO"])
    classify.classify_papers([paper.pk])
    robots = Topic.objects.get(slug="robots")
    corrections.correct(paper, robots, is_about=False, by="ada", at=MOMENT)
    assert list(topics_of(paper)) == ["proofs"]
    assert classify.classify_papers([paper.pk]) == 0


def test_what_a_person_rejects_goes_even_if_it_was_assigned_by_hand(make_paper):
    paper = make_paper("On ice")
    robots = Topic.objects.get(slug="robots")
    paper.assignments.create(topic=robots, is_by_hand=True)
    corrections.correct(paper, robots, is_about=False, at=MOMENT)
    assert topics_of(paper) == {}


def test_what_a_person_adds_stays(make_paper):
    paper = make_paper("On ice")
    corrections.correct(paper, Topic.objects.get(slug="robots"), is_about=True, at=MOMENT)
    assert classify.classify_papers([paper.pk]) == 0
    row = paper.assignments.get()
    assert (row.topic.slug, row.strength, row.is_by_hand) == ("robots", 1, True)


def test_a_later_decision_replaces_an_earlier_one(make_paper):
    paper = make_paper("On ice")
    robots = Topic.objects.get(slug="robots")
    for is_about in (True, False):
        corrections.correct(paper, robots, is_about=is_about, at=MOMENT)
    assert topics_of(paper) == {}
    assert paper.corrections.count() == 1


def test_a_withdrawn_correction_leaves_it_to_the_rules(make_paper):
    paper = make_paper("Robots on ice")
    robots, proofs = Topic.objects.order_by("-slug")
    corrections.correct(paper, robots, is_about=False, at=MOMENT)
    corrections.correct(paper, proofs, is_about=True, at=MOMENT)
    for topic in (robots, proofs):
        corrections.withdraw(paper, topic)
    assert topics_of(paper) == {"robots": 'title mentions "robot"'}


def test_the_model_in_use_finds_papers_without_a_phrase(make_paper):
    paper = make_paper("A gripper moves")
    TopicModel.objects.create(
        trained_at=MOMENT, papers=40, weights=linear.pack(topic_steps.model()), is_active=True
    )
    classify.classify_papers([paper.pk])
    assert list(topics_of(paper)) == ["robots"]


def test_a_broken_model_leaves_the_rules(make_paper, caplog):
    paper = make_paper("Robots on ice")
    TopicModel.objects.create(trained_at=MOMENT, papers=40, weights=b"torn", is_active=True)
    classify.classify_papers([paper.pk])
    assert topics_of(paper) == {"robots": 'title mentions "robot"'}
    assert "by rules alone" in caplog.text


def test_older_papers_whose_vector_is_of_another_version_are_read_again(make_paper, monkeypatch):
    new, *old = (make_paper(f"Robots {number}", vector=bytes(128)) for number in range(4))
    classify.classify_papers([new.pk])
    assert not Paper.objects.without_vector().exists()
    Paper.objects.update(vector=b"\x01" * vectors.SIZE)
    assert classify.renew_vectors(limit=2) == 2
    assert set(Paper.objects.with_vector()) == set(old[-2:])
    assert classify.renew_vectors(limit=9) == 2
    assert classify.renew_vectors(limit=9) == 0
