from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail

from newsletter import budget
from newsletter.budget import Tally, advise
from newsletter.models import Alarm, Delivery, Issue
from subscriptions.bounces import Kind
from subscriptions.models import Gate
from subscriptions.verdicts import State
from tests.conftest import MOMENT
from tests.newsletter.event_steps import happening, mail_to, tell

PAUSED, WARNED = Alarm.Kind.PAUSED, Alarm.Kind.WARNED


@pytest.mark.parametrize(
    ("tally", "kind"),
    [
        (Tally(1000, 0, 3, 0), PAUSED),
        (Tally(1000, 0, 2, 0), WARNED),
        (Tally(999, 0, 500, 0), None),
        (Tally(100_000, 0, 299, 0), WARNED),
        (Tally(100_000, 0, 99, 0), None),
        (Tally(500, 0, 0, 25), PAUSED),
        (Tally(500, 0, 0, 24), None),
        (Tally(499, 0, 0, 499), None),
        (Tally(0, 49, 0, 0), None),
        (Tally(0, 50, 0, 0), PAUSED),
        (Tally(9_900, 99, 0, 0), None),
        (Tally(9_900, 100, 0, 0), PAUSED),
        (Tally(0, 0, 0, 0), None),
    ],
)
def test_an_issue_is_judged_by_shares_of_enough_mails(tally, kind):
    advice = advise(tally)
    assert (advice and advice[0]) == kind


@pytest.fixture
def issue(make_subscriber, monkeypatch, settings):
    """An open issue of twenty mails, of which five complained."""
    monkeypatch.setattr(budget, "COMPLAINTS_OF", 20)
    settings.OPERATOR_MAIL = ["owner@example.org"]
    mails = [mail_to(make_subscriber()) for _ in range(20)]
    tell(*[happening(one, Kind.COMPLAINED) for one in mails[:5]])
    return mails[0].issue


def test_an_issue_that_does_harm_is_paused_and_its_owner_told(issue, caplog):
    assert budget.watch(at=MOMENT) == 1
    issue.refresh_from_db()
    assert (issue.state, issue.reason) == ("paused", "5 complaints about 20 mails")
    [message] = mail.outbox
    assert message.to == ["owner@example.org"]
    assert "daily-20260317 paused" in message.subject
    assert "daily-20260317 paused: 5 complaints" in caplog.text


def test_it_is_said_once(issue):
    for _ in range(3):
        budget.watch(at=MOMENT)
    assert len(mail.outbox) == 1


def test_a_person_who_lets_it_go_on_is_not_overruled(issue):
    budget.watch(at=MOMENT)
    Issue.objects.update(state="open", reason="")
    assert budget.watch(at=MOMENT) == 0
    assert Issue.objects.get().state == "open"


def test_a_warning_pauses_nothing(issue, monkeypatch):
    monkeypatch.setattr(budget, "COMPLAINTS", 0.5)
    assert budget.watch(at=MOMENT) == 0
    assert Issue.objects.get().state == "open"
    assert Alarm.objects.get().kind == WARNED
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("state", ["checking", "paused", "cancelled"])
def test_issues_that_are_not_open_are_left_alone(issue, state):
    Issue.objects.update(state=state)
    assert budget.watch(at=MOMENT) == 0
    assert Issue.objects.get().state == state


def test_an_old_issue_is_no_longer_watched(issue):
    assert budget.watch(at=MOMENT + budget.WATCHED) == 0


def test_a_mail_that_cannot_be_sent_is_sent_at_the_next_watch(issue, monkeypatch):
    def broken(*args):
        raise OSError("no network")

    with monkeypatch.context() as patch:
        patch.setattr(budget, "send_mail", broken)
        budget.watch(at=MOMENT)
    assert Alarm.objects.get().mailed_at is None
    budget.watch(at=MOMENT)
    assert len(mail.outbox) == 1


def test_without_an_operator_the_issue_is_paused_all_the_same(issue, settings):
    settings.OPERATOR_MAIL = []
    assert budget.watch(at=MOMENT) == 1
    assert not mail.outbox


def test_a_mail_counts_once_however_often_it_is_told_of(issue):
    delivery = Delivery.objects.first()
    tell(*[happening(delivery, Kind.HARD, minutes=n) for n in range(3)])
    assert budget.tally(issue) == Tally(accepted=20, refused=0, complaints=5, bounces=1)


def test_what_the_service_and_we_refused_is_added_up(issue, make_subscriber):
    mail_to(make_subscriber(), state=State.FAILED)
    mail_to(make_subscriber(), state=State.REJECTED)
    tell(happening(Delivery.objects.first(), Kind.REFUSED))
    assert budget.tally(issue).refused == 3


def test_a_lane_that_blocks_us_is_written_to_more_slowly(make_subscriber):
    tell(happening(mail_to(make_subscriber(), lane="gmail"), Kind.BLOCKED))
    tell(happening(mail_to(make_subscriber(), lane="yahoo"), Kind.HARD))
    budget.watch(at=MOMENT + timedelta(seconds=20))
    assert dict(Gate.objects.values_list("stream", "pace")) == {"gmail": 0.5}


def test_a_block_of_long_ago_slows_nothing_down(make_subscriber):
    tell(happening(mail_to(make_subscriber(), lane="gmail"), Kind.THROTTLED))
    budget.watch(at=MOMENT + timedelta(hours=1))
    assert not Gate.objects.exists()
