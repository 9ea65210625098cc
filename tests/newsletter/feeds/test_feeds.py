"""Feeds of what trends, of topics, and of searches."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine

from newsletter.feeds import atom, entries, json_feed, lists
from newsletter.feeds.terms import Feed
from papers.models import Paper
from tests.conftest import MOMENT
from tests.newsletter.feeds.reading import read, read_atom, read_json

FORMS = ["atom", "json"]
HOSTILE = [
    "<script>alert(1)</script>",
    "]]></title><entry/>",
    "\"a\" & 'b' &amp; &lt;c&gt; &#0;",
    "{{ 7*7 }} {% debug %}",
    "\u202eright to left\u2066",
    "nul \x00 bell \x07 escape \x1b[31m",
    "lone \ud800 surrogate",
    "not a character \ufffe\uffff",
    "a" + "\u0301" * 200,
    "x" * 20_000,
    "🦊 日本語 العربية",
]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MOMENT, tick=False):
        yield


@pytest.fixture
def papers(make_paper):
    return {
        "cool": make_paper("Cool", trend_score=0.1, topics=["agents"]),
        "hot": make_paper("Hot", trend_score=0.9, topics=["agents", "robotics"]),
        "old": make_paper("Old", trend_score=1, listed_on=date(2026, 3, 2), topics=["vision"]),
        "gone": make_paper("Gone", topics=["agents"], withdrawn_on=date(2026, 3, 17)),
        "unlisted": make_paper("Unlisted", topics=["agents"], listed_on=None),
        "future": make_paper("Future", topics=["agents"], listed_on=date(2027, 1, 1)),
    }


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("trending.", ["Hot", "Cool", "Old"]),
        ("topics/agents.", ["Hot", "Cool"]),
        ("topics/robotics+vision.", ["Hot", "Old"]),
        ("topics/vision+robotics+vision.", ["Hot", "Old"]),
    ],
)
def test_a_feed_has_its_papers_newest_list_first(client, papers, form, path, expected):
    assert read(client.get(f"/feeds/{path}{form}")).titles == expected


@pytest.mark.parametrize("form", FORMS)
def test_a_search_is_a_feed_too(client, papers, make_paper, form):
    make_paper("Walking & talking", topics=["agents"])
    found = read(client.get(f"/feeds/search.{form}", {"q": "talking  walking"}))
    assert found.titles == ["Walking & talking"]
    assert found.own_url.endswith(f"/feeds/search.{form}?q=talking+walking")
    assert found.page_url.endswith("/search/?q=talking+walking")


def test_only_topics_that_say_enough_of_a_paper_count(client, make_paper):
    make_paper("Hardly", topics=["agents"]).assignments.update(strength=0.19)
    assert read(client.get("/feeds/topics/agents.atom")).titles == []


@pytest.mark.parametrize("form", FORMS)
def test_an_entry_says_what_is_known_of_the_paper(client, make_paper, make_topic, form):
    make_topic("retired", is_active=False)
    paper = make_paper(
        "Title",
        topics=["agents", "retired"],
        abstract="Long words.",
        summary="Few words.",
        authors=["Ada Example", "Bob Example"],
        categories=["cs.AI"],
        code_url="https://code.example.org/x",
    )
    [item] = read(client.get(f"/feeds/trending.{form}")).items
    assert item.id == f"tag:news.example.org,2026:paper/{paper.pk}"
    assert item.url == f"https://news.example.org/papers/{paper.arxiv_id}/"
    assert item.summary == "Few words."
    assert "<p>Long words.</p>" in item.html
    assert f'href="https://arxiv.org/pdf/{paper.arxiv_id}"' in item.html
    assert 'href="https://code.example.org/x"' in item.html
    assert item.authors == ["Ada Example", "Bob Example"]
    assert item.tags == ["Agents", "cs.AI"]
    assert item.updated == "2026-03-17T12:00:00Z"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_texts_stay_text(client, make_paper, make_topic, form, hostile):
    stored = hostile.encode("utf-8", "replace").decode().replace("\0", "")
    make_topic("agents", name=stored[:80])
    make_paper(
        stored, title_key="hostile", topics=["agents"],
        abstract=stored, summary=stored, authors=[stored],
        categories=[stored], code_url="javascript:alert(1)",
    )  # fmt: skip
    for path in ("trending", "topics/agents"):
        [item] = read(client.get(f"/feeds/{path}.{form}")).items
        assert "<script" not in item.html
        assert "javascript:" not in item.html
        assert not set(item.title) & set("\x00\x07\x1b\u202e\ufffe")
        assert len(item.title) <= 10_000


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_that_was_never_cleaned_breaks_a_feed(make_paper, hostile):
    paper = make_paper()
    paper.title = paper.abstract = paper.summary = hostile
    paper.authors = paper.categories = [hostile]
    urls = dict.fromkeys(FORMS, "https://news.example.org/f")
    feed = Feed("tag:x", "t", "s", "https://news.example.org/", urls, [entries.of(paper)])
    assert read_atom(atom.write(feed)).titles == read_json(json_feed.write(feed)).titles


def test_a_title_of_nothing_visible_is_named_by_its_key(client, make_paper):
    paper = make_paper("\u200b")
    assert read(client.get("/feeds/trending.atom")).titles == [paper.arxiv_id]


def test_identifiers_and_moments_stay_when_a_paper_changes(client, make_paper):
    make_paper("First words", votes=1)
    before = read(client.get("/feeds/trending.atom")).items[0]
    Paper.objects.update(title="Other words", votes=99, trend_score=1, arxiv_id=None)
    after = read(client.get("/feeds/trending.atom")).items[0]
    assert (before.id, before.updated) == (after.id, after.updated)
    assert before.title != after.title


def test_votes_alone_change_no_byte(client, make_paper):
    make_paper(votes=1)
    before = client.get("/feeds/trending.atom")
    Paper.objects.update(votes=99)
    assert (
        client.get("/feeds/trending.atom", headers={"If-None-Match": before["ETag"]}).status_code
        == 304
    )


@pytest.mark.parametrize("form", FORMS)
def test_who_has_it_already_is_told_so(client, make_paper, form):
    paper = make_paper()
    page = f"/feeds/trending.{form}"
    first = client.get(page)
    assert first["Cache-Control"] == "public, max-age=900"
    assert first["Last-Modified"] == "Tue, 17 Mar 2026 12:00:00 GMT"
    for known in (
        {"If-None-Match": first["ETag"]},
        {"If-None-Match": f'"x", W/{first["ETag"]}'},
        {"If-Modified-Since": first["Last-Modified"]},
    ):
        again = client.get(page, headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == first["ETag"]
    Paper.objects.filter(pk=paper.pk).update(withdrawn_on=date(2026, 3, 17))
    again = client.get(page, headers={"If-None-Match": first["ETag"]})
    assert read(again).titles == []
    assert client.head(page).status_code == 200
    assert client.post(page).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "topics/nothing.atom", "topics/agents+nothing.atom", "topics/retired.atom",
        "topics/.atom", "topics/agents+.atom", "topics/agents.rss", "trending.xml",
        "topics/" + "+".join(f"t{n}" for n in range(51)) + ".atom",
    ],
)  # fmt: skip
def test_what_is_no_feed_is_not_found(client, make_topic, path):
    make_topic("agents")
    make_topic("retired", is_active=False)
    for number in range(51):
        make_topic(f"t{number}")
    assert client.get(f"/feeds/{path}").status_code == 404


@pytest.mark.parametrize("query", ["", "?q=", "?q=%20", "?q=" + "x" * 201, "?p=agents"])
def test_a_search_for_nothing_is_refused_by_name(client, db, query):
    response = client.get(f"/feeds/search.atom{query}")
    assert (response.status_code, response.content[:2]) == (400, b"q:")


@pytest.mark.parametrize(
    "q", ["%00", "%ff%fe", "%ed%a0%80", "<b>&", "\"'\\", "a" * 200, "*:*", "-x"]
)
def test_no_search_breaks_a_feed(client, make_paper, q):
    make_paper()
    response = client.get(f"/feeds/search.atom?q={q}")
    assert response.status_code in {200, 400}
    if response.status_code == 200:
        read(response)


@pytest.mark.parametrize("path", ["trending", "topics/agents+robotics", "search"])
def test_a_feed_costs_the_same_however_many_papers_it_has(
    client, make_paper, path, django_assert_num_queries
):
    queries = {"trending": 3, "topics/agents+robotics": 4, "search": 3}[path]
    for count in (1, 12):
        for _ in range(count):
            make_paper(topics=["agents", "robotics"], authors=["A B"])
        with django_assert_num_queries(queries):
            assert read(client.get(f"/feeds/{path}.atom?q=kind")).items


def test_a_feed_ends(client, make_paper, monkeypatch):
    monkeypatch.setattr(lists, "LENGTH", 2)
    for _ in range(3):
        make_paper()
    assert len(read(client.get("/feeds/trending.json")).items) == 2


def test_a_paper_on_both_topics_is_there_once(client, make_paper):
    make_paper(topics=["agents", "robotics"])
    feed = read(client.get("/feeds/topics/robotics+agents+robotics.atom"))
    assert feed.own_url.endswith("/feeds/topics/agents+robotics.atom")
    assert len(feed.items) == 1
