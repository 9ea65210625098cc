"""Who gets a delivery, of which issue, and with which papers."""

from __future__ import annotations

import logging
import time
from datetime import UTC, date, datetime, timedelta
from functools import partial
from threading import Barrier, Thread

import pytest
from django.core import mail
from django.db import connection

from newsletter import issues
from newsletter.matching import Reader
from newsletter.models import Delivery, Issue
from papers.models import Paper
from subscriptions.ledger import MAY_ARRIVE, State
from subscriptions.models import Interest, Subscriber
from tests.conftest import MOMENT

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TUESDAY, WEDNESDAY = date(2026, 3, 17), date(2026, 3, 18)
SEVEN = datetime(2026, 3, 17, 7, tzinfo=UTC)  # when the readers below are due


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


@pytest.fixture
def make_due(make_subscriber):
    """A daily reader of "agents" in UTC, due since seven o'clock."""

    def make(**fields) -> Subscriber:
        return make_subscriber(**{"topics": ["agents"], "next_digest_at": SEVEN, **fields})

    return make


def titles(delivery: Delivery) -> list[str]:
    return [Paper.objects.get(pk=paper_id).title for paper_id in delivery.paper_ids]


def sent_titles(at: datetime = SEVEN) -> list[str]:
    """What the only reader gets at that moment."""
    issues.open_due(at=at)
    return titles(Delivery.objects.latest("pk"))


# --- who is due, and for which date ---------------------------------------------------


@pytest.mark.parametrize(
    ("time_zone", "due", "on"),
    [
        ("Pacific/Auckland", utc(17, 18), WEDNESDAY),
        ("Pacific/Honolulu", utc(17, 17), TUESDAY),
        ("Asia/Kolkata", utc(17, 1, 30), TUESDAY),
    ],
)
@pytest.mark.parametrize("cadence", ["daily", "weekly"])
def test_an_issue_has_the_readers_own_date(make_due, make_paper, time_zone, due, on, cadence):
    make_paper("The one", topics=["agents"])
    schedule = {"cadence": cadence, "weekday": on.weekday(), "time_zone": time_zone}
    reader = make_due(next_digest_at=due, **schedule)

    assert issues.open_due(at=due - HOUR) == 0
    assert issues.open_due(at=due + HOUR / 2) == 1
    delivery = reader.deliveries.get()
    assert (delivery.issue.on, delivery.issue.cadence) == (on, cadence)
    assert titles(delivery) == ["The one"]
    reader.refresh_from_db()
    assert reader.next_digest_at == due + (7 if cadence == "weekly" else 1) * DAY


def test_running_again_writes_nothing_new(make_due, make_paper):
    make_paper(topics=["agents"])
    make_due()
    assert issues.open_due(at=SEVEN) == 1
    assert issues.open_due(at=SEVEN) == 0
    Subscriber.objects.update(next_digest_at=SEVEN)  # as if the plan had been lost
    assert issues.open_due(at=SEVEN) == 0

    assert Delivery.objects.count() == 1
    assert Issue.objects.get().expected_count == 1


def test_many_readers_are_taken_in_several_goes(make_due, make_paper, monkeypatch):
    monkeypatch.setattr(issues, "READERS_AT_ONCE", 2)
    make_paper(topics=["agents"])
    readers = [make_due() for _ in range(5)]
    assert issues.open_due(at=SEVEN) == 5

    issue = Issue.objects.get()
    assert set(issue.deliveries.values_list("subscriber", flat=True)) == {r.pk for r in readers}
    assert (issue.expected_count, issue.imbalance()) == (5, 0)


def test_a_reader_who_comes_later_joins_the_issue(make_due, make_paper):
    make_paper(topics=["agents"])
    make_due()
    issues.open_due(at=SEVEN)
    make_due(hour=9, next_digest_at=SEVEN + 2 * HOUR)
    issues.open_due(at=SEVEN + 2 * HOUR)

    issue = Issue.objects.get()
    assert (issue.opened_at, issue.expected_count, issue.imbalance()) == (SEVEN, 2, 0)


@pytest.mark.parametrize("late", [timedelta(0), 12 * HOUR])
def test_a_late_start_still_sends_todays_digest(make_due, make_paper, late):
    make_paper(topics=["agents"])
    reader = make_due()
    assert issues.open_due(at=SEVEN + late) == 1
    reader.refresh_from_db()
    assert reader.next_digest_at == SEVEN + DAY


def test_a_digest_that_is_too_late_is_missed_and_planned_anew(make_due, make_paper, caplog):
    make_paper(topics=["agents"])
    reader = make_due()
    with caplog.at_level(logging.WARNING):
        assert issues.open_due(at=SEVEN + 12 * HOUR + timedelta(seconds=1)) == 0

    assert not Issue.objects.exists()
    assert "missed" in caplog.text
    assert "1 readers" in caplog.text
    reader.refresh_from_db()
    assert reader.next_digest_at == SEVEN + DAY


def test_after_days_of_silence_only_the_newest_digest_is_sent(make_due, make_paper):
    make_paper(topics=["agents"])
    make_due(next_digest_at=SEVEN - 5 * DAY)
    assert issues.open_due(at=SEVEN + HOUR) == 1
    assert Issue.objects.get().on == TUESDAY


@pytest.mark.parametrize(
    "change",
    [{"hour": 9}, {"time_zone": "Europe/London"}, {"time_zone": "Pacific/Honolulu", "hour": 1}],
)
def test_changing_hour_or_zone_brings_no_second_digest_of_a_date(make_due, make_paper, change):
    for number in range(3):
        make_paper(f"Number {number}", topics=["agents"])
    reader = make_due(length=1)
    issues.open_due(at=SEVEN)
    Subscriber.objects.update(next_digest_at=SEVEN + 4 * HOUR, **change)

    assert issues.open_due(at=SEVEN + 5 * HOUR) == 0
    assert reader.deliveries.count() == 1
    reader.refresh_from_db()
    assert reader.next_digest_at > SEVEN + 5 * HOUR


@pytest.mark.parametrize("state", [s for s in Subscriber.State if s != "confirmed"])
def test_only_confirmed_readers_are_due(make_due, make_paper, state):
    make_paper(topics=["agents"])
    make_due(state=state)
    assert issues.open_due(at=SEVEN) == 0
    assert not Delivery.objects.exists()


def test_a_reader_who_leaves_meanwhile_is_not_planned_again(make_due, make_paper, monkeypatch):
    make_paper(topics=["agents"])
    reader = make_due()
    due = list(Subscriber.objects.due(at=SEVEN))
    Subscriber.objects.get().unsubscribe(at=SEVEN)
    answers = iter([due, []])
    monkeypatch.setattr(type(Subscriber.objects.all()), "due", lambda *_, at: next(answers))

    issues.open_due(at=SEVEN)
    reader.refresh_from_db()
    assert reader.next_digest_at is None


@pytest.mark.parametrize("topics", [[], ["vision"]])
def test_with_nothing_to_send_the_delivery_is_skipped_and_says_why(make_due, make_paper, topics):
    make_paper(topics=["agents"])
    make_due(topics=topics)
    assert issues.open_due(at=SEVEN) == 1

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.picks) == (State.SKIPPED, [])
    assert "no new papers" in delivery.error
    assert Issue.objects.get().imbalance() == 0
    assert mail.outbox == []


# --- which papers ---------------------------------------------------------------------


@pytest.mark.parametrize("state", State)
def test_a_paper_that_may_have_arrived_is_not_sent_again(
    make_due, make_delivery, make_paper, state
):
    reader, paper = make_due(), make_paper("Yesterday's", topics=["agents"])
    make_delivery([paper], reader=reader, on=TUESDAY - DAY, state=state)

    expected = [] if state in MAY_ARRIVE else ["Yesterday's"]
    assert sent_titles() == expected


def test_what_others_were_sent_does_not_matter(make_due, make_delivery, make_paper):
    paper = make_paper("For both", topics=["agents"])
    make_delivery([paper], on=TUESDAY - DAY, state=State.ACCEPTED)
    make_due()
    assert sent_titles() == ["For both"]


def test_a_paper_sent_long_ago_is_still_remembered(make_due, make_delivery, make_paper):
    reader = make_due()
    paper = make_paper("Came back", topics=["agents"], first_seen_at=SEVEN - 300 * DAY)
    make_delivery([paper], reader=reader, on=date(2025, 6, 1), state=State.ACCEPTED)
    Delivery.objects.update(created_at=SEVEN - 299 * DAY)
    assert sent_titles() == []


def test_deliveries_from_before_the_papers_came_are_not_even_read(
    make_due, make_delivery, make_paper
):
    reader = make_due()
    make_delivery(reader=reader, on=date(2026, 1, 1), state=State.ACCEPTED)
    Delivery.objects.update(created_at=SEVEN - 9 * DAY, picks="this would break the loop")
    make_paper("New", topics=["agents"], trend_score=0.9, first_seen_at=SEVEN)
    Paper.objects.exclude(title="New").delete()
    assert sent_titles() == ["New"]


def test_weak_assignments_and_inactive_topics_do_not_count(make_due, make_paper, make_topic):
    reader = make_due(topics=["agents", "vision"])
    for title, strength in [("Weak", 0.49), ("Just", 0.5)]:
        make_paper(title).assignments.create(topic=make_topic("agents"), strength=strength)
    make_paper("Inactive", topics=["vision"])
    reader.topics.filter(slug="vision").update(is_active=False)
    assert sent_titles() == ["Just"]


@pytest.mark.parametrize(
    ("cadence", "days"),
    [("daily", 3), ("weekly", 7)],
)
def test_only_the_newest_lists_are_used(make_due, make_paper, cadence, days):
    for age in range(9):
        listed_on = date(2026, 3, 16) - age * DAY
        make_paper(str(age), topics=["agents"], listed_on=listed_on, trend_score=0.9 - age / 10)
    make_paper("Of tomorrow", topics=["agents"], listed_on=WEDNESDAY)
    make_due(cadence=cadence, weekday=1, length=30)
    assert sent_titles() == [str(age) for age in range(days)]


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


def test_hotter_papers_come_first_and_reasons_are_kept(make_due, make_paper, make_topic):
    make_paper("Cool", topics=["agents"], trend_score=0.1)
    hot = make_paper("Hot", topics=["agents", "vision"], trend_score=0.9)
    make_due()
    assert sent_titles() == ["Hot", "Cool"]
    first = Delivery.objects.get().picks[0]
    assert first == {"paper": hot.pk, "score": 0.96, "topics": [make_topic("agents").pk]}


def test_weights_of_the_reader_are_used(make_due, make_paper):
    make_paper("Hot", topics=["agents"], trend_score=0.9)
    make_paper("Dear", topics=["vision"], trend_score=0.1)
    make_due(topics=["agents", "vision"])
    Interest.objects.filter(topic__slug="vision").update(weight=2)
    assert sent_titles() == ["Dear", "Hot"]


# --- cost, and more than one worker ---------------------------------------------------


@pytest.mark.parametrize(("readers", "papers"), [(2, 2), (40, 2), (2, 40)])
def test_queries_do_not_grow_with_readers_or_papers(
    make_due, make_paper, django_assert_max_num_queries, readers, papers
):
    for _ in range(papers):
        make_paper(topics=["agents"])
    for _ in range(readers):
        make_due()
    with django_assert_max_num_queries(19):
        assert issues.open_due(at=SEVEN) == readers


@pytest.fixture
def slow_matching(monkeypatch):
    """Give others time to come in between looking and writing."""
    pick_for_all = issues.pick_for_all

    def slowly(readers, candidates):
        time.sleep(0.2)
        return pick_for_all(readers, candidates)

    monkeypatch.setattr(issues, "pick_for_all", slowly)


def in_threads(works) -> list[object]:
    """Do all of this at once, each with a connection of its own; return the results."""
    results: list[object] = []
    start = Barrier(len(works))

    def run(work) -> None:
        start.wait()
        try:
            results.append(work())
        finally:
            connection.close()

    threads = [Thread(target=run, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return results


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_open", [False, True], ids=["first readers", "further readers"])
def test_workers_that_open_at_once_write_every_delivery_once(
    make_due, make_paper, make_issue, slow_matching, is_open
):
    make_paper(topics=["agents"])
    for cadence in ["daily", "weekly"] if is_open else []:
        make_issue(cadence=cadence)
    for number in range(24):
        make_due(cadence="weekly" if number % 3 else "daily", weekday=1)
    written = in_threads([partial(issues.open_due, at=SEVEN)] * 4)

    assert (len(written), sum(written)) == (4, 24)
    assert Delivery.objects.count() == 24
    assert {issue.expected_count: issue.imbalance() for issue in Issue.objects.all()} == {
        8: 0,
        16: 0,
    }


@pytest.mark.django_db(transaction=True)
def test_a_reader_who_presses_the_button_while_the_issue_opens_gets_one(
    make_due, make_paper, slow_matching
):
    make_paper(topics=["agents"])
    reader = make_due()
    works = [partial(issues.open_due, at=SEVEN), partial(issues.open_today, reader, at=SEVEN)]
    assert len(in_threads(works * 2)) == 4
    assert Delivery.objects.count() == 1
    assert Issue.objects.get().imbalance() == 0


# --- on demand ------------------------------------------------------------------------


def test_today_is_made_once(make_due, make_paper):
    make_paper("The one", topics=["agents"])
    reader = make_due()
    first = issues.open_today(reader, at=MOMENT)
    again = issues.open_today(reader, at=MOMENT + HOUR)

    assert titles(first) == ["The one"]
    assert (first, first.issue.on, first.state) == (again, TUESDAY, State.PENDING)
    assert Issue.objects.get().expected_count == 1


def test_today_is_the_scheduled_digest_if_there_is_one(make_due, make_paper):
    make_paper(topics=["agents"])
    reader = make_due()
    issues.open_due(at=SEVEN)
    assert issues.open_today(reader, at=MOMENT) == Delivery.objects.get()


def test_the_schedule_does_not_repeat_what_was_made_on_demand(make_due, make_paper):
    make_paper(topics=["agents"])
    reader = make_due()
    issues.open_today(reader, at=SEVEN - HOUR)
    assert issues.open_due(at=SEVEN) == 0
    reader.refresh_from_db()
    assert reader.next_digest_at == SEVEN + DAY


def test_a_weekly_reader_gets_a_daily_issue_today(make_due, make_paper):
    make_paper(topics=["agents"])
    reader = make_due(cadence="weekly", time_zone="Pacific/Auckland")
    delivery = issues.open_today(reader, at=MOMENT)
    assert (delivery.issue.cadence, delivery.issue.on) == ("daily", WEDNESDAY)


def test_a_draft_writes_nothing(make_subscriber, make_paper, make_topic):
    make_paper("The one", topics=["agents"])
    wishes = Reader(0, {make_topic("agents").pk: 1.0}, 7)
    delivery = issues.draft(Subscriber(cadence="weekly"), wishes, at=MOMENT)

    assert titles(delivery) == ["The one"]
    assert (delivery.issue.cadence, delivery.issue.on) == ("weekly", TUESDAY)
    assert not Issue.objects.exists()
    assert not Delivery.objects.exists()
