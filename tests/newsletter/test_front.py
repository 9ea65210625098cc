"""Joining with a foretaste, by a link that chooses, and from other sites."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.test import Client

from newsletter import front
from newsletter.ration import Ration
from subscriptions import entrance, forms, optin
from subscriptions.entrance import Outcome
from subscriptions.models import Consent, Letter, Phrase, SignUpCount, Subscriber
from tests.conftest import MOMENT

PREVIEW, EMBED, SUBSCRIBE = "/subscribe/preview/", "/embed/", "/subscribe/"
PAGES = ["/", SUBSCRIBE, EMBED]
SITES = ["https://lab.example.org", "https://blog.example.com"]
HOSTILE = ["\0", "\udcff", "%00", "<script>alert(1)</script>", "x" * 100_000, "-1", "1e400", "٣"]


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(front, "_ration", Ration(front.FORETASTES_A_MINUTE))
    monkeypatch.setattr(entrance, "ring_letters", lambda: None)
    with time_machine.travel(MOMENT, tick=False) as clock:
        yield clock


@pytest.fixture
def papers(make_paper, make_topic):
    make_topic("vision")
    for ago in range(1, 15):
        listed_at = MOMENT - timedelta(days=ago)
        day = {"listed_on": listed_at.date(), "first_seen_at": listed_at}
        for number in range(2):
            make_paper(f"Agents {ago} {number}", topics=["agents"], **day)


def stamp() -> str:
    return forms.make_stamp(MOMENT - timedelta(seconds=5))


def rows() -> list[int]:
    models = (Subscriber, Consent, Letter, Phrase, SignUpCount)
    return [model.objects.count() for model in models]


# --- the foretaste --------------------------------------------------------------------


def test_the_preview_says_how_many_papers_come_and_shows_the_last_ones(client, papers):
    response = client.get(PREVIEW, {"topics": "agents"})
    page = unescape(response.content.decode())

    assert response.status_code == 200
    assert "You would get about 2 papers a day, 14 a week." in page
    assert page.count('class="card"') == 2
    assert 'you follow Agents; title mentions "agents"' in page
    assert "<html" not in page
    assert not response.cookies


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        ({"topics": "agents", "length": "3", "cadence": "weekly"}, "about 3 papers a week."),
        ({"topics": "agents", "length": "15", "cadence": "monthly"}, "about 15 papers a month."),
        ({"topics": "vision"}, "In the last two weeks there was nothing that fits."),
        ({"topics": "vision", "keywords": "agents 1 0"}, "about 1 paper a day, 1 a week."),
        ({}, "Please choose at least one topic."),
        ({"topics": "nothing"}, "Please choose from the list."),
        ({"topics": "agents", "keywords": "?!"}, "“?!” has no letters or digits"),
    ],
)
def test_the_preview_answers_in_words(client, papers, wishes, said):
    response = client.get(PREVIEW, wishes)
    assert response.status_code == 200
    assert said in unescape(response.content.decode())


def test_the_preview_changes_nothing_and_takes_no_post(client, papers):
    client.get(PREVIEW, {"topics": "agents", "keywords": "never seen", "email": "a@example.net"})
    assert rows() == [0] * 5
    assert client.post(PREVIEW, {"topics": "agents"}).status_code == 405


def test_who_asks_too_often_waits_for_a_minute(client, papers, clock, monkeypatch):
    monkeypatch.setattr(front, "_ration", Ration(2))
    answers = [client.get(PREVIEW, {"topics": "agents"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert b"Please wait for a minute." in answers[-1].content
    clock.shift(timedelta(minutes=1))
    assert client.get(PREVIEW, {"topics": "agents"}).status_code == 200


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_wishes_are_answered_in_words(client, papers, value):
    fields = ("topics", "keywords", "cadence", "length", "weekday", "hour", "time_zone")
    bad = value.encode("utf-8", "surrogateescape")
    links = [(PREVIEW, {"topics": "agents", field: bad}) for field in fields]
    links += [(path, dict.fromkeys(fields, bad)) for path in PAGES]
    for path, wishes in links:
        response = client.get(path, wishes)
        assert response.status_code == 200
        assert b"<script>alert" not in response.content


def test_a_topic_many_times_over_counts_once(client, papers):
    assert client.get(PREVIEW, {"topics": ["agents"] * 900}).status_code == 200
    assert client.get(PREVIEW, {"topics": ",".join(["agents"] * 5000)}).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_without_a_script_a_button_shows_the_foretaste_and_keeps_what_was_entered(
    client, papers, page
):
    sent = {
        "email": "ann@example.net", "topics": ["agents"], "cadence": "weekly", "length": "3",
        "keywords": "world models", "stamp": stamp(), "show": "1",
    }  # fmt: skip
    response = client.post(page, sent)
    form = response.context["form"]

    assert response.status_code == 200
    assert "about 3 papers a week." in response.content.decode()
    assert not form.errors
    values = [form[name].value() for name in ("email", "topics", "cadence", "keywords", "length")]
    assert values == ["ann@example.net", ["agents"], "weekly", "world models", "3"]
    assert rows() == [0] * 5


def test_the_button_needs_neither_an_address_nor_patience(client, papers):
    response = client.post("/", {"topics": ["agents"], "show": "1"})
    assert "about 2 papers a day" in response.content.decode()


# --- links that choose ----------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_a_link_may_choose_topics_and_more(client, papers, page):
    link = f"{page}?topics=agents,vision&cadence=weekly&email=a@example.net&stamp=x"
    response = client.get(link)
    form = response.context["form"]

    assert form["topics"].value() == ["agents", "vision"]
    assert form["cadence"].value() == "weekly"
    assert form["email"].value() is None
    assert forms.stamp_age(form["stamp"].value(), at=MOMENT) == timedelta(0)
    assert "papers a week." in response.content.decode()


def test_the_form_alone_works_as_the_front_page_does(client, papers):
    sent = {"email": "ann@example.net", "topics": ["agents"], "stamp": stamp()}
    response = client.post(SUBSCRIBE, sent)

    assert (response.status_code, response["Location"]) == (303, "/check-inbox/")
    assert Consent.objects.get().page == SUBSCRIBE


# --- other sites ----------------------------------------------------------------------


def test_a_form_of_another_site_needs_no_token_no_stamp_and_no_cookie(papers):
    other = Client(enforce_csrf_checks=True, headers={"Origin": SITES[0]})
    response = other.post(EMBED, {"email": "ann@example.net", "topics": "agents,vision"})

    assert (response.status_code, response["Location"]) == (303, "/embed/?asked")
    reader = Subscriber.objects.get()
    assert {topic.slug for topic in reader.topics.all()} == {"agents", "vision"}
    assert Consent.objects.get().page == EMBED
    assert Consent.objects.get().wording == optin.WORDING
    answer = other.get(response["Location"])
    assert b"Look in your inbox" in answer.content
    assert not other.cookies


def test_a_form_of_another_site_that_lacks_something_can_be_corrected_here(papers):
    other = Client(enforce_csrf_checks=True, headers={"Origin": SITES[0]})
    response = other.post(EMBED, {"email": "ann@example.net"})

    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["topics"]
    assert b'value="ann@example.net"' in response.content
    assert b"csrfmiddlewaretoken" not in response.content
    assert not other.cookies


def test_the_embedded_form_obeys_the_same_limits(client, papers, settings):
    settings.SIGNUPS_PER_NETWORK_AN_HOUR = 1
    answers = [
        client.post(EMBED, {"email": f"r{number}@example.net", "topics": "agents"})
        for number in range(2)
    ]
    assert [answer.status_code for answer in answers] == [303, 429]
    assert answers[-1]["Retry-After"] == "3600"


@pytest.mark.parametrize("path", [EMBED, "/embed/?asked"])
@pytest.mark.parametrize(("sites", "ancestors"), [([], "'none'"), (SITES, " ".join(SITES))])
def test_only_sites_of_the_setting_may_show_the_form_in_a_frame(
    client, papers, settings, path, sites, ancestors
):
    settings.EMBED_SITES = sites
    response = client.get(path)

    policy = dict(
        part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";")
    )
    assert policy["frame-ancestors"] == ancestors
    assert policy["default-src"] == "'self'"
    assert ("X-Frame-Options" in response) == (not sites)
    assert not response.cookies


@pytest.mark.parametrize("path", ["/", SUBSCRIBE, "/check-inbox/", "/help/"])
def test_no_other_page_can_be_framed(client, papers, settings, path):
    settings.EMBED_SITES = SITES
    response = client.get(path)
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "DENY"


def test_the_help_page_shows_what_to_copy(client, db, settings):
    assert b"/embed/" in (page := client.get("/help/").content)
    assert b"&lt;form" in page
    assert b"&lt;iframe" not in page
    settings.EMBED_SITES = SITES
    assert b"&lt;iframe" in client.get("/help/").content


@pytest.mark.parametrize("page", PAGES)
def test_a_question_takes_the_place_of_the_form(client, papers, page, monkeypatch):
    shown = []
    monkeypatch.setattr(entrance, "enter", lambda form, **rest: Outcome.CHALLENGE)
    monkeypatch.setattr(
        front, "render", lambda request, name, context: shown.append(name) or front.HttpResponse()
    )
    sent = {"email": "ann@example.net", "topics": ["agents"], "stamp": stamp()}
    assert client.post(page, sent).status_code == 200
    assert shown == ["subscriptions/question.html"]
