"""The pages of the site: everybody sees the same, nothing breaks, and nothing is asked twice."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.urls import reverse

from newsletter.site import lists, related, topics
from papers import vectors
from papers.models import Paper, Topic
from tests.conftest import MOMENT
from tests.newsletter.pages import text_of

LIST = date(2026, 3, 16)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    cache.clear()
    related._recent.cache_clear()
    with time_machine.travel(MOMENT, tick=False):
        yield
    cache.clear()


@pytest.fixture
def papers(make_paper):
    """Three on the newest list, one of last week, one of last month, one withdrawn."""
    made = {
        "hot": make_paper("Skating robots", trend_score=0.9, votes=40, topics=["robots"]),
        "cool": make_paper("Proofs of everything", trend_score=0.1, votes=90),
        "gone": make_paper("Gone", trend_score=1, withdrawn_on=LIST),
    }
    for name, days in (("week", 4), ("month", 20)):
        day = LIST - timedelta(days=days)
        made[name] = make_paper(f"Of the {name}", listed_on=day, trend_score=0.5, votes=5)
    for number, paper in enumerate(made.values()):
        Paper.objects.filter(pk=paper.pk).update(expected_votes=100 - number)
    return made


def titles(response) -> list[str]:
    found = re.findall(
        r'card-title" lang="en"><a href="[^"]+">(.*?)</a>', response.content.decode()
    )
    return [re.sub("<.*?>", "", title) for title in found]


def test_today_is_the_newest_list_and_withdrawn_papers_are_left_out(client, papers):
    response = client.get("/trending/")
    assert titles(response) == ["Skating robots", "Proofs of everything"]
    assert "The list of March 16, 2026." in text_of(response)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("/trending/?sort=votes", ["Proofs of everything", "Skating robots"]),
        ("/trending/?sort=nonsense", ["Skating robots", "Proofs of everything"]),
        ("/trending/week/", ["Skating robots", "Proofs of everything", "Of the week"]),
        ("/trending/week/?sort=newest", ["Skating robots", "Proofs of everything", "Of the week"]),
        ("/trending/2026-03-12/", ["Of the week"]),
        ("/topics/robots/", ["Skating robots"]),
    ],
)
def test_a_page_has_its_papers_in_the_order_that_was_asked_for(client, papers, page, expected):
    assert titles(client.get(page)) == expected


def test_orders_can_be_chosen_and_the_chosen_one_is_said(client, papers):
    page = client.get("/trending/?sort=votes").content.decode()
    assert '<b aria-current="true">Most votes</b>' in page
    assert 'href="?sort=newest"' in page
    assert "By the votes that were counted" in page
    found = client.get("/search/?q=robots&sort=newest").content.decode()
    assert 'href="?q=robots&amp;sort=votes"' in found


def test_a_month_has_all_of_them(client, papers):
    assert len(titles(client.get("/trending/month/"))) == 4


def test_days_lead_to_their_neighbours(client, papers):
    page = client.get("/trending/2026-03-12/").content.decode()
    assert 'rel="prev" href="/trending/2026-02-24/"' in page
    assert 'rel="next" href="/trending/2026-03-16/"' in page


def test_a_day_without_a_list_says_so_and_leads_on(client, papers):
    response = client.get("/trending/2026-03-15/")
    assert response.status_code == 404
    assert "There was no list on that day." in text_of(response)
    assert 'rel="next" href="/trending/2026-03-16/"' in response.content.decode()


@pytest.mark.parametrize("day", ["2026-02-30", "9999-12-31", "today", "20260316x", "0001-01-01"])
def test_what_is_no_day_of_ours_is_not_found(client, papers, day):
    assert client.get(f"/trending/{day}/").status_code == 404


@pytest.mark.parametrize(
    ("on", "expected"),
    [("2026-03-12", "/trending/2026-03-12/"), ("", "/trending/"), ("//evil.example", "/trending/")],
)
def test_a_day_can_be_picked(client, papers, on, expected):
    assert client.get("/trending/go/", {"on": on})["Location"] == expected


@pytest.mark.parametrize(
    "page", ["/trending/", "/trending/week/", "/topics/", "/search/", "/archive/"]
)
def test_an_empty_site_has_its_pages(client, page):
    assert client.get(page).status_code == 200


def test_public_pages_set_no_cookie_and_are_kept_for_a_minute(client, papers):
    for page in ("/trending/", "/topics/", "/topics/robots/", f"/papers/{papers['hot'].key}/"):
        response = client.get(page)
        assert not response.cookies, page
        assert "max-age=60" in response["Cache-Control"], page


@pytest.mark.parametrize(
    ("page", "most"),
    [("/trending/", 8), ("/topics/", 4), ("/topics/robots/", 6), ("/search/?q=paper", 6)],
)
def test_a_page_costs_the_same_however_many_papers_there_are(
    client, make_paper, page, most, django_assert_max_num_queries
):
    for number in range(lists.AT_ONCE + 5):
        make_paper(f"Paper {number}", topics=["robots", f"topic-{number % 7}"])
    with django_assert_max_num_queries(most):
        assert client.get(page).status_code == 200


def test_long_lists_have_pages(client, make_paper):
    for number in range(lists.AT_ONCE + 1):
        make_paper(f"Paper {number}", trend_score=1 - number / 100)
    assert len(titles(client.get("/trending/"))) == lists.AT_ONCE
    second = client.get("/trending/?page=2")
    assert titles(second) == [f"Paper {lists.AT_ONCE}"]
    assert f'start="{lists.AT_ONCE + 1}"' in second.content.decode()
    assert titles(client.get("/trending/?page=999")) == titles(second)
    assert len(titles(client.get("/trending/?page=x"))) == lists.AT_ONCE


def test_topics_say_how_many_papers_they_had(client, papers):
    page = text_of(client.get("/topics/"))
    assert "1 paper in four weeks" in page


def test_bars_are_as_tall_as_the_tallest_of_all():
    assert topics.bars([0, 2, 4], 4) == [(0, 1.0, 0.0), (1, 0.5, 0.5), (2, 0.0, 1.0)]
    assert topics.bars([0], 0) == [(0, 1.0, 0.0)]


def test_a_merged_topic_leads_to_where_its_papers_went(client, make_topic):
    into = make_topic("robots")
    Topic.objects.filter(pk=make_topic("droids").pk).update(is_active=False, merged_into=into)
    response = client.get("/topics/droids/")
    assert (response.status_code, response["Location"]) == (301, "/topics/robots/")
    Topic.objects.filter(slug="droids").update(merged_into=None)
    cache.clear()
    assert client.get("/topics/droids/").status_code == 404


def test_a_paper_has_a_page_with_all_that_is_known(client, papers):
    paper = papers["hot"]
    paper.authors = [f"Author {number}" for number in range(25)]
    paper.save()
    for votes in (3, 40):
        paper.observations.create(
            source="huggingface",
            seen_at=MOMENT + timedelta(hours=votes),
            listed_on=LIST,
            votes=votes,
        )
    response = client.get(f"/papers/{paper.key}/")
    text = text_of(response)
    for part in (
        "Author 19",
        "5 more authors",
        "Its place there",
        "mentions &quot;robots&quot;",
        "@misc{",
    ):
        assert part in text
    assert response.content.decode().count('role="img"') == 1


def test_a_withdrawn_paper_says_so_and_has_no_place(client, papers):
    text = text_of(client.get(f"/papers/{papers['gone'].key}/"))
    assert "was withdrawn" in text
    assert "Its place there" not in text


def test_a_paper_without_an_arxiv_id_has_an_address(client, make_paper):
    paper = make_paper("Bare", arxiv_id=None)
    assert paper.key == f"p{paper.pk}"
    assert client.get(reverse("site:paper", args=[paper.key])).status_code == 200
    named = make_paper("Named")
    assert client.get(f"/papers/p{named.pk}/").status_code == 404


def test_an_old_id_with_a_slash_has_an_address(client, make_paper):
    paper = make_paper("Old", arxiv_id="math.GT/0309136")
    assert client.get(reverse("site:paper", args=[paper.key])).status_code == 200
    response = client.get("/papers/math.GT/0309136.bib")
    assert 'filename="math.GT-0309136.bib"' in response["Content-Disposition"]


@pytest.mark.parametrize("key", ["p0", "p99999999999999999999", "nothing", "%00", "p1'--", "..%2f"])
def test_a_paper_that_there_is_not_is_not_found(client, db, key):
    assert client.get(f"/papers/{key}/").status_code == 404


def test_related_papers_are_those_whose_words_point_the_same_way(client, make_paper):
    def make(title, text):
        packed = vectors.pack(vectors.vector(title, text))
        return make_paper(title, abstract=text, vector=packed)

    words = "A quadruped robot learns locomotion with reinforcement learning in simulation."
    one = make("Robot locomotion by reinforcement learning", words)
    near = make("Quadruped robots learn to walk in simulation", words)
    make("Speech recognition for low-resource languages", "We transcribe audio of many speakers.")
    assert [paper.title for paper in related.like(one)] == [near.title]
    assert near.title in text_of(client.get(f"/papers/{one.key}/"))


def test_hostile_titles_are_text(client, make_paper):
    paper = make_paper("<script>alert(1)</script> & $x<y$", topics=["robots"], votes=3)
    for page in ("/trending/", f"/papers/{paper.key}/", "/topics/robots/", "/search/?q=alert"):
        html = client.get(page).content.decode()
        assert "<script>alert" not in html
        assert "&lt;script&gt;" in html
