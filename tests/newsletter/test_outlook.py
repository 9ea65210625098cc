"""What a reader would get if he wished otherwise: as an issue would pick it, and nothing stored."""

from __future__ import annotations

from dataclasses import replace

import pytest

from newsletter import issues, outlook
from newsletter.contents import items
from newsletter.models import Delivery, Issue
from newsletter.outlook import Wished
from papers import vectors
from papers.models import Topic
from subscriptions import opinions, optin
from subscriptions.models import Feedback, Phrase
from subscriptions.optin import Preferences
from subscriptions.phrases import Words
from subscriptions.verdicts import State
from tests.newsletter.issue_steps import DAY, SEVEN, TUESDAY


def packed(title: str) -> bytes:
    return vectors.pack(vectors.vector(title, ""))


NO_WORDS = Words()


def wished(*, words=NO_WORDS, weights=None, **choices) -> Wished:
    return Wished(
        {Topic.objects.get(slug=slug).pk: weight for slug, weight in (weights or {}).items()},
        words,
        Preferences(**choices),
    )


def seen(reader, wanted, at=SEVEN) -> list[tuple[str, str]]:
    return [(item.paper.title, item.why) for item in outlook.items(reader, wanted, at=at)]


def titles(reader, wanted, at=SEVEN) -> list[str]:
    return [title for title, _ in seen(reader, wanted, at)]


@pytest.fixture
def shelf(make_paper):
    make_paper("Agents act", topics=["agents"], trend_score=0.9)
    make_paper("Robots see", topics=["vision"], trend_score=0.5)
    make_paper("Snow melts", authors=["Ada Example"], trend_score=0.3)
    make_paper("Rivers freeze", abstract="World models of ice.", trend_score=0.2)


@pytest.mark.usefixtures("shelf")
def test_it_shows_what_is_wished_now_and_not_what_is_stored(make_subscriber):
    reader = make_subscriber(topics=["agents"])
    assert titles(reader, wished(weights={"vision": 1})) == ["Robots see"]
    assert titles(reader, wished(weights={"vision": 1, "agents": 0})) == ["Robots see"]
    assert titles(reader, wished()) == []


@pytest.mark.usefixtures("shelf")
def test_words_that_nobody_wished_for_yet_are_found_and_not_stored(make_subscriber):
    reader = make_subscriber()
    words = Words(["world models"], [], ["ada example"])
    assert dict(seen(reader, wished(words=words))) == {
        "Snow melts": "you follow the author Ada Example",
        "Rivers freeze": 'you look for "world models"',
    }
    assert not Phrase.objects.exists()


@pytest.mark.usefixtures("shelf")
def test_numbers_of_words_are_not_taken_for_stored_phrases(make_subscriber):
    """Or the preview would name what others look for."""
    for n in range(5):
        Phrase.objects.create(kind="keyword", text=f"secret {n}")
    found = seen(make_subscriber(), wished(words=Words(["world models"], [], ["ada example"])))
    assert "secret" not in str(found)


@pytest.mark.usefixtures("shelf")
def test_what_is_excluded_stays_out(make_subscriber):
    words = Words([], ["agents act"], [])
    wanted = wished(words=words, weights={"agents": 1, "vision": 1})
    assert titles(make_subscriber(), wanted) == ["Robots see"]


@pytest.mark.usefixtures("shelf")
def test_number_and_share_of_the_trend_count(make_subscriber):
    reader, both = make_subscriber(), wished(weights={"agents": 0.5, "vision": 2})
    assert titles(reader, both)[0] == "Robots see"
    trending = replace(both, choices=Preferences(trend_share=1.0, length=3))
    assert titles(reader, trending)[0] == "Agents act"
    assert len(titles(reader, replace(both, choices=Preferences(length=1)))) == 1


def test_a_weekly_wish_looks_back_a_week(make_subscriber, make_paper):
    make_paper("Six days old", topics=["agents"], listed_on=TUESDAY - 6 * DAY)
    make_paper("Of today, on something else", topics=["vision"], listed_on=TUESDAY)
    reader = make_subscriber()
    assert titles(reader, wished(weights={"agents": 1})) == []
    assert titles(reader, wished(weights={"agents": 1}, cadence="weekly")) == ["Six days old"]


def test_who_catches_up_sees_what_he_missed(make_subscriber, make_paper):
    make_paper("Six days old", topics=["agents"], listed_on=TUESDAY - 6 * DAY)
    make_paper("Of today, on something else", topics=["vision"], listed_on=TUESDAY)
    reader = make_subscriber(paused_on=TUESDAY - 7 * DAY, paused_until=TUESDAY, catches_up=True)
    assert titles(reader, wished(weights={"agents": 1})) == ["Six days old"]


@pytest.mark.parametrize("state", [State.ACCEPTED, State.PENDING])
def test_what_he_was_sent_or_may_get_does_not_come_again(
    make_delivery, make_paper, make_subscriber, state
):
    reader, other = make_subscriber(), make_subscriber()
    delivery = make_delivery([make_paper("Old", topics=["agents"])], reader=reader, state=state)
    if state == State.ACCEPTED:
        Delivery.objects.note_accepted([delivery.pk])
    make_paper("New", topics=["agents"])
    assert titles(reader, wished(weights={"agents": 1})) == ["New"]
    assert set(titles(other, wished(weights={"agents": 1}))) == {"Old", "New"}


def test_the_preview_is_what_an_issue_then_picks(make_due, make_paper, settings):
    settings.OUTSIDE_PICK = True
    for n in range(12):
        topics = [["agents"], ["vision"], []][n % 3]
        make_paper(f"World models {n}", topics=topics, trend_score=n / 12)
    reader = make_due(length=6)
    robots = make_paper("Legged robots walk", vector=packed("Legged robots walk"), listed_on=None)
    opinions.say(reader, robots, Feedback.Kind.MORE, at=SEVEN)
    walking = "Humanoid robots walk"
    make_paper(walking, vector=packed(walking), trend_score=0.9)
    words, choices = Words(["world models"], ["models 7"], []), Preferences(length=6)
    weights = {Topic.objects.get(slug="agents"): 2.0, Topic.objects.get(slug="vision"): None}
    by_id = {topic.pk: weight for topic, weight in weights.items() if weight is not None}
    expected = outlook.items(reader, Wished(by_id, words, choices), at=SEVEN)
    assert not Issue.objects.exists()

    optin.choose(reader, weights=weights, choices=choices, words=words, at=SEVEN)
    issues.open_due(at=SEVEN)
    got = items(Delivery.objects.get())
    assert [(one.paper, one.why) for one in got] == [(one.paper, one.why) for one in expected]
    assert len(got) == 6
    assert any("Legged robots walk" in one.why for one in got)


def test_it_asks_no_query_for_each_paper(
    make_subscriber, make_paper, django_assert_max_num_queries
):
    for _ in range(40):
        make_paper(topics=["agents"], listed_on=TUESDAY)
    reader = make_subscriber()
    wanted = wished(weights={"agents": 1}, length=30)
    with django_assert_max_num_queries(12):
        assert len(outlook.items(reader, wanted, at=SEVEN)) == 30
