"""Commands that measure and train topics, from files to what they print."""

from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from papers import catalogue, linear
from papers.models import Topic, TopicModel
from tests.conftest import MOMENT
from tests.papers import topic_steps

ROBOT = {"title": "A legged robot learns to walk", "abstract": "Robots on ice."}
SPEECH = {"title": "Speech recognition for rare languages", "abstract": "We transcribe speech."}


def run(command, *arguments):
    out = io.StringIO()
    call_command(command, *map(str, arguments), stdout=out)
    return out.getvalue()


@pytest.fixture
def write(tmp_path):
    def write(name, rows):
        path = tmp_path / name
        path.write_text(json.dumps(rows), encoding="utf-8")
        return path

    return write


@pytest.fixture
def labelled(write):
    """Two papers; the second label says one topic that nobody would find, and one less."""
    papers = write("papers.json", [{"n": 1} | ROBOT, {"n": 2} | SPEECH])
    labels = write(
        "labels.json",
        [
            {"n": 1, "either": ["robotics"], "both": ["robotics"]},
            {"n": 2, "either": ["theory"], "both": ["theory"]},
        ],
    )
    return papers, labels


def line(said, name):
    return next(line.split() for line in said.splitlines() if line.startswith(name))


@pytest.mark.parametrize("ways", [(), ("--rules-only",)])
def test_labelled_papers_are_measured_and_the_files_named(labelled, ways):
    papers, labels = labelled
    said = run("evaluate_topics", "--papers", papers, "--labels", labels, *ways)
    assert f"papers: {papers}, 2 records" in said
    assert f"labels: {labels}, 2 records" in said
    assert line(said, "robotics")[1:] == ["1.000", "1.000", "1.000", "1", "1"]
    assert line(said, "theory")[1:] == ["0.000", "0.000", "0.000", "0", "1"]
    assert line(said, "micro R")[2] == line(said, "macro R")[2] == "0.500"


def test_mistakes_are_named_if_asked(labelled):
    papers, labels = labelled
    said = run("evaluate_topics", "--papers", papers, "--labels", labels, "--mistakes")
    assert '+ not speech-audio: title mentions "speech recognition" | Speech' in said
    assert "- theory | Speech" in said


@pytest.mark.django_db
def test_the_topics_of_the_site_are_measured_if_asked(labelled, write):
    Topic.objects.exclude(slug="theory").delete()
    Topic.objects.update(include="speech recognition")
    papers, _ = labelled
    labels = write("l.json", [{"n": 2, "either": ["theory"], "both": ["theory"]}])
    said = run("evaluate_topics", "--papers", papers, "--labels", labels, "--site",
               "--rules-only")  # fmt: skip
    assert line(said, "theory")[1:] == ["1.000", "1.000", "1.000", "1", "1"]
    assert "robotics" not in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "name --papers and --labels"),
        (["--papers", "p.json"], "belong together"),
        (["--papers", "none.json", "--labels", "none.json"], "none.json cannot be read"),
        (["--categories", "none.json"], "none.json cannot be read"),
    ],
)
def test_bad_arguments_are_explained(arguments, message):
    with pytest.raises(CommandError, match=message):
        run("evaluate_topics", *arguments)


def test_labels_without_a_paper_are_refused(labelled, write):
    labels = write("more.json", [{"n": 3, "either": []}])
    with pytest.raises(CommandError, match="no paper with number 3"):
        run("evaluate_topics", "--papers", labelled[0], "--labels", labels)


def test_categories_are_learned_from_earlier_papers_and_found_in_later_ones(write):
    kinds = [("cs.RO", "gripper"), ("cs.SD", "violin"), ("cs.CV", "pixel"), ("cs.CL", "verb")]
    rows = [
        {"id": f"2603.{number:05}", "title": f"A {word}", "summary": word, "categories": [code]}
        for number in range(200)
        for code, word in [kinds[number % 4]]
    ]
    path = write("arxiv.json", rows[::-1])
    said = run("evaluate_topics", "--categories", path)
    assert f"papers: {path}, 200 records" in said
    assert "earlier 140, measured on the later 60; NDCG@5 within 30 papers" in said
    model, biggest = said.split("\nmodel\n")[1].split("always the biggest three")
    assert line(model, "micro F1")[2] == line(model, "macro F1")[2] == "1.000"
    assert line(model, "NDCG@5")[1] == "1.000"
    assert float(line(biggest, "NDCG@5")[1]) < 0.8


def test_too_few_papers_with_categories_are_refused(write):
    rows = [ROBOT | {"id": "2603.00001", "categories": ["cs.RO"]}]
    with pytest.raises(CommandError, match="too few"):
        run("evaluate_topics", "--categories", write("a.json", rows))


def test_a_model_is_shipped_from_files_without_what_is_left_out(write, tmp_path):
    rows = [ROBOT | {"title": f"Robot {n}"} for n in range(9)] + [SPEECH] * 2
    rows += [{"title": f"Speech {n}", "abstract": "A violin."} for n in range(9)]
    rows += [{"title": f"Pie {n}", "abstract": "Dough."} for n in range(9)]
    out = tmp_path / "model.npz"
    left_out = write("without.json", [SPEECH])
    said = run(
        "train_topics", "--files", write("a.json", rows), "--without", left_out, "--out", out
    )
    assert "learned from 27 papers" in said
    words = linear.unpack(out.read_bytes()).words
    assert "violin" in words
    assert "transcribe" not in words


@pytest.mark.django_db
def test_versions_are_listed_and_used_and_the_shipped_one_is_one_of_them():
    packed = linear.pack(topic_steps.model())
    row = TopicModel.objects.create(trained_at=MOMENT, papers=7, weights=packed)
    assert f"model {row.pk} of 2026-03-17 12:00, 7 papers" in run("train_topics", "--list")
    run("train_topics", "--use", row.pk)
    assert TopicModel.objects.get().is_active
    assert "the shipped model" in run("train_topics", "--use", "shipped")
    assert not TopicModel.objects.get().is_active


@pytest.mark.django_db
@pytest.mark.parametrize("version", ["7", "first"])
def test_a_version_that_does_not_exist_is_refused(version):
    with pytest.raises(CommandError, match="there is no version"):
        run("train_topics", "--use", version)


@pytest.mark.django_db
def test_a_broken_version_is_not_taken_into_use():
    row = TopicModel.objects.create(trained_at=MOMENT, papers=7, weights=b"torn")
    with pytest.raises(CommandError, match="no model"):
        run("train_topics", "--use", row.pk)
    assert not TopicModel.objects.get().is_active


@pytest.mark.django_db
def test_training_without_papers_is_an_error_and_not_a_crash():
    with pytest.raises(CommandError, match="too few"):
        run("train_topics")


def test_the_default_is_where_the_shipped_model_lies():
    assert catalogue.MODEL.name == "topic_model.npz"
