"""The first page of the admin says how everything stands."""

from __future__ import annotations

from datetime import timedelta

import pytest

from newsletter import balances
from newsletter.dashboard import drawing, facts
from papers.models import Paper
from subscriptions import census, heartbeats
from subscriptions.clock import database_now
from subscriptions.models import Census
from tests.newsletter.rows import an_issue, deliveries

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def site(make_paper, make_subscriber):
    """An issue that went out, readers, papers, and all that beats."""
    at = database_now()
    make_paper("Skating robots", topics=["robots"], listed_on=at.date(), first_seen_at=at)
    make_subscriber("ada@example.net", next_digest_at=at + DAY / 2)
    issue = an_issue()
    deliveries(issue, accepted=3, skipped=1)
    issue.expected_count = 4
    issue.save()
    balances.renew(at=at)
    census.take(at=at)
    heartbeats.beat(heartbeats.TICK)
    return issue


def test_an_empty_site_has_a_first_page(admin_client):
    page = admin_client.get("/admin/").content.decode()
    assert "No digest is planned." in page
    assert "Nothing has happened yet: is beat running?" in page


def test_the_first_page_says_how_everything_stands(admin_client, site):
    page = admin_client.get("/admin/").content.decode()
    assert "<b>4</b> expected = 3 accepted + 1 skipped" in page
    assert "Skating robots" in page
    assert "<b>1</b> digest within a day" in page
    assert page.count('role="img"') == 3
    assert "are missing" not in page
    assert "ada@example.net" not in page


def test_what_is_missing_and_who_must_decide_is_said(admin_client, site):
    site.deliveries.filter(state="skipped").delete()
    site.pause("a check failed")
    balances.count(site, at=database_now())
    page = admin_client.get("/admin/").content.decode()
    assert "<b>1 are missing</b>" in page
    assert "1 issue stopped: somebody must decide" in page


def test_who_may_not_see_issues_sees_no_sums(sign_in, site):
    page = sign_in("view_paper").get("/admin/").content.decode()
    assert "expected" not in page
    assert "Papers" in page


def test_the_first_page_costs_the_same_however_much_there_is(
    admin_client, site, django_assert_max_num_queries
):
    at = database_now()
    for number in range(1, 40):
        Census.objects.create(day=(at - number * DAY).date(), confirmed=number)
        balances.count(an_issue(on=(at - number * DAY).date()), at=at)
    with django_assert_max_num_queries(35):
        assert admin_client.get("/admin/").status_code == 200
    assert len(facts.load(at=at).balances) == facts.ISSUES
    assert Paper.objects.count() == 1


def test_issues_of_one_day_are_one_point(site):
    weekly = an_issue(cadence="weekly", on=site.on)
    deliveries(weekly, accepted=2)
    balances.count(weekly, at=database_now())
    chart = drawing.deliveries(facts.load(at=database_now()).balances)
    accepted = next(line for line in chart.lines if line.name == "accepted")
    assert (len(accepted.dots), accepted.newest) == (1, 5)


def test_without_days_there_is_no_chart():
    assert drawing.readers([]) is None
    assert drawing.complaints([]) is None
