"""Search engines find what is public and stays, and nothing else."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

import pytest
import time_machine
from defusedxml import ElementTree

from newsletter import crawlers
from newsletter.models import Issue
from subscriptions import links, tokens
from subscriptions.tokens import Purpose
from tests.conftest import MOMENT

SITE = "https://news.example.org"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MOMENT, tick=False):
        yield


def paths(client, name: str) -> list[str]:
    """The paths that a sitemap names."""
    response = client.get(name)
    assert response.status_code == 200
    root = ElementTree.fromstring(response.content)
    found = [loc.text for loc in root.iter(f"{SITEMAP}loc")]
    assert all(url.startswith(f"{SITE}/") for url in found)
    return [url.removeprefix(SITE) for url in found]


def test_the_index_leads_to_every_page_of_it(client, make_paper, make_issue, monkeypatch):
    monkeypatch.setattr(crawlers, "A_PAGE", 2)
    papers = [make_paper() for _ in range(5)]
    make_paper(withdrawn_on=date(2026, 3, 1))
    issue = make_issue()
    Issue.objects.update(state=Issue.State.OPEN)
    make_issue(date(2026, 3, 16))
    index = paths(client, "/sitemap.xml")
    found = [path for page in index for path in paths(client, page)]
    assert [f"/papers/{paper.key}/" for paper in papers] == [
        path for path in found if path.startswith("/papers/")
    ]
    assert [path for path in found if "/issue/" in path] == [f"/issue/{issue.slug}/"]
    assert "/trending/2026-03-16/" in found
    assert "/topics/agents/" in found
    assert len(found) == len(set(found))


def test_every_named_page_exists_and_names_itself(client, make_paper, make_topic):
    make_topic("retired", is_active=False)
    make_paper(topics=["agents"])
    make_paper(arxiv_id="hep-th/9901001")
    make_paper(arxiv_id=None, title="Bare")
    for page in paths(client, "/sitemap.xml"):
        for path in paths(client, page):
            response = client.get(path)
            assert response.status_code == 200, path
            content = response.content.decode()
            assert 'name="robots" content="noindex"' not in content, path
            assert f'<link rel="canonical" href="{SITE}{path}">' in content, path


@pytest.mark.parametrize(
    "name", ["papers-0", "papers-x", "papers-99999999999", "pages-1", "papers"]
)
def test_other_sitemaps_do_not_exist(client, name):
    assert client.get(f"/sitemap-{name}.xml").status_code == 404


def test_lists_of_the_future_and_of_withdrawn_papers_are_left_out(client, make_paper):
    make_paper(listed_on=date(2027, 1, 1))
    make_paper(listed_on=date(2026, 3, 1), withdrawn_on=date(2026, 3, 2))
    assert paths(client, "/sitemap-lists.xml") == []


def test_every_page_behind_a_token_is_closed_and_public_ones_are_open(client, make_subscriber):
    robots = RobotFileParser()
    robots.parse(client.get("/robots.txt").content.decode().splitlines())
    reader = make_subscriber()
    assert robots.site_maps() == [f"{SITE}/sitemap.xml"]
    closed = [links.preferences(reader), links.unsubscribe(reader), links.feed(reader)]
    token = tokens.make(Purpose.DIGEST, reader)
    closed += [f"{SITE}/digest/{token}/daily/2026-03-17/", f"{SITE}/admin/", f"{SITE}/c/x/"]
    assert [url for url in closed if robots.can_fetch("*", url)] == []
    opened = ["/", "/trending/", "/papers/2603.00001/", "/topics/agents/", "/issue/daily-20260317/"]
    opened += ["/feeds/trending.atom", "/pictures/trending.png", "/archive/", "/help/"]
    assert [path for path in opened if not robots.can_fetch("*", f"{SITE}{path}")] == []


def test_they_say_when_they_are_the_same(client, make_paper):
    make_paper()
    for page in ("/robots.txt", "/sitemap.xml", "/sitemap-pages.xml"):
        first = client.get(page)
        assert first["Cache-Control"] == "public, max-age=3600"
        assert client.get(page, headers={"If-None-Match": first["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    ("page", "queries"), [("", 1), ("-papers-0", 1), ("-lists", 1), ("-issues", 1), ("-pages", 1)]
)
def test_a_sitemap_is_one_query(client, make_paper, page, queries, django_assert_num_queries):
    for _ in range(4):
        make_paper(topics=["agents"])
    with django_assert_num_queries(queries):
        client.get(f"/sitemap{page}.xml")


def head(client, page: str) -> dict[str, str]:
    """What the head of a page says: property or relation -> value."""
    content = client.get(page).content.decode().partition("</head>")[0]
    found = dict(re.findall(r'<meta (?:property|name)="([\w:]+)" content="([^"]*)"', content))
    links = re.findall(
        r'<link rel="(\w+)"(?: type="([^"]+)")?(?: title="[^"]*")? href="([^"]+)"', content
    )
    return found | {kind or rel: url for rel, kind, url in links}


def test_a_page_says_what_it_is_where_it_is_passed_on(client, make_paper):
    paper = make_paper('Foxes & <b>"hens"</b>', topics=["agents"], summary="They run.")
    said = head(client, f"/papers/{paper.key}/?utm_source=x")
    assert said["og:title"] == "Foxes &amp; &lt;b&gt;&quot;hens&quot;&lt;/b&gt;"
    assert said["og:description"] == said["description"] == "They run."
    assert said["og:url"] == said["canonical"] == f"{SITE}/papers/{paper.key}/"
    assert said["og:image"] == said["twitter:image"] == f"{SITE}/pictures/papers/{paper.key}.png"
    assert said["twitter:card"] == "summary_large_image"
    assert said["application/atom+xml"] == f"{SITE}/feeds/trending.atom"


@pytest.mark.parametrize(
    "page",
    [
        "/", "/trending/", "/trending/week/", "/trending/month/", "/trending/2026-03-16/",
        "/topics/", "/topics/agents/", "/archive/",
    ],
)  # fmt: skip
def test_every_public_page_leads_to_a_picture_and_to_feeds_that_are_there(client, make_paper, page):
    make_paper(topics=["agents"])
    said = head(client, page)
    assert said["og:title"]
    assert said["description"]
    for link in ("og:image", "application/atom+xml", "application/feed+json"):
        assert client.get(urlsplit(said[link]).path).status_code == 200


def test_a_topic_leads_to_its_own_feed(client, make_paper):
    make_paper(topics=["agents"])
    assert head(client, "/topics/agents/")["application/atom+xml"].endswith("/topics/agents.atom")


@pytest.mark.parametrize(
    ("page", "canonical"),
    [
        ("/trending/?page=2&sort=votes", "/trending/?page=2"),
        ("/trending/?page=1", "/trending/"),
        ("/trending/?page=%22%3E", "/trending/"),
        ("/trending/?lang=de&page=3", "/trending/?lang=de&amp;page=3"),
        ("/trending/?lang=%3Cscript%3E", "/trending/"),
    ],
)
def test_a_page_has_one_address(client, make_paper, page, canonical):
    make_paper()
    assert head(client, page)["canonical"] == f"{SITE}{canonical}"


def test_pages_of_readers_and_pages_that_are_not_there_say_nothing(
    client, make_subscriber, make_paper
):
    gone = make_paper(withdrawn_on=date(2026, 3, 17), listed_on=date(2026, 3, 1))
    reader = make_subscriber()
    pages = [links.preferences(reader), links.unsubscribe(reader)]
    pages = [urlsplit(page).path for page in pages]
    pages += [
        "/nothing/",
        "/topics/nothing/",
        "/trending/2026-03-02/",
        f"/papers/{gone.key}/",
        "/search/?q=x",
    ]
    for page in pages:
        assert not {"og:title", "canonical", "og:image"} & set(head(client, page)), page
