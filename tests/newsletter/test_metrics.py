from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.utils.timezone import now

from newsletter import inbox, metrics
from subscriptions import heartbeats
from tests.newsletter.event_steps import posted
from tests.newsletter.rows import a_delivery, an_issue, deliveries

pytestmark = pytest.mark.django_db
LINE = re.compile(r'[a-z_]+(\{[a-z]+="[^"\\\n]*"(,[a-z]+="[^"\\\n]*")*\})? -?[0-9.e+-]+')
DAY = timedelta(days=1)


def value(sample: str) -> float:
    [found] = [line for line in metrics.text().splitlines() if line.startswith(f"{sample} ")]
    return float(found.rpartition(" ")[2])


def test_every_line_is_a_comment_or_a_sample():
    deliveries(an_issue(), pending=2, failed=1)
    heartbeats.beat("tick")
    *lines, last = metrics.text().split("\n")
    assert last == ""
    assert all(line.startswith(("# HELP ", "# TYPE ")) or LINE.fullmatch(line) for line in lines)


def test_deliveries_are_counted_by_issue_and_state():
    deliveries(an_issue(), pending=2, failed=1)
    assert value('newsletter_deliveries{issue="daily-20260317",state="pending"}') == 2
    assert value('newsletter_deliveries{issue="daily-20260317",state="failed"}') == 1


def test_only_the_newest_issues_are_shown():
    for day in range(20):
        a_delivery(an_issue(date(2026, 3, 1) + day * DAY))
    assert metrics.text().count("newsletter_deliveries{") == 14
    assert "daily-20260306" not in metrics.text()


def test_the_rate_is_of_the_last_minute():
    issue = an_issue()
    for seconds in (1, 2, 3, 300):
        finished_at = now() - timedelta(seconds=seconds)
        a_delivery(issue, "accepted", finished_at=finished_at)
    assert value("newsletter_finished_per_second") == 0.05


def test_an_idle_product_says_so():
    assert value("newsletter_oldest_due_seconds") == 0
    assert value("newsletter_finished_per_second") == 0


def test_webhooks_that_nobody_read_are_counted_and_have_an_age():
    assert value("newsletter_unread_webhooks") == value("newsletter_oldest_unread_seconds") == 0
    for age in (60, 5):
        inbox.keep(replace(posted(b"[]"), received_at=now() - timedelta(seconds=age)))
    assert value("newsletter_unread_webhooks") == 2
    assert 60 <= value("newsletter_oldest_unread_seconds") < 80


def test_heartbeats_have_an_age():
    heartbeats.beat("sweep")
    assert 0 <= value('newsletter_heartbeat_age_seconds{name="sweep"}') < 20


def test_a_label_cannot_break_out():
    assert metrics._labels({"name": 'a"\n\\'}) == '{name="a\\"\\n\\\\"}'
