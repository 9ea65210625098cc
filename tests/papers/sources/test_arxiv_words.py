"""Names, identifiers and the words of a withdrawal, as arXiv writes them."""

from __future__ import annotations

import pytest

from papers.sources.arxiv import ids, names, withdrawal


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("", []),
        ("Ada Pond", ["Ada Pond"]),
        ("Ada Pond, Bo Boat, Cy Canoe", ["Ada Pond", "Bo Boat", "Cy Canoe"]),
        ("Ada Pond and Bo Boat", ["Ada Pond", "Bo Boat"]),
        ("Ada Pond, Bo Boat, and Cy Canoe", ["Ada Pond", "Bo Boat", "Cy Canoe"]),
        ("Ada Pond; Bo Boat & Cy Canoe", ["Ada Pond", "Bo Boat", "Cy Canoe"]),
        ("Ada Pond (Pond Institute, and Lake (North))", ["Ada Pond"]),
        ("Ada Pond (1), Bo Boat (1,2) ((1) Pond, (2) Lake)", ["Ada Pond", "Bo Boat"]),
        ("Ada Pond, Jr., Bo Boat III, Sr.", ["Ada Pond, Jr.", "Bo Boat III, Sr."]),
        ("Lake Collaboration: Ada Pond, Bo Boat", ["Lake Collaboration", "Ada Pond", "Bo Boat"]),
        ("Ada Pond (for the DES Collaboration)", ["Ada Pond"]),
        (r"\'Edgar Rold\'an, P{\'e, r}ez", [r"\'Edgar Rold\'an", r"P{\'e, r}ez"]),
        ("Anders Sand, Leland Andrews", ["Anders Sand", "Leland Andrews"]),
        ("Ada Pond (unfinished, Bo Boat", ["Ada Pond (unfinished", "Bo Boat"]),
        ("Ada Pond) Bo", ["Ada Pond) Bo"]),
        (" , and , ", []),
    ],
)  # fmt: skip
def test_a_line_of_authors_is_split(line, authors):
    assert list(names.split(line)) == authors


@pytest.mark.parametrize(
    ("turned", "name"),
    [
        ("Pond, Ada", "Ada Pond"),
        ("Planck Collaboration", "Planck Collaboration"),
        ("Pond, Ada, Jr.", "Pond, Ada, Jr."),
    ],
)
def test_a_name_is_turned_round(turned, name):
    assert names.turn(turned) == name


@pytest.mark.parametrize(
    ("name", "identified"),
    [
        ("http://arxiv.org/abs/2603.00001v2", ("2603.00001", 2)),
        ("https://arxiv.org/abs/astro-ph/0601001v1", ("astro-ph/0601001", 1)),
        ("oai:arXiv.org:2603.00001", ("2603.00001", 0)),
        ("oai:arXiv.org:hep-th/9901001v12", ("hep-th/9901001", 12)),
        (" 2603.00001v1\n", ("2603.00001", 1)),
        ("arXiv:2603.00001", ("2603.00001", 0)),
        ("http://arxiv.org/abs/nothing", ("", 0)),
        ("2603.00001v1/../x", ("", 0)),
        ("", ("", 0)),
    ],
)
def test_a_paper_is_identified(name, identified):
    assert ids.identified(name) == identified


@pytest.mark.parametrize(
    "words",
    [
        "This papers has been withdrawn",
        "This paper has been withdrawn due to a problem in a figure.",
        "This has been withdrawn by arXiv administrators due to a dispute",
        "The submission has been temporarily withdrawn.",
        "This article is withdrawn",
        "Withdrawn",
        "withdrawn by the author: error in Lemma 3",
        "Paper withdrawn because of an error",
        "This manuscript has been retracted",
        "We withdraw this paper because of an error",
        "The author has withdrawn this paper",
        "This submission has been withdrawn by arXiv administrators",
        "12 pages. This version was withdrawn by arXiv admin",
    ],
)
def test_the_words_of_a_withdrawal_are_recognised(words):
    assert withdrawal.by_words(comment=words, abstract="")


@pytest.mark.parametrize(
    "words",
    [
        "",
        "12 pages, 3 figures",
        "Accepted; the poster was withdrawn from the workshop",
        "Replaces a withdrawn paper of ours",
        "We withdraw money from banks in a simulation",
        "The needle is retracted by the robot",
        "The troops have been withdrawn",
        "Withdrawal of drugs: a survey",
    ],
)
def test_other_words_about_withdrawing_are_not(words):
    assert not withdrawal.by_words(comment=words, abstract=words)


def test_an_abstract_may_say_it_too():
    assert withdrawal.by_words(comment="", abstract="This paper has been withdrawn.")


@pytest.mark.parametrize(
    ("size", "source_type", "is_withdrawn"),
    [("0kb", "I", True), ("0kb", "", True), ("56kb", "D", False), ("3kb", "DI", True)],
)
def test_a_paper_without_a_source_is_withdrawn(size, source_type, is_withdrawn):
    assert withdrawal.by_source(size=size, source_type=source_type) == is_withdrawn
