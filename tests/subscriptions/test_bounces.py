from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from subscriptions.bounces import Kind, Told, are_too_many, kind_of, score
from tests.conftest import MOMENT

DAY = timedelta(days=1)


def days(*numbers):
    return [MOMENT + number * DAY for number in numbers]


@pytest.mark.parametrize("code", ["5.1.1", "5.1.2", "5.1.10"])
def test_an_address_that_does_not_exist_is_a_hard_bounce(code):
    assert kind_of(Told("bounced", text=f"550 {code} user unknown")) is Kind.HARD
    assert kind_of(Told("bounced", marks=f"bounce {code}")) is Kind.HARD


@pytest.mark.parametrize(
    "text",
    [
        "550 5.7.1 message rejected",
        "550 5.7.515 access denied",
        "550-5.7.26 this mail is unauthenticated",
        "421 4.7.0 try again later",
        "550 5.7.1 no such user, 5.1.1",
        "554 Blocked, see our block list",
        "550 looks like SPAM",
        "554 poor reputation of 192.0.2.1",
        "550 refused by DMARC policy",
    ],
)
@pytest.mark.parametrize("marks", ["", "hard_bounce", "Permanent", "HardBounce"])
def test_what_is_held_against_our_mail_is_not_the_readers_fault(text, marks):
    assert kind_of(Told("bounced", "bounced", text, marks)) is Kind.BLOCKED


@pytest.mark.parametrize(
    "told",
    [
        Told("bounced", text="452 4.2.2 mailbox full"),
        Told("bounced", text="552 5.2.2 over quota", marks="hard_bounce"),
        Told("bounced", "bounced", marks="soft_bounce"),
        Told("bounced", "bounced", marks="Transient: General"),
        Told("bounced"),
    ],
)
def test_a_bounce_that_may_pass_or_that_nobody_explains_is_a_soft_one(told):
    assert kind_of(told) is Kind.SOFT


@pytest.mark.parametrize(
    ("reason", "marks"),
    [
        ("bounced", "hard_bounce"),
        ("bounced", "HardBounce"),
        ("bounced", "Permanent NoEmail"),
        ("bounced", "hard_bounced"),
        ("invalid", ""),
        (None, "HardFail"),
    ],
)
def test_what_a_service_calls_permanent_is_a_hard_bounce(reason, marks):
    assert kind_of(Told("bounced", reason, marks=marks)) is Kind.HARD


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        (Told("rejected", "bounced"), Kind.INACTIVE),
        (Told("rejected", "blocked", marks="ManuallyDeactivated"), Kind.INACTIVE),
        (Told("rejected", "other", marks="dropped Spam Reporting Address"), Kind.INACTIVE),
        (Told("bounced", "blocked", text="suppressed sending to this address"), Kind.INACTIVE),
        (Told("rejected", "unsubscribed"), Kind.LEFT),
        (Told("rejected", "invalid"), Kind.HARD),
        (Told("rejected", "blocked"), Kind.REFUSED),
        (Told("rejected", "spam"), Kind.REFUSED),
        (Told("failed"), Kind.REFUSED),
    ],
)
def test_what_a_service_does_not_send_says_whether_the_address_is_why(told, kind):
    assert kind_of(told) is kind


@pytest.mark.parametrize(
    ("event_type", "kind"),
    [
        ("queued", Kind.SENT),
        ("sent", Kind.SENT),
        ("deferred", Kind.DEFERRED),
        ("delivered", Kind.DELIVERED),
        ("complained", Kind.COMPLAINED),
        ("unsubscribed", Kind.LEFT),
        ("opened", Kind.OTHER),
        ("autoresponded", Kind.OTHER),
        ("brand new", Kind.OTHER),
    ],
)
def test_other_events_say_themselves_what_they_are(event_type, kind):
    assert kind_of(Told(event_type)) is kind


def test_a_deferral_for_policy_is_told_apart():
    assert kind_of(Told("deferred", text="421 4.7.28 rate limited")) is Kind.THROTTLED
    assert kind_of(Told("deferred", text="451 4.3.0 try again")) is Kind.DEFERRED


def test_an_ip_address_is_no_code():
    assert kind_of(Told("bounced", text="550 lost connection to 5.1.1.7")) is Kind.SOFT


def test_a_soft_bounce_is_worth_half_after_a_week_and_nothing_after_thirty_days():
    assert score(days(0), at=MOMENT) == 1
    assert score(days(0), at=MOMENT + 7 * DAY) == 0.5
    assert score(days(0), at=MOMENT + 30 * DAY) == 0
    assert score(days(1), at=MOMENT) == 0  # it has not happened yet


def test_five_at_once_are_too_many_and_four_are_not():
    assert are_too_many(days(0, 0, 0, 0, 0))
    assert not are_too_many(days(0, 0, 0, 0))


def test_a_full_mailbox_of_a_daily_reader_takes_a_week():
    assert not are_too_many(days(*range(6)))
    assert are_too_many(days(*range(7)))


def test_one_a_week_is_never_too_many():
    assert not are_too_many(days(*range(0, 365, 7)))


def test_what_was_too_many_once_stays_so_whatever_is_heard_of_later():
    for told in permutations(days(0, 0, 0, 0, 0, 100)):
        assert are_too_many(told)
