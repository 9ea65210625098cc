"""The rates that all workers share."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils.timezone import now

from subscriptions import gates
from subscriptions.models import Gate
from subscriptions.outgoing import Fate, Result

YES, AWAY = Result(Fate.ACCEPTED), Result(Fate.LATER, "HTTP 503")
pytestmark = pytest.mark.django_db


def test_without_rates_anything_goes(django_assert_num_queries):
    with django_assert_num_queries(1):
        assert gates.allowance(500).lanes is None


def test_each_lane_has_its_rate_and_the_others_share_what_is_left(settings):
    settings.MAIL_RATES = {"gmail": 2, "all": 30}
    allowed = gates.allowance(500)
    assert allowed.total == 300
    assert allowed.lanes == {
        "gmail": 20, "microsoft": 300, "yahoo": 300, "apple": 300, "other": 300
    }  # fmt: skip
    assert gates.allowance(500).is_nothing


def test_what_was_not_used_is_given_back(settings):
    settings.MAIL_RATES = {"gmail": 2, "all": 30}
    allowed = gates.allowance(500)
    allowed.give_back(Counter(gmail=5, other=10))
    again = gates.allowance(500)
    assert 285 <= again.total <= 290
    assert 15 <= again.lanes["gmail"] <= 16


def test_two_workers_share_one_rate(settings):
    settings.MAIL_RATES = {"all": 10}
    totals = [gates.allowance(60).total for _ in range(4)]
    assert totals[0] == 60
    assert 100 <= sum(totals) <= 103


def test_a_new_sender_sends_no_more_in_a_day_than_its_cap(settings):
    settings.WARM_UP_SINCE = now().date()
    first = gates.allowance(150)
    first.give_back(Counter(other=150))
    second = gates.allowance(150)
    assert (first.total, second.total) == (150, 50)
    second.give_back(Counter(other=20))
    assert gates.allowance(150).total == 30


def test_a_service_that_fails_again_and_again_is_left_alone_for_a_while():
    gates.learn([("other", AWAY)] * 19, failures=19)
    assert not gates.allowance(10).is_nothing
    gates.learn([("other", AWAY)], failures=1)
    assert gates.allowance(10).is_nothing
    Gate.objects.update(closed_until=Now() - timedelta(seconds=1))
    assert not gates.allowance(10).is_nothing


def test_a_service_that_cannot_be_reached_four_times_is_left_alone():
    for _ in range(3):
        gates.unreachable()
    assert not gates.allowance(10).is_nothing
    gates.unreachable()
    assert gates.allowance(10).is_nothing


def test_one_accepted_mail_makes_failures_single_cases():
    gates.learn([("other", AWAY)] * 19, failures=19)
    gates.learn([("other", YES)], failures=0)
    assert Gate.objects.get(stream=gates.SERVICE).failures == 0


def test_nobody_calls_before_the_service_wants_it():
    gates.learn([("other", YES), ("other", Result(Fate.LATER, "429", retry_after=90))], failures=1)
    assert gates.allowance(10).is_nothing
    left = Gate.objects.get(stream=gates.SERVICE).closed_until - now()
    assert timedelta(seconds=80) < left <= timedelta(seconds=91)


def test_a_provider_that_wants_less_gets_half(settings):
    settings.MAIL_RATES = {"gmail": 8}
    gates.learn([("gmail", Result(Fate.LATER, "421 4.7.28 slow down")), ("other", YES)], failures=1)
    assert gates.allowance(500).lanes["gmail"] == 40
    assert gates.allowance(500).lanes["yahoo"] == 500


def test_a_chunk_without_trouble_costs_one_query(django_assert_max_num_queries):
    with django_assert_max_num_queries(2):  # on Postgres its clock is one more
        gates.learn([("gmail", YES)] * 500, failures=0)
