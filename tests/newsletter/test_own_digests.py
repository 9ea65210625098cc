"""The list of a reader's digests, and why each paper is in one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from newsletter import own_digests
from newsletter.models import Card, Delivery
from newsletter.picks import Pick, Why, pack
from subscriptions import tokens
from subscriptions.models import Feedback, Phrase, Subscriber, Wish
from subscriptions.tokens import Purpose
from subscriptions.verdicts import State
from tests.conftest import MOMENT
from tests.newsletter.conftest import TODAY


def why_page(reader, kind="daily", on=TODAY, purpose=Purpose.DIGEST) -> str:
    return reverse("newsletter:why", args=[tokens.make(purpose, reader), kind, str(on)])


def list_page(reader, purpose=Purpose.PREFERENCES) -> str:
    return reverse("newsletter:digests", args=[tokens.make(purpose, reader)])


@pytest.fixture
def reader(make_subscriber):
    return make_subscriber("alice@example.net", topics=["agents"])


@pytest.fixture
def deliver(make_delivery, reader):
    """Papers with their reasons, as a digest of today."""

    def make(*picks: Pick) -> Delivery:
        delivery = make_delivery(0, reader=reader, state=State.ACCEPTED)
        Delivery.objects.filter(pk=delivery.pk).update(packed_picks=pack(picks))
        return delivery

    return make


def explained(client, reader):
    return client.get(why_page(reader)).context["explained"]


def test_a_topic_is_named_with_its_sign_and_a_second_one(client, reader, make_paper, deliver):
    paper = make_paper(topics=["agents", "vision"])
    first, second = paper.assignments.order_by("topic__slug")
    deliver(Pick(paper.pk, 1.0, Why.TOPIC, first.topic_id, second.topic_id))
    [one] = explained(client, reader)
    assert one.reasons == [
        "You follow Agents, and this paper is about it.",
        'What shows that it is about it: title mentions "agents".',
        "It is also about Vision, which you follow.",
    ]
    assert one.advice == "Set Agents to more, to less, or mute it."
    assert dict(one.topics) == {"Agents": 100, "Vision": 100}


def test_words_authors_and_likes_are_named(client, reader, make_paper, deliver):
    keyword = Phrase.objects.create(kind="keyword", text="world models")
    author = Phrase.objects.create(kind="author", text="ada example")
    liked, *papers = (make_paper(f"Paper {n}") for n in range(7))
    deliver(
        Pick(papers[0].pk, 2.0, Why.KEYWORD, keyword.pk),
        Pick(papers[1].pk, 1.5, Why.AUTHOR, author.pk),
        Pick(papers[2].pk, 1.0, Why.TASTE, liked.pk),
        Pick(papers[3].pk, 1.0, Why.TASTE, 0),
        Pick(papers[4].pk, 0.5, Why.TREND),
        Pick(papers[5].pk, 0.25, Why.KEYWORD, 10**6),
    )
    found = explained(client, reader)
    assert [one.reasons for one in found] == [
        ["You look for “world models”, which stands in its title or abstract."],
        ["You follow Ada Example, who is one of its authors."],
        ["It is like “Paper 0”, of which you wanted more."],
        ["It is like papers of which you wanted more."],
        ["It is outside your topics, and everybody reads it."],
        ["It was picked for something that has changed since."],
    ]
    assert [one.place for one in found] == [100, 75, 50, 50, 25, 12]
    assert all(one.advice.endswith(".") for one in found)


def test_the_trend_is_that_of_the_mail(client, reader, make_paper, deliver):
    frozen, live = make_paper(trend_score=0.1), make_paper(trend_score=0.2)
    delivery = deliver(Pick(frozen.pk, 1.0), Pick(live.pk, 1.0))
    looks = {"language": "en", "layout": "full", "topics": []}
    Card.objects.create(issue=delivery.issue, paper=frozen, trend=0.9, **looks)
    assert [one.trend for one in explained(client, reader)] == [90, 20]


def test_a_page_that_was_passed_on_tells_nothing_that_the_mail_does_not(
    client, reader, make_paper, deliver
):
    paper = make_paper(topics=["agents"])
    deliver(Pick(paper.pk, 1.0, Why.TOPIC, paper.topics.get().pk))
    reader.interests.update(weight=2)
    for text in ("divorce law", "my illness"):
        phrase = Phrase.objects.create(kind="keyword", text=text)
        Wish.objects.create(subscriber=reader, phrase=phrase)
    disliked = make_paper("A paper that he disliked")
    Feedback.objects.create(subscriber=reader, paper=disliked, kind="less", at=MOMENT)
    text = client.get(why_page(reader)).content.decode()
    for secret in ("alice", "example.net", "divorce", "illness", "disliked", reader.public_id.hex):
        assert secret not in text
    for name in ("preferences", "unsubscribe", "paper", "said"):
        assert f"/{name}/" not in text


def test_papers_that_are_gone_are_left_out(client, reader, make_paper, deliver):
    gone, kept = make_paper(), make_paper("Kept")
    deliver(Pick(gone.pk, 1.0), Pick(kept.pk, 0.5))
    gone.delete()
    assert [one.paper for one in explained(client, reader)] == [kept]
    kept.delete()
    assert b"are gone" in client.get(why_page(reader)).content


def test_the_digest_leads_to_its_reasons(client, reader, make_delivery):
    make_delivery(reader=reader)
    token = tokens.make(Purpose.DIGEST, reader)
    page = client.get(reverse("newsletter:digest", args=[token, "daily", str(TODAY)]))
    assert why_page(reader).split("/")[-2] in page.content.decode()
    [link] = [part for part in page.content.decode().split('"') if "/why/" in part]
    assert client.get(link.removeprefix("https://news.example.org")).status_code == 200


@pytest.mark.parametrize("purpose", Purpose)
def test_each_page_opens_with_its_own_link_only(client, reader, make_delivery, purpose):
    make_delivery(reader=reader)
    why = client.get(why_page(reader, purpose=purpose)).status_code
    assert why == (200 if purpose is Purpose.DIGEST else 404)
    digests = client.get(list_page(reader, purpose)).status_code
    assert digests == (200 if purpose is Purpose.PREFERENCES else 404)


@pytest.mark.parametrize(
    ("kind", "on"),
    [("weekly", TODAY), ("daily", "2026-03-16"), ("daily", "x"), ("daily", "9" * 500)],
)
def test_a_digest_that_is_not_there_is_a_bad_link(client, reader, make_delivery, kind, on):
    make_delivery(reader=reader)
    assert client.get(why_page(reader, kind, on)).status_code == 404


def test_nobody_sees_the_digests_of_others(client, reader, make_delivery):
    make_delivery()
    assert client.get(why_page(reader)).status_code == 404
    assert client.get(list_page(reader)).context["rows"] == []


def test_digests_are_listed_newest_first_at_the_same_price(
    client, reader, make_delivery, monkeypatch, django_assert_num_queries
):
    monkeypatch.setattr(own_digests, "SHOWN", 5)
    for days in range(7):
        make_delivery(1, reader=reader, on=TODAY + timedelta(days=days), state=State.ACCEPTED)
    make_delivery(1, reader=reader, on=TODAY + timedelta(days=9), state=State.SKIPPED)
    link = list_page(reader)
    with django_assert_num_queries(2):
        response = client.get(link)
    rows = response.context["rows"]
    assert [row["on"] for row in rows] == [TODAY + timedelta(days=n) for n in (6, 5, 4, 3, 2)]
    assert all(row["count"] == 1 for row in rows)
    assert {client.get(rows[0][url]).status_code for url in ("digest_url", "why_url")} == {200}


def test_looking_changes_nothing(client, reader, make_delivery):
    make_delivery(reader=reader)
    before = [list(model.objects.values()) for model in (Subscriber, Delivery, Card)]
    for page in (why_page(reader), list_page(reader)):
        assert client.head(page).status_code == client.get(page).status_code == 200
        assert client.post(page).status_code == 405
    assert [list(model.objects.values()) for model in (Subscriber, Delivery, Card)] == before
