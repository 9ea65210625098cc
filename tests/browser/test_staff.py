"""The pages of staff in a real browser: the first one, and the second factor."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from newsletter.matching.pool import Candidate, Pool
from newsletter.models import Balance, Rehearsal
from newsletter.rehearsal.counts import Counts
from papers.models import Paper, Topic
from subscriptions import heartbeats
from subscriptions.clock import database_now
from subscriptions.models import Census

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

# without a browser there is nothing to import
from tests.browser.test_looks import CHROMIUM, SCREENS, assert_sound, browser, screen
from tests.newsletter.rows import an_issue

__all__ = ["browser", "screen"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:No directory at"),  # nobody collected static files
    pytest.mark.skipif(not CHROMIUM, reason="there is no chromium on the PATH"),
]


@pytest.fixture(autouse=True)
def without_tls(settings):
    settings.CSRF_COOKIE_SECURE = settings.SESSION_COOKIE_SECURE = False


@pytest.fixture
def cookie(live_server, client, admin_user):
    """A signed-in operator of a site that has been at work for a while."""
    call_command("ingest_papers", "sample", verbosity=0)
    at = database_now()
    for days in range(30, 0, -1):
        opened = at - timedelta(days=days)
        states = {"accepted": 900 - days, "skipped": days}
        Balance.objects.create(
            issue=an_issue(on=opened.date(), opened_at=opened),
            expected=900,
            states=states,
            skipped={"nothing new on his topics": days},
            told={"hard": days % 5},
            counted_at=at,
        )
        Census.objects.create(day=opened.date(), confirmed=900, pending=days)
    heartbeats.beat(heartbeats.TICK)
    client.force_login(admin_user)
    return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}


def test_the_first_page_fits_every_screen_and_has_no_barriers(screen, live_server, cookie):
    for width, scheme in SCREENS:
        with screen(width, scheme) as page:
            page.context.add_cookies([cookie])
            page.goto(f"{live_server.url}/admin/")
            assert page.locator("svg[role=img]").count() == 3
            assert_sound(page)


def test_a_rehearsal_fits_every_screen_and_has_no_barriers(screen, live_server, cookie):
    found = Counts(
        readers=np.array([12_000, *range(400, 1000, 100), 94_000, 0, 0, 88_000]),
        papers=np.array([100_000, 20, 0]),
        topics=dict.fromkeys(Topic.objects.values_list("pk", flat=True)[:5], 9000),
        lanes=np.array([100, 20, 0, 0, 40]),
    )
    pool = Pool.of(
        [Candidate(pk, 0.5, {}) for pk in Paper.objects.values_list("pk", flat=True)[:3]]
    )
    more = {"already": 40, "seconds": 5000, "daily_cap": 200}
    result = {**found.summary(pool), **more}
    at = database_now()
    kept = Rehearsal.objects.create(cadence="daily", on=at.date(), started_at=at, result=result)
    address = f"{live_server.url}/admin/newsletter/rehearsal/{kept.pk}/change/"
    with screen() as page:  # whose policy is kept: what it forbids fails the test
        page.context.add_cookies([cookie])
        page.goto(address)
    for width, scheme in SCREENS:
        with screen(width, scheme, bypass_csp=True) as page:  # axe brings a style of its own
            page.context.add_cookies([cookie])
            page.goto(address)
            assert page.locator("svg[role=img] rect").count() == 11
            assert_sound(page)


def test_the_second_factor_fits_every_screen_and_has_no_barriers(screen, live_server, settings, db):
    settings.STAFF_SECOND_FACTOR = True
    User.objects.create_superuser("grace", "grace@example.org", "a long and unusual password")
    for width, scheme in SCREENS:
        with screen(width, scheme) as page:
            page.goto(f"{live_server.url}/admin/login/")
            page.get_by_label("Username").fill("grace")
            page.get_by_label("Password").fill("a long and unusual password")
            page.get_by_role("button", name="Log in").click()
            assert page.locator(".qr-code svg").is_visible()
            assert_sound(page)
