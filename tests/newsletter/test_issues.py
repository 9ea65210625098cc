"""Who gets a delivery, and of which issue."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest
from billiard.exceptions import SoftTimeLimitExceeded
from django.core import mail
from django.db import DatabaseError

from newsletter import issues, opening
from newsletter.matching.readers import Reader
from newsletter.models import Delivery, Issue
from subscriptions.models import Subscriber
from subscriptions.verdicts import State
from tests.conftest import MOMENT
from tests.newsletter.issue_steps import DAY, HOUR, SEVEN, TUESDAY, WEDNESDAY, titles


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


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

    issue = Issue.objects.get()
    assert (issue.on, issue.missed_count, issue.expected_count) == (TUESDAY, 1, 0)
    assert not Delivery.objects.exists()
    assert "missed" in caplog.text
    assert "1 readers" in caplog.text
    reader.refresh_from_db()
    assert reader.next_digest_at == SEVEN + DAY


def test_readers_who_miss_the_same_issue_are_counted_together(make_due, make_paper):
    make_due(next_digest_at=SEVEN - DAY)
    make_due(hour=6, next_digest_at=SEVEN - HOUR)
    make_due(cadence="weekly", weekday=TUESDAY.weekday())
    issues.open_due(at=SEVEN + 12 * HOUR + timedelta(seconds=1))
    counts = {issue.cadence: issue.missed_count for issue in Issue.objects.all()}
    assert counts == {"daily": 2, "weekly": 0}


@pytest.mark.parametrize(
    ("hours", "late", "is_sent"),
    [(12, 72 * HOUR, True), (12, 73 * HOUR, False), (80, 80 * HOUR, True), (80, 81 * HOUR, False)],
)
def test_a_weekly_digest_is_made_up_for_three_days_at_least(
    make_due, make_paper, settings, hours, late, is_sent
):
    settings.CATCH_UP_HOURS = hours
    make_paper(topics=["agents"])
    make_due(cadence="weekly", weekday=TUESDAY.weekday())
    assert issues.open_due(at=SEVEN + late) == is_sent


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


# --- when one schedule cannot be opened -----------------------------------------------


@pytest.fixture
def opening_raises(monkeypatch):
    """Make opening raise `error` for readers in that time zone, when all is written."""

    def fail(error: BaseException, *, time_zone: str) -> None:
        write = opening.write

        def write_and_fail(edition, readers, *, at):
            written = write(edition, readers, at=at)
            if any(schedule.time_zone == time_zone for schedule, _ in readers.ids_by_schedule()):
                raise error
            return written

        monkeypatch.setattr(opening, "write", write_and_fail)

    return fail


@pytest.mark.parametrize("error", [KeyError("topic"), DatabaseError("too long")])
def test_a_schedule_that_cannot_be_opened_costs_the_others_nothing(
    make_due, make_paper, opening_raises, monkeypatch, caplog, error
):
    monkeypatch.setattr(issues, "READERS_AT_ONCE", 2)
    make_paper(topics=["agents"])
    bad = [make_due(time_zone="Africa/Accra") for _ in range(3)]
    good = [make_due() for _ in range(3)]
    opening_raises(error, time_zone="Africa/Accra")

    assert issues.open_due(at=SEVEN) == 3
    assert {reader.deliveries.count() for reader in good} == {1}
    assert list(Subscriber.objects.due(at=SEVEN)) == bad  # tried again by the next tick
    assert Issue.objects.get().imbalance() == 0
    assert "time_zone='Africa/Accra'" in caplog.text


def test_when_its_time_is_over_a_worker_stops(make_due, opening_raises):
    make_due()
    opening_raises(SoftTimeLimitExceeded(), time_zone="UTC")
    with pytest.raises(SoftTimeLimitExceeded):
        issues.open_due(at=SEVEN)


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


def test_a_weekly_reader_gets_a_weekly_issue_today(make_due, make_paper):
    make_paper(topics=["agents"])
    reader = make_due(cadence="weekly", time_zone="Pacific/Auckland")
    delivery = issues.open_today(reader, at=MOMENT)
    assert (delivery.issue.cadence, delivery.issue.on) == ("weekly", WEDNESDAY)


def test_a_draft_writes_nothing(make_subscriber, make_paper, make_topic):
    make_paper("The one", topics=["agents"])
    wishes = Reader(0, {make_topic("agents").pk: 1.0}, 7)
    delivery = issues.draft(Subscriber(cadence="weekly"), wishes, at=MOMENT)

    assert titles(delivery) == ["The one"]
    assert (delivery.issue.cadence, delivery.issue.on) == ("weekly", TUESDAY)
    assert not Issue.objects.exists()
    assert not Delivery.objects.exists()
