from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from django import forms

from subscriptions.fields import TIME_ZONES, PhrasesField, TimeZoneField, zones_by_region
from subscriptions.models import Phrase
from subscriptions.phrases import LONGEST

KEYWORD, AUTHOR = Phrase.Kind.KEYWORD, Phrase.Kind.AUTHOR


def complaints(value: object, *, kind=KEYWORD, at_most=5) -> list[str]:
    with pytest.raises(forms.ValidationError) as caught:
        PhrasesField(kind, at_most=at_most).clean(value)
    return caught.value.messages


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        (None, []),
        ("", []),
        (" , \r\n ;; ", []),
        ("diffusion", ["diffusion"]),
        ("World  Models,robot-arms\r\nLoRA", ["world models", "robot arms", "lora"]),
        ("fusion, FUSION, Fusion!", ["fusion"]),
        ("b, a, b", ["b", "a"]),
        ("大模型、扩散，对齐", ["大模型", "扩散", "对齐"]),  # noqa: RUF001
        ("nul\x00led, \u202eleft", ["nulled", "left"]),
        ("lone \ud800 half", ["lone half"]),
    ],
)
def test_phrases_are_read_as_they_are_compared(text, phrases):
    assert PhrasesField(KEYWORD, at_most=5).clean(text) == phrases


def test_names_of_authors_are_read_alike():
    field = PhrasesField(AUTHOR, at_most=5)
    assert field.clean("Ada  EXAMPLE\nJ.-P. Sörensen") == ["ada example", "j p sörensen"]


def test_a_phrase_without_words_is_named():
    assert complaints("fusion, ?!, --") == [
        "“?!” has no letters or digits, so no paper can be found by it.",
        "“--” has no letters or digits, so no paper can be found by it.",
    ]


def test_a_phrase_that_is_too_long_is_named_by_its_beginning():
    [said] = complaints("fusion, " + "x" * (LONGEST + 1))
    assert said == f"“{'x' * 40}” is too long: at most {LONGEST} characters, please."
    assert PhrasesField(KEYWORD, at_most=5).clean("x" * LONGEST) == ["x" * LONGEST]


@pytest.mark.parametrize(("kind", "noun"), [(KEYWORD, "keywords"), (AUTHOR, "authors")])
def test_too_many_phrases_are_counted(kind, noun):
    assert complaints("a,b,c,d,e,f", kind=kind) == [f"Please enter at most 5 {noun}, not 6."]
    assert len(PhrasesField(kind, at_most=5).clean("a,b,c,d,e,a")) == 5


def test_a_huge_text_is_refused_before_it_is_read():
    assert complaints("x, " * 4_000_000) == ["This text is too long."]


def test_a_field_shows_what_is_stored_as_it_is_entered():
    field = PhrasesField(KEYWORD, at_most=5)
    assert field.prepare_value(["world models", "lora"]) == "world models, lora"
    assert field.prepare_value("as somebody sent it,,") == "as somebody sent it,,"
    assert not field.has_changed(["world models", "lora"], "World models\nLoRA")
    assert field.has_changed(["world models"], "lora")


def test_a_required_field_asks_for_something():
    with pytest.raises(forms.ValidationError, match="required"):
        PhrasesField(KEYWORD, at_most=5, required=True).clean(" , ")


def test_every_offered_time_zone_exists():
    for name in TIME_ZONES:
        assert ZoneInfo(name)
    assert len(max(TIME_ZONES, key=len)) <= 64


def test_time_zones_are_grouped_by_region_and_none_is_lost():
    first, *groups = zones_by_region()
    assert first == ("UTC", "UTC")
    labels = dict(groups)
    assert ("America/Argentina/Buenos_Aires", "Argentina/Buenos Aires") in labels["America"]
    assert sorted(zone for _, zones in groups for zone, _ in zones) == sorted(
        set(TIME_ZONES) - {"UTC"}
    )


@pytest.mark.parametrize("value", ['"><script>', "selected", "", None, "Mars/Olympus"])
def test_a_time_zone_that_does_not_exist_is_selected_nowhere(value):
    class Form(forms.Form):
        zone = TimeZoneField()

    select = str(Form(initial={"zone": value})["zone"])
    assert " selected>" not in select
    assert "script" not in select
    assert " selected>Berlin" in str(Form(initial={"zone": "Europe/Berlin"})["zone"])
