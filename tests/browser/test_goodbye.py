"""Leaving, and a reader's own data, in a real browser without JavaScript."""

from __future__ import annotations

import json
import re

import pytest
from django.core import mail

from subscriptions import letters, links
from subscriptions.models import AddressChange, Letter, Subscriber

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

# without a browser there is nothing to import
from tests.browser.test_looks import (  # noqa: F401  # fixtures
    SCREENS,
    assert_sound,
    browser,
    pytestmark,
    reader,
    screen,
)

State = Subscriber.State


@pytest.fixture
def address(live_server, reader, settings):  # noqa: F811
    """Where a link of a mail leads on the live server."""
    return lambda link: live_server.url + link.removeprefix(settings.SITE_URL)


@pytest.fixture
def page(screen):  # noqa: F811
    """A phone without JavaScript."""
    with screen(390, java_script_enabled=False) as page:
        yield page


def press(page, name: str) -> None:
    page.get_by_role("button", name=name).click()


def newest_link() -> str:
    """The powerful link of the letter that was written last."""
    letter = Letter.objects.latest("pk")
    body = letters.compose_all([letter])(letter).message().body
    [link] = re.findall(r"https://\S+/(?:address|export|erase)/\S+", body)
    return link


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("Once a week instead", {"cadence": "weekly"}),
        ("Only the three best papers", {"length": 3}),
        ("Pause for two weeks", {}),
        ("Pause for a month", {}),
    ],
)
def test_less_is_one_press_away(page, address, reader, name, changed):  # noqa: F811
    page.goto(address(links.unsubscribe(reader)))
    press(page, name)
    assert page.get_by_role("heading", level=1).inner_text() == "Done"
    reader.refresh_from_db()
    assert reader.is_deliverable
    assert {field: getattr(reader, field) for field in changed} == changed
    assert bool(reader.paused_until) == name.startswith("Pause")


def test_leaving_is_one_press_and_so_is_taking_it_back(page, address, reader):  # noqa: F811
    page.goto(address(links.unsubscribe(reader)))
    press(page, "Unsubscribe")
    assert page.get_by_role("heading", level=1).inner_text() == "You have left"
    page.get_by_label("Too many mails").check()
    press(page, "Send my answer")
    assert page.get_by_role("status").inner_text().startswith("Thank you.")
    reader.refresh_from_db()
    assert (reader.state, reader.farewells.get().reason) == (State.UNSUBSCRIBED, "too-many")
    press(page, "That was a slip")
    assert page.get_by_role("status").inner_text().startswith("You are back")
    reader.refresh_from_db()
    assert reader.state == State.CONFIRMED
    assert page.context.cookies() == []


def test_the_feed_takes_the_place_of_mail(page, address, reader):  # noqa: F811
    page.goto(address(links.unsubscribe(reader)))
    press(page, "No mail, only the feed")
    assert page.locator('a[href^="/feeds/topics/"]').count() == 1
    reader.refresh_from_db()
    assert (reader.state, reader.wants_mail) == (State.CONFIRMED, False)

    page.goto(address(links.preferences(reader)))
    assert page.get_by_label("No mail, only the feed").is_checked()
    page.get_by_label("Once a week").check()
    press(page, "Save")
    reader.refresh_from_db()
    assert (reader.cadence, reader.wants_mail) == ("weekly", True)
    assert reader.next_digest_at is not None


def test_a_reader_takes_his_data_along(page, address, reader):  # noqa: F811
    page.goto(address(links.preferences(reader)))
    page.get_by_role("link", name="Get a copy").click()
    press(page, "Send me the link")
    assert "is on its way" in page.get_by_role("status").inner_text()
    page.goto(address(newest_link()))
    with page.expect_download() as caught:
        press(page, "Download the file")
    said = json.loads(caught.value.path().read_text())
    assert said["account"][0]["email"] == reader.email
    assert mail.outbox == []  # the page sends nothing itself


def test_a_reader_is_forgotten(page, address, reader):  # noqa: F811
    page.goto(address(links.preferences(reader)))
    page.get_by_role("link", name="Have us forget you").click()
    press(page, "Send me the link")
    page.goto(address(newest_link()))
    press(page, "Delete everything now")
    page.wait_for_url("**/erased/")
    assert not Subscriber.objects.filter(pk=reader.pk).exists()


def test_a_reader_moves_to_another_address(page, address, reader):  # noqa: F811
    page.goto(address(links.preferences(reader)))
    page.get_by_role("link", name="Use another address").click()
    press(page, "Send me the link")
    page.goto(address(newest_link()))
    page.get_by_label("Your new address").fill("ada@nowhere")
    press(page, "Ask there")
    assert page.locator("#id_email_error").inner_text()
    page.get_by_label("Your new address").fill("ada@example.org")
    press(page, "Ask there")
    page.goto(address(newest_link()))
    press(page, "Yes, write to me here")
    assert page.get_by_role("heading", level=1).inner_text().startswith("We write to you here")
    reader.refresh_from_db()
    assert reader.email == "ada@example.org"


def test_every_page_fits_every_screen_and_has_no_barriers(screen, address, reader):  # noqa: F811
    AddressChange.objects.create(
        subscriber=reader, email="ada@example.org", asked_at=reader.state_changed_at
    )
    preferences = links.preferences(reader)
    pages = [links.unsubscribe(reader), links.address(reader), links.new_address(reader)]
    pages += [f"{preferences}ask/{right}/" for right in ("address", "export", "erase")]
    pages += [links.export(reader), links.erase(reader), "/erased/", preferences]
    for width, scheme in SCREENS:
        with screen(width, scheme) as opened:
            for link in pages:
                opened.goto(address(link))
                assert opened.locator("h1").count() == 1
                assert_sound(opened)


def test_the_page_of_who_left_fits_every_screen_and_has_no_barriers(screen, address, reader):  # noqa: F811
    for width, scheme in [*SCREENS, (320, "light")]:
        with screen(width, scheme) as opened:
            opened.goto(address(links.unsubscribe(reader)))
            press(opened, "Unsubscribe")
            assert_sound(opened)
            press(opened, "That was a slip")
            assert_sound(opened)


def test_what_is_pressed_with_a_finger_is_large_enough(screen, address, reader):  # noqa: F811
    with screen(390, has_touch=True, is_mobile=True) as opened:
        opened.goto(address(links.preferences(reader)))
        heights = [link.bounding_box()["height"] for link in opened.locator(".rights a").all()]
        assert [height >= 44 for height in heights] == [True] * 3
        for step in ("", "Unsubscribe"):
            if step:
                press(opened, step)
            else:
                opened.goto(address(links.unsubscribe(reader)))
            small = opened.locator(".page button, .tick label").evaluate_all(
                "all => all.map(e => e.getBoundingClientRect())"
                ".filter(box => box.height && box.height < 44).length"
            )
            assert small == 0
