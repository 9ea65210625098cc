"""The rows of deliveries that an opening writes."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils.timezone import now

from newsletter import audience, issues, opening
from newsletter.matching.readers import Reader
from newsletter.models import Delivery
from papers import likeness, vectors
from subscriptions import opinions
from subscriptions.ids import new_id
from subscriptions.models import Feedback, Phrase, Subscriber, Taste, Wish
from subscriptions.phrases import wish
from subscriptions.verdicts import State
from tests.newsletter.issue_steps import SEVEN, TUESDAY, sent_titles, titles


def test_a_row_is_as_the_ledger_makes_one(make_due, make_paper):
    paper = make_paper(topics=["agents"])
    reader = make_due(email="ada@hotmail.co.uk")
    issues.open_due(at=SEVEN)

    written = Delivery.objects.get()
    same = Delivery(subscriber=reader, issue=written.issue, lane="microsoft")
    theirs = ("pk", "public_id", "created_at", "packed_picks")
    for column in Delivery._meta.concrete_fields:
        if column.attname not in {*theirs, "id"}:
            assert getattr(written, column.attname) == getattr(same, column.attname), column
    assert written.paper_ids == [paper.pk]


def test_every_column_without_a_default_in_the_database_is_written(make_due, make_paper):
    """A new column of the ledger must not be forgotten here."""
    edition = opening.edition("daily", TUESDAY, at=SEVEN)
    readers = audience.of([make_due()])
    picks = opening.Picks(opening.np.zeros(0, opening.PACKED), opening.np.zeros(1, "i8"))
    written = set(opening._fields(edition.issue, readers, picks, at=SEVEN))
    needed = {
        column.column
        for column in Delivery._meta.concrete_fields
        if not column.null and not column.primary_key and not column.has_db_default()
    }
    assert needed <= written


def test_many_ids_are_made_as_one_is():
    table = opening.new_ids(1000)
    made = {uuid.UUID(bytes=row.tobytes()) for row in table}
    assert len(made) == 1000
    for one in [new_id(), *made]:
        assert (one.version, one.variant) == (7, uuid.RFC_4122)
        age = now().timestamp() - (one.int >> 80) / 1000
        assert 0 <= age < timedelta(minutes=1).total_seconds()


def test_readers_with_and_without_papers_are_written_together(make_due, make_paper):
    make_paper("One", topics=["agents"])
    make_paper("Two", topics=["agents"])
    lengths = {make_due(length=length).pk: length for length in (1, 2)}
    make_due(topics=["vision"], email="x@outlook.com")
    issues.open_due(at=SEVEN)

    rows = {row.subscriber_id: row for row in Delivery.objects.exclude(state=State.SKIPPED)}
    assert {pk: len(row.picks) for pk, row in rows.items()} == lengths
    [skipped] = Delivery.objects.filter(state=State.SKIPPED)
    assert (skipped.packed_picks, skipped.lane, skipped.error) == (
        b"",
        "microsoft",
        opening.NO_PAPERS,
    )


def test_phrases_of_readers_are_looked_up(make_due, make_paper):
    make_paper("Cold fusion")
    make_paper("Cold diffusion", authors=["Ada Example"])
    make_paper("On agents", topics=["agents"])
    wish(make_due(), keywords=["fusion"], excluded=["agents"], authors=["ada example"])
    assert sent_titles() == ["Cold diffusion", "Cold fusion"]


def test_phrases_that_come_with_a_later_block_are_looked_up_too(make_due, make_paper, monkeypatch):
    monkeypatch.setattr(issues, "READERS_AT_ONCE", 1)
    for word in ("fusion", "fission"):
        make_paper(f"Cold {word}")
        wish(make_due(topics=[]), keywords=[word], excluded=[], authors=[])
    issues.open_due(at=SEVEN)
    assert sorted(titles(row)[0] for row in Delivery.objects.all()) == [
        "Cold fission",
        "Cold fusion",
    ]


def test_a_muted_topic_and_the_trend_share_of_a_reader_count(make_due, make_paper, make_topic):
    make_paper("Muted", topics=["agents", "vision"])
    make_paper("Hot", trend_score=0.9).assignments.create(topic=make_topic("agents"), strength=0.5)
    make_paper("Near", topics=["agents"], trend_score=0.1)
    reader = make_due(topics=["agents"], trend_share=1)
    reader.interests.create(topic=make_topic("vision"), weight=0)
    assert sent_titles() == ["Hot", "Near"]


def test_a_taste_counts(make_due, make_paper):
    liked, _ = (
        make_paper(title, vector=vectors.pack(vectors.vector(title, "")))
        for title in ("Legged robots walk on ice", "Proofs of theorems")
    )
    opinions.say(make_due(topics=[]), liked, Feedback.Kind.MORE, at=SEVEN)
    assert sent_titles() == [liked.title]


def test_the_nearest_of_the_papers_that_a_reader_liked_is_the_reason(make_due, make_paper):
    def paper(title, **fields):
        return make_paper(title, vector=vectors.pack(vectors.vector(title, "")), **fields)

    old = {"listed_on": TUESDAY - timedelta(days=90), "first_seen_at": SEVEN - timedelta(days=90)}
    robots, proofs, disliked = (
        paper(title, **old)
        for title in ("Legged robots walk", "Proofs of theorems", "Protein folding")
    )
    readers = [make_due(topics=[]) for _ in range(3)]
    for reader, liked in zip(readers, ([robots, proofs], [proofs], []), strict=True):
        for one in liked:
            opinions.say(reader, one, Feedback.Kind.MORE, at=SEVEN)
        opinions.say(reader, disliked, Feedback.Kind.LESS, at=SEVEN)
    walking, proving = paper("Humanoid robots walk"), paper("Proving theorems with proofs")
    issues.open_due(at=SEVEN)
    referred = {
        (delivery.subscriber_id, pick.paper_id): pick.reference
        for delivery in Delivery.objects.all()
        for pick in delivery.picks
    }
    assert referred[readers[0].pk, walking.pk] == robots.pk
    assert referred[readers[1].pk, proving.pk] == proofs.pk
    assert not any(reader == readers[2].pk for reader, _ in referred)


def test_what_is_like_that_of_which_a_reader_wants_fewer_stays_out(make_due, make_paper):
    robots, proofs = (
        make_paper(title, topics=["agents"], vector=vectors.pack(vectors.vector(title, "")))
        for title in ("Legged robots walk on ice", "Proofs of theorems")
    )
    opinions.say(make_due(topics=["agents"]), robots, Feedback.Kind.LESS, at=SEVEN)
    assert sent_titles() == [proofs.title]


@pytest.mark.parametrize("is_on", [False, True])
def test_the_hottest_paper_of_other_topics_comes_last_if_the_operator_wants_it(
    make_due, make_paper, make_topic, settings, is_on
):
    settings.OUTSIDE_PICK = is_on
    make_paper("Mine", topics=["agents"], trend_score=0.1)
    make_paper("Hot", topics=["vision"], trend_score=0.9)
    make_paper("Cool", topics=["vision"], trend_score=0.2)
    make_due(topics=["agents"])
    expected = ["Mine", "Hot"] if is_on else ["Mine"]
    assert sent_titles() == expected
    wanted = Reader(0, {make_topic("agents").pk: 1.0}, 7)
    assert titles(issues.draft(Subscriber(), wanted, at=SEVEN)) == expected


def test_a_taste_of_an_older_version_breaks_nothing(make_due, make_paper):
    make_paper("Robots", topics=["agents"], vector=bytes(128))
    old = {"vector": b"\x01" * likeness.SIZE, "aversion": bytes(128)}
    Taste.objects.create(subscriber=make_due(topics=["agents"]), **old)
    assert sent_titles() == ["Robots"]


def test_others_are_woken_once_when_there_is_more_than_one_block(make_due, monkeypatch):
    monkeypatch.setattr(issues, "READERS_AT_ONCE", 2)
    calls = []
    for _ in range(5):
        make_due()
    assert issues.open_due(at=SEVEN, wake=lambda: calls.append(1)) == 5
    assert issues.open_due(at=SEVEN, wake=lambda: calls.append(1)) == 0
    assert calls == [1]


def test_a_draft_looks_up_the_phrases_of_its_wishes(make_subscriber, make_paper):
    make_paper("Cold fusion")
    phrase = Phrase.objects.create(kind="keyword", text="fusion")
    wanted = issues.Reader(0, {}, 7, phrases={phrase.pk})
    assert titles(issues.draft(make_subscriber(), wanted, at=SEVEN)) == ["Cold fusion"]
    assert not Wish.objects.exists()
