"""The page that readers meet most, with a script and without one, and what hangs on it."""

from __future__ import annotations

import re

import pytest
from django.utils.timezone import now

from newsletter.models import Delivery
from papers.models import Paper, Topic
from subscriptions import cadence, opinions, optin, tokens
from subscriptions.models import Feedback, Interest, Vote
from subscriptions.phrases import Words, words_of
from subscriptions.tokens import Purpose
from subscriptions.verdicts import State

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

# without a browser there is nothing to import
from tests.browser.test_looks import (
    CHROMIUM,
    SCREENS,
    address,
    assert_sound,
    axe,
    browser,
    delivery,
    reader,
    screen,
)

__all__ = ["address", "axe", "browser", "delivery", "reader", "screen"]

SMALL = (
    "all => all.map(e => e.getBoundingClientRect())"
    ".filter(box => box.height && box.height < 44).length"
)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:No directory at"),  # nobody collected static files
    pytest.mark.skipif(not CHROMIUM, reason="there is no chromium on the PATH"),
]


@pytest.fixture
def said(reader, delivery) -> None:
    """He has said this and that, and looks for words."""
    Delivery.objects.update(state=State.ACCEPTED)
    first, second = Paper.objects.all()[:2]
    opinions.say(reader, first, Feedback.Kind.MORE, at=now())
    opinions.say(reader, second, Feedback.Kind.LESS, at=now())
    opinions.vote(reader, first, at=now())
    Interest.objects.filter(topic__slug="agents").update(weight=2)
    muted = Topic.objects.get(slug="computer-vision")
    Interest.objects.create(subscriber=reader, topic=muted, weight=0)
    choices = optin.Preferences()
    optin.choose(reader, weights={}, choices=choices, words=Words(["lora"]), at=now())


@pytest.fixture
def pages(live_server, reader, delivery, address):
    token = tokens.make(Purpose.PREFERENCES, reader)
    why = tokens.make(Purpose.DIGEST, reader)
    return {
        "preferences": address("preferences"),
        "said": f"{live_server.url}/preferences/{token}/said/?ask=1",
        "digests": f"{live_server.url}/digests/{token}/",
        "why": f"{live_server.url}/why/{why}/daily/{delivery.issue.on}/",
    }


@pytest.mark.usefixtures("said")
def test_every_page_fits_every_screen_and_has_no_barriers(screen, pages):
    for width, scheme in [*SCREENS, (320, "light")]:
        with screen(width, scheme) as page:
            for name, url in pages.items():
                if name != "preferences" and (width, scheme) in SCREENS[1:3]:
                    continue  # it has nothing that the other screens do not show
                page.goto(url)
                assert page.locator("h1").count() == 1
                for closed in page.locator("details:not([open]) > summary").all():
                    closed.click()
                assert_sound(page)


@pytest.mark.usefixtures("said")
def test_a_phone_has_large_targets(screen, pages):
    with screen(390, has_touch=True, is_mobile=True) as page:
        for url in pages.values():
            page.goto(url)
            targets = page.locator("main :is(select, button, summary, .chip, textarea, .ways a)")
            assert targets.evaluate_all(SMALL) == 0


def test_every_control_is_saved(screen, address, reader):
    with screen(390, java_script_enabled=False) as page:
        page.goto(address("preferences"))
        page.get_by_text("more topics").click()
        page.get_by_label("Computer vision").select_option("Muted")
        page.get_by_label("Robotics").select_option("More")
        page.get_by_label("Look for").fill("world models, LoRA")
        page.get_by_label("Authors to follow").fill("Ada Example")
        page.get_by_label("Never send papers").fill("benchmark")
        page.get_by_role("slider").fill("75")
        page.get_by_label("Papers in a mail").fill("12")
        page.get_by_role("radio", name="Once a week").check()
        page.get_by_label("Day of a weekly").select_option("Friday")
        page.get_by_label("Hour").select_option("18:00")
        page.get_by_label("Time zone").select_option("Asia/Tokyo")
        page.get_by_role("radio", name="Plain text only").check()
        page.get_by_role("checkbox", name="Count when I open").check()
        page.get_by_role("button", name="Save", exact=True).click()
        assert re.search(r"Saved\.\s+Your next papers come on Friday", said_on(page))
    reader.refresh_from_db()
    assert (reader.cadence, reader.weekday, reader.hour) == ("weekly", 4, 18)
    assert (reader.time_zone, reader.length, reader.trend_share) == ("Asia/Tokyo", 12, 0.75)
    assert (reader.is_text_only, reader.is_counted) == (True, True)
    weights = dict(reader.interests.values_list("topic__slug", "weight"))
    assert weights == {"agents": 1, "reasoning": 1, "robotics": 2, "computer-vision": 0}
    assert words_of(reader) == (["lora", "world models"], ["benchmark"], ["ada example"])


def said_on(page) -> str:
    return page.get_by_role("status").first.inner_text()


def test_the_preview_needs_no_script(screen, address, reader):
    before = list(reader.interests.values_list("topic", "weight"))
    with screen(390, java_script_enabled=False) as page:
        page.goto(address("preferences"))
        for topic in ("Reasoning", "Robotics"):
            page.get_by_label(topic).select_option("Not followed")
        page.get_by_role("button", name="Show what this brings").click()
        titles = page.locator(".brief li")
        assert titles.count() > 2
        assert all("Agents" in text for text in titles.all_inner_texts())
        assert page.get_by_label("Robotics").input_value() == "off"
        page.get_by_role("button", name="Save", exact=True).click()
        assert "Saved." in said_on(page)
    assert len(before) == 3
    assert reader.interests.count() == 1


def test_with_a_script_every_change_shows_what_it_brings(screen, address, reader):
    with screen() as page:
        page.goto(address("preferences"))
        page.get_by_label("Papers in a mail").fill("3")
        page.locator(".brief li:nth-child(3):last-child").wait_for()
        status = page.locator("[data-preview-status]")
        assert status.inner_text() == "3 papers, and why each of them."
        page.get_by_label("Papers in a mail").fill("4")
        page.locator(".brief li:nth-child(4):last-child").wait_for()
        page.get_by_label("Papers in a mail").fill("99")
        page.get_by_role("button", name="Show what this brings").click()
        page.locator("#preview:focus").wait_for()
        assert page.locator("#preview .error").inner_text().startswith("Please enter a number")
    reader.refresh_from_db()
    assert reader.length == 7


def test_a_mistake_is_told_at_its_field_and_choices_are_kept(screen, address):
    with screen(390, java_script_enabled=False) as page:
        page.goto(address("preferences"))
        page.get_by_label("Look for").fill("?!, graphs")
        page.get_by_role("radio", name="Once a month").check()
        page.get_by_role("button", name="Save", exact=True).click()
        field = page.get_by_label("Look for")
        assert field.get_attribute("aria-describedby") == "id_keywords_error"
        assert "“?!” has no letters" in page.locator("#id_keywords_error").inner_text()
        assert field.input_value() == "?!, graphs"
        assert page.get_by_role("radio", name="Once a month").is_checked()


def test_a_reader_pauses_and_goes_on(screen, address, reader):
    with screen(390, java_script_enabled=False) as page:
        page.goto(address("preferences"))
        page.get_by_role("button", name="Pause").click()  # for two weeks
        assert "You have paused." in said_on(page)
        reader.refresh_from_db()
        assert cadence.is_paused(reader, at=now())
        assert reader.catches_up
        assert page.get_by_text("Paused until").is_visible()
        page.get_by_role("button", name="Go on now").click()
        assert "Welcome back." in said_on(page)
    reader.refresh_from_db()
    assert not cadence.is_paused(reader, at=now())


@pytest.mark.usefixtures("said")
def test_what_was_said_is_taken_back_and_forgotten(screen, address):
    with screen(390, java_script_enabled=False) as page:
        page.goto(address("preferences"))
        page.get_by_role("link", name="What you said of papers").click()
        page.get_by_role("button", name="Take back what you said").first.click()
        assert said_on(page) == "Taken back."
        assert Feedback.objects.count() == 1
        page.get_by_role("link", name="Forget all").click()
        assert Feedback.objects.count() == 1
        page.get_by_role("button", name="Yes, forget all of it").click()
        assert said_on(page) == "All of it is forgotten."
        page.get_by_role("link", name="Back to your preferences").click()
        assert page.get_by_role("heading", name="Your preferences").is_visible()
    assert not Feedback.objects.exists()
    assert not Vote.objects.exists()


@pytest.mark.usefixtures("said")
def test_from_the_list_of_digests_to_the_reasons(screen, address):
    with screen(390) as page:
        page.goto(address("preferences"))
        page.get_by_role("link", name="Digests that you got").click()
        page.get_by_role("link", name="Why did I get").click()
        assert page.locator(".reasons > li").count() == 7
        assert page.get_by_text("You follow", exact=False).first.is_visible()
        page.get_by_role("link", name="Read that digest").click()
        page.get_by_role("link", name="Why did I get these papers?").wait_for()
