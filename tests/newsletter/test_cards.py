"""What is rendered once stays as it is, whatever is edited and whoever else renders it."""

from __future__ import annotations

import re

import pytest
from django.template import Template

from newsletter import cards, compose, shell
from newsletter.models import Card, Issue, Shell
from newsletter.picks import Pick, Why, pack
from papers.models import Paper, Topic
from subscriptions.models import Phrase


def composed(*deliveries):
    compose_one = compose.compose_all(deliveries)
    return [compose_one(delivery) for delivery in deliveries]


def forget() -> None:
    """Be another process."""
    cards._remembered.clear()
    shell._remembered.clear()


def impersonal(mail) -> str:
    """Both parts without the tokens of the reader."""
    message = mail.message()
    return re.sub(r"[\w-]{52}", "TOKEN", message.body + compose.html_of(message))


@pytest.fixture
def renders(monkeypatch):
    """The templates that were rendered."""
    seen, render = [], Template.render

    def counted(template, context):
        seen.append(template.name)
        return render(template, context)

    monkeypatch.setattr(Template, "render", counted)
    return seen


def test_renders_are_papers_times_formats_whatever_the_number_of_readers(
    make_delivery, make_paper, renders
):
    papers = [make_paper(topics=["agents"]) for _ in range(5)]
    chunk = [make_delivery(papers[first:]) for first in (0, 1, 2) for _ in range(20)]
    for mail in composed(*chunk):
        mail.wire()
        mail.message()
    forget()
    composed(*chunk)
    assert len(renders) == (5 + 1) * 2  # and the shell
    assert Card.objects.count() == 5


def test_an_edit_amid_the_sending_changes_nothing(make_delivery, make_paper):
    paper = make_paper("As it was", topics=["agents"], votes=5)
    first, second = make_delivery([paper]), make_delivery([paper])
    [before] = composed(first)
    Paper.objects.update(
        title="Another", summary="New", votes=99, code_url="https://new.example.org"
    )
    Topic.objects.update(name="Renamed")
    Issue.objects.update(introduction="Too late")
    paper.assignments.all().delete()
    forget()
    [after] = composed(second)
    assert impersonal(after) == impersonal(before)
    assert "As it was" in impersonal(after)
    assert "Agents" in impersonal(after)


def test_a_paper_that_is_deleted_amid_the_sending_stays_in_it(make_delivery, make_paper):
    paper = make_paper("Deleted")
    first, second = make_delivery([paper]), make_delivery([paper])
    composed(first)
    paper.delete()
    forget()
    [mail] = composed(second)
    assert "Deleted" in mail.message().body


def test_of_two_workers_that_render_the_first_wins(make_delivery, make_paper, monkeypatch):
    paper = make_paper("Mine")
    delivery = make_delivery([paper])
    render = cards.render

    def slow(issue, paper_ids, layout):
        mine = render(issue, paper_ids, layout)
        Paper.objects.update(title="Theirs")
        Card.objects.bulk_create(render(issue, paper_ids, layout))  # the other one, meanwhile
        return mine

    monkeypatch.setattr(cards, "render", slow)
    [mail] = composed(delivery)
    assert "Theirs" in mail.message().body
    assert "Mine" not in mail.message().body


def test_another_issue_renders_anew(make_delivery, make_paper):
    paper = make_paper("Old title")
    composed(make_delivery([paper]))
    Paper.objects.update(title="New title")
    [mail] = composed(make_delivery([paper], on="2026-03-18"))
    assert "New title" in mail.message().body


def test_an_issue_that_was_thawed_renders_anew(make_delivery, make_paper):
    delivery = make_delivery([make_paper("Old title")])
    composed(delivery)
    Paper.objects.update(title="New title")
    Issue.objects.update(introduction="An introduction")
    shell.thaw(delivery.issue)
    [mail] = composed(delivery)
    assert "New title" in mail.message().body
    assert "An introduction" in mail.message().body


def test_a_preview_stores_nothing(make_delivery, make_subscriber):
    delivery = make_delivery()
    compose.preview(delivery, make_subscriber()).wire()
    assert not Card.objects.exists()
    assert not Shell.objects.exists()


def test_the_memory_of_a_process_is_bounded(make_delivery, monkeypatch):
    monkeypatch.setattr(cards, "REMEMBERED", 3)
    forget()
    [mail] = composed(make_delivery(5))
    assert mail.message().body.count("Abstract: ") == 5
    assert len(cards._remembered) == 3


@pytest.mark.parametrize(
    ("why", "text", "expected"),
    [
        (Why.KEYWORD, "state space", 'you look for "state space"; you follow Agents'),
        (Why.AUTHOR, "ada example", "you follow the author Ada Example; you follow Agents"),
        (Why.TASTE, None, "it is like papers of which you wanted more; you follow Agents"),
        (Why.TREND, None, "much read, and outside your topics; you follow Agents"),
    ],
)
def test_every_reason_is_told(make_delivery, make_paper, make_topic, why, text, expected):
    paper = make_paper(topics=["agents"])
    phrase = Phrase.objects.create(kind="keyword", text=text).pk if text else 0
    delivery = make_delivery([paper])
    pick = Pick(paper.pk, 1.0, why, phrase, make_topic("agents").pk)
    delivery.packed_picks = pack([pick])
    [mail] = composed(delivery)
    assert f"Why: {expected}." in " ".join(mail.message().body.split())
    assert expected.replace('"', "&quot;") in compose.html_of(mail.message())


def test_the_paper_that_another_is_like_is_named(make_delivery, make_paper):
    liked = make_paper("Robots <on> ice, " + "and again " * 20)
    delivery = make_delivery([paper := make_paper(topics=[])])
    delivery.packed_picks = pack([Pick(paper.pk, 1.0, Why.TASTE, liked.pk)])
    [mail] = composed(delivery)
    said = " ".join(mail.message().body.split())
    assert 'Why: it is like "Robots <on> ice, and again' in said
    assert 'again…", of which you wanted more.' in said
    assert "Robots &lt;on&gt; ice" in compose.html_of(mail.message())


def test_topics_are_named_with_their_sign(make_delivery, make_paper, make_topic):
    delivery = make_delivery([paper := make_paper(topics=["agents", "vision"])])
    agents, vision = make_topic("agents").pk, make_topic("vision").pk
    delivery.packed_picks = pack([Pick(paper.pk, 1.0, Why.TOPIC, agents, vision)])
    [mail] = composed(delivery)
    said = 'Why: you follow Agents and Vision; title mentions "agents".'
    assert said in " ".join(mail.message().body.split())
