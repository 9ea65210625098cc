from __future__ import annotations

import pytest

from papers import likeness, vectors
from papers.models import Paper
from subscriptions import tastes
from subscriptions.models import Feedback, Taste
from tests.conftest import MOMENT

MORE, LESS = Feedback.Kind.MORE, Feedback.Kind.LESS
ROBOTS, PROOFS = "Legged robots walk on ice", "Automated theorem proving"
OLD = b"\x01" * likeness.SIZE


@pytest.fixture
def say(make_subscriber, make_paper):
    """A reader's feedback on papers of these titles."""
    reader = make_subscriber()

    def make(title, kind, *, vector=True):
        packed = vectors.pack(vectors.vector(title, "")) if vector else bytes(128)
        paper = make_paper(title, vector=packed)
        Feedback.objects.create(subscriber=reader, paper=paper, kind=kind, at=MOMENT)
        tastes.renew(reader)
        return reader

    return make


def like(packed, title):
    row = likeness.with_constant(vectors.vector(title, "")[None]).astype(int)
    return float(row[0] @ likeness.unpack(packed).astype(int) / likeness.UNIT)


def test_what_is_like_what_a_reader_wants_more_of_is_liked(say):
    say(ROBOTS, MORE)
    taste = Taste.objects.get()
    assert like(taste.vector, ROBOTS) == pytest.approx(1, abs=0.05)
    assert like(taste.vector, "Quadruped robot locomotion") > 0.4
    assert like(taste.vector, PROOFS) < 0.2
    assert taste.aversion is None


def test_what_is_like_what_he_wants_fewer_of_is_disliked(say):
    say(PROOFS, LESS)
    taste = Taste.objects.get()
    assert like(taste.aversion, PROOFS) == pytest.approx(1, abs=0.05)
    assert not likeness.unpack(taste.vector).any()
    say(ROBOTS, MORE)
    assert Taste.objects.count() == 1


def test_he_is_compared_with_the_newest_papers(say, make_paper, monkeypatch):
    monkeypatch.setattr(tastes, "USUAL", 1)
    make_paper("Old", vector=vectors.pack(vectors.vector(PROOFS, "")))
    newest = vectors.vector("Protein folding", "")
    make_paper("New", vector=vectors.pack(newest))
    make_paper("Not read yet")
    assert tastes.recent().tolist() == [newest.tolist()]


def test_without_feedback_there_is_no_taste(say):
    reader = say(ROBOTS, MORE)
    Feedback.objects.all().delete()
    tastes.renew(reader)
    assert not Taste.objects.exists()


def test_papers_without_a_current_vector_say_nothing(say):
    say(ROBOTS, MORE, vector=False)
    assert not Taste.objects.exists()


@pytest.mark.parametrize("old", [b"", bytes(128), OLD, b"\x03" * likeness.SIZE])
def test_a_taste_of_another_version_is_renewed(say, old):
    say(ROBOTS, MORE)
    Taste.objects.update(vector=old, aversion=None)
    assert tastes.renew_outdated(limit=9) == 1
    assert like(Taste.objects.get().vector, ROBOTS) == pytest.approx(1, abs=0.05)
    assert tastes.renew_outdated(limit=9) == 0


def test_a_taste_waits_until_all_its_papers_were_read_again(say):
    say(ROBOTS, MORE)
    say(PROOFS, MORE)
    Taste.objects.update(vector=OLD)
    Paper.objects.filter(title=PROOFS).update(vector=None)
    assert tastes.renew_outdated(limit=9) == 0
    assert bytes(Taste.objects.get().vector) == OLD
