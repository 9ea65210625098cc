"""How pages and the digest look and behave in a real browser, on a phone and on a desktop.

`SCREENSHOTS=docs/images make browser` also takes the pictures that the documentation shows, and
`GALLERY=folder` one of every kind of digest on every screen, for people to look at.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils.timezone import now

from newsletter import compose
from newsletter.models import Delivery, Issue
from newsletter.picks import Pick, Why, pack
from papers.models import Assignment, Paper
from subscriptions import brake, forms, links
from subscriptions.models import Subscriber
from subscriptions.verdicts import State

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PICTURES = os.environ.get("SCREENSHOTS")
GALLERY = os.environ.get("GALLERY")
TOPICS = settings.BASE_DIR / "papers" / "data" / "topics.json"
GOLDENS = settings.BASE_DIR / "tests" / "newsletter" / "goldens"
SCREENS = [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")]
# A mail is shown inside the page of a mail program, which has the landmarks.
MAIL_RULES = {"rules": {name: {"enabled": False} for name in ("region", "landmark-one-main")}}

pytestmark = [
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore:No directory at"),  # nobody collected static files
    pytest.mark.skipif(not CHROMIUM, reason="there is no chromium on the PATH"),
]


@pytest.fixture(scope="module")
def browser():
    with pytest.MonkeyPatch.context() as patch, sync_api.sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, and Django is wary of those.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        program = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield program
        program.close()


@pytest.fixture
def screen(browser):
    """Open an empty page of one width and colour scheme; what goes wrong on it fails the test."""

    @contextmanager
    def opened(width: int = 1280, scheme: str = "light", **options) -> Iterator:
        height = options.pop("height", 900)
        viewport = {"width": width, "height": height}
        context = browser.new_context(
            viewport=viewport, color_scheme=scheme, reduced_motion="reduce", **options
        )
        page, complaints = context.new_page(), []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        context.close()
        assert complaints == []

    return opened


@pytest.fixture
def reader(live_server, settings, make_topic, make_subscriber) -> Subscriber:
    """A reader of a site that holds the sample papers."""
    settings.CSRF_COOKIE_SECURE = False  # the live server has no TLS
    for position, topic in enumerate(json.loads(TOPICS.read_text(encoding="utf-8"))):
        make_topic(topic["slug"], name=topic["name"], position=position)
    call_command("ingest_papers", "sample", verbosity=0)
    call_command("score_papers", verbosity=0)
    return make_subscriber("ada@example.net", topics=["agents", "reasoning", "robotics"])


@pytest.fixture
def delivery(reader) -> Delivery:
    """Seven papers of today's issue for the reader, and the reasons for them."""
    issue = Issue.objects.create(
        cadence="daily", on=now().date(), opened_at=now(), state=Issue.State.OPEN
    )
    followed = Assignment.objects.filter(topic__in=reader.topics.all())
    about = dict(followed.values_list("paper", "topic"))
    picks = [Pick(paper, 1.0, Why.TOPIC, topic) for paper, topic in list(about.items())[:7]]
    made = Delivery.objects.create(issue=issue, subscriber=reader, packed_picks=pack(picks))
    compose.compose_all([made])
    return made


@pytest.fixture
def address(live_server, reader, delivery, settings):
    """The address of a page on the live server, by name."""
    settings.COUNT_CLICKS = True  # so the preferences ask for it; he has not agreed
    Delivery.objects.filter(pk=delivery.pk).update(state=State.ACCEPTED)
    mail = compose.compose_all([delivery])(delivery).message().body
    own = {path.split("/")[1]: path for path in re.findall(r"https://[^/]+(/\S+/\S{52}/\S*)", mail)}
    preferences = links.preferences(reader).removeprefix(settings.SITE_URL)
    pages = {
        "join": "/",
        "check inbox": "/check-inbox/",
        "preferences": preferences,
        "today": preferences.replace("/preferences/", "/today/"),
        "digest": own["digest"],
        "paper": own["paper"],
        "issue": f"/issue/{delivery.issue.slug}/",
        "archive": "/archive/",
        "trending": "/trending/",
        "month": "/trending/month/?sort=votes",
        "topics": "/topics/",
        "topic": "/topics/agents/?span=month",
        "one paper": f"/papers/{Paper.objects.order_by('-votes').first().key}/",
        "search": "/search/?q=agents&topic=agents",
        "help": "/help/",
        "api": "/api/v1/",
        "unsubscribe": links.unsubscribe(reader).removeprefix(settings.SITE_URL),
    }
    return lambda name: live_server.url + pages[name]


@pytest.fixture
def digest(delivery) -> str:
    return compose.html_of(compose.compose_all([delivery])(delivery).message())


def assert_sound(page, **options) -> None:
    """Nothing sticks out to the side, and axe finds no barrier."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = axe.Axe().run(page, **options).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []


PAGES = [
    *("trending", "month", "topics", "topic", "one paper", "search"),
    *("join", "check inbox", "preferences", "today", "unsubscribe", "paper", "archive", "help"),
    "api",
]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_every_screen_and_has_no_barriers(screen, address, name):
    for width, scheme in SCREENS:
        with screen(width, scheme) as page:
            page.goto(address(name))
            assert page.locator("h1").count() == 1
            assert_sound(page)


def test_a_digest_fits_every_screen_and_has_no_barriers(screen, digest):
    for width, scheme in SCREENS:
        with screen(width, scheme) as page:
            page.set_content(digest)
            assert page.locator("h2").count() >= 3
            assert_sound(page, options=MAIL_RULES)


@pytest.mark.parametrize("name", ["digest", "issue"])
def test_a_mail_as_a_page_keeps_its_looks_under_its_policy(screen, address, name):
    for width, scheme in SCREENS:
        with screen(width, scheme) as page:
            page.goto(address(name))
            assert page.locator("h1").evaluate("it => getComputedStyle(it).fontSize") == "32px"
            assert_sound(page, options=MAIL_RULES)


@pytest.mark.parametrize("golden", sorted(GOLDENS.glob("*.html")), ids=lambda path: path.stem)
def test_every_kind_of_digest_fits_every_screen_and_has_no_barriers(screen, golden):
    for width, scheme in SCREENS:
        with screen(width, scheme) as page:
            page.set_content(golden.read_text(encoding="utf-8"))
            assert_sound(page, options=MAIL_RULES)
            if GALLERY:
                name = f"{golden.stem}-{width}-{scheme}.png"
                page.screenshot(path=Path(GALLERY) / name, full_page=True)


def test_a_paper_is_muted_with_the_buttons_of_its_page(screen, address, reader):
    with screen(390, java_script_enabled=False) as page:
        page.goto(address("paper"))
        page.get_by_role("button", name="Mute").first.click()
        assert page.get_by_role("status").inner_text().startswith("Saved.")
    assert reader.interests.filter(weight=0).count() == 1


def test_a_day_without_a_list_has_no_barriers(screen, live_server):
    for width, scheme in SCREENS:
        with screen(width, scheme) as page:
            page.route(
                "**/trending/2001-01-01/",
                lambda route: route.fulfill(
                    response=route.fetch(),
                    status=200,  # a 404 is a complaint to the console
                ),
            )
            page.goto(f"{live_server.url}/trending/2001-01-01/")
            assert_sound(page)


def test_search_needs_only_the_keyboard(screen, address):
    with screen(390) as page:
        page.goto(address("search"))
        page.get_by_label("Words, an author, or an arXiv id").focus()
        page.keyboard.press("Control+A")
        page.keyboard.type("agents -benchmark")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert "found" in page.get_by_role("status").inner_text()
        assert page.locator("mark").count() > 0


def test_bibtex_is_copied_with_one_press(screen, address):
    with screen(1280) as page:
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.goto(address("one paper"))
        page.get_by_role("button", name="Copy").click()
        page.get_by_role("button", name="Copied").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith("@misc{")


def test_the_site_can_be_read_at_320_pixels(screen, address):
    with screen(320) as page:
        for name in ("trending", "topic", "one paper", "search", "archive"):
            page.goto(address(name))
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


def test_a_reader_votes_from_the_page_of_a_paper(screen, address, reader):
    with screen(390, java_script_enabled=False) as page:
        page.goto(address("paper"))
        page.get_by_role("button", name="Upvote").click()
        assert page.get_by_role("status").inner_text().startswith("Saved.")
        page.get_by_role("button", name="Take the vote back").wait_for()
    assert reader.votes.count() == 1


def test_a_phone_has_large_targets(screen, address):
    with screen(390, has_touch=True, is_mobile=True) as page:
        page.goto(address("join"))
        small = page.locator(".chip, button, summary, .wordmark, .links a").evaluate_all(
            "all => all.map(e => e.getBoundingClientRect())"
            ".filter(box => box.height && box.height < 44).length"
        )
        assert small == 0


def test_signing_up_needs_only_the_keyboard(screen, address, monkeypatch):
    monkeypatch.setattr(forms, "MINIMUM_SECONDS", 0)
    with screen(timezone_id="Asia/Tokyo") as page:
        page.goto(address("join"))
        for key in ("Tab", "Enter", "Tab"):  # the skip link, then the first field
            page.keyboard.press(key)
        page.keyboard.type("new@example.net")
        for key in ("Tab", "Space"):  # the first topic
            page.keyboard.press(key)
        assert page.locator("[data-topic-count]").inner_text() == "1 topic chosen"
        page.get_by_role("button", name="Subscribe").focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/check-inbox/**")

    subscriber = Subscriber.objects.get(email="new@example.net")
    assert subscriber.time_zone == "Asia/Tokyo"
    assert [topic.slug for topic in subscriber.topics.all()] == ["language-models"]


def test_signing_up_needs_no_script(screen, address, monkeypatch):
    monkeypatch.setattr(forms, "MINIMUM_SECONDS", 0)
    with screen(java_script_enabled=False) as page:
        page.goto(address("join"))
        page.get_by_label("Your email address").fill("plain@example.net")
        page.get_by_role("checkbox", name="Agents").check()
        page.get_by_role("radio", name="Once a week").check()
        page.get_by_role("button", name="Subscribe").click()
        page.wait_for_url("**/check-inbox/**")
    assert Subscriber.objects.get(email="plain@example.net").cadence == "weekly"


def test_a_mistake_is_told_beside_its_field_and_choices_are_kept(screen, address):
    with screen(390, java_script_enabled=False) as page:
        page.goto(address("join"))
        page.get_by_label("Your email address").fill("ada@nowhere")
        page.get_by_role("checkbox", name="Agents").check()
        page.get_by_role("button", name="Subscribe").click()
        field = page.get_by_label("Your email address")
        assert field.get_attribute("aria-describedby") == "email_error"
        assert page.locator("#email_error").inner_text()
        assert page.get_by_role("checkbox", name="Agents").is_checked()


def test_preferences_can_be_saved(screen, address, reader):
    with screen() as page:
        page.goto(address("preferences"))
        page.get_by_text("more topics").click()
        page.get_by_label("Computer vision").select_option("More")
        page.get_by_role("checkbox", name="Count when I open").check()
        page.get_by_role("button", name="Save").click()
        assert page.get_by_text("Saved.").is_visible()
    reader.refresh_from_db()
    assert reader.is_counted
    assert reader.topics.filter(slug="computer-vision").exists()


def test_todays_digest_can_be_asked_for_on_its_page(screen, address, reader):
    Delivery.objects.all().delete()
    with screen() as page:
        page.goto(address("today"))
        page.get_by_role("button", name="Send me today's digest").click()
        page.wait_for_url("**/today/**")
        assert page.locator(".card").count() > 0
    assert Delivery.objects.filter(subscriber=reader).exists()


def test_with_the_brake_on_a_question_is_answered_by_whoever_reads_it(screen, address, monkeypatch):
    """Without a script, on every screen; a wrong answer is told, and waiting does as well."""
    monkeypatch.setattr(forms, "MINIMUM_SECONDS", 0)
    brake.state()
    brake.pull("a test", at=now())
    for width, scheme in SCREENS:
        with screen(width, scheme, java_script_enabled=False) as page:
            email = f"{scheme}{width}@host{width}{scheme}.example.net"
            page.goto(address("join"))
            page.get_by_label("Your email address").fill(email)
            page.get_by_role("checkbox", name="Agents").check()
            page.get_by_role("button", name="Subscribe").click()
            page.get_by_label(re.compile("^What is ")).fill("99")
            page.keyboard.press("Enter")
            assert "not the answer" in page.get_by_role("alert").inner_text()
            if GALLERY:
                page.screenshot(path=Path(GALLERY) / f"question-{width}-{scheme}.png")
            page.get_by_role("button", name="wait for the mail").click()
            page.wait_for_url("**/check-inbox/**")
        assert Subscriber.objects.get(email=email).letters.get().state == State.DEFERRED
        with screen(width, scheme) as page:
            page.goto(address("join"))
            page.get_by_label("Your email address").fill(email)
            page.get_by_role("checkbox", name="Agents").check()
            page.get_by_role("button", name="Subscribe").click()
            page.get_by_label(re.compile("^What is ")).wait_for()
            assert_sound(page)


@pytest.mark.skipif(not PICTURES, reason="SCREENSHOTS names no folder")
def test_pictures_for_the_documentation(screen, address, digest):
    folder = Path(str(PICTURES))
    folder.mkdir(parents=True, exist_ok=True)
    with screen(1280, height=920) as page:
        page.goto(address("join"))
        for topic in ("Agents", "Reasoning", "Image & video generation"):
            page.get_by_role("checkbox", name=topic).check(force=True)
        page.screenshot(path=folder / "landing.png")
    with screen(680, height=960) as page:
        page.set_content(digest)
        page.screenshot(path=folder / "digest.png")
    for name in ("landing", "digest"):
        assert (folder / f"{name}.png").stat().st_size < 250_000
