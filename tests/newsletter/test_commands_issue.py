"""Commands that send, stop and watch an issue, and that go on after a restore."""

from __future__ import annotations

from functools import partial

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from newsletter import progress, tasks
from newsletter.models import Delivery, Issue
from papers import broker
from subscriptions import heartbeats, marks, restore
from subscriptions.models import Heartbeat
from tests.newsletter.rows import a_reader, an_issue, deliveries

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rings(monkeypatch):
    rung = []
    monkeypatch.setattr(tasks, "ring_pump", lambda: rung.append(1))
    return rung


@pytest.fixture
def run(capsys):
    def call(*arguments: str) -> list[str]:
        call_command(*arguments)
        return capsys.readouterr().out.splitlines()

    return partial(call, "send_issue")


def test_an_issue_is_looked_at_and_the_workers_are_woken(run, rings):
    deliveries(an_issue(), pending=2, accepted=1)
    assert run("daily-20260317") == [
        "Every day, 17 March 2026: open",
        "1 of 3 (33 %); 2 pending, 1 accepted",
    ]
    assert rings == [1]


@pytest.mark.parametrize(
    ("verb", "before", "after"),
    [
        ("--pause", "open", "paused"),
        ("--resume", "paused", "open"),
        ("--check", "paused", "checking"),
        ("--cancel", "open", "cancelled"),
    ],
)
def test_an_issue_is_steered_once(run, verb, before, after):
    deliveries(an_issue(state=before), pending=1)
    assert f": {after}" in run("daily-20260317", verb)[0]
    assert Issue.objects.get().state == after
    with pytest.raises(CommandError, match=f"it is {after}, so there is nothing to"):
        run("daily-20260317", verb)


def test_a_paused_issue_wakes_nobody_and_says_why_it_is_paused(run, rings):
    an_issue(state="paused", reason="too many bounces")
    assert run("daily-20260317")[0] == "Every day, 17 March 2026: paused (too many bounces)"
    assert rings == []


def test_a_restored_database_wakes_nobody_and_says_so(capsys, rings):
    deliveries(an_issue(), pending=2)
    restore.freeze("a test")
    call_command("send_issue", "daily-20260317")
    said = capsys.readouterr()
    assert "0 of 2" in said.out
    assert "confirm_restore" in said.err
    assert rings == []


def test_after_a_restore_nothing_is_resumed(run):
    an_issue(state="paused")
    restore.freeze("a test")
    with pytest.raises(CommandError, match="confirm_restore"):
        run("daily-20260317", "--resume")
    assert Issue.objects.get().state == "paused"
    assert ": cancelled" in run("daily-20260317", "--cancel")[0]


def test_an_unknown_issue_is_said(run):
    with pytest.raises(CommandError, match="there is no issue daily-20260318"):
        run("daily-20260318")


def test_watching_ends_when_nothing_is_left(run, monkeypatch):
    deliveries(an_issue(), pending=4)
    take = progress.take

    def take_and_send(issue):
        seen = take(issue)
        first = issue.deliveries.filter(state="pending").values_list("pk", flat=True)[:2]
        Delivery.objects.filter(pk__in=list(first)).update(state="accepted", finished_at=now())
        return seen

    monkeypatch.setattr(progress, "take", take_and_send)
    lines = run("daily-20260317", "--watch", "--every", "0.01")
    assert lines[1] == "0 of 4 (0 %); 4 pending"
    assert lines[2].startswith("open: 2 of 4 (50 %), ")
    assert lines[2].endswith(" left; 2 pending, 2 accepted")
    assert lines[3:] == ["open: 4 of 4 (100 %); 4 accepted"]


def test_watching_a_paused_issue_ends_once_nothing_is_in_hand(run):
    deliveries(an_issue(), pending=4)
    assert len(run("daily-20260317", "--pause", "--watch")) == 2


@pytest.fixture
def restored(settings, tmp_path, transactional_db):
    """A database that is some beats older than its marks, with mail that may have gone out."""
    settings.JOURNAL_DIR = str(tmp_path)
    assert all(restore.may_send("tick") for _ in range(9))
    Heartbeat.objects.update(count=3)
    deliveries(an_issue(), pending=2, attempting=1, accepted=1)
    a_reader(next_digest_at=now())
    assert not restore.may_send("pump")
    yield
    broker.ask(lambda redis: redis.delete(marks.KEY))


def test_after_a_restore_everything_unsent_can_be_parked(restored, capsys):
    call_command("confirm_restore", "--park")
    assert capsys.readouterr().out.splitlines() == [
        "3 mails are parked; 1 readers who were due wait for their next digest",
        "sending goes on",
    ]
    assert Delivery.objects.all().counts() == {"parked": 3, "accepted": 1}
    assert restore.may_send("pump")
    assert heartbeats.total() >= 9


def test_after_a_restore_everything_unsent_can_be_sent(restored, capsys):
    call_command("confirm_restore", "--resend")
    assert capsys.readouterr().out == "sending goes on\n"
    assert Delivery.objects.all().counts() == {"pending": 2, "attempting": 1, "accepted": 1}
    assert restore.may_send("pump")


@pytest.mark.parametrize("arguments", [[], ["--park", "--resend"]])
def test_the_decision_has_to_be_named(restored, arguments):
    with pytest.raises(CommandError):
        call_command("confirm_restore", *arguments)
    assert restore.is_frozen()
