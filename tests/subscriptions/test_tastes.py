from __future__ import annotations

import pytest

from papers import vectors
from subscriptions import tastes
from subscriptions.models import Feedback, Taste
from tests.conftest import MOMENT

MORE, LESS = Feedback.Kind.MORE, Feedback.Kind.LESS


@pytest.fixture
def say(make_subscriber, make_paper):
    """A reader's feedback on papers of these titles."""
    reader = make_subscriber()

    def make(title, kind, *, vector=True):
        packed = vectors.pack(vectors.vector(title, "")) if vector else None
        paper = make_paper(title, vector=packed)
        Feedback.objects.create(subscriber=reader, paper=paper, kind=kind, at=MOMENT)
        tastes.renew(reader)
        return reader

    return make


def nearness(reader, title):
    return float(
        vectors.unpack(Taste.objects.get(subscriber=reader).vector) @ vectors.vector(title, "")
    )


def test_a_taste_points_to_what_the_reader_wants_more_of(say):
    reader = say("legged robots", MORE)
    assert nearness(reader, "legged robots") == pytest.approx(1, abs=1e-2)
    say("theorem proving", LESS)
    assert nearness(reader, "legged robots") < 1
    assert Taste.objects.count() == 1


def test_without_feedback_there_is_no_taste(say):
    reader = say("legged robots", MORE)
    Feedback.objects.all().delete()
    tastes.renew(reader)
    assert not Taste.objects.exists()


def test_papers_without_a_vector_say_nothing(say):
    say("legged robots", MORE, vector=False)
    assert not Taste.objects.exists()
