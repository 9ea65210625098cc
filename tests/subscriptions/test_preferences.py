"""What a reader may choose, and which mistakes are told in which field."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.http import QueryDict

from subscriptions import fields, optin
from subscriptions.models import Interest
from subscriptions.optin import Preferences
from subscriptions.phrases import MOST_WISHES, Words
from subscriptions.preferences import LEVELS, NOTHING, PauseForm, PreferencesForm, level_of
from tests.conftest import MOMENT
from tests.subscriptions.pages import chosen

TODAY = date(2026, 3, 17)
ODD = ["\0", "x" * 100_000, "\ud800", "1e400", "9" * 5000, "-1", "<b>", "\u202e", "' OR 1=1 --"]


@pytest.fixture
def reader(make_subscriber, make_topic):
    make_topic("hidden", is_active=False)
    make_topic("vision")
    return make_subscriber(topics=["agents"], hour=6, time_zone="Europe/Berlin")


def weights_of(form) -> dict[str, float | None]:
    """Those of the two topics that these tests are about."""
    weights = {topic.slug: weight for topic, weight in form.weights().items()}
    return {slug: weights[slug] for slug in ("agents", "vision")}


def test_preferences_start_from_what_the_reader_chose(reader):
    words = Words(["world models"], ["robots"], ["ada example"])
    choices = Preferences(trend_share=0.7, is_text_only=True, language="de")
    optin.choose(reader, weights={}, choices=choices, words=words, at=MOMENT)
    reader.refresh_from_db()
    form = PreferencesForm.of(reader)
    shown = {
        "topic-agents": "normal", "topic-vision": "off", "trend": 70, "format": "text",
        "language": "de", "keywords": "world models", "excluded": "robots",
        "authors": "ada example", "hour": 7, "length": 7,
    }  # fmt: skip
    assert {name: form[name].value() for name in shown} == shown
    assert "topic-hidden" not in form.fields


def test_what_a_page_shows_can_be_sent_back_and_changes_nothing(reader):
    before = PreferencesForm.of(reader)
    data = QueryDict(mutable=True)
    data.update({name: before[name].value() for name in before.fields if name != "topics"})
    form = PreferencesForm.of(reader, data)
    assert form.is_valid(), form.errors
    assert weights_of(form) == {"agents": 1, "vision": None}
    assert form.choices() == Preferences(hour=6, time_zone="Europe/Berlin")
    assert form.words() == ([], [], [])


def test_preferences_give_clean_values(reader):
    form = PreferencesForm.of(
        reader,
        chosen(
            **{"topic-agents": "muted", "topic-vision": "more"},
            keywords="World models, LoRA", authors="Ada Example", excluded="Robots",
            cadence="weekly", weekday="4", hour="23", time_zone="Africa/Lagos", length="10",
            trend="85", format="text", language="zh-hans",
        ),
    )  # fmt: skip
    assert form.is_valid()
    expected = Preferences("weekly", 4, 23, "Africa/Lagos", 10, 0.85, True, "zh-hans")
    assert form.choices() == expected
    assert form.words() == (["world models", "lora"], ["robots"], ["ada example"])
    assert weights_of(form) == {"agents": 0, "vision": 2}


@pytest.mark.parametrize("level", [level for level, _ in LEVELS])
def test_every_level_is_shown_as_it_was_chosen(reader, level):
    data = chosen(**{"topic-agents": level, "topic-vision": "more"})
    form = PreferencesForm.of(reader, data)
    assert form.is_valid()
    assert level_of(weights_of(form)["agents"]) == level


def test_a_weight_between_the_levels_stays_if_its_level_does(reader):
    Interest.objects.update(weight=1.2)
    same = PreferencesForm.of(reader, chosen(**{"topic-agents": "normal"}))
    other = PreferencesForm.of(reader, chosen(**{"topic-agents": "less"}))
    assert same.is_valid()
    assert other.is_valid()
    assert weights_of(same)["agents"] == 1.2
    assert weights_of(other)["agents"] == 0.5


@pytest.mark.parametrize(
    ("field", "values"),
    {
        "topic-agents": ("", "huge", "1"),
        "cadence": ("", "hourly"),
        "weekday": ("", "7", "x"),
        "hour": ("", "24", "7.5"),
        "time_zone": ("", "Mars/Olympus", "localtime"),
        "length": ("", "2", "31", "x"),
        "trend": ("", "101", "0.5"),
        "format": ("", "pdf"),
        "language": ("", "tlh"),
        "keywords": ("?!",),
        "excluded": ("?!",),
        "authors": ("?!",),
    }.items(),
)
def test_preferences_that_make_no_sense_are_explained_in_their_field(reader, field, values):
    for value in (*values, *ODD):
        form = PreferencesForm.of(reader, chosen(**{field: value}))
        if form.is_valid():
            assert field in {"keywords", "excluded", "authors"}  # where most is a word
            continue
        assert list(form.errors) == [field]
        assert all(said[0] in "PT“" for said in form.errors[field])
        assert "<b>" not in str(form.errors)


def test_who_follows_nothing_is_told_so_with_the_topics(reader):
    nothing = {"topic-agents": "muted", "topic-vision": "off", "excluded": "robots"}
    form = PreferencesForm.of(reader, chosen(**nothing))
    assert form.errors == {"topics": [NOTHING]}
    for more in ({"keywords": "lora"}, {"authors": "Ada Example"}, {"topic-vision": "less"}):
        assert PreferencesForm.of(reader, chosen(**nothing | more)).is_valid()


def test_words_and_authors_are_counted_together(reader):
    most = ", ".join(f"word {n}" for n in range(MOST_WISHES))
    assert PreferencesForm.of(reader, chosen(keywords=most)).is_valid()
    form = PreferencesForm.of(reader, chosen(keywords=most, authors="Ada Example"))
    assert list(form.errors) == ["keywords"]
    assert str(MOST_WISHES + 1) in form.errors["keywords"][0]


def test_topics_that_were_chosen_come_first(reader, make_topic):
    make_topic("wrong")
    data = chosen(**{"topic-wrong": "huge"})
    form = PreferencesForm.of(reader, data)
    assert {row.name for row in form.chosen_topics()} == {"topic-agents", "topic-wrong"}
    assert "topic-vision" in {row.name for row in form.other_topics()}


def test_a_thousand_topics_cost_no_query_each(reader, make_topic, django_assert_max_num_queries):
    for n in range(300):
        make_topic(f"t-{n}")
    with django_assert_max_num_queries(3):
        form = PreferencesForm.of(reader, chosen())
        assert form.is_valid()
        assert len([str(row) for row in form.other_topics()]) > 300


def test_the_time_zone_of_the_reader_is_selected(reader):
    select = str(PreferencesForm.of(reader)["time_zone"])
    assert select.startswith('<select name="time_zone" id="id_time_zone">')
    assert select.count("<option") == len(fields.TIME_ZONES)
    assert '<option value="Europe/Berlin" selected>Berlin</option>' in select
    assert select.count("selected") == 1


@pytest.mark.parametrize(
    "until", ["", "x", "2026-02-30", "17.3.2026", "2026-03-17", "1999-01-01", "9999-12-31", *ODD]
)
def test_a_pause_has_an_end_that_makes_sense(reader, until):
    form = PauseForm.of(reader, {"until": until}, at=MOMENT)
    [[sentence]] = form.errors.values()
    assert sentence.startswith("Please")


@pytest.mark.parametrize("days", [1, 14, 366])
def test_a_pause_of_a_day_to_a_year_is_taken(reader, days):
    until = TODAY + timedelta(days=days)
    form = PauseForm.of(reader, {"until": until.isoformat(), "catches_up": "on"}, at=MOMENT)
    assert form.is_valid()
    assert form.cleaned_data == {"until": until, "catches_up": True}
