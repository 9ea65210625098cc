"""Which papers a delivery has."""

from __future__ import annotations

from datetime import date

import pytest

from newsletter import issues
from newsletter.models import Delivery
from newsletter.picks import Why
from subscriptions.ledger import MAY_ARRIVE
from subscriptions.models import Interest
from subscriptions.verdicts import State
from tests.newsletter.issue_steps import DAY, SEVEN, TUESDAY, WEDNESDAY, sent_titles, titles


def deliver(delivery, state) -> None:
    """What the sender does with it."""
    Delivery.objects.filter(pk=delivery.pk).update(state=state)
    if state == State.ACCEPTED:
        Delivery.objects.note_accepted([delivery.pk])


@pytest.mark.parametrize("state", State)
def test_a_paper_that_may_have_arrived_is_not_sent_again(
    make_due, make_delivery, make_paper, state
):
    reader, paper = make_due(), make_paper("Yesterday's", topics=["agents"])
    deliver(make_delivery([paper], reader=reader, on=TUESDAY - DAY), state)

    expected = [] if state in MAY_ARRIVE else ["Yesterday's"]
    assert sent_titles() == expected


def test_what_others_were_sent_does_not_matter(make_due, make_delivery, make_paper):
    paper = make_paper("For both", topics=["agents"])
    deliver(make_delivery([paper], on=TUESDAY - DAY), State.ACCEPTED)
    make_due()
    assert sent_titles() == ["For both"]


def test_a_paper_sent_long_ago_is_still_remembered(make_due, make_delivery, make_paper):
    reader = make_due()
    paper = make_paper("Came back", topics=["agents"], first_seen_at=SEVEN - 300 * DAY)
    deliver(make_delivery([paper], reader=reader, on=date(2025, 6, 1)), State.ACCEPTED)
    Delivery.objects.all().delete()  # the history does without
    assert sent_titles() == []


def test_weak_assignments_and_inactive_topics_do_not_count(make_due, make_paper, make_topic):
    reader = make_due(topics=["agents", "vision"])
    for title, strength in [("Weak", 0.49), ("Just", 0.5)]:
        make_paper(title).assignments.create(topic=make_topic("agents"), strength=strength)
    make_paper("Inactive", topics=["vision"])
    reader.topics.filter(slug="vision").update(is_active=False)
    assert sent_titles() == ["Just"]


@pytest.mark.parametrize(
    ("cadence", "days"),
    [("daily", 3), ("weekdays", 3), ("weekly", 7), ("monthly", 31)],
)
def test_only_the_newest_lists_are_used(make_due, make_paper, cadence, days):
    for age in range(33):
        listed_on = date(2026, 3, 16) - age * DAY
        make_paper(str(age), topics=["agents"], listed_on=listed_on, trend_score=0.9 - age / 100)
    make_paper("Of tomorrow", topics=["agents"], listed_on=WEDNESDAY)
    reader = make_due(cadence=cadence, length=33)
    assert titles(issues.open_today(reader, at=SEVEN)) == [str(age) for age in range(days)]


def test_a_list_that_nobody_renewed_for_two_weeks_is_stale(make_due, make_paper):
    long_ago = {"listed_on": date(2026, 3, 2), "first_seen_at": SEVEN - 15 * DAY}
    make_paper("Stale", topics=["agents"], **long_ago)
    make_due()
    assert sent_titles() == []


def test_an_old_list_that_arrived_now_is_used(make_due, make_paper):
    make_paper("Of a saved page", topics=["agents"], listed_on=date(2025, 1, 10))
    make_due()
    assert sent_titles() == ["Of a saved page"]


def test_a_paper_added_to_its_list_later_is_sent_the_next_day(make_due, make_paper):
    make_paper("In time", topics=["agents"])
    make_due()
    assert sent_titles() == ["In time"]
    make_paper("Later", topics=["agents"], listed_on=date(2026, 3, 15))
    assert sent_titles(at=SEVEN + DAY) == ["Later"]


def test_what_had_no_room_comes_the_next_day_and_nothing_is_added_to_fill_it(make_due, make_paper):
    for number in range(3):
        make_paper(f"Paper {number}", topics=["agents"], trend_score=0.9 - number / 10)
    make_paper("Of another topic", topics=["vision"], trend_score=1)
    make_due(length=2)
    assert sent_titles() == ["Paper 0", "Paper 1"]
    assert sent_titles(at=SEVEN + DAY) == ["Paper 2"]
    assert sent_titles(at=SEVEN + 2 * DAY) == []


def test_hotter_papers_come_first_and_reasons_are_kept(make_due, make_paper, make_topic):
    make_paper("Cool", topics=["agents"], trend_score=0.1)
    hot = make_paper("Hot", topics=["agents", "vision"], trend_score=0.9)
    make_due()
    assert sent_titles() == ["Hot", "Cool"]
    first = Delivery.objects.get().picks[0]
    assert (first.paper_id, first.why, first.reference) == (
        hot.pk,
        Why.TOPIC,
        make_topic("agents").pk,
    )
    assert first.score == pytest.approx(0.96, abs=1e-3)


def test_weights_of_the_reader_are_used(make_due, make_paper):
    make_paper("Hot", topics=["agents"], trend_score=0.9)
    make_paper("Dear", topics=["vision"], trend_score=0.1)
    make_due(topics=["agents", "vision"])
    Interest.objects.filter(topic__slug="vision").update(weight=2)
    assert sent_titles() == ["Dear", "Hot"]
