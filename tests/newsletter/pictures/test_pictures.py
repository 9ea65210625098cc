"""Pictures of lists, topics and papers."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import pytest
import time_machine
from PIL import Image

from newsletter.pictures import contents, drawing
from papers.models import Paper
from tests.conftest import MOMENT

TODAY = date(2026, 3, 17)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    drawing.draw.cache_clear()
    with time_machine.travel(MOMENT, tick=False):
        yield


@pytest.fixture
def papers(make_paper):
    make_paper("Cool", trend_score=0.2, topics=["agents"])
    make_paper("Gone", trend_score=1, topics=["agents"], withdrawn_on=TODAY)
    return make_paper("Hot", trend_score=0.9, topics=["agents"], authors=["Ada Example"], votes=3)


def picture(response) -> Image.Image:
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    return Image.open(BytesIO(response.content))


PAGES = ["trending", "trending/week", "trending/month", "trending/2026-03-16", "topics/agents"]


@pytest.mark.parametrize("page", PAGES)
def test_a_list_has_a_picture(client, papers, page):
    response = client.get(f"/pictures/{page}.png")
    assert picture(response).size == (1200, 630)
    assert len(response.content) < 100_000
    assert response["Cache-Control"] == "public, max-age=3600"


def test_a_paper_has_a_picture(client, papers):
    assert picture(client.get(f"/pictures/papers/{papers.key}.png")).size == (1200, 630)


def test_a_paper_with_an_old_identifier_has_one_too(client, make_paper):
    make_paper(arxiv_id="hep-th/9901001")
    assert picture(client.get("/pictures/papers/hep-th/9901001.png"))


def test_a_picture_shows_what_the_page_shows(papers):
    poster = contents.of_span("today", today=TODAY)
    assert (poster.heading, poster.aside) == ("Trending today", "16 March 2026")
    assert [(row.title, row.share) for row in poster.rows] == [("Hot", 0.9), ("Cool", 0.2)]
    paper = contents.of_paper(papers)
    assert (paper.heading, paper.lines) == ("Hot", ("Ada Example", "Agents", "3 votes"))


def test_what_cannot_be_drawn_is_called_by_its_number(make_paper, make_topic, settings):
    settings.SITE_NAME = "热门论文"
    topic = make_topic("agents")
    topic.name = "智能体"
    make_paper("注意力机制", topics=["agents"], arxiv_id="2603.99999")
    bare = make_paper("注意力", arxiv_id=None, listed_on=None)
    poster = contents.of_topic(topic, today=TODAY)
    assert (poster.site, poster.heading) == ("news.example.org", "agents")
    assert [row.title for row in poster.rows] == ["arXiv 2603.99999"]
    assert contents.of_paper(bare).heading == f"p{bare.pk}"


def test_an_empty_site_has_a_picture(client):
    assert picture(client.get("/pictures/trending.png"))
    assert contents.of_span("today", today=TODAY).rows == ()


@pytest.mark.parametrize(
    "page",
    [
        "trending/2026-03-15", "trending/2026-02-30", "trending/9999-12-31", "trending/x",
        "topics/nothing", "topics/retired", "papers/9999.99999", "papers/p0", "papers/x/y",
    ],
)  # fmt: skip
def test_what_does_not_exist_has_no_picture(client, papers, make_topic, page):
    make_topic("retired", is_active=False)
    assert client.get(f"/pictures/{page}.png").status_code == 404


def test_a_withdrawn_paper_has_no_picture(client):
    gone = Paper.objects.create(title="Gone", arxiv_id="2603.77777", withdrawn_on=TODAY)
    assert client.get(f"/pictures/papers/{gone.key}.png").status_code == 404


def test_a_picture_is_drawn_once_and_not_for_who_has_it(client, papers, monkeypatch):
    first = client.get("/pictures/trending.png")
    assert client.get("/pictures/trending.png").content == first.content
    assert drawing.draw.cache_info().misses == 1
    drawing.draw.cache_clear()
    known = client.get("/pictures/trending.png", headers={"If-None-Match": first["ETag"]})
    assert (known.status_code, known.content) == (304, b"")
    assert drawing.draw.cache_info().misses == 0
    Paper.objects.filter(pk=papers.pk).update(title="Hotter")
    again = client.get("/pictures/trending.png", headers={"If-None-Match": first["ETag"]})
    assert picture(again)
    assert again["ETag"] != first["ETag"]


@pytest.mark.parametrize(("page", "queries"), [("trending", 2), ("topics/agents", 3)])
def test_a_picture_costs_the_same_however_many_papers_there_are(
    client, make_paper, page, queries, django_assert_max_num_queries
):
    for _ in range(8):
        make_paper(topics=["agents", "robotics"])
    with django_assert_max_num_queries(queries):
        assert client.get(f"/pictures/{page}.png").status_code == 200


def test_long_words_and_hostile_titles_are_drawn(make_paper, client):
    hostile = ("x" * 5000, "<b>&amp;</b>", "{{ 7*7 }}", "\u202e" * 3, "a" + "\u0301" * 300)
    for number, title in enumerate(hostile):
        make_paper(title, title_key=str(number), authors=["y" * 500] * 5, topics=["agents"])
    assert picture(client.get("/pictures/trending.png"))
    for paper in Paper.objects.all():
        assert picture(client.get(f"/pictures/papers/{paper.key}.png"))
