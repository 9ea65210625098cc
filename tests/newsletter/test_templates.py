"""Promises about the templates: mails are compiled and right in both parts, pages are safe."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.template.loader import render_to_string

from newsletter.management.commands import compile_mail

LETTERS = ["address", "already", "confirm", "erase", "export", "moved", "newaddress"]
SAID = {"hours": 72, "minutes": 30, "language": "en"}
SOURCES = sorted([*(set(LETTERS) - {"confirm"}), "digest", "digest/card"])
PARTS = ["subject.txt", "body.txt", "body.html"]
GOLDENS = settings.BASE_DIR / "tests" / "newsletter" / "goldens"
SITE = "https://news.example.org"
TOKEN = "k" * 80
WEB_PAGES = [
    path
    for path in (settings.BASE_DIR / "templates").rglob("*.html")
    if "email" not in path.parts and "admin" not in path.parts
]


def render(name: str, part: str, **changes: object) -> str:
    context: dict[str, object] = {
        "site_name": "Trending Papers",
        "site_url": SITE,
        "postal_address": "Example Press, 1 Main Street",
        "hours": 72,
        "minutes": 30,
        "masked": "a…a@example.net",
        "url": f"{SITE}/erase/{TOKEN}/",
        "confirm_url": f"{SITE}/confirm/{TOKEN}/",
        "disown_url": f"{SITE}/not-me/{TOKEN}/",
        "preferences_url": f"{SITE}/preferences/{TOKEN}/",
        "unsubscribe_url": f"{SITE}/unsubscribe/{TOKEN}/",
    }
    return render_to_string(f"email/{name}/{part}", context | changes)


@pytest.mark.parametrize("name", SOURCES)
def test_the_compiled_mail_is_up_to_date(name):
    [source] = [path for path in compile_mail.sources() if compile_mail.name(path) == name]
    committed = compile_mail.target(source).read_text(encoding="utf-8")
    assert committed == compile_mail.compile_source(source), "run: make mail"


def test_every_mail_is_tested():
    assert [compile_mail.name(path) for path in compile_mail.sources()] == SOURCES


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", LETTERS)
def test_nothing_unfinished_is_left(name, part):
    text = render(name, part)
    assert not re.search(r"\{\{|\{%|\{#|\bNone\b", text)
    assert text.strip()


@pytest.mark.parametrize("name", LETTERS)
def test_text_fits_into_78_columns(name):
    lines = render(name, "body.txt").splitlines()
    assert [line for line in lines if len(line) > 78 and "https://" not in line] == []


@pytest.mark.parametrize("name", LETTERS)
def test_text_has_no_gaps(name):
    text = render(name, "body.txt", postal_address="")
    assert "\n\n\n" not in text
    assert not text.startswith("\n")


def test_letters_are_small():
    for name in LETTERS:
        assert len(render(name, "body.html").encode()) < 4096


HTML_MAILS = [
    *[render_to_string(f"email/{name}/body.html", SAID) for name in LETTERS],
    *[path.read_text(encoding="utf-8") for path in sorted(GOLDENS.glob("*.html"))],
]


@pytest.mark.parametrize("html", HTML_MAILS, ids=lambda html: f"{len(html)} characters")
def test_html_mail_is_accessible_and_asks_nobody_else(html):
    assert re.search(r'<html lang="(en|de|zh-hans)" dir="ltr"', html)
    assert 'name="color-scheme" content="light dark"' in html
    assert "prefers-color-scheme: dark" in html
    shown = re.sub(r"<!--.*?-->", "", html, flags=re.DOTALL)
    assert all('role="presentation"' in table for table in re.findall(r"<table[^>]*>", shown))
    assert "max-width:600px" in html
    assert not re.search(r"<(img|script|form|link|iframe)\b|@import|url\(", html)


@pytest.fixture
def mail_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(compile_mail, "FOLDER", tmp_path)
    (tmp_path / "hello").mkdir()
    return tmp_path / "hello"


def write(folder: Path, content: str) -> None:
    body = f"<mj-section><mj-column>{content}</mj-column></mj-section>"
    (folder / "body.mjml").write_text(f"<mjml><mj-body>{body}</mj-body></mjml>")


def run(*arguments: str) -> str:
    call_command("compile_mail", *arguments, stdout=(printed := StringIO()))
    return printed.getvalue().strip()


def test_a_changed_source_is_noticed_and_compiled(mail_folder):
    write(mail_folder, "<mj-text>{{ greeting }}</mj-text>")
    with pytest.raises(CommandError, match="hello"):
        run("--check")
    assert not (mail_folder / "body.html").exists()

    assert run() == "compiled: hello"
    assert "{{ greeting }}" in (mail_folder / "body.html").read_text()
    assert run("--check") == "all mails are up to date"


def test_a_broken_source_is_named(mail_folder):
    write(mail_folder, "<mj-text>Hello")
    with pytest.raises(CommandError, match="hello"):
        run()


@pytest.mark.parametrize("path", WEB_PAGES, ids=lambda path: path.stem)
def test_a_page_has_nothing_that_its_security_policy_forbids(path):
    source = path.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|<script>|\son[a-z]+=|javascript:|//cdn", source)


@pytest.mark.parametrize("name", ["404.html", "500.html"])
def test_an_error_page_needs_no_context(name):
    assert "Trending Papers" in render_to_string(name)


def test_a_card_shows_only_what_a_paper_has(make_paper):
    html = render_to_string("papers/card.html", {"paper": make_paper("x < y", arxiv_id=None)})
    assert "x &lt; y" in html
    assert "arxiv.org" not in html
    assert "vote" not in html


def test_a_card_says_why_and_how_many_authors_there_are(make_paper):
    paper = make_paper("Long list", authors=["Ada", "Ben", "Cem", "Dot", "Eve"], votes=1)
    html = render_to_string("papers/card.html", {"paper": paper, "why": "you follow <b>"})
    assert "Ada, Ben, Cem and 2 more" in html
    assert "you follow &lt;b&gt;" in html
    assert '1<span class="hidden"> vote</span>' in html
