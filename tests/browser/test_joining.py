"""Joining in a real browser: with a foretaste, without a script, by keyboard, on another site."""

from __future__ import annotations

import re
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from django.utils.timezone import now

from papers.models import Paper
from subscriptions import forms, links
from subscriptions.models import Subscriber

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

# without a browser there is nothing to import
from tests.browser.test_looks import (
    CHROMIUM,
    SCREENS,
    assert_sound,
    axe,
    browser,
    reader,
    screen,
)

__all__ = ["axe", "browser", "reader", "screen"]

SAID = re.compile(r"You would get about \d+ papers? a day, \d+ a week\.")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:No directory at"),  # nobody collected static files
    pytest.mark.skipif(not CHROMIUM, reason="there is no chromium on the PATH"),
]


@pytest.fixture
def site(live_server, reader, settings, monkeypatch):
    """The address of a site whose papers are of the last days."""
    monkeypatch.setattr(forms, "MINIMUM_SECONDS", 0)
    for number, paper in enumerate(Paper.objects.order_by("pk")):
        seen_at = now() - timedelta(days=1 + number % 12)
        rows = Paper.objects.filter(pk=paper.pk)
        rows.update(listed_on=seen_at.date(), first_seen_at=seen_at)
    return live_server.url


def test_what_one_would_get_is_shown_while_one_chooses(screen, site):
    asked = []
    for width, scheme in SCREENS:
        with screen(width, scheme) as page:
            page.on("request", lambda request: asked.append(request.url))
            page.goto(site)
            assert page.get_by_role("button", name="Show what I would get").count() == 0
            page.get_by_label("Your email address").fill("ann@example.net")
            page.get_by_role("checkbox", name="Agents").check()
            page.locator("#foretaste .card").first.wait_for()
            assert SAID.search(page.locator("p[data-said]").inner_text())
            assert page.locator("#foretaste .why").count() > 0
            page.get_by_role("radio", name="Once a week").check()
            page.get_by_text("papers a week.").wait_for()
            assert page.get_by_label("Day of the week").is_visible()
            assert_sound(page)
            page.get_by_role("checkbox", name="Agents").uncheck()
            page.locator("#foretaste .card").first.wait_for(state="hidden")
            assert_sound(page)
    previews = [url for url in asked if "/preview/" in url]
    assert previews
    assert not any("ann" in url or "csrf" in url or "stamp" in url for url in previews)


def test_without_a_script_a_button_shows_it_and_the_form_goes_on(screen, site):
    with screen(390, java_script_enabled=False) as page:
        page.goto(site)
        page.get_by_role("checkbox", name="Agents").check()
        page.get_by_text("Keywords, hour and number").click()
        page.get_by_label("Keywords").fill("world models")
        page.get_by_label("Time zone").select_option("Europe/Berlin")
        page.get_by_role("button", name="Show what I would get").click()
        assert SAID.search(page.locator("p[data-said]").inner_text())
        assert page.locator("#foretaste .card").count() > 0
        assert page.get_by_label("Keywords").input_value() == "world models"
        page.get_by_label("Your email address").fill("plain@example.net")
        page.get_by_role("button", name="Subscribe").click()
        page.wait_for_url("**/check-inbox/**")
    joined = Subscriber.objects.get(email="plain@example.net")
    assert joined.time_zone == "Europe/Berlin"
    assert [str(found) for found in joined.wishes.all()] == ["world models"]


def test_enter_in_the_address_subscribes_and_does_not_show(screen, site):
    with screen(java_script_enabled=False) as page:
        page.goto(f"{site}/subscribe/?topics=agents,reasoning")
        page.get_by_label("Your email address").fill("enter@example.net")
        page.keyboard.press("Enter")
        page.wait_for_url("**/check-inbox/**")
    assert Subscriber.objects.get(email="enter@example.net").topics.count() == 2


def test_all_of_the_form_can_be_filled_in_with_the_keyboard(screen, site):
    with screen() as page:
        page.goto(f"{site}/subscribe/")
        page.get_by_label("Your email address").focus()
        page.keyboard.type("keys@example.net")
        for key in ("Tab", "Space"):  # the first topic
            page.keyboard.press(key)
        while page.evaluate("document.activeElement.name") != "cadence":
            page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")  # Monday to Friday
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")  # opens the rest
        page.keyboard.press("Tab")
        page.keyboard.type("fusion, world models")
        page.keyboard.press("Tab")
        page.keyboard.type("09")
        while page.evaluate("document.activeElement.innerText") != "Subscribe":
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**/check-inbox/**")
    joined = Subscriber.objects.get(email="keys@example.net")
    assert (joined.cadence, joined.hour) == ("weekdays", 9)
    assert joined.wishes.count() == 2


class OtherSite(BaseHTTPRequestHandler):
    """A server with one page, which knows nothing of ours."""

    html = ""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        head = '<!doctype html><html lang="en"><link rel="icon" href="data:,">'
        self.wfile.write(f"{head}{self.html}".encode())

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def other_site():
    """The address of another site; `OtherSite.html` is its page."""
    with ThreadingHTTPServer(("127.0.0.1", 0), OtherSite) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_form_in_a_frame_of_another_site(screen, site, other_site, settings):
    settings.EMBED_SITES = [other_site]
    address = f"{site}/embed/?topics=agents"
    OtherSite.html = f'<iframe src="{address}" title="Join" width="380" height="1500"></iframe>'
    with screen(390) as page:
        page.goto(other_site)
        inside = page.frame_locator("iframe")
        assert SAID.search(inside.locator("p[data-said]").inner_text())
        inside.get_by_role("checkbox", name="Reasoning").check()
        inside.get_by_label("Your email address").fill("framed@example.net")
        inside.get_by_role("button", name="Subscribe").click()
        inside.get_by_text("Look in your inbox").wait_for()
        assert page.context.cookies() == []
    joined = Subscriber.objects.get(email="framed@example.net")
    assert joined.topics.count() == 2
    assert joined.consents.get().page == "/embed/"


def test_a_site_that_nobody_named_shows_no_form(browser, site, other_site, settings):
    settings.EMBED_SITES = ["http://blog.example.com"]
    OtherSite.html = f'<iframe src="{site}/embed/"></iframe>'
    page, refusals = browser.new_page(), []
    page.on("console", lambda message: refusals.append(message.text))
    page.goto(other_site)
    assert page.frame_locator("iframe").get_by_role("button").count() == 0
    assert "frame-ancestors" in refusals[0]
    page.close()


def test_a_plain_form_of_another_site(screen, site, other_site):
    OtherSite.html = (
        f'<form action="{site}/embed/" method="post"><input name="email" value="far@example.net">'
        '<input name="topics" value="agents"><button>Go</button></form>'
    )
    with screen(390, "dark") as page:
        page.goto(other_site)
        page.get_by_role("button").click()
        page.wait_for_url("**/embed/?asked")
        assert_sound(page)
        assert page.context.cookies() == []
    assert Subscriber.objects.filter(email="far@example.net").exists()


def test_pages_between_asking_and_confirming_fit_every_screen(screen, site, make_subscriber):
    waiting = make_subscriber("new@example.net", state="pending", topics=["agents"])
    own = [links.confirm(waiting), links.disown(waiting)]
    paths = [re.sub(r"^https://[^/]+", "", link) for link in own]
    for path in (*paths, "/check-inbox/?again", "/subscribe/?topics=agents", "/embed/", "/help/"):
        for width, scheme in (*SCREENS, (320, "light")):
            with screen(width, scheme) as page:
                page.goto(site + path)
                assert page.locator("h1").count() == 1
                assert_sound(page)
