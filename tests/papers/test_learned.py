"""Corrections and versions of the model, as operators see and change them."""

from __future__ import annotations

import pytest
from django.urls import reverse

from papers import catalogue, corrections, learned, linear
from papers.models import Correction, TopicModel
from papers.tasks import train_now
from tests.conftest import MOMENT

pytestmark = pytest.mark.django_db
MODELS = "admin:papers_topicmodel_changelist"


@pytest.fixture(autouse=True)
def rung(monkeypatch):
    """What workers were asked to do."""
    asked: list[str] = []
    monkeypatch.setattr(learned, "ring_classify", lambda: bool(asked.append("classify") or True))
    monkeypatch.setattr(learned, "ring_training", lambda: bool(asked.append("train") or True))
    return asked


def version(**fields) -> TopicModel:
    fields = {"weights": linear.pack(catalogue.model()), "papers": 9, **fields}
    return TopicModel.objects.create(trained_at=MOMENT, **fields)


def act(client, name: str, *rows):
    model = type(rows[0])._meta.model_name
    data = {"action": name, "_selected_action": [row.pk for row in rows]}
    return client.post(reverse(f"admin:papers_{model}_changelist"), data, follow=True)


def test_a_correction_that_is_taken_back_leaves_it_to_the_rules(admin_client, make_paper):
    paper = make_paper("On robots", topics=["robots"])
    topic = paper.topics.get()
    corrections.correct(paper, topic, is_about=False, by="ada", at=MOMENT)
    assert not paper.assignments.filter(topic=topic).exists()
    page = admin_client.get(reverse("admin:papers_correction_changelist")).text
    assert "On robots" in page
    assert "ada" in page
    assert "taken back: 1" in act(admin_client, "withdraw", Correction.objects.get()).text
    assert not Correction.objects.exists()


def test_an_earlier_version_is_taken_into_use_again_and_papers_get_their_topics_anew(
    admin_client, rung
):
    older, newer = version(), version(is_active=True)
    act(admin_client, "use", older)
    assert TopicModel.objects.active().get() == older
    assert rung == ["classify"]
    act(admin_client, "use", older, newer)  # one of them only
    assert rung == ["classify"]
    admin_client.post(reverse("admin:papers_topicmodel_shipped"))
    assert not TopicModel.objects.active().exists()


def test_a_version_that_cannot_be_read_is_not_used(admin_client, rung):
    broken = version(weights=b"?")
    assert "cannot be read" in act(admin_client, "use", broken).text
    assert not TopicModel.objects.active().exists()
    assert rung == []


def test_the_list_shows_what_each_version_found_beside_the_shipped_one(admin_client):
    figures = {"precision": 0.91, "recall": 0.82, "f1": 0.863}
    version(measured={"papers": 5, "new": figures, "shipped": {"precision": 0.9}})
    page = admin_client.get(reverse(MODELS)).text
    assert "0.910, 0.820, 0.863" in page
    assert "0.900" in page


def test_training_is_asked_of_a_worker(admin_client, rung):
    address = reverse("admin:papers_topicmodel_train")
    assert admin_client.get(address).status_code == 405
    admin_client.post(address)
    assert rung == ["train"]
    train_now()  # without papers there is nothing to learn from, and nothing breaks
    assert not TopicModel.objects.exists()
