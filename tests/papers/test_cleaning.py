"""Texts of stored papers are made again after an upgrade."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from papers.cleaning import clean_papers
from papers.models import Paper

pytestmark = pytest.mark.django_db


@pytest.fixture
def old_paper(make_paper):
    """As a version that did not read TeX stored it."""
    return make_paper(
        r"\emph{Skating} robots on $\pi_0$",
        abstract=r"We skate $x^2$ as \emph{fast}.",
        authors=[r"Ada P\'erez"],
    )


def test_without_writing_nothing_changes(old_paper):
    before = Paper.objects.values().get()
    done = clean_papers(write=False)
    assert (done.read, done.changed) == (1, [old_paper.pk])
    assert Paper.objects.values().get() == before


def test_old_papers_become_readable_and_keep_what_was_said(old_paper):
    clean_papers(write=True)
    paper = Paper.objects.get()
    assert (paper.title, paper.source_title) == ("Skating robots on π₀", old_paper.title)
    assert (paper.abstract, paper.source_abstract) == ("We skate x² as fast.", old_paper.abstract)
    assert (paper.authors, paper.title_key) == (["Ada Pérez"], "skating robots on pi0")
    assert clean_papers(write=True).changed == []


def test_texts_are_made_again_from_what_the_source_said(make_paper):
    make_paper("S2", source_title="S$^2$", abstract="x", source_abstract="$x$")
    clean_papers(write=True)
    paper = Paper.objects.get()
    assert (paper.title, paper.source_title) == ("S²", "S$^2$")
    assert (paper.abstract, paper.source_abstract) == ("x", "$x$")


def test_changed_papers_get_their_topics_again(make_paper, make_topic):
    make_topic("robotics", include="skating robots")
    make_paper(r"\emph{Skating} $robots$", abstract="", title_key="skating robots")
    clean_papers(write=True)
    assert Paper.objects.get().assignments.get().topic.slug == "robotics"


def test_two_papers_of_one_title_stay_two(make_paper):
    first = make_paper("S²", arxiv_id=None, title_key="s2")
    second = make_paper("$S^2$", arxiv_id=None, title_key="s 2")
    third = make_paper(r"$\pi$", arxiv_id=None, title_key="one")
    fourth = make_paper(r"\pi", arxiv_id=None, title_key="two")
    done = clean_papers(write=True)
    assert done.doubles == ["S²", "π"]
    titles = Paper.objects.in_bulk()
    assert [titles[paper.pk].title for paper in (first, second, third, fourth)] == [
        "S²", "$S^2$", "π", r"\pi",
    ]  # fmt: skip


def test_the_command_counts_and_writes_only_when_told(old_paper, make_paper, capsys):
    make_paper("Plain words", authors=["Bo One"])
    call_command("clean_papers")
    counted = capsys.readouterr().out
    assert counted == (
        "2 papers read, 1 differ: 1 titles, 1 abstracts, 1 lists of authors, 1 keys of titles\n"
        "Nothing was stored; --write does that.\n"
    )
    call_command("clean_papers", "--write")
    assert "Nothing was stored" not in capsys.readouterr().out
    assert Paper.objects.get(pk=old_paper.pk).title == "Skating robots on π₀"


def test_the_command_names_what_it_leaves_alone(make_paper, capsys):
    make_paper("S²", arxiv_id=None, title_key="s2")
    make_paper("$S^2$", arxiv_id=None, title_key="s 2")
    call_command("clean_papers", "--write")
    assert capsys.readouterr().err == "left as it is, because another paper has its title: S²\n"
