"""What a reader takes along: everything that we hold of him, and nothing of anybody else."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.test import Client

from newsletter import exporting, history
from newsletter.models import Event, SoftBounce
from newsletter.picks import Pick, Why, pack
from papers import vectors
from subscriptions import goodbye, opinions, phrases, tokens
from subscriptions.bounces import Kind
from subscriptions.models import (
    AddressChange,
    Farewell,
    Feedback,
    Letter,
    Phrase,
    Subscriber,
    Suppression,
    address_hash,
)
from subscriptions.tokens import Purpose
from subscriptions.verdicts import State
from tests.conftest import MOMENT
from tests.subscriptions.pages import snapshot

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MOMENT, tick=False) as clock:
        yield clock


def live(reader: Subscriber, make_delivery, paper, *, admin=None) -> None:
    """Have something of every kind happen to a reader."""
    phrases.wish(reader, keywords=["robot arms"], excluded=["benchmarks"], authors=["Ada Lovelace"])
    opinions.say(reader, paper, Feedback.Kind.MORE, at=MOMENT)
    opinions.vote(reader, paper, at=MOMENT)
    reader.consents.create(act="confirmed", at=MOMENT, ip="192.0.2.9", wording="what he was told")
    goodbye.say_why(reader, Farewell.Reason.NO_TIME, at=MOMENT)
    AddressChange.objects.create(subscriber=reader, email=f"new-{reader.email}", asked_at=MOMENT)
    letter = reader.letters.create(kind=Letter.Kind.ALREADY, state=State.ACCEPTED)
    delivery = make_delivery([], reader=reader, state=State.ACCEPTED, provider_id="at-the-esp")
    wished = Phrase.objects.get(text="robot arms")
    delivery.packed_picks = pack([Pick(paper.pk, 0.9, Why.KEYWORD, wished.pk, 0)])
    delivery.save()
    history.record([delivery.pk])
    for entry, issue in ((letter.public_id, None), (delivery.public_id, delivery.issue)):
        Event.objects.create(
            key=uuid.uuid4(), provider="postmark", kind=Kind.DELIVERED, entry=entry, issue=issue,
            is_ours=True, at=MOMENT, reply="250 ok",
        )  # fmt: skip
    SoftBounce.objects.create(subscriber=reader, entry=delivery.public_id, at=MOMENT)
    if admin:
        LogEntry.objects.create(
            user=admin, content_type=ContentType.objects.get_for_model(Subscriber),
            object_id=str(reader.pk), object_repr=reader.email, action_flag=CHANGE,
            change_message="Changed hour.", action_time=MOMENT,
        )  # fmt: skip


@pytest.fixture
def reader(make_subscriber, make_delivery, make_paper, admin_user):
    reader = make_subscriber("ann@example.net", topics=["agents"], next_digest_at=MOMENT + DAY)
    vector = vectors.pack(vectors.vector("A paper", ""))
    paper = make_paper("A paper", topics=["agents"], vector=vector)
    live(reader, make_delivery, paper, admin=admin_user)
    Suppression.objects.create(address_hash=address_hash(reader.email), at=MOMENT, reason="why")
    return reader


def export(reader: Subscriber) -> dict[str, object]:
    return json.loads("".join(exporting.write(reader, at=MOMENT)))


def test_every_part_is_there(reader):
    said = export(reader)
    assert (said["format"], said["made_at"]) == ("newsletter-export-1", "2026-03-17T12:00:00+00:00")
    assert list(said)[2:] == list(exporting.PARTS)
    assert [name for name in exporting.PARTS if not said[name]] == []
    [account] = said["account"]
    assert (account["email"], account["cadence"], account["state"]) == (
        "ann@example.net", "daily", "confirmed",
    )  # fmt: skip
    assert said["interests"] == [{"weight": 1.0, "topic_slug": "agents"}]
    assert {(w["text"], w["kind"], w["is_excluded"]) for w in said["wishes"]} == {
        ("robot arms", "keyword", False),
        ("benchmarks", "keyword", True),
        ("ada lovelace", "author", False),
    }
    assert said["feedback"][0]["title"] == said["votes"][0]["title"] == "A paper"
    assert said["operators"] == [{"at": "2026-03-17T12:00:00+00:00", "change": "Changed hour."}]
    assert said["address_change"][0]["email"] == "new-ann@example.net"


def test_each_digest_has_its_papers_and_why_and_what_became_of_it(reader):
    [delivery] = export(reader)["deliveries"]
    assert (delivery["issue"], delivery["state"]) == ("daily-20260317", "accepted")
    [paper] = delivery["papers"]
    assert (paper["title"], paper["why"]) == ("A paper", 'you look for "robot arms"')
    assert paper["url"].startswith("https://arxiv.org/abs/")
    assert delivery["events"] == [
        {"kind": "DELIVERED", "at": "2026-03-17T12:00:00+00:00", "reply": "250 ok"}
    ]
    assert export(reader)["letters"][0]["events"]
    assert [sent["title"] for sent in export(reader)["sent"]] == ["A paper"]


def test_whatever_hangs_on_a_reader_is_a_part():
    """A new model about readers must be told, or be known to hold nothing."""
    told_otherwise = {"topics": "interests"}
    parts = {
        "Interest": "interests", "Wish": "wishes", "Feedback": "feedback", "Vote": "votes",
        "Taste": "taste", "Consent": "consents", "Farewell": "farewells",
        "AddressChange": "address_change", "Letter": "letters", "Delivery": "deliveries",
        "SoftBounce": "soft_bounces", "Sent": "sent",
    }  # fmt: skip
    fields = Subscriber._meta.get_fields(include_hidden=True)
    relations = [field for field in fields if field.auto_created and not field.concrete]
    hanging = {relation.related_model.__name__ for relation in relations}
    assert hanging == set(parts)
    assert set(parts.values()) | {"account", "suppression", "operators"} == set(exporting.PARTS)
    assert {field.name for field in Subscriber._meta.many_to_many} == set(told_otherwise)


def test_nothing_of_another_reader_is_told(reader, make_subscriber, make_delivery, make_paper):
    before = export(reader)
    other = make_subscriber("eve@example.net", topics=["vision"])
    live(other, make_delivery, make_paper("Another paper"))
    assert export(reader) == before


def test_odd_texts_are_json_all_the_same(reader, make_paper):
    paper = make_paper('Quotes " and \\ and \u2028 and 深層 </script>')
    opinions.vote(reader, paper, at=MOMENT)
    assert export(reader)["votes"][1]["title"] == paper.title


def test_the_number_of_queries_does_not_grow_with_the_history(
    reader, make_delivery, make_paper, django_assert_num_queries
):
    paper = make_paper(topics=["agents"])
    counts = []
    for batch in range(2):
        for number in range(15):
            on = (MOMENT - (15 * batch + number + 1) * DAY).date()
            make_delivery([paper], reader=reader, on=on)
            opinions.vote(reader, make_paper(topics=["agents"]), at=MOMENT)
        with django_assert_num_queries(24) as caught:
            export(reader)
        counts.append(len(caught))
    assert counts[0] == counts[1]


def test_a_long_history_comes_in_blocks(reader, make_delivery, monkeypatch):
    monkeypatch.setattr(exporting, "AT_ONCE", 2)
    for number in range(1, 6):
        make_delivery(1, reader=reader, on=(MOMENT - number * DAY).date())
    assert len(export(reader)["deliveries"]) == 6


# --- the page -------------------------------------------------------------------------


def path(reader: Subscriber) -> str:
    return f"/export/{tokens.make(Purpose.EXPORT, reader)}/"


def test_the_file_is_handed_out_on_post_only(client, reader):
    before = snapshot()
    answer = client.get(path(reader))
    assert "Download the file" in answer.text
    assert "ann@example.net" not in answer.text
    answer = client.post(path(reader))
    assert answer["Content-Type"] == "application/json; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="my-data-2026-03-17.json"'
    assert (answer["Cache-Control"], answer["X-Robots-Tag"]) == ("no-store", "noindex")
    assert answer.streaming
    assert json.loads(answer.getvalue())["account"][0]["email"] == "ann@example.net"
    assert snapshot() == before


@pytest.mark.parametrize("purpose", set(Purpose) - {Purpose.EXPORT})
def test_no_other_link_hands_it_out(client, reader, purpose):
    assert client.post(f"/export/{tokens.make(purpose, reader)}/").status_code == 404


def test_other_sites_cannot_ask_for_it(reader):
    assert Client(enforce_csrf_checks=True).post(path(reader)).status_code == 403


def test_the_link_is_good_for_half_an_hour(client, reader, clock):
    link = path(reader)
    clock.shift(timedelta(minutes=31))
    assert client.post(link).status_code == 404
