from __future__ import annotations

import pytest

from subscriptions.models import Phrase, Wish
from subscriptions.phrases import LONGEST, MOST_WISHES, wish


def wish_for(reader, *, keywords=(), excluded=(), authors=()):
    wish(reader, keywords=keywords, excluded=excluded, authors=authors)


def wishes(reader):
    rows = Wish.objects.filter(subscriber=reader).select_related("phrase")
    return {(row.phrase.kind, row.phrase.text, row.is_excluded) for row in rows}


def test_wishes_are_stored_as_they_are_compared(make_subscriber):
    reader = make_subscriber()
    wish_for(
        reader, keywords=["Cold  Fusion-Reactors!"], authors=["Ada  EXAMPLE"], excluded=["GANs"]
    )
    assert wishes(reader) == {
        ("keyword", "cold fusion reactors", False),
        ("author", "ada example", False),
        ("keyword", "gans", True),
    }


def test_a_phrase_is_stored_once_for_all(make_subscriber):
    for _ in range(2):
        wish_for(make_subscriber(), keywords=["fusion", "FUSION"])
    assert Phrase.objects.count() == 1
    assert Wish.objects.count() == 2


def test_new_wishes_take_the_place_of_the_old(make_subscriber):
    reader = make_subscriber()
    wish_for(reader, keywords=["fusion", "agents"])
    wish_for(reader, keywords=["agents"])
    assert wishes(reader) == {("keyword", "agents", False)}


def test_who_looks_for_what_he_avoids_avoids_it(make_subscriber):
    reader = make_subscriber()
    wish_for(reader, keywords=["fusion"], excluded=["Fusion"])
    assert wishes(reader) == {("keyword", "fusion", True)}


@pytest.mark.parametrize("text", ["", "?!", "x" * (LONGEST + 1)])
def test_a_phrase_without_words_or_too_long_is_refused_and_changes_nothing(make_subscriber, text):
    reader = make_subscriber()
    wish_for(reader, keywords=["fusion"])
    with pytest.raises(ValueError, match="characters"):
        wish_for(reader, keywords=["agents", text])
    assert wishes(reader) == {("keyword", "fusion", False)}


def test_the_number_of_wishes_is_bounded(make_subscriber):
    many = [f"word {number}" for number in range(MOST_WISHES)]
    wish_for(make_subscriber(), keywords=many)
    with pytest.raises(ValueError, match="more than"):
        wish_for(make_subscriber(), keywords=many, authors=["Ada Example"])
