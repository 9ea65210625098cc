"""Digests of many kinds, word for word as they were when somebody last looked at them.

`make goldens` writes them anew; look at the difference before you commit it.
"""

from __future__ import annotations

import os
import re
from datetime import date
from html import unescape
from uuid import UUID

import pytest
import time_machine
from django.conf import settings

from newsletter import compose
from newsletter.columns import columns
from newsletter.models import Issue
from newsletter.picks import Pick, Why, pack
from subscriptions.composing import NotToBeSent
from tests.conftest import MOMENT

FOLDER = settings.BASE_DIR / "tests" / "newsletter" / "goldens"
WRITES = bool(os.environ.get("GOLDENS"))

INTRODUCTION = """Dear readers,

this week two groups found out, independently, that a <small> model & a long breath beat a
large one.

Enjoy!"""
MATHEMATICS = (
    "For $n < m$ and $\\alpha_{i} \\geq 0$ we bound $\\sum_{i=1}^{n} \\alpha_i x_i$ by "
    "$O(\\sqrt{n \\log m})$. The constant {{ c }} is 100% explicit. A < B & C > D throughout."
)


@pytest.fixture
def paper(make_paper):
    """A made-up paper; the numbers of papers start with 1 in each test."""
    count = iter(range(1, 100))

    def make(title=None, **fields):
        n = next(count)
        fields.setdefault("topics", [["agents", "reasoning", "robotics"][n % 3]])
        fields.setdefault("arxiv_id", f"2603.{n:05}")
        fields.setdefault(
            "authors", [f"Ada Example {n}", "Ben Muster", "Chiara Esempio"][: n % 3 + 1]
        )
        fields.setdefault("abstract", f"We describe method {n}. It is slow, and it works. " * 5)
        fields.setdefault("votes", 7 * n % 50)
        fields.setdefault("trend_score", 1 / n)
        fields.setdefault("pk", 1000 + n)
        if n % 2:
            fields.setdefault("code_url", f"https://code.example.org/method-{n}")
        if n % 4 == 0:
            fields.setdefault("project_url", f"https://project.example.org/{n}?a=1&b=2")
        return make_paper(title or f"Method {n} for problems that nobody had before", **fields)

    return make


@pytest.fixture
def of_kind(make_subscriber, make_issue, make_delivery, paper, make_topic):
    def made(name: str):
        papers, fields = list(KINDS[name][0](paper)), KINDS[name][1]
        issue = make_issue(date(2026, 3, 17), cadence=fields.get("cadence", "daily"))
        Issue.objects.filter(pk=issue.pk).update(introduction=fields.get("introduction", ""))
        reader = make_subscriber("golden@example.net", language=fields.get("language", "en"))
        delivery = make_delivery([], reader=reader, issue=issue, public_id=UUID(int=7))
        delivery.packed_picks = pack(pick(paper) for paper in papers)
        return compose.compose_all([delivery])(delivery)

    return made


def pick(paper) -> Pick:
    topics = [*paper.assignments.values_list("topic", flat=True), 0]
    return Pick(paper.pk, 1.0, Why.TOPIC, topics[0])


KINDS = {
    "one": (lambda paper: [paper()], {}),
    "ten": (lambda paper: [paper() for _ in range(10)], {}),
    "thirty": (lambda paper: [paper() for _ in range(30)], {}),
    "long-titles": (
        lambda paper: [
            paper("On the length of titles, which are " + "very, " * 40 + "long"),
            paper("Donaudampfschifffahrtsgesellschaft" * 8),
        ],
        {},
    ),
    "mathematics": (
        lambda paper: [paper("Bounds of $\\mathcal{O}(n^{2})$ when $a < b$", abstract=MATHEMATICS)],
        {},
    ),
    "authors": (
        lambda paper: [
            paper("All of us", authors=[f"Author {n} of Many" for n in range(5000)]),
            paper("The four of us", authors=["Ann A", "Ben B", "Cem C", "Dot D"]),
            paper("Nobody", authors=[], votes=0, arxiv_id=None),
        ],
        {},
    ),
    "german": (
        lambda paper: [
            paper(
                "Über die Größe von Sprachmodellen: Maße, Übermaß und Mäßigung",
                authors=["Jörg Müßig", "Änne Größl"],
                abstract="Wir messen Größen. Größer ist nicht immer besser; das überrascht. " * 3,
            )
        ],
        {},
    ),
    "chinese": (
        lambda paper: [
            paper(
                "面向长文档的高效推理方法",
                authors=["李示例", "王样本"],
                abstract="我们提出一种简单的方法,可以在很长的文档上进行推理。实验表明它又快又好。"
                * 8,
            ),
            paper("שיטה חדשה להסקה", abstract="אנו מציגים שיטה פשוטה. היא עובדת היטב."),
        ],
        {},
    ),
    "weekly": (
        lambda paper: [paper() for _ in range(7)],
        {"cadence": "weekly", "introduction": INTRODUCTION},
    ),
    "monthly": (lambda paper: [paper() for _ in range(14)], {"cadence": "monthly"}),
    "one-de": (lambda paper: [paper()], {"language": "de"}),
    "two-zh": (lambda paper: [paper(), paper()], {"language": "zh-hans"}),
    "ten-de": (lambda paper: [paper() for _ in range(10)], {"language": "de"}),
    "ten-zh": (lambda paper: [paper() for _ in range(10)], {"language": "zh-hans"}),
    "weekly-de": (
        lambda paper: [paper(votes=1200)] + [paper() for _ in range(6)],
        {"cadence": "weekly", "introduction": INTRODUCTION, "language": "de"},
    ),
    "monthly-zh": (
        lambda paper: [paper(votes=1200)] + [paper() for _ in range(13)],
        {"cadence": "monthly", "language": "zh-hans"},
    ),
}


def without_tokens(text: str) -> str:
    return re.sub(r"(?<=/)[\w-]{52}(?=/)", "TOKEN", text)


@pytest.mark.parametrize("name", KINDS)
def test_a_digest_reads_as_it_did(of_kind, name, settings):
    settings.POSTAL_ADDRESS = "Example Press, 1 Main Street, Exampleton"
    with time_machine.travel(MOMENT, tick=False):
        message = of_kind(name).message()
    made = {
        FOLDER / f"{name}.txt": f"Subject: {message.subject}\n\n{without_tokens(message.body)}",
        FOLDER / f"{name}.html": without_tokens(compose.html_of(message)),
    }
    if WRITES:
        for path, text in made.items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path, text in made.items():
        assert text == path.read_text(encoding="utf-8"), "run: make goldens, and look"


def test_without_papers_there_is_no_mail(make_delivery):
    delivery = make_delivery([])
    with pytest.raises(NotToBeSent, match="papers are gone"):
        compose.compose_all([delivery])(delivery)


@pytest.mark.parametrize("name", KINDS)
def test_both_parts_of_a_golden_have_the_same_links(name):
    text, html = (FOLDER / f"{name}.txt").read_text(), (FOLDER / f"{name}.html").read_text()
    found = {unescape(link).partition("#")[0] for link in re.findall(r'href="(https:[^"]*)"', html)}
    assert found == set(re.findall(r"https://\S+", text))


@pytest.mark.parametrize("name", KINDS)
def test_a_golden_has_no_gap_and_fits_into_its_columns(name):
    text = (FOLDER / f"{name}.txt").read_text()
    assert "\n\n\n" not in text
    lines = text.split("\n\n", 1)[1].splitlines()
    for line in lines:  # an address or a word that is longer than a line stays whole
        assert columns(line) <= 78 or "https://" in line or len(line.split()) <= 2
    assert not any(line != line.rstrip() for line in lines)
