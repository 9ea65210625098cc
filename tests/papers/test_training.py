"""The model of topics is trained on stored papers, kept in versions, and can be taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from papers import catalogue, classify, corrections, linear, tasks, training
from papers.models import Paper, Topic, TopicModel
from tests.conftest import MOMENT
from tests.papers import topic_steps

pytestmark = pytest.mark.django_db


@pytest.fixture
def stored(make_paper):
    """Sixty papers on two topics that are not the shipped ones."""
    Topic.objects.all().delete()
    for rule in topic_steps.RULES:
        Topic.objects.create(slug=rule.slug, name=rule.slug, include="\n".join(rule.include))
    return [
        make_paper(example.title, abstract=example.abstract, title_key=str(number))
        for number, example in enumerate(topic_steps.examples())
    ]


def test_training_stores_a_version_and_takes_it_into_use(stored):
    row = training.train(at=MOMENT)
    assert (row.papers, row.corrections, row.is_active) == (60, 0, True)
    assert row.measured["papers"] == 12
    assert row.measured["new"]["f1"] > row.measured["shipped"]["f1"] == 0
    assert set(classify.active_model().slugs) == {"robots", "proofs"}


def test_the_same_papers_give_the_same_version(stored):
    first, second = training.train(at=MOMENT), training.train(at=MOMENT)
    assert first.weights == second.weights
    assert list(TopicModel.objects.active()) == [second]


def test_a_version_that_knows_less_than_the_shipped_one_is_not_used(stored, monkeypatch, caplog):
    lesson = topic_steps.trained()
    monkeypatch.setattr(catalogue, "model", lambda: lesson)
    corrections.correct(stored[0], Topic.objects.get(slug="proofs"), is_about=True, at=MOMENT)
    monkeypatch.setattr(training, "NEWEST", 0.99)  # so it learned from one paper only
    with pytest.raises(ValueError, match="too few"):
        training.train(at=MOMENT)
    monkeypatch.setattr(training, "NEWEST", 0.9)
    assert not training.train(at=MOMENT).is_active
    assert "the shipped model is better" in caplog.text


def test_what_people_decided_is_learned_from(stored):
    teapots = Topic.objects.get(slug="robots")
    for paper in stored[2::3]:
        corrections.correct(paper, teapots, is_about=True, at=MOMENT)
    row = training.train(at=MOMENT)
    assert row.corrections == 20
    assert linear.Judge(classify.active_model()).read("Dough", "dough")["robots"] > 0


def test_going_back_to_a_version_and_to_the_shipped_model(stored):
    first, second = training.train(at=MOMENT), training.train(at=MOMENT + timedelta(days=8))
    training.use(first)
    assert list(TopicModel.objects.active()) == [first]
    training.use(None)
    assert classify.active_model() is catalogue.model()
    assert TopicModel.objects.filter(pk=second.pk).exists()


def test_old_versions_are_forgotten_but_not_the_one_in_use(stored, monkeypatch):
    monkeypatch.setattr(training, "use", lambda row: None)
    rows = [training.train(at=MOMENT + timedelta(days=days)) for days in range(training.KEPT)]
    TopicModel.objects.filter(pk=rows[0].pk).update(is_active=True)
    rows += [training.train(at=MOMENT + timedelta(days=9 + days)) for days in range(2)]
    kept = set(TopicModel.objects.values_list("pk", flat=True))
    assert kept == {rows[0].pk} | {row.pk for row in rows[2:]}


def test_training_is_due_once_a_week_and_with_enough_papers(stored, monkeypatch, settings):
    assert not training.is_due(at=MOMENT)
    monkeypatch.setattr(training, "LEAST_PAPERS", 60)
    assert training.is_due(at=MOMENT)
    training.train(at=MOMENT)
    assert not training.is_due(at=MOMENT + timedelta(days=6))
    assert training.is_due(at=MOMENT + timedelta(days=7, seconds=1))
    settings.TRAIN_DAYS = 0
    assert not training.is_due(at=MOMENT + timedelta(days=70))


def test_the_task_trains_when_it_is_due(stored, monkeypatch):
    tasks.train_topics()
    assert not TopicModel.objects.exists()
    monkeypatch.setattr(training, "LEAST_PAPERS", 60)
    tasks.train_topics()
    tasks.train_topics()
    assert TopicModel.objects.count() == 1


def test_the_newest_papers_are_what_is_measured_on(stored, monkeypatch):
    Paper.objects.filter(pk=stored[0].pk).update(listed_on=MOMENT.date(), title="Nuts", abstract="")
    monkeypatch.setattr(training, "NEWEST", 1 / 60)
    robots = Topic.objects.get(slug="robots")
    corrections.correct(Paper.objects.get(pk=stored[0].pk), robots, is_about=True, at=MOMENT)
    assert training.train(at=MOMENT).measured["new"] == {"precision": 0, "recall": 0, "f1": 0}


def test_the_shipped_model_knows_the_shipped_topics():
    assert set(catalogue.model().slugs) == {topic.slug for topic in catalogue.load()}
    assert catalogue.MODEL.stat().st_size < 1_000_000
