"""What the forms accept, what they correct, and what they say otherwise."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import QueryDict

from subscriptions import forms
from subscriptions.forms import EmbeddedForm, JoinForm
from subscriptions.optin import Asked, Choices
from tests.conftest import MOMENT

SECOND = timedelta(seconds=1)


@pytest.fixture
def join(make_topic):
    for slug in ("agents", "vision"):
        make_topic(slug)
    make_topic("hidden", is_active=False)

    def fill_in(*, age=5 * SECOND, **changes):
        fields = {
            "email": "ann@example.net",
            "topics": ["agents"],
            "cadence": "weekly",
            "hour": "9",
            "weekday": "4",
            "time_zone": "Asia/Tokyo",
            "stamp": forms.make_stamp(MOMENT - age),
            **changes,
        }
        query = QueryDict(mutable=True)
        for name, value in fields.items():
            query.setlist(name, value if isinstance(value, list) else [value])
        return JoinForm(query, at=MOMENT)

    return fill_in


def test_a_filled_in_form_gives_clean_values(join):
    form = join(email="  Ann@EXAMPLE.net ", topics=["vision", "agents", "vision"])

    assert form.is_valid()
    assert form.cleaned_data["email"] == "ann@example.net"
    assert sorted(topic.slug for topic in form.cleaned_data["topics"]) == ["agents", "vision"]
    assert form.choices() == Asked("weekly", 4, 9, "Asia/Tokyo", keywords=())
    assert not form.is_trapped


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", ""),
        ("email", "a@localhost"),
        ("email", "a\0@example.net"),
        ("email", "a" * 10_000),
        ("email", "digest@news.example.org"),
        ("topics", []),
        ("topics", ["hidden"]),
        ("topics", ["0"]),
        ("topics", ["agents\0"]),
        ("topics", ["agents", "1e400"]),
        ("topics", [str(2**63)]),
        ("topics", [f"topic-{number}" for number in range(900)]),
        ("cadence", "hourly;DROP"),
        ("cadence", "daily\0"),
        ("hour", "24"),
        ("hour", "7.5"),
        ("weekday", "-1"),
        ("length", "31"),
        ("length", "9" * 5000),
        ("time_zone", "UTC\0"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "posixrules"),
        ("time_zone", "x" * 300),
        ("keywords", "x" * 5000),
        ("keywords", ",".join(map(str, range(11)))),
    ],
)
def test_what_cannot_be_used_is_explained_and_not_repeated(join, field, value):
    form = join(**{field: value})

    assert not form.is_valid()
    [[sentence]] = form.errors.values()
    assert list(form.errors) == [field]
    assert sentence.startswith(("Please", "That", "Sorry", "This"))
    assert sentence.endswith(".")


@pytest.mark.parametrize("field", ["cadence", "weekday", "hour", "time_zone", "length"])
def test_what_a_form_of_another_site_leaves_out_becomes_the_default(join, field):
    form = join(**{field: []})

    assert form.is_valid()
    assert getattr(form.choices(), field) == getattr(Choices(), field)


def test_keywords_are_a_part_of_the_choices(join):
    form = join(keywords="World models, LoRA")

    assert form.is_valid()
    assert form.choices().keywords == ("world models", "lora")


def test_a_keyword_that_finds_nothing_is_named(join):
    assert "“?!”" in join(keywords="fusion, ?!").errors["keywords"][0]


@pytest.mark.parametrize(("stamp", "is_valid"), [("", True), ("forged", False)])
def test_a_form_of_another_site_needs_no_stamp_but_a_forged_one_is_refused(join, stamp, is_valid):
    form = EmbeddedForm(join(stamp=stamp).data, at=MOMENT)
    assert form.is_valid() == is_valid


def test_a_bot_falls_into_the_trap(join):
    form = join(website="https://spam.example")

    assert form.is_valid()
    assert form.is_trapped


@pytest.mark.parametrize(
    ("age", "is_valid"),
    [
        (0.2, False),
        (0.999, False),
        (1, True),
        (24 * 3600, True),
        (24 * 3600 + 1, False),
        (-1, False),
    ],
)
def test_a_form_is_good_from_one_second_to_one_day(join, age, is_valid):
    assert join(age=age * SECOND).is_valid() == is_valid


@pytest.mark.parametrize("stamp", ["", "1773748800", "1773748800:forged", "\0", "nan:x"])
def test_a_forged_stamp_is_replaced_so_that_the_next_try_works(join, stamp):
    form = join(stamp=stamp)
    assert not form.is_valid()
    assert "once more" in form.non_field_errors()[0]

    renewed = form["stamp"].value()
    assert forms.stamp_age(renewed, at=MOMENT + SECOND) == SECOND
    assert form["topics"].value() == ["agents"]


def test_a_form_sent_too_early_may_be_sent_again_as_it_is(join):
    form = join(age=SECOND / 2)

    assert not form.is_valid()
    assert forms.stamp_age(form["stamp"].value(), at=MOMENT + SECOND) == 1.5 * SECOND


def test_a_new_form_carries_a_stamp_and_only_active_topics(join):
    form = JoinForm(at=MOMENT)

    assert forms.stamp_age(form["stamp"].value(), at=MOMENT + SECOND) == SECOND
    offered = {str(value) for value, _ in form.fields["topics"].choices}
    assert {"agents", "vision"} <= offered
    assert "hidden" not in offered
