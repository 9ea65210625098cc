"""A database that is older than reality sends nothing before a person has decided."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter.demo.processes import free_port
from papers import broker
from subscriptions import heartbeats, marks, restore
from subscriptions.models import Heartbeat, Installation, Letter
from subscriptions.restore import Decision
from subscriptions.verdicts import UNFINISHED, State
from tests.conftest import MOMENT

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.JOURNAL_DIR = str(tmp_path)
    yield tmp_path
    broker.ask(lambda redis: redis.delete(marks.KEY))


def work(times: int = 5) -> None:
    assert all(restore.may_send(name) for name in ("tick", "sweep", "pump") for _ in range(times))


def go_back() -> None:
    """Make the count what it was in a backup of some minutes ago."""
    Heartbeat.objects.filter(name="tick").update(count=2)


@pytest.mark.parametrize(
    ("total", "mark", "older"), [(0, 0, False), (5, 0, False), (5, 5, False), (4, 5, True)]
)
def test_a_database_is_older_if_it_counts_less_than_once(total, mark, older):
    assert restore.is_older(total, mark=mark) is older


def test_a_healthy_database_may_send_and_says_how_far_it_came():
    work()
    assert heartbeats.total() == marks.highest(restore.installation().identity) == 15
    assert not restore.is_frozen()


def test_nothing_is_sent_from_a_restored_database(caplog):
    work()
    go_back()
    assert not restore.may_send("pump")
    assert restore.is_frozen()
    assert "confirm_restore" in caplog.text


def test_a_person_who_comes_before_any_worker_is_stopped_as_well():
    work()
    before = heartbeats.total()
    assert restore.may_send_by_hand()
    assert heartbeats.total() == before
    Heartbeat.objects.update(count=1)
    assert not restore.may_send_by_hand()
    assert restore.is_frozen()


def test_it_stays_frozen_although_it_counts_on():
    work()
    go_back()
    assert not any(restore.may_send("tick") for _ in range(20))
    assert Installation.objects.get().reason == "the database counts 12 beats and once counted 15"


@pytest.mark.parametrize("lost", ["file", "redis"])
def test_one_of_the_two_marks_is_enough(lost, folder, settings):
    work()
    go_back()
    if lost == "file":
        [file] = folder.iterdir()
        file.unlink()
    else:
        settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    assert not restore.may_send("tick")


def test_a_new_database_beside_old_marks_is_not_taken_for_a_restored_one():
    work()
    Installation.objects.all().delete()
    Heartbeat.objects.all().delete()
    assert restore.may_send("tick")


@pytest.mark.parametrize("decision", Decision)
def test_after_the_decision_work_goes_on(decision):
    work()
    go_back()
    assert not restore.may_send("tick")
    assert restore.confirm(decision, [Letter.objects.all()], at=MOMENT).was_frozen
    work()
    assert not restore.is_frozen()


def test_parking_leaves_everything_unfinished_to_a_person(make_letter):
    letters = {state: make_letter(state=state) for state in State}
    outcome = restore.confirm(Decision.PARK, [Letter.objects.all()], at=MOMENT)
    assert outcome.parked == len(UNFINISHED)
    for state, letter in letters.items():
        letter.refresh_from_db()
        assert letter.state == (State.PARKED if state in UNFINISHED else state)


def test_resending_leaves_the_rows_as_they_are(make_letter, make_subscriber):
    make_letter(state=State.PENDING)
    reader = make_subscriber(next_digest_at=MOMENT)
    outcome = restore.confirm(Decision.RESEND, [Letter.objects.all()], at=MOMENT)
    assert (outcome.parked, outcome.planned) == (0, 0)
    reader.refresh_from_db()
    assert reader.next_digest_at == MOMENT
    assert Letter.objects.get().state == State.PENDING


def test_who_is_due_waits_for_the_next_digest_by_his_own_wishes(make_subscriber):
    past, later = MOMENT - 2 * DAY, MOMENT + DAY
    daily = make_subscriber(next_digest_at=past, hour=9, time_zone="Asia/Tokyo")
    weekly = make_subscriber(next_digest_at=past, cadence="weekly", weekday=3)
    waiting = make_subscriber(next_digest_at=later)
    assert restore.plan_anew(at=MOMENT) == 2
    for reader in (daily, weekly, waiting):
        reader.refresh_from_db()
    assert daily.next_digest_at.isoformat() == "2026-03-18T00:00:00+00:00"
    assert weekly.next_digest_at.isoformat() == "2026-03-19T07:00:00+00:00"
    assert waiting.next_digest_at == later


def test_planning_costs_one_update_for_each_schedule(make_subscriber, django_assert_num_queries):
    for number in range(12):
        make_subscriber(next_digest_at=MOMENT, hour=number % 3)
    with django_assert_num_queries(4):
        assert restore.plan_anew(at=MOMENT) == 12
