"""What operators do with an issue in the admin, and what they see of it."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils.timezone import now

from newsletter import tasks
from newsletter.models import Issue
from subscriptions import restore
from tests.newsletter.rows import a_delivery, an_issue, deliveries

ISSUES = "admin:newsletter_issue_changelist"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rings(monkeypatch):
    rung = []
    monkeypatch.setattr(tasks, "ring_pump", lambda: rung.append(1))
    return rung


@pytest.fixture
def operator(sign_in):
    return sign_in("view_issue", "change_delivery")


def act(client, name, *issues, **fields):
    chosen = {"action": name, "_selected_action": [issue.pk for issue in issues], **fields}
    return client.post(reverse(ISSUES), chosen, follow=True)


def state(issue) -> str:
    return Issue.objects.get(pk=issue.pk).state


def test_an_issue_is_paused_and_resumed(operator, rings):
    issue, other = an_issue(), an_issue(cadence="weekly")
    assert b"1 issues are paused" in act(operator, "pause", issue).content
    assert (state(issue), state(other)) == ("paused", "open")
    assert Issue.objects.get(pk=issue.pk).reason == "an operator paused it"
    act(operator, "resume", issue, other)
    assert (state(issue), rings) == ("open", [1])


def test_a_paused_issue_can_be_checked_again(operator, rings):
    paused, running = an_issue(state="paused", reason="check 8"), an_issue(cadence="weekly")
    for issue in (paused, running):
        deliveries(issue, pending=1)
    assert b"1 issues are checked again" in act(operator, "check_again", paused, running).content
    assert (state(paused), state(running), rings) == ("checking", "open", [1])


def test_after_a_restore_nothing_is_resumed_and_everything_can_be_stopped(operator, rings):
    paused, other = an_issue(state="paused"), an_issue(cadence="weekly")
    restore.freeze("a test")
    assert b"confirm_restore" in act(operator, "resume", paused).content
    act(operator, "pause", other)
    assert (state(paused), state(other), rings) == ("paused", "paused", [])


def test_cancelling_asks_first_and_says_what_it_means(operator):
    issue = an_issue()
    deliveries(issue, pending=2, deferred=1, accepted=4)
    page = act(operator, "cancel", issue).content.decode()
    assert "3 deliveries that wait will never be sent" in page
    assert state(issue) == "open"
    act(operator, "cancel", issue, confirmed="yes")
    assert state(issue) == "cancelled"
    assert issue.deliveries.all().counts() == {"skipped": 3, "accepted": 4}


@pytest.mark.parametrize("name", ["pause", "check_again", "resume", "cancel"])
def test_who_may_only_look_cannot_steer(sign_in, name):
    issue = an_issue(state="paused" if name in {"check_again", "resume"} else "open")
    before = state(issue)
    act(sign_in("view_issue"), name, issue, confirmed="yes")
    assert state(issue) == before


def progress_of(client, issue, query="") -> str:
    page = reverse("admin:newsletter_issue_progress", args=[issue.pk])
    return client.get(f"{page}?{query}").content.decode()


def test_progress_shows_counts_a_bar_and_reasons(operator):
    issue = an_issue()
    deliveries(issue, pending=3, accepted=1)
    for error in ("550 <b>no</b>", "550 <b>no</b>", "552 full"):
        a_delivery(issue, "rejected", error=error)
    page = progress_of(operator, issue)
    assert "4 of 7 (57 %); 3 pending, 1 accepted, 3 rejected" in page
    assert '<progress class="progress" value="4" max="7"' in page
    assert "<td>2</td><td>rejected</td><td>550 &lt;b&gt;no&lt;/b&gt;</td>" in page
    assert page.index("550 ") < page.index("552 full")


def test_progress_looks_again_by_itself_until_all_is_done(operator):
    issue = an_issue()
    deliveries(issue, pending=1)
    assert 'http-equiv="refresh" content="5;url=?at=' in progress_of(operator, issue)
    issue.deliveries.update(state="accepted", finished_at=now())
    assert "refresh" not in progress_of(operator, issue)


def test_the_second_look_knows_the_rate(operator):
    issue = an_issue()
    deliveries(issue, pending=20)
    query = re.search(r"url=\?([^\"]+)", progress_of(operator, issue))[1].replace("&amp;", "&")
    assert "nothing moves" in progress_of(operator, issue, query)
    first = issue.deliveries.values("pk")[:10]
    issue.deliveries.filter(pk__in=list(first.values_list("pk", flat=True))).update(
        state="accepted", finished_at=now()
    )
    page = progress_of(operator, issue, query)
    assert re.search(r"10 of 20 \(50 %\), [\d,.]+ a second, \d:\d\d:\d\d left", page)


@pytest.mark.parametrize(
    "query",
    [
        *("at=x&done=1", "at=2026-03-17&done=1", "at=2099-01-01T00:00:00%2B00:00&done=1"),
        *("at=2026-03-17T00:00:00%2B00:00&done=1", "done=1", "at=%00", "at=x&done=" + "9" * 5000),
    ],
)
def test_an_address_that_makes_no_sense_is_a_first_look(operator, query):
    issue = an_issue()
    deliveries(issue, pending=1)
    assert "0 of 1 (0 %); 1 pending" in progress_of(operator, issue, query)


def test_looking_changes_nothing(operator, django_assert_max_num_queries):
    issue = an_issue()
    deliveries(issue, pending=5)
    before = list(Issue.objects.values()), list(issue.deliveries.values())
    with django_assert_max_num_queries(9):
        progress_of(operator, issue)
    operator.get(reverse("admin:newsletter_issue_health"))
    assert (list(Issue.objects.values()), list(issue.deliveries.values())) == before


def test_a_missing_delivery_is_said(operator):
    issue = an_issue()
    deliveries(issue, pending=1)
    Issue.objects.update(expected_count=3, missed_count=2)
    page = progress_of(operator, issue)
    assert "2 deliveries are missing from the ledger" in page
    assert "2 readers missed it" in page


def test_health_lists_complaints_and_invariants(operator):
    deliveries(an_issue(), accepted=1)
    page = operator.get(reverse("admin:newsletter_issue_health")).content.decode()
    assert "is beat running?" in page
    assert "I4: what was accepted has its key and its time</td><td>1</td>" in page


@pytest.mark.parametrize("name", ["progress", "health"])
def test_pages_need_the_permission_to_look(sign_in, name):
    args = [an_issue().pk] if name == "progress" else []
    page = reverse(f"admin:newsletter_issue_{name}", args=args)
    assert sign_in("view_topic").get(page).status_code == 403


def test_the_list_leads_to_the_progress(operator):
    issue = an_issue(state="paused")
    page = reverse("admin:newsletter_issue_progress", args=[issue.pk])
    assert f'<a href="{page}">paused</a>' in operator.get(reverse(ISSUES)).content.decode()
