"""Pages in German and Chinese in a real browser, and how one gets to them."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

from subscriptions.models import Subscriber
from tests.browser.test_looks import (
    CHROMIUM,
    SCREENS,
    address,
    assert_sound,
    browser,
    delivery,
    reader,
    screen,
)

__all__ = ["address", "browser", "delivery", "reader", "screen"]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:No directory at"),  # nobody collected static files
    pytest.mark.skipif(not CHROMIUM, reason="there is no chromium on the PATH"),
]
HEADINGS = {"de": "Deine Einstellungen", "zh-hans": "你的偏好设置"}


@pytest.mark.parametrize("language", HEADINGS)
def test_public_pages_speak_the_language_of_their_address(screen, address, language):
    for width, scheme in SCREENS:
        with screen(width, scheme) as page:
            for name in ("join", "trending", "topics", "one paper", "search"):
                start = address(name)
                page.goto(f"{start}{'&' if '?' in start else '?'}lang={language}")
                assert page.locator("html").get_attribute("lang") == language
                assert_sound(page)


@pytest.mark.parametrize("language", HEADINGS)
def test_a_visitor_chooses_in_the_footer_and_it_stays(screen, address, settings, language):
    settings.IS_HTTPS = False  # or the browser would not keep the cookie
    with screen(390) as page:
        page.goto(address("trending"))
        page.locator(f"footer button[lang={language}]").click()
        page.goto(address("topics"))
        assert page.locator("html").get_attribute("lang") == language


@pytest.mark.parametrize("language", HEADINGS)
def test_a_readers_pages_speak_his_language(screen, address, reader, language):
    Subscriber.objects.filter(pk=reader.pk).update(language=language)
    for width, scheme in SCREENS:
        with screen(width, scheme) as page:
            page.goto(address("preferences"))
            assert page.locator("html").get_attribute("lang") == language
            assert page.locator("h1").inner_text() == HEADINGS[language]
            assert_sound(page)
