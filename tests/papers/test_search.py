"""Search finds what people ask for, and no query is wrong."""

from __future__ import annotations

import pytest
from django.db import connection

from papers import search
from papers.models import Paper

pytestmark = pytest.mark.django_db


@pytest.fixture
def papers(make_paper):
    make_paper(
        "Skating robots on thin ice", abstract="We study locomotion.", authors=["Ada Lovelace"]
    )
    make_paper("Proofs", abstract="Robots are not mentioned but once.", authors=["Emmy Noether"])
    make_paper("Diffusion models", abstract="We denoise images.", arxiv_id="2603.77777")
    make_paper("If a<b then vision/language models", abstract="c > d")
    make_paper("Fusion energy", abstract="A plasma burns.", authors=["Chien-Shiung Wu"])


def found(query: str) -> list[str]:
    papers = search.find(query).order_by("-relevance", "pk")
    return [paper.title for paper in papers]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("robot", ["Skating robots on thin ice", "Proofs"]),  # the title counts most
        ("ROBOTS ice", ["Skating robots on thin ice"]),
        ('"thin ice"', ["Skating robots on thin ice"]),
        ('"ice thin"', []),
        ("robots -ice", ["Proofs"]),
        ("lovelace", ["Skating robots on thin ice"]),
        ("Noether proofs", ["Proofs"]),
        ("2603.77777", ["Diffusion models"]),
        ("fusion", ["Fusion energy"]),  # not "diffusion"
        ("vision", ["If a<b then vision/language models"]),  # no tag, no file
        ("vision/language", ["If a<b then vision/language models"]),
        ("denoising images", ["Diffusion models"]),
        ("nothing of the kind whatever", []),
        ("", []),
        ("   ", []),
        ("-robots", []),
    ],
)
def test_what_is_asked_for_is_found(papers, query, expected):
    if query == "-robots" and connection.vendor == "postgresql":
        assert "Skating robots on thin ice" not in found(query)
        return
    assert found(query) == expected


@pytest.mark.parametrize(
    "query",
    [
        *(
            '"',
            "'",
            '"""',
            "a AND",
            "NOT",
            "OR OR",
            "NEAR(",
            "*",
            "title:robots",
            "^x",
            "(((",
            "{a}",
        ),
        *(
            "a\0b",
            "\ud800",
            "x" * 10_000,
            "- - -",
            '-"',
            "a:*b",
            "!!",
            "&",
            "|",
            "\\",
            "%",
            "_",
            ";--",
        ),
        *(
            "<script>",
            "ß \u017f İ",
            "机器人",
            "🧪",
            "a" + "\u0301" * 300,
            "' OR 1=1 --",
            "$$x$$",
            "\x1b[31m",
        ),
    ],
)
def test_no_query_is_wrong(papers, query):
    list(search.find(query))


def test_a_changed_paper_is_found_by_its_new_words_only(papers):
    paper = Paper.objects.get(title="Proofs")
    paper.title = "Theorems"
    paper.save()
    assert found("theorems") == ["Theorems"]
    assert found("proofs") == []
    Paper.objects.filter(pk=paper.pk).delete()
    assert found("theorems") == []


def test_rows_written_in_one_go_are_found(make_paper):
    made = [make_paper(f"Plain {number}") for number in range(3)]
    for paper in made:
        paper.title = "Changed in bulk"
    Paper.objects.bulk_update(made, ["title"])
    assert len(found("bulk")) == 3


@pytest.mark.skipif(connection.vendor != "sqlite", reason="Postgres has no triggers for it")
def test_triggers_come_back_after_a_migration_that_lost_them(papers):
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER papers_search_new")
    search.keep_triggers()
    Paper.objects.create(title="Brand new", title_key="brand new")
    assert found("brand") == ["Brand new"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("two words", '"two" "words"'),
        ('"a phrase" -not', '"a phrase" NOT "not"'),
        ('-"a phrase" yes', '"yes" NOT "a phrase"'),
        ("-only", ""),
        ("semi;colon", '"semi colon"'),
        ('"', ""),
    ],
)
def test_queries_are_quoted_whole(query, expected):
    assert search.match_of(query) == expected


def test_the_words_of_a_query_are_those_that_should_be_there():
    assert search.words('robots "thin ice" -water') == ["robots", "thin", "ice"]
