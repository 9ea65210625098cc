"""How the pages of the operators' desk look and behave in a real browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils.timezone import now

from newsletter.models import Plan
from papers.models import Paper, Topic

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

# without a browser there is nothing to import
from tests.browser.test_looks import (
    CHROMIUM,
    SCREENS,
    axe,
    browser,
    screen,
)

__all__ = ["browser", "screen"]

GALLERY = os.environ.get("GALLERY")
TABLE = (
    "title,arxiv_id,abstract,votes,colour\n"
    "Skating robots,2603.01234,They skate on thin ice and do not fall.,41,red\n"
    "Proofs of everything,2603.0123,Cut by a spreadsheet.,2,blue\n"
    "A title that is new here,2603.04321,It has words.,7,green\n"
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:No directory at"),  # nobody collected static files
    pytest.mark.skipif(not CHROMIUM, reason="there is no chromium on the PATH"),
]


@pytest.fixture
def desk(live_server, settings, client, admin_user, make_paper, make_topic):
    """A signed-in operator's cookie, and some papers with topics and votes."""
    settings.CSRF_COOKIE_SECURE = settings.SESSION_COOKIE_SECURE = False  # there is no TLS here
    Topic.objects.all().delete()
    make_topic("skating", include="skating robot\nice", description="Robots on ice.")
    make_topic("proofs", include="proof")
    paper = make_paper(
        "Skating robots", arxiv_id="2603.01234", topics=["skating"], first_seen_at=now()
    )
    make_paper("Hockey for agents", first_seen_at=now())
    for source, growth in (("huggingface", 9), ("page", 7)):
        for hours in range(0, 72, 12):
            paper.observations.create(
                source=source,
                seen_at=now() - timedelta(hours=72 - hours),
                listed_on=paper.listed_on,
                votes=hours * growth // 12,
            )
    client.force_login(admin_user)
    return client.cookies["sessionid"].value


@pytest.fixture
def signed_in(live_server, desk, screen):
    """Open an empty page of one width and colour scheme for an operator."""

    @contextmanager
    def opened(*args, **options) -> Iterator:
        with screen(*args, **options) as page:
            cookie = {"name": "sessionid", "value": desk, "url": live_server.url}
            page.context.add_cookies([cookie])
            yield page

    return opened


@pytest.fixture
def look(signed_in, live_server):
    """Do something on every screen, and look at what is there afterwards."""

    def look(name, path, act=lambda page: None, *, part="#content"):
        for width, scheme in SCREENS:
            # Axe, like whoever takes a picture, puts a style of its own on the page.
            with signed_in(width, scheme, bypass_csp=True) as page:
                page.goto(f"{live_server.url}/admin/{path}")
                act(page)
                found = axe.Axe().run(page, context=part).response["violations"]
                barriers = [(it["id"], [node["html"] for node in it["nodes"]]) for it in found]
                if GALLERY:
                    picture = Path(GALLERY) / f"{name}-{width}-{scheme}.png"
                    page.screenshot(path=picture, full_page=True)
                assert barriers == []
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    return look


def choose_table(page):
    page.get_by_label("File").set_input_files(
        {"name": "papers.csv", "mimeType": "text/csv", "buffer": TABLE.encode()}
    )
    page.get_by_label("List date").fill("2026-03-16")
    page.get_by_role("button", name="See what it would change").click()


def try_signs(page):
    page.get_by_label("Include").fill("hockey")
    page.get_by_role("button", name="Preview").click()
    assert "gains 1, loses 1" in page.get_by_role("status").inner_text()


def try_merging(page):
    page.get_by_label("Merge into").select_option("Proofs")
    page.get_by_role("button", name="Preview").click()
    assert "Proofs gains 1" in page.get_by_role("status").inner_text()


def try_splitting(page):
    page.get_by_label("Name of the new topic").fill("Ice")
    page.get_by_label("Slug").fill("ice")
    page.get_by_role("checkbox", name="ice").check()
    page.get_by_role("button", name="Preview").click()
    assert "Skating gains 0" in page.get_by_role("status").inner_text()


def test_the_form_for_a_file_fits_every_screen_and_has_no_barriers(look):
    look("upload", "papers/paper/upload/")


def test_what_a_file_would_change_fits_every_screen_and_has_no_barriers(look):
    look("dry-run", "papers/paper/upload/", choose_table)


def test_the_form_for_ids_fits_every_screen_and_has_no_barriers(look):
    look("by-id", "papers/paper/by-arxiv-id/")


def test_what_a_topic_would_gain_fits_every_screen_and_has_no_barriers(look):
    skating = Topic.objects.get(slug="skating")
    look("topic", f"papers/topic/{skating.pk}/change/", try_signs)


def test_merging_fits_every_screen_and_has_no_barriers(look):
    skating = Topic.objects.get(slug="skating")
    look("merge", f"papers/topic/merge/?topic={skating.pk}", try_merging)


def test_splitting_fits_every_screen_and_has_no_barriers(look):
    skating = Topic.objects.get(slug="skating")
    look("split", f"papers/topic/{skating.pk}/split/", try_splitting)


def test_votes_over_time_fit_every_screen_and_have_no_barriers(look):
    paper = Paper.objects.get(arxiv_id="2603.01234")
    # The inlines below have tables of Django's, which names not all of their columns.
    look("paper", f"papers/paper/{paper.pk}/change/", part=".chart")


def test_a_plan_and_its_candidates_fit_every_screen_and_have_no_barriers(look, make_paper):
    plan = Plan.objects.create(cadence="daily", on=now().date(), introduction="Welcome.")
    title = "A long title of a paper on skating robots that learn to play hockey on thin ice"
    boosted = make_paper(title, topics=["skating", "proofs"], first_seen_at=now(), votes=41)
    plan.placements.create(paper=boosted, act="boost")
    look("plan", f"newsletter/plan/{plan.pk}/change/", part=".candidates")
    Plan.objects.update(frozen_at=now())
    look("frozen-plan", f"newsletter/plan/{plan.pk}/change/", part=".candidates")


def test_no_page_asks_for_what_its_policy_forbids(signed_in, live_server):
    skating, paper = Topic.objects.get(slug="skating"), Paper.objects.get(arxiv_id="2603.01234")
    with signed_in() as page:  # whose complaints fail the test
        page.goto(f"{live_server.url}/admin/papers/topic/{skating.pk}/change/")
        try_signs(page)
        page.goto(f"{live_server.url}/admin/papers/paper/{paper.pk}/change/")
        page.goto(f"{live_server.url}/admin/papers/paper/upload/")
        choose_table(page)


def test_a_file_is_stored_with_the_keyboard_and_without_script(signed_in, live_server):
    with signed_in(java_script_enabled=False) as page:
        page.goto(f"{live_server.url}/admin/papers/paper/")
        page.get_by_role("link", name="Upload a file").press("Enter")
        choose_table(page)
        page.get_by_role("button", name="Store it").press("Enter")
        assert page.get_by_text("1 papers are new, 1 changed").is_visible()
    assert Paper.objects.filter(arxiv_id="2603.04321").exists()
