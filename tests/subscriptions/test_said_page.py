"""What a reader said of papers: listed, taken back, forgotten."""

from __future__ import annotations

import re

import pytest

from papers import likeness
from subscriptions import opinions, said_page, tokens
from subscriptions.models import Feedback, Taste, Vote
from subscriptions.tokens import Purpose
from tests.conftest import MOMENT
from tests.subscriptions.pages import path


@pytest.fixture
def reader(make_subscriber):
    return make_subscriber(topics=["agents"])


@pytest.fixture
def papers(reader, make_paper):
    liked, disliked = make_paper("A liked one"), make_paper("One too many")
    opinions.say(reader, liked, Feedback.Kind.MORE, at=MOMENT)
    opinions.say(reader, disliked, Feedback.Kind.LESS, at=MOMENT)
    opinions.vote(reader, liked, at=MOMENT)
    return liked, disliked


def page_of(reader, query="") -> str:
    return f"{path(Purpose.PREFERENCES, reader)}said/{query}"


def acts(client, reader, query="") -> list[str]:
    text = client.get(page_of(reader, query)).content.decode()
    return re.findall(r'name="act" value="([\w:]+)"', text)


def test_everything_is_listed_with_its_undo(client, reader, papers):
    liked, disliked = papers
    expected = [f"unsay:{disliked.pk}", f"unsay:{liked.pk}", f"unvote:{liked.pk}"]
    assert acts(client, reader) == expected
    text = client.get(page_of(reader)).content.decode()
    assert "Take back what you said of “One too many”" in text
    for act in expected:
        response = client.post(page_of(reader), {"act": act})
        assert response.status_code == 303
        assert client.get(response["Location"]).context["is_undone"]
    assert acts(client, reader) == []
    assert b"Nothing so far" in client.get(page_of(reader)).content
    assert not Feedback.objects.exists()
    assert not Vote.objects.exists()


def test_all_of_it_is_forgotten_after_a_question(client, reader, papers, make_subscriber):
    other = make_subscriber()
    opinions.say(other, papers[0], Feedback.Kind.MORE, at=MOMENT)
    Taste.objects.update_or_create(subscriber=reader, defaults={"vector": bytes(likeness.SIZE)})
    assert "forget" not in acts(client, reader)
    assert acts(client, reader, "?ask=1")[-1] == "forget"
    response = client.post(page_of(reader, "?ask=1"), {"act": "forget"})
    assert client.get(response["Location"]).context["is_forgotten"]
    assert [said.subscriber for said in Feedback.objects.all()] == [other]
    assert not Vote.objects.exists()
    assert not Taste.objects.filter(subscriber=reader).exists()


def test_what_others_said_is_nobodys_business(client, reader, papers, make_subscriber):
    other = make_subscriber()
    assert acts(client, other) == []
    client.post(page_of(other), {"act": f"unsay:{papers[0].pk}"})
    client.post(page_of(other), {"act": "forget"})
    assert Feedback.objects.count() == 2


@pytest.mark.parametrize("act", ["", "unsay", "unsay:", "unsay:x", "unsay:0", "say:1", "delete"])
def test_a_button_that_is_not_there_cannot_be_pressed(client, reader, papers, act):
    assert client.post(page_of(reader), {"act": act}).status_code == 400
    assert Feedback.objects.count() == 2


def test_a_long_list_is_cut_and_costs_no_query_a_row(
    client, reader, make_paper, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(said_page, "SHOWN", 5)
    Feedback.objects.bulk_create(
        Feedback(subscriber=reader, paper=make_paper(), kind="more", at=MOMENT) for _ in range(9)
    )
    link = page_of(reader)
    with django_assert_num_queries(5):
        text = client.get(link).content.decode()
    assert text.count('value="unsay:') == 5
    assert "the newest 5 of 9" in text


@pytest.mark.parametrize("purpose", Purpose)
def test_the_page_opens_with_the_link_to_the_preferences_only(client, reader, purpose):
    response = client.get(f"/preferences/{tokens.make(purpose, reader)}/said/")
    assert response.status_code == (200 if purpose is Purpose.PREFERENCES else 404)
