"""Promises about the templates: mails are compiled and right in both parts, pages are safe."""

from __future__ import annotations

import re
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.template.loader import render_to_string

from newsletter.compose import Item
from newsletter.management.commands import compile_mail
from newsletter.models import Issue
from papers.models import Paper

MAILS = ["already", "confirm", "digest"]
PARTS = ["subject.txt", "body.txt", "body.html"]
SITE = "https://news.example.org"
TOKEN = "k" * 80
TOKEN_PAGES = [
    f"preferences/{TOKEN}/",
    f"unsubscribe/{TOKEN}/",
    f"digest/{TOKEN}/daily/2026-11-23/",
]
WEB_PAGES = [
    path
    for path in (settings.BASE_DIR / "templates").rglob("*.html")
    if "email" not in path.parts and "admin" not in path.parts
]


def item(number: int, **fields: object) -> Item:
    fields.setdefault("title", f"If a < b & c, is part {number} of it shorter than this line?")
    fields.setdefault("code_url", f"https://code.example.org/{number}")
    fields.setdefault("project_url", f"https://project.example.org/{number}")
    return Item(
        number=number,
        paper=Paper(arxiv_id=f"2603.{number:05}", votes=number, **fields),
        authors="Ada Example, Ben Example, Cem Example and 12 more",
        text="We ask whether a < b & c and find that it often is. " * 6,
        why=["you follow Agents and Reasoning", 'title mentions "a < b"'],
    )


def render(name: str, part: str, *, papers: int = 2, **changes: object) -> str:
    context: dict[str, object] = {
        "site_name": "Trending Papers",
        "site_url": SITE,
        "postal_address": "Example Press, 1 Main Street",
        "issue": Issue(cadence="daily", on=date(2026, 3, 17)),
        "count": papers,
        "items": [item(number) for number in range(1, papers + 1)],
        "first_title": "If a < b & c",
        "preheader": "Also: another one",
        "hours": 72,
        "confirm_url": f"{SITE}/confirm/{TOKEN}/",
        "preferences_url": f"{SITE}/preferences/{TOKEN}/",
        "unsubscribe_url": f"{SITE}/unsubscribe/{TOKEN}/",
        "browser_url": f"{SITE}/digest/{TOKEN}/daily/2026-11-23/",
    }
    return render_to_string(f"email/{name}/{part}", context | changes)


def links(text: str) -> set[str]:
    return set(re.findall(r"https://[^\s\"<]+", text))


@pytest.mark.parametrize("name", MAILS)
def test_the_compiled_mail_is_up_to_date(name):
    [source] = [path for path in compile_mail.sources() if path.parent.name == name]
    committed = compile_mail.target(source).read_text(encoding="utf-8")
    assert committed == compile_mail.compile_source(source), "run: make mail"


def test_every_mail_is_tested():
    assert [path.parent.name for path in compile_mail.sources()] == MAILS


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", MAILS)
def test_nothing_unfinished_is_left(name, part):
    text = render(name, part)
    assert not re.search(r"\{\{|\{%|\{#|\bNone\b", text)
    assert text.strip()


@pytest.mark.parametrize("name", MAILS)
def test_text_fits_into_78_columns(name):
    lines = render(name, "body.txt").splitlines()
    assert [line for line in lines if len(line) > 78 and "https://" not in line] == []


@pytest.mark.parametrize("name", MAILS)
def test_text_has_no_gaps(name):
    text = render(name, "body.txt", postal_address="")
    assert "\n\n\n" not in text
    assert not text.startswith("\n")


def test_a_title_is_escaped_in_html_only():
    assert "a &lt; b &amp; c" in render("digest", "body.html")
    assert "a < b & c" not in render("digest", "body.html")
    assert "a < b & c" in render("digest", "body.txt")
    assert 'mentions "a < b"' in render("digest", "body.txt")
    assert render("digest", "subject.txt").strip() == "2 papers for you: If a < b & c"


def test_both_parts_of_a_digest_have_the_same_links():
    assert links(render("digest", "body.html")) == links(render("digest", "body.txt"))


@pytest.mark.parametrize("part", ["body.txt", "body.html"])
def test_a_paper_without_links_and_votes_shows_none(part):
    bare = item(1, title="Bare", code_url="", project_url="")
    bare.paper.arxiv_id, bare.paper.votes = None, 0
    text = render("digest", part, items=[bare], count=1)
    assert links(text) == {f"{SITE}/{page}" for page in TOKEN_PAGES}
    assert "vote" not in text
    assert "Bare" in text


def test_one_paper_is_not_plural():
    assert "1 paper for you" in render("digest", "body.html", papers=1)
    assert "1 paper for you" in render("digest", "body.txt", papers=1)
    assert "\n1 vote\n" in render("digest", "body.txt", papers=1)


def test_mails_are_small():
    assert len(render("digest", "body.html", papers=10).encode()) < 60_000  # Gmail cuts at 102 KB
    for name in ("already", "confirm"):
        assert len(render(name, "body.html").encode()) < 4096


@pytest.mark.parametrize("name", MAILS)
def test_html_mail_is_accessible_and_asks_nobody_else(name):
    html = render(name, "body.html")
    assert '<html lang="en" dir="ltr"' in html
    assert 'name="color-scheme" content="light dark"' in html
    assert "prefers-color-scheme: dark" in html
    assert all('role="presentation"' in table for table in re.findall(r"<table[^>]*>", html))
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
    assert "<a " not in html
    assert "vote" not in html


def test_a_card_says_why_and_how_many_authors_there_are(make_paper):
    paper = make_paper("Long list", authors=["Ada", "Ben", "Cem", "Dot", "Eve"], votes=1)
    html = render_to_string("papers/card.html", {"paper": paper, "why": ["you follow <b>"]})
    assert "Ada, Ben, Cem and 2 more" in html
    assert "you follow &lt;b&gt;" in html
    assert '1<span class="hidden"> vote</span>' in html
