"""Which language a page has, and how it stays that of the reader."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from subscriptions import forms, letters, links
from subscriptions.languages import without_language
from subscriptions.models import Letter, Subscriber
from tests.conftest import MOMENT
from tests.subscriptions.pages import PURPOSES, path

HELP, CHOOSE = "/help/", "/language/"
TITLES = {"en": "Help", "de": "Hilfe", "zh-hans": "帮助"}
HOSTILE = [
    "",
    "xx",
    "fr",
    "EN",
    "zh-hans\0",
    "de\r\nX-Evil: 1",
    "de ",
    "\ud800",
    "../de",
    "d" * 100_000,
]


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MOMENT, tick=False) as clock:
        yield clock


def language_of(response) -> str:
    return re.search(r'<html lang="([\w-]+)" dir="ltr">', response.content.decode())[1]


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("zh-CN,zh;q=0.9", "zh-hans"),
        ("zh-SG", "zh-hans"),
        ("fr,es;q=0.9", "en"),
        ("fr,de;q=0.5", "de"),
        ("en-GB,de", "en"),
        ("*", "en"),
        ("de;q=nonsense", "en"),
        ("x" * 10_000, "en"),
    ],
)
def test_a_page_is_in_the_language_that_the_browser_asks_for(client, db, wanted, language):
    response = client.get(HELP, headers={"accept-language": wanted})
    assert response.status_code == 200
    assert language_of(response) == response["Content-Language"] == language
    assert f"<h1>{TITLES[language]}</h1>" in response.content.decode()


def test_caches_are_told_what_the_language_depends_on(client, db):
    named = {name.strip() for name in client.get(HELP)["Vary"].split(",")}
    assert named == {"Accept-Language", "Cookie"}
    assert not client.cookies


def test_the_address_counts_more_than_the_choice_and_that_more_than_the_browser(client, db):
    browser = {"accept-language": "de"}
    assert language_of(client.get(HELP, headers=browser)) == "de"
    client.post(CHOOSE, {"language": "zh-hans"})
    assert language_of(client.get(HELP, headers=browser)) == "zh-hans"
    assert language_of(client.get(f"{HELP}?lang=en", headers=browser)) == "en"


@pytest.mark.parametrize("code", HOSTILE)
def test_a_language_that_is_none_of_ours_is_ignored(client, db, code):
    code = code.encode("utf-8", "replace").decode()
    browser = {"accept-language": "de"}
    assert language_of(client.get(HELP, {"lang": code}, headers=browser)) == "de"
    response = client.post(CHOOSE, {"language": code, "next": HELP})
    assert (response.status_code, response["Location"]) == (303, HELP)
    assert response.cookies[settings.LANGUAGE_COOKIE_NAME].value == "en"
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = code[:4000].strip("\r\n\0")
    assert language_of(client.get(HELP, headers=browser)) in TITLES


def test_repeated_languages_do_no_harm(client, db):
    assert language_of(client.get(f"{HELP}?lang=de&lang=zh-hans")) == "zh-hans"


def test_who_chooses_a_language_comes_back_to_his_page(client, db):
    response = client.post(CHOOSE, {"language": "de", "next": "/archive/?page=2&lang=en"})
    assert (response.status_code, response["Location"]) == (303, "/archive/?page=2")
    cookie = response.cookies[settings.LANGUAGE_COOKIE_NAME]
    assert (cookie.value, cookie["samesite"], bool(cookie["secure"])) == ("de", "Lax", True)
    assert cookie["httponly"]


@pytest.mark.parametrize(
    "page",
    ["https://evil.example.org/", "//evil.example.org/", "/\\evil.example.org", "javascript:x",
     "https:evil", "\thttps://evil.example.org", "///evil", "/" + "x" * 5000, "", "http://[::1"],
)  # fmt: skip
def test_the_choice_leads_to_no_other_site(client, db, page):
    assert client.post(CHOOSE, {"language": "de", "next": page})["Location"] == "/"


@pytest.mark.parametrize("page", ["/a\r\nX-Evil: 1", "/\0", "/[", "/?q=\r\n&lang=de"])
def test_no_header_can_be_smuggled_in(client, db, page):
    response = client.post(CHOOSE, {"language": "de", "next": page})
    assert response.status_code == 303
    assert "X-Evil" not in response.headers
    assert not set("\r\n\0") & set(response["Location"])


def test_only_a_post_chooses(client, db):
    assert client.get(f"{CHOOSE}?language=de").status_code == 405
    assert not client.cookies


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("language", ["en", "de", "zh-hans"])
def test_a_readers_pages_are_in_his_language(client, make_subscriber, purpose, language):
    reader = make_subscriber(topics=["agents"], language=language)
    headers = {"accept-language": "de" if language != "de" else "zh-cn"}
    response = client.get(f"{path(purpose, reader)}?lang=en", headers=headers)
    assert language_of(response) == response["Content-Language"] == language
    assert "hreflang" not in response.content.decode()
    assert CHOOSE not in response.content.decode()


def test_a_language_that_is_gone_becomes_english(client, make_subscriber):
    reader = make_subscriber(language="tlh")
    assert language_of(client.get(path(PURPOSES[1], reader))) == "en"


def test_one_click_is_not_redirected_whatever_the_language(client, make_subscriber):
    reader = make_subscriber(language="de")
    link = links.unsubscribe(reader).removeprefix(settings.SITE_URL)
    headers = {"accept-language": "zh-cn"}
    response = client.post(link, {"List-Unsubscribe": "One-Click"}, headers=headers)
    assert response.status_code == 200
    reader.refresh_from_db()
    assert reader.state == Subscriber.State.UNSUBSCRIBED


def test_a_bad_link_and_a_missing_page_are_in_the_visitors_language(client, db):
    headers = {"accept-language": "de"}
    for address in ("/preferences/nonsense/", "/no/such/page"):
        response = client.get(address, headers=headers)
        assert (response.status_code, language_of(response)) == (404, "de")
    assert "Diese Seite gibt es nicht" in response.content.decode()


def test_a_fault_of_ours_is_told_in_the_visitors_language(client, db, monkeypatch):
    def fails(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr("newsletter.views.Issue.objects.published", fails)
    client.raise_request_exception = False
    response = client.get("/archive/", headers={"accept-language": "zh-cn"})
    assert (response.status_code, language_of(response)) == (500, "zh-hans")
    assert "出了点问题" in response.content.decode()


def test_the_admin_stays_english(admin_client):
    headers = {"accept-language": "de"}
    page = admin_client.get("/admin/", headers=headers).content.decode()
    assert "Log out" in page
    assert 'lang="en' in page


def test_no_language_is_left_to_whoever_comes_next(client, db):
    client.get(HELP, headers={"accept-language": "de"})
    assert translation.get_language() == "en"


def test_a_page_names_its_other_languages(client, db):
    page = unescape(client.get("/archive/?q=a%26b&lang=de").content.decode())
    versions = re.findall(r'<link rel="alternate" hreflang="([\w-]+)" href="([^"]+)">', page)
    site = f"{settings.SITE_URL}/archive/?q=a%26b&lang="
    assert versions == [(code, f"{site}{code}") for code in ("en", "de", "zh-hans")]
    assert 'name="next" value="/archive/?q=a%26b"' in page
    buttons = re.findall(r'value="([\w-]+)" lang="[\w-]+"( aria-current="true")?>', page)
    assert buttons == [("en", ""), ("de", ' aria-current="true"'), ("zh-hans", "")]


def sign_up(client, email: str, language: str):
    stamp = forms.make_stamp(MOMENT - timedelta(seconds=5))
    fields = {"email": email, "topics": ["agents"], "cadence": "daily", "stamp": stamp}
    headers = {"accept-language": language}
    return client.post(reverse("newsletter:landing"), fields, headers=headers)


@pytest.mark.parametrize("language", ["en", "de", "zh-hans"])
def test_who_signs_up_keeps_the_language_of_the_page(client, make_topic, language):
    make_topic("agents")
    assert sign_up(client, "ann@example.net", language).status_code == 303
    assert Subscriber.objects.get().language == language


def test_nobody_can_change_the_language_of_somebody_else(client, make_subscriber, make_topic):
    make_topic("agents")
    reader = make_subscriber("ann@example.net", language="de")
    sign_up(client, "ann@example.net", "zh-hans")
    reader.refresh_from_db()
    assert reader.language == "de"


@pytest.mark.parametrize(
    ("language", "subject", "said"),
    [
        ("en", "Confirm your subscription to Trending Papers", "The link works for 72 hours."),
        ("de", "Bestätige dein Abo von Trending Papers", "Der Link gilt 72 Stunden lang."),
        ("zh-hans", "请确认订阅 Trending Papers", "链接在 72 小时内有效。"),
    ],
)
def test_a_letter_is_in_the_readers_language(make_letter, make_subscriber, language, subject, said):
    reader = make_subscriber(state=Subscriber.State.PENDING, language=language)
    letter = make_letter(kind=Letter.Kind.CONFIRM, subscriber=reader)
    message = letters.compose_all([letter])(letter).message()
    assert message.subject == subject
    html = str(message.alternatives[0][0])
    assert said in message.body
    assert said in html
    assert f'<html lang="{language}" dir="ltr"' in html
    assert translation.get_language() == "en"


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("/a/?lang=de", "/a/"),
        ("/a/?q=1&lang=de&lang=en&page=2", "/a/?q=1&page=2"),
        ("/a/?slang=1", "/a/?slang=1"),
        ("/a/", "/a/"),
        ("/a/?q=%E4%BD%A0&lang=de", "/a/?q=%E4%BD%A0"),
    ],
)
def test_an_address_without_its_language(address, plain):
    assert without_language(address) == plain
