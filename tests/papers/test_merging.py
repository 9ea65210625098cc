from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from papers.merging import Draft, Shelf, check, fingerprint
from papers.models import Paper
from papers.sources import Counts, PaperRecord, Refused

AT = datetime(2026, 3, 17, 12, 0, tzinfo=UTC)


def record(title="Skating robots", **fields):
    return PaperRecord(title=title, place="list.json, record 1", **fields)


def checked(**fields):
    return check(record(**fields), at=AT)


def merged(*records):
    draft = Draft(Paper())
    for item in records:
        draft.lay(item, at=AT)
    return draft.paper


def test_a_title_is_put_on_one_line():
    assert checked(title="  Skating\n  robots ").title == "Skating robots"


def test_tex_is_read_and_what_the_source_said_is_kept():
    tidy = checked(
        title="Pok\\'emon\n $\\geq$ 2",
        abstract="It gains $5\\%$.",
        summary="$x^2$",
        authors=(r"Ada P\'erez", "Bo One", "\u200b"),
    )
    assert (tidy.title, tidy.source_title) == ("Pokémon ≥ 2", r"Pok\'emon $\geq$ 2")
    assert (tidy.abstract, tidy.source_abstract) == ("It gains 5%.", r"It gains $5\%$.")
    assert (tidy.summary, tidy.authors) == ("x²", ("Ada Pérez", "Bo One"))


def test_a_text_that_is_shown_as_it_came_is_kept_once():
    tidy = checked(abstract="Plain words.")
    assert (tidy.source_title, tidy.source_abstract) == ("", "")


def test_a_title_is_measured_as_it_is_shown():
    assert checked(title=r"\emph{" + "x" * 500 + "}").title == "x" * 500


def test_an_abstract_that_is_cut_is_kept_whole():
    assert len(checked(abstract="a" * 6_000).source_abstract) == 6_000


@pytest.mark.parametrize("title", ["", " \n\t", "\0"])
def test_a_record_without_a_title_is_refused_with_its_place(title):
    assert checked(title=title) == Refused("list.json, record 1", "it has no title")


def test_a_title_has_at_most_500_characters():
    assert checked(title="x" * 500).title == "x" * 500
    refused = checked(title="x" * 501)
    assert refused.reason == "its title has more than 500 characters"
    assert refused.excerpt.startswith("xxx")


@pytest.mark.parametrize("wrong", ["2603.1", "abc", "../../etc", "2603.00001; --"])
def test_an_impossible_arxiv_id_is_refused(wrong):
    assert checked(arxiv_id=wrong).reason == f"{wrong!r} is not an arXiv id"


def test_an_arxiv_id_loses_its_version():
    assert checked(arxiv_id="2603.00001v3").arxiv_id == "2603.00001"


def test_a_list_date_in_the_future_is_refused():
    assert checked(listed_on=date(2026, 3, 18)).listed_on == date(2026, 3, 18)
    assert "future" in checked(listed_on=date(2026, 3, 19)).reason


def test_long_and_odd_values_are_cut_or_left_out():
    tidy = checked(
        abstract="a" * 6_000,
        authors=("N" * 300, "", *(["One"] * 6_000)),
        categories=("cs.RO", "68T50"),
        code_url="javascript:alert(1)",
        project_url="https://example.org/robots",
    )
    assert len(tidy.abstract) == 5_000
    assert (len(tidy.authors), len(tidy.authors[0])) == (5_000, 200)
    assert tidy.categories == ("cs.RO",)
    assert (tidy.code_url, tidy.project_url) == ("", "https://example.org/robots")


def test_counts_are_kept_within_what_the_database_takes():
    tidy = checked(counts=(Counts(AT, votes=-3, comments=2**40, stars=7),))
    assert tidy.counts == (Counts(AT, votes=0, comments=2**31 - 1, stars=7),)


def test_counts_from_the_future_are_left_out():
    soon, later = (Counts(AT + timedelta(hours=hours), votes=1) for hours in (23, 25))
    assert checked(counts=(soon, later)).counts == (soon,)


def test_a_refusal_is_made_fit_to_be_stored():
    refused = check(Refused("place" * 200, "reason", excerpt="a\0b"), at=AT)
    assert (len(refused.place), refused.excerpt) == (500, "ab")


def test_what_a_record_does_not_say_stays_as_it_is():
    full = record(
        arxiv_id="2603.00001",
        abstract="We skate.",
        authors=("Ada One",),
        categories=("cs.RO",),
        published_at=AT - timedelta(days=3),
        listed_on=date(2026, 3, 16),
        code_url="https://github.com/one/skate",
        counts=(Counts(AT, votes=4),),
    )
    assert fingerprint(merged(full, record())) == fingerprint(merged(full))


def test_what_a_record_says_replaces_what_was_known():
    paper = merged(record("Old title", abstract="Old."), record("New title", abstract="New."))
    assert (paper.title, paper.title_key, paper.abstract) == ("New title", "new title", "New.")


def test_sources_that_write_one_text_differently_do_not_take_turns():
    tex, plain = checked(title="S$^2$: robots", abstract=r"\emph{We}"), checked(title="S²: robots")
    paper = merged(tex, plain)
    assert (paper.title, paper.source_title) == ("S²: robots", "S$^2$: robots")
    assert paper.source_abstract == r"\emph{We}"


def test_a_text_brings_its_source_with_it():
    paper = merged(checked(title="S$^2$: robots"), checked(title="S³: robots"))
    assert (paper.title, paper.source_title) == ("S³: robots", "")


def test_a_list_date_only_moves_forward():
    days = [date(2026, 3, 12), date(2026, 3, 16), date(2026, 3, 13)]
    assert merged(*(record(listed_on=day) for day in days)).listed_on == days[1]


def test_counts_are_those_seen_last():
    counts = [Counts(AT - timedelta(hours=hours), votes=votes) for hours, votes in [(5, 1), (1, 9)]]
    assert merged(record(counts=tuple(counts))).votes == 9
    assert merged(record(counts=(counts[1],)), record(counts=(counts[0],))).votes == 9


def test_a_publication_in_the_future_becomes_now_unless_one_is_known():
    tomorrow, known = AT + timedelta(days=1), AT - timedelta(days=2)
    assert merged(record(published_at=tomorrow)).published_at == AT
    assert merged(record(published_at=known), record(published_at=tomorrow)).published_at == known


@pytest.mark.parametrize(("day", "kept"), [(15, 15), (14, 14)])
def test_a_bare_date_replaces_a_moment_only_of_another_day(day, kept):
    exact = datetime(2026, 3, 15, 17, 58, tzinfo=UTC)
    bare = datetime(2026, 3, day, tzinfo=UTC)
    paper = merged(record(published_at=exact), record(published_at=bare))
    assert paper.published_at == (exact if kept == 15 else bare)


def test_a_fingerprint_ignores_how_a_moment_is_written():
    elsewhere = AT.astimezone(tz=None)
    one, two = merged(record(published_at=AT)), merged(record(published_at=elsewhere))
    assert fingerprint(one) == fingerprint(two)


def drafts(*papers):
    return [Draft(Paper(title=title, title_key=title, arxiv_id=name)) for title, name in papers]


@pytest.mark.parametrize(
    ("stored", "said", "expected"),
    [
        ([("robots", "2603.00001")], ("Other", "2603.00001"), 0),
        ([("robots", None)], ("Robots!", ""), 0),
        ([("robots", "2603.00001")], ("Robots", ""), 0),
        ([("robots", None)], ("Robots", "2603.00001"), 0),
        ([("robots", "2603.00001")], ("Robots", "2603.00002"), None),
        ([("robots", None), ("robots", "2603.00001")], ("Robots", ""), 1),
        ([("robots", "2603.00001"), ("robots", "2603.00002")], ("Robots", ""), 0),
        ([("other", "2603.00001")], ("Robots", ""), None),
    ],
)
def test_a_record_finds_its_paper_by_id_else_by_title(stored, said, expected):
    known = drafts(*stored)
    found = Shelf(known).lay(record(said[0], arxiv_id=said[1]), at=AT)
    assert found is known[expected] if expected is not None else found not in known


def test_a_paper_that_changed_its_title_is_no_more_found_by_the_old_one():
    shelf = Shelf()
    first = shelf.lay(record("Robots", arxiv_id="2603.00001"), at=AT)
    assert shelf.lay(record("Androids", arxiv_id="2603.00001"), at=AT) is first
    assert shelf.lay(record("Robots"), at=AT) is not first
    assert shelf.lay(record("androids"), at=AT) is first


def laid(*records):
    draft = Draft(Paper())
    for said in records:
        draft.lay(check(said, at=AT), at=AT)
    return draft.paper


def test_a_new_version_replaces_and_an_old_one_only_fills_gaps():
    new = record("Robots, revised", arxiv_id="2603.00001", version=2)
    old = record("Robots", arxiv_id="2603.00001", version=1, abstract="Old.", authors=("Ada",))
    for order in ((new, old), (old, new)):
        paper = laid(*order)
        assert (paper.title, paper.version) == ("Robots, revised", 2)
        assert (paper.abstract, paper.authors) == ("Old.", ["Ada"])


def test_who_does_not_know_the_version_is_believed():
    paper = laid(record("Robots", version=3), record("Androids", version=0))
    assert (paper.title, paper.version) == ("Androids", 3)


@pytest.mark.parametrize(
    ("said", "is_withdrawn"),
    [
        ([True], True),
        ([True, None], True),
        ([True, False], False),
        ([False, True], True),
        ([None], False),
    ],
)
def test_a_withdrawal_holds_until_a_source_that_can_tell_says_otherwise(said, is_withdrawn):
    paper = laid(*(record("Robots", version=2, is_withdrawn=word) for word in said))
    assert paper.is_withdrawn == is_withdrawn
    assert paper.withdrawn_on == (AT.date() if is_withdrawn else None)


def test_an_earlier_version_cannot_bring_a_withdrawn_paper_back():
    paper = laid(
        record("Robots", version=2, is_withdrawn=True),
        record("Robots", version=1, is_withdrawn=False),
    )
    assert paper.is_withdrawn


def test_an_update_never_adds_a_paper():
    shelf = Shelf()
    assert shelf.lay(record("Robots", arxiv_id="2603.00001", is_update=True), at=AT) is None
    added = shelf.lay(record("Robots", arxiv_id="2603.00001"), at=AT)
    assert shelf.lay(record("Androids", arxiv_id="2603.00001", is_update=True), at=AT) is added
    assert added.paper.title == "Androids"


def test_an_update_of_a_known_id_needs_no_title():
    nameless = record("", arxiv_id="2603.00001", is_update=True, is_withdrawn=True)
    assert check(nameless, at=AT) == nameless
    assert isinstance(check(record("", is_update=True), at=AT), Refused)
    assert isinstance(check(record("", arxiv_id="2603.00001"), at=AT), Refused)


def test_the_oldest_paper_of_a_title_stays_the_oldest_when_it_gets_the_title_late():
    old, young = (
        Draft(Paper(arxiv_id=f"2603.0000{number}", title_key=key))
        for number, key in ((1, "snow"), (2, "ice"))
    )
    shelf = Shelf([old, young])
    shelf.lay(record("Ice", arxiv_id="2603.00001"), at=AT)
    assert shelf.lay(record("Ice"), at=AT) is old
