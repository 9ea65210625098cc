"""What programs can read of papers, topics and issues."""

from __future__ import annotations

from datetime import date

import pytest

from newsletter import compose
from newsletter.models import Issue
from papers.models import Paper

SITE = "https://news.example.org"
TODAY = date(2026, 3, 17)
pytestmark = pytest.mark.django_db


def keys(said: dict) -> list[str]:
    return [item["key"] for item in said["items"]]


@pytest.fixture
def papers(make_paper):
    make_paper(arxiv_id="2603.00002", trend_score=0.9, votes=5, topics=["agents"])
    make_paper("Walking robots", arxiv_id="2603.00003", trend_score=0.1, votes=90)
    old = {"listed_on": date(2026, 3, 1), "trend_score": 1, "votes": 7}
    make_paper(arxiv_id="hep-th/9901001", topics=["agents"], **old)
    make_paper(arxiv_id="2603.00009", withdrawn_on=TODAY, topics=["agents"])
    return {paper.key: paper for paper in Paper.objects.all()}


NEW, ROBOTS, OLD = "2603.00002", "2603.00003", "hep-th/9901001"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [NEW, ROBOTS, OLD]),
        ({"sort": "trend"}, [OLD, NEW, ROBOTS]),
        ({"sort": "votes"}, [ROBOTS, OLD, NEW]),
        ({"sort": "relevance"}, [NEW, ROBOTS, OLD]),
        ({"topic": "agents"}, [NEW, OLD]),
        ({"since": "2026-03-02"}, [NEW, ROBOTS]),
        ({"until": "2026-03-02"}, [OLD]),
        ({"since": "2026-03-02", "until": "2026-03-01"}, []),
        ({"q": "robots"}, [ROBOTS]),
        ({"q": "robots", "topic": "agents"}, []),
        ({"q": "kind -robots", "sort": "newest"}, [NEW, ROBOTS, OLD]),
        ({"q": ""}, [NEW, ROBOTS, OLD]),
        ({"limit": 1, "offset": 1}, [ROBOTS]),
        ({"offset": 10_000}, []),
    ],
)
def test_papers_are_filtered_and_put_in_order(ask, papers, query, expected):
    status, said = ask("papers", **query)
    assert (status, keys(said)) == (200, expected if "-robots" not in str(query) else [NEW, OLD])


def test_a_paper_says_all_that_is_known(ask, make_paper, make_topic):
    make_topic("retired", is_active=False)
    make_paper(
        "A & B", arxiv_id="2603.00002", topics=["agents", "retired"], authors=["Ada", 3],
        summary="Short.", abstract="Long.", categories=["cs.AI"], votes=3, comments=2, stars=1,
        trend_score=0.5, version=2, code_url="javascript:alert(1)",
        project_url="https://project.example.org/",
    )  # fmt: skip
    status, said = ask("papers/2603.00002")
    assert status == 200
    assert said == {
        "key": "2603.00002",
        "title": "A & B",
        "authors": ["Ada"],
        "summary": "Short.",
        "abstract": "Long.",
        "categories": ["cs.AI"],
        "topics": [{"slug": "agents", "name": "Agents"}],
        "published_at": None,
        "listed_on": "2026-03-16",
        "version": 2,
        "votes": 3,
        "comments": 2,
        "stars": 1,
        "trend": 0.5,
        "page_url": f"{SITE}/papers/2603.00002/",
        "abstract_url": "https://arxiv.org/abs/2603.00002",
        "pdf_url": "https://arxiv.org/pdf/2603.00002",
        "code_url": None,
        "project_url": "https://project.example.org/",
    }


def test_a_paper_is_found_by_an_old_key_and_by_ours(ask, papers, make_paper):
    bare = make_paper("Bare", arxiv_id=None)
    assert ask(f"papers/{OLD}")[1]["key"] == OLD
    assert ask(f"papers/p{bare.pk}")[1]["title"] == "Bare"


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ("today", [NEW, ROBOTS]),
        ("week", [NEW, ROBOTS]),
        ("2026-03-16", [NEW, ROBOTS]),
        ("2026-03-01", [OLD]),
    ],
)
def test_what_trends_is_what_the_site_shows(ask, papers, span, expected):
    Paper.objects.filter(arxiv_id=NEW).update(expected_votes=9)
    status, said = ask(f"trending/{span}")
    assert (status, keys(said)) == (200, expected)
    assert said["until"] == ("2026-03-01" if expected == [OLD] else "2026-03-16")


def test_an_empty_site_has_empty_lists(ask):
    assert ask("papers") == (200, {"items": [], "next": None})
    nothing = {"items": [], "next": None, "since": "2026-03-17", "until": "2026-03-17"}
    assert ask("trending/today") == (200, nothing)
    assert ask("issues") == (200, {"items": [], "next": None})


def test_topics_are_those_that_readers_can_choose(ask, make_topic):
    make_topic("retired", is_active=False)
    status, said = ask("topics")
    assert status == 200
    assert "agents" in {item["slug"] for item in said["items"]}
    assert "retired" not in {item["slug"] for item in said["items"]}
    assert ask("topics/agents")[1] == next(
        item for item in said["items"] if item["slug"] == "agents"
    )
    assert ask("topics/agents")[1]["feed_url"] == f"{SITE}/feeds/topics/agents.atom"


@pytest.fixture
def sent(make_delivery, make_paper):
    """An issue with two papers, and one that may not go out yet."""
    hot, cool = make_paper("Hot", trend_score=0.9), make_paper("Cool", trend_score=0.1)
    chunk = [make_delivery([cool]), make_delivery([hot])]
    compose.compose_all(chunk)
    Issue.objects.update(state=Issue.State.OPEN)
    make_delivery(on=date(2026, 3, 18))
    return chunk[0].issue


def test_an_issue_is_its_general_edition_and_nobodys(ask, sent):
    status, said = ask(f"issues/{sent.slug}")
    assert (status, said["slug"], said["on"]) == (200, "daily-20260317", "2026-03-17")
    assert [paper["title"] for paper in said["papers"]] == ["Hot", "Cool"]
    assert ask("issues")[1]["items"] == [
        {name: value for name, value in said.items() if name != "papers"}
    ]
    Paper.objects.filter(title="Hot").update(withdrawn_on=TODAY)
    assert [paper["title"] for paper in ask(f"issues/{sent.slug}")[1]["papers"]] == ["Cool"]


@pytest.mark.parametrize("state", [Issue.State.CHECKING, Issue.State.CANCELLED])
def test_an_issue_that_was_not_sent_is_not_there(ask, sent, state):
    Issue.objects.update(state=state)
    assert ask("issues")[1]["items"] == []
    assert ask(f"issues/{sent.slug}")[0] == 404


def test_long_lists_have_pages_that_lead_on(client, make_paper):
    for number in range(5):
        make_paper(trend_score=1 - number / 10, topics=["agents"])
    address, found = "/api/v1/papers?topic=agents&limit=2", []
    while address:
        said = client.get(address.removeprefix(SITE)).json()
        found += keys(said)
        address = said["next"] or ""
        assert not address or address.startswith(f"{SITE}/api/v1/papers?topic=agents&limit=2&offs")
    assert len(found) == len(set(found)) == 5


@pytest.mark.parametrize(
    ("path", "queries"),
    [
        ("papers", 3), ("papers?topic=agents", 4), ("papers?q=kind", 3), ("papers/2603.00001", 3),
        ("trending/today", 4), ("trending/month", 4), ("topics", 1), ("issues", 1),
        ("issues/daily-20260317", 5),
    ],
)  # fmt: skip
def test_it_costs_the_same_however_much_there_is(
    client, make_paper, make_delivery, path, queries, django_assert_num_queries
):
    make_paper(arxiv_id="2603.00001", topics=["agents"])
    for number in (2, 9):
        papers = [make_paper(topics=["agents", "robotics"]) for _ in range(number)]
        compose.compose_all([make_delivery(papers)])
        Issue.objects.update(state=Issue.State.OPEN)
        with django_assert_num_queries(queries):
            assert client.get(f"/api/v1/{path}").status_code == 200


def test_no_reader_is_visible_in_any_of_it(ask, sent, make_subscriber):
    make_subscriber("secret@example.net", topics=["agents"])
    for path in ("papers", "topics", "trending/today", "issues", f"issues/{sent.slug}"):
        said = str(ask(path))
        assert "example.net" not in said
        assert "subscriber" not in said
