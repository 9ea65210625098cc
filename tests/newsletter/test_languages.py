"""Every reader's digest is in his language, and rendered once for all who share it."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

import pytest
from django.template import Template
from django.utils import translation

from newsletter import cards, compose, counting, gate, lint, reasons, shell, wording
from newsletter.models import Card, Issue, Shell
from newsletter.picks import Pick, Why, pack
from newsletter.reasons import Names, sentence
from papers import topics as recognised
from papers.models import Topic
from subscriptions import tokens
from subscriptions.tokens import Purpose

LANGUAGES = ("en", "de", "zh-hans")
SUBJECTS = {
    "en": "2 papers for you: First",
    "de": "2 Paper für dich: First",
    "zh-hans": "为你精选 2 篇论文：First",
}
TOPICS = {1: ("Agenten", ""), 2: ("Robotik", "")}
NAMES = Names({7: "graph of thought", 8: "ada example"}, {7: "Robots on ice"})


@pytest.fixture
def readers(make_subscriber):
    """Six readers, two of each language."""
    return [make_subscriber(topics=["agents"], language=code) for code in LANGUAGES * 2]


@pytest.fixture
def deliveries(readers, make_paper, make_delivery):
    papers = [make_paper("First", topics=["agents"]), make_paper("Second", topics=["agents"])]
    return [make_delivery(papers, reader=reader) for reader in readers]


def forget() -> None:
    """Be another process."""
    cards._remembered.clear()
    shell._remembered.clear()


def test_each_mail_is_in_the_language_of_its_reader(deliveries, readers):
    composed = compose.compose_all(deliveries)
    for delivery, reader in zip(deliveries, readers, strict=True):
        message = composed(delivery).message()
        html = compose.html_of(message)
        assert message.subject == SUBJECTS[reader.language]
        assert f'<html lang="{reader.language}" dir="ltr"' in html
        assert '<h2 dir="auto" lang="en"' in html  # the papers are as they were written
        assert '<p dir="auto" lang="en"' in html
    assert translation.get_language() == "en"


def test_a_paper_is_rendered_once_for_each_language(deliveries, monkeypatch):
    rendered, render = Counter(), Template.render

    def counted(template, context):
        rendered[template.name.rpartition("/")[2]] += 1
        return render(template, context)

    monkeypatch.setattr(Template, "render", counted)
    forget()
    composed = compose.compose_all(deliveries)
    for delivery in deliveries:
        composed(delivery).wire()
    assert rendered == {"card.html": 6, "card.txt": 6, "body.html": 3, "body.txt": 3}
    assert Counter(Card.objects.values_list("language", flat=True)) == dict.fromkeys(LANGUAGES, 2)


def test_loading_asks_no_more_for_more_readers(
    deliveries, make_subscriber, make_delivery, django_assert_max_num_queries
):
    papers = [pick.paper_id for pick in deliveries[0].picks]
    more = [make_subscriber(language=code) for code in LANGUAGES for _ in range(10)]
    packed = pack(Pick(pk, 1.0, Why.NOTHING) for pk in papers)
    others = [make_delivery([], reader=reader) for reader in more]
    for delivery in others:
        delivery.packed_picks = packed
    compose.compose_all(deliveries)
    with django_assert_max_num_queries(14):
        compose.compose_all([*deliveries, *others])


def test_what_is_counted_is_in_the_readers_language_too(
    make_subscriber, make_paper, make_delivery, settings
):
    settings.COUNT_CLICKS = True
    reader = make_subscriber(language="de", is_counted=True)
    delivery = make_delivery([make_paper("First"), make_paper()], reader=reader)
    message = compose.compose_all([delivery])(delivery).message()
    assert message.subject == SUBJECTS["de"]
    assert counting.canary(delivery.issue_id) in compose.html_of(message)
    layouts = Shell.objects.values_list("language", "layout").order_by("layout")
    assert list(layouts) == [("de", "counted"), ("de", "full")]


@pytest.fixture(params=LANGUAGES)
def speaker(request, make_subscriber, settings):
    settings.POSTAL_ADDRESS = "Example Press, 1 Main Street, Exampleton"
    settings.MAIL_REPLY_TO = "editors@news.example.org"
    return make_subscriber(topics=["agents"], language=request.param)


@pytest.mark.parametrize("cadence", ["daily", "weekly", "monthly"])
@pytest.mark.parametrize("count", [1, 2, 3, 4, 15])
def test_no_check_objects_to_a_language(speaker, make_paper, make_delivery, cadence, count):
    teaser = "We look at one more way to do it, and measure what it costs."
    papers = [make_paper(topics=["agents"], abstract=teaser, votes=n) for n in range(count)]
    delivery = make_delivery(papers, reader=speaker)
    Issue.objects.update(cadence=cadence)
    raw = compose.compose_all([delivery])(delivery).wire()
    quoted = gate.quoted(papers, "Trending Papers")
    assert lint.check(raw, site=gate.site(papers), quoted=quoted) == []


def test_a_digest_page_is_in_the_readers_language(client, deliveries, readers):
    for reader in readers[:3]:
        token = tokens.make(Purpose.DIGEST, reader)
        page = client.get(f"/digest/{token}/daily/2026-03-17/").content.decode()
        assert f'<html lang="{reader.language}"' in page
        with translation.override(reader.language):
            assert wording.headline("daily", 2) in page


def test_an_edition_is_shown_in_the_visitors_language_if_it_was_sent_in_it(client, deliveries):
    spoken = {"de": deliveries[1], "zh-hans": deliveries[2]}
    compose.compose_all(list(spoken.values()))
    Issue.objects.update(state="open")
    expected = {"de": "2 Paper des Tages", "zh-hans": "今日 2 篇论文", "en": "2 Paper des Tages"}
    stored = Card.objects.count()
    for language, headline in expected.items():
        page = client.get("/issue/daily-20260317/", headers={"accept-language": language})
        assert headline in page.content.decode()
    assert Card.objects.count() == stored


@pytest.mark.parametrize(
    ("why", "reference", "also", "german", "chinese"),
    [
        (Why.TOPIC, 1, 0, "du folgst „Agenten“", "你关注了“Agenten”"),
        (Why.TOPIC, 1, 2, "du folgst „Agenten“ und „Robotik“", "你关注了“Agenten”和“Robotik”"),
        (Why.KEYWORD, 7, 1, "du suchst „graph of thought“; du folgst „Agenten“",
         "你在找“graph of thought”；你关注了“Agenten”"),
        (Why.AUTHOR, 8, 0, "du folgst Ada Example", "你关注了作者 Ada Example"),
        (Why.TASTE, 0, 0, "es ähnelt Papern, von denen du mehr wolltest", "与你想多看的论文相似"),
        (Why.TASTE, 7, 0, "es ähnelt „Robots on ice“, wovon du mehr wolltest",
         "与你想多看的《Robots on ice》相似"),
        (Why.TREND, 0, 0, "viel gelesen, und nicht aus deinen Themen",
         "很多人在读，但不在你的主题之内"),
        (Why.NOTHING, 0, 0, "", ""),
    ],
)  # fmt: skip
def test_a_pick_is_explained_in_every_language(why, reference, also, german, chinese):
    for language, expected in (("de", german), ("zh-hans", chinese)):
        with translation.override(language):
            assert sentence(why, reference, also, topics=TOPICS, names=NAMES) == expected


def test_every_sign_that_papers_are_recognised_by_is_known():
    signs = [
        recognised._reason(recognised.Evidence(title=Counter(['a "quoted" word']))),
        recognised._reason(recognised.Evidence(anywhere=Counter({"offline RL": 2}))),
        recognised._resemblance([]),
        recognised._resemblance(["graph"]),
        recognised._resemblance(["graph", "tree of 100%"]),
    ]
    with translation.override("de"):
        told = [reasons.sign(sign) for sign in signs]
    assert told == [
        'der Titel erwähnt „a "quoted" word“',
        "erwähnt „offline RL“",
        "ähnelt Papern dieses Themas",
        "ähnelt Papern dieses Themas: „graph“",
        "ähnelt Papern dieses Themas: „graph“ und „tree of 100%“",
    ]
    with translation.override("en"):
        assert [reasons.sign(sign) for sign in signs] == signs
    assert reasons.sign("as an editor wrote it: 100% (s)") == "as an editor wrote it: 100% (s)"
    assert reasons.sign("") == ""


@pytest.mark.parametrize(
    ("language", "day", "votes", "one"),
    [
        ("en", "Tuesday, 17 March 2026", "1,200 votes", "1 vote"),
        ("de", "Dienstag, 17. März 2026", "1.200 Stimmen", "1 Stimme"),
        ("zh-hans", "2026年3月17日 星期二", "1,200 票", "1 票"),
    ],
)
def test_dates_and_numbers_are_written_as_in_the_language(language, day, votes, one):
    with translation.override(language):
        assert wording.day(date(2026, 3, 17)) == day
        assert (wording.votes(1200), wording.votes(1)) == (votes, one)


def test_topics_of_the_catalogue_have_names_in_every_language(make_topic):
    topic = Topic(slug="agents", name="Agents", description="An editor's own words")
    with translation.override("de"):
        assert (str(topic), topic.label, topic.name) == ("Agenten", "Agenten", "Agents")
        assert topic.about == "An editor's own words"
        assert Topic(name="").label == ""
    with translation.override("zh-hans"):
        assert topic.label == "智能体"


def test_a_title_cannot_be_taken_for_a_pattern(make_subscriber, make_paper, make_delivery):
    title = "100%(title)s {count} %s %(count)d"
    reader = make_subscriber(language="de")
    delivery = make_delivery([make_paper(title), make_paper(title + "!")], reader=reader)
    message = compose.compose_all([delivery])(delivery).message()
    assert message.subject == f"2 Paper für dich: {title}"
    assert title in message.body


def test_plain_text_fits_into_its_columns_in_every_language(deliveries):
    composed = compose.compose_all(deliveries)
    for delivery in deliveries[:3]:
        lines = composed(delivery).message().body.splitlines()
        wide = [line for line in lines if wording_columns(line) > 78 and "https://" not in line]
        assert wide == []


def wording_columns(line: str) -> int:
    return len(line) + len(re.findall(r"[\u2e80-\uffef]", line))


def test_issues_of_one_language_render_nothing_for_others(make_delivery):
    delivery = make_delivery()
    compose.compose_all([delivery])
    assert set(Shell.objects.values_list("language", flat=True)) == {"en"}
