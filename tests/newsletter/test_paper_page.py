"""What a reader can say of a paper, and how it is taken back."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from newsletter import compose
from subscriptions import tokens
from subscriptions.models import Feedback, Interest, Subscriber, Taste, Vote
from subscriptions.tokens import Purpose


@pytest.fixture
def paper(make_paper):
    return make_paper("On a & b", topics=["agents"])


@pytest.fixture
def reader(make_subscriber):
    return make_subscriber(topics=["agents"])


def page_of(reader, paper, purpose=Purpose.FEEDBACK) -> str:
    return reverse("newsletter:feedback", args=[tokens.make(purpose, reader), paper.pk])


def buttons(client, page: str) -> list[str]:
    return re.findall(r'name="act" value="([\w:]+)"', client.get(page).content.decode())


def press(client, page: str, act: str):
    response = client.post(page, {"act": act})
    assert (response.status_code, response["Location"]) == (302, f"{page}?saved=1")


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_changes_nothing(client, reader, paper, method):
    response = getattr(client, method)(page_of(reader, paper))
    assert response.status_code == 200
    assert not Feedback.objects.exists()
    assert not Vote.objects.exists()
    assert Interest.objects.get().weight == 1


def test_the_link_in_the_mail_leads_to_the_page(client, make_delivery, paper):
    delivery = make_delivery([paper])
    body = compose.compose_all([delivery])(delivery).message().body
    [path] = re.findall(r"https://news\.example\.org(/paper/\S+)", body)
    assert "On a &amp; b" in client.get(path).content.decode()


def test_more_and_less_replace_one_another_and_are_taken_back(client, reader, paper):
    page = page_of(reader, paper)
    for act in ("more", "less", "less"):
        press(client, page, act)
        assert Feedback.objects.get().kind == act
    assert buttons(client, page)[:2] == ["more", "unsay"]
    press(client, page, "unsay")
    assert not Feedback.objects.exists()


def test_what_was_summed_before_is_not_believed_after_a_word(client, reader, paper):
    Taste.objects.create(subscriber=reader, vector=b"old")
    press(client, page_of(reader, paper), "more")
    assert not Taste.objects.filter(vector=b"old").exists()


def test_a_topic_is_muted_and_followed_again(client, reader, paper):
    page, topic = page_of(reader, paper), paper.topics.get()
    press(client, page, f"mute:{topic.pk}")
    assert Interest.objects.get().weight == 0
    assert buttons(client, page)[2:4] == [f"unmute:{topic.pk}", f"follow:{topic.pk}"]
    press(client, page, f"follow:{topic.pk}")
    assert Interest.objects.get().weight == 1


def test_a_topic_that_is_not_followed_is_muted_and_unmuted(client, make_subscriber, paper):
    page, topic = page_of(make_subscriber(), paper), paper.topics.get()
    press(client, page, f"mute:{topic.pk}")
    press(client, page, f"unmute:{topic.pk}")
    assert not Interest.objects.exists()


def test_unmuting_a_topic_that_is_followed_changes_nothing(client, reader, paper):
    press(client, page_of(reader, paper), f"unmute:{paper.topics.get().pk}")
    assert Interest.objects.get().weight == 1


def test_a_vote_counts_once_and_is_taken_back(client, reader, paper):
    page = page_of(reader, paper)
    press(client, page, "vote")
    press(client, page, "vote")
    assert Vote.objects.get().paper == paper
    assert buttons(client, page)[-1] == "unvote"
    press(client, page, "unvote")
    assert not Vote.objects.exists()


@pytest.mark.parametrize("act", ["", "delete", "mute", "mute:0", "mute:x", "more:", "vote;"])
def test_a_button_that_is_not_there_cannot_be_pressed(client, reader, paper, act):
    response = client.post(page_of(reader, paper), {"act": act})
    is_known = act == "more:"
    assert response.status_code == (302 if is_known else 400)
    assert Interest.objects.get().weight == 1


def test_a_topic_of_another_paper_cannot_be_muted_here(client, reader, paper, make_topic):
    other = make_topic("vision")
    assert client.post(page_of(reader, paper), {"act": f"mute:{other.pk}"}).status_code == 400


def test_other_sites_cannot_press_a_button(reader, paper):
    response = Client(enforce_csrf_checks=True).post(page_of(reader, paper), {"act": "vote"})
    assert response.status_code == 403
    assert not Vote.objects.exists()


@pytest.mark.parametrize("purpose", Purpose)
def test_the_page_opens_with_its_own_link_only(client, reader, paper, purpose):
    status = client.get(page_of(reader, paper, purpose)).status_code
    assert status == (200 if purpose is Purpose.FEEDBACK else 404)


def test_who_left_and_a_paper_that_is_gone_are_a_bad_link(client, reader, paper):
    page = page_of(reader, paper)
    Subscriber.objects.update(state="unsubscribed")
    assert client.get(page).status_code == 404
    Subscriber.objects.update(state="confirmed")
    paper.delete()
    assert client.get(page).status_code == 404


def test_the_page_leads_back_to_the_digest_with_the_paper(client, reader, paper, make_delivery):
    page = page_of(reader, paper)
    assert client.get(page).context["digest_url"] == ""
    for on in (date(2026, 3, 15), date(2026, 3, 16)):
        make_delivery([paper], reader=reader, on=on)
    make_delivery(1, reader=reader)
    found = client.get(page).context["digest_url"]
    assert found.endswith("/daily/2026-03-16/")
    assert client.get(found).status_code == 200
