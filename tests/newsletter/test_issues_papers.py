"""Which papers a delivery has."""

from __future__ import annotations

from datetime import date

import pytest

from newsletter import candidates, compose, issues
from newsletter.models import Delivery, Issue
from newsletter.picks import Why
from subscriptions.ledger import MAY_ARRIVE
from subscriptions.models import Interest, Subscriber
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


@pytest.mark.parametrize("is_on", [False, True])
def test_a_paper_that_rises_again_comes_once_more_and_says_so(
    make_due, make_paper, settings, is_on
):
    """A list names it anew after forty days, and again after forty more."""
    settings.RISING_AGAIN = is_on
    reader = make_due()
    paper = make_paper("Evergreen", topics=["agents"], trend_score=0.9)
    assert sent_titles() == ["Evergreen"]
    deliver(Delivery.objects.latest("pk"), State.ACCEPTED)

    for round_ in (1, 2):
        paper.list_on(date(2026, 3, 16) + 40 * round_ * DAY)
        paper.save()
        for day in (1, 2):  # of the second there is nothing left
            Subscriber.objects.update(next_digest_at=SEVEN + (40 * round_ + day) * DAY)
            found = sent_titles(at=SEVEN + (40 * round_ + day) * DAY)
            assert found == ["Evergreen"] * (is_on and day == 1)
            if found:
                delivery = Delivery.objects.latest("pk")
                said = compose.compose_all([delivery])(delivery).message()
                assert "Why: it is rising again; you follow Agents" in said.body
                assert "it is rising again" in compose.html_of(said)
                deliver(delivery, State.ACCEPTED)
    assert reader.deliveries.filter(state=State.ACCEPTED).count() == (3 if is_on else 1)


@pytest.mark.parametrize(
    ("trend", "listed_after", "comes"), [(0.69, 40, False), (0.9, 29, False), (0.7, 30, True)]
)
def test_what_rises_again_is_high_up_on_a_list_of_a_month_later(
    make_due, make_paper, settings, trend, listed_after, comes
):
    settings.RISING_AGAIN = True
    make_due()
    paper = make_paper("Evergreen", topics=["agents"], trend_score=0.5)
    sent_titles()
    deliver(Delivery.objects.latest("pk"), State.ACCEPTED)

    paper.trend_score = trend
    paper.list_on(date(2026, 3, 16) + listed_after * DAY)
    paper.save()
    at = SEVEN + (listed_after + 1) * DAY
    Subscriber.objects.update(next_digest_at=at)
    assert sent_titles(at=at) == ["Evergreen"] * comes


def test_weak_assignments_and_inactive_topics_do_not_count(make_due, make_paper, make_topic):
    reader = make_due(topics=["agents", "vision"])
    for title, strength in [("Weak", 0.19), ("Just", 0.2)]:
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


def test_a_long_issue_compares_lists_by_the_votes_to_be_expected(make_due, make_paper):
    best_of_a_quiet_day = {"trend_score": 0.9, "expected_votes": 10, "listed_on": TUESDAY - 2 * DAY}
    make_paper("Quiet", topics=["agents"], **best_of_a_quiet_day)
    make_paper("Busy", topics=["agents"], trend_score=0.5, expected_votes=90)
    weekly = make_due(cadence="weekly")
    assert titles(issues.open_today(weekly, at=SEVEN)) == ["Busy", "Quiet"]
    daily = make_due(cadence="daily")
    assert titles(issues.open_today(daily, at=SEVEN)) == ["Quiet", "Busy"]


def test_candidates_of_a_long_issue_come_with_most_expected_votes_first(make_paper):
    papers = [make_paper(expected_votes=votes, trend_score=1 - votes / 100) for votes in (5, 30, 9)]
    pool = candidates.load("monthly", TUESDAY, at=SEVEN)
    assert pool.paper_ids.tolist() == [papers[n].pk for n in (1, 2, 0)]
    assert pool.trends.tolist() == sorted(pool.trends.tolist(), reverse=True)


@pytest.mark.parametrize(
    ("cadence", "expected"), [("weekly", ["Settled"]), ("daily", ["Young", "Settled"])]
)
def test_a_list_younger_than_a_day_waits_for_the_next_long_issue(
    make_due, make_paper, cadence, expected
):
    make_paper("Settled", topics=["agents"], trend_score=0.1)
    make_paper("Young", topics=["agents"], trend_score=0.9, listed_on=TUESDAY)
    reader = make_due(cadence=cadence)
    assert titles(issues.open_today(reader, at=SEVEN)) == expected


@pytest.mark.parametrize("listed_on", [None, TUESDAY - 5 * DAY])
def test_without_lists_new_papers_are_sent_and_the_mail_says_so(make_due, make_paper, listed_on):
    """The match decides: there are no votes."""
    if listed_on:
        make_paper("Of the last list", listed_on=listed_on)
    make_paper("Near", topics=["agents"], listed_on=None, first_seen_at=SEVEN - DAY)
    make_paper("Old", topics=["agents"], listed_on=None, first_seen_at=SEVEN - 4 * DAY)
    delivery = issues.open_today(make_due(), at=SEVEN)
    assert titles(delivery) == ["Near"]
    assert delivery.picks[0].score == pytest.approx(0.6, abs=1e-3)
    assert delivery.issue.introduction == candidates.NO_LIST
    assert "no votes today" in " ".join(compose.page(delivery).split())


def test_over_a_long_weekend_lists_are_not_missed(make_due, make_paper):
    make_paper("Of Friday", topics=["agents"], listed_on=TUESDAY - 4 * DAY)
    make_paper("On no list", topics=["agents"], listed_on=None, first_seen_at=SEVEN - DAY)
    delivery = issues.open_today(make_due(), at=SEVEN)
    assert titles(delivery) == ["Of Friday"]
    assert delivery.issue.introduction == ""


@pytest.mark.parametrize(("days", "votes", "is_said"), [(5, 9, True), (4, 9, False), (5, 0, False)])
def test_when_only_announcements_come_the_mail_says_that_votes_are_missing(
    make_due, make_paper, days, votes, is_said
):
    make_paper("Voted for", listed_on=TUESDAY - days * DAY, votes=votes)
    make_paper("Announced", topics=["agents"], listed_on=TUESDAY, votes=0)
    delivery = issues.open_today(make_due(), at=SEVEN)
    assert "Announced" in titles(delivery)
    assert delivery.issue.introduction == (candidates.NO_LIST if is_said else "")


def test_an_introduction_that_an_editor_wrote_stays(make_due, make_issue, make_paper):
    make_issue(on=TUESDAY)
    Issue.objects.update(introduction="Hello.")
    make_paper("New", topics=["agents"], listed_on=None, first_seen_at=SEVEN - DAY)
    assert issues.open_today(make_due(), at=SEVEN).issue.introduction == "Hello."
