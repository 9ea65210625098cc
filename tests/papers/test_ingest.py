from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from papers import ingest, sources
from papers.models import Assignment, Ingestion, Observation, Paper, Topic
from papers.sources import Bookmark, Refused, SourceError
from tests.papers.ingest_steps import (
    AT,
    DAY,
    breaking_off,
    outcome,
    record,
    records,
    store,
    take,
    votes,
)

pytestmark = pytest.mark.django_db


def test_a_new_paper_is_stored_with_all_that_is_known():
    store(record(abstract="We skate.", authors=("Ada One",), categories=("cs.RO",)))
    paper = Paper.objects.get(arxiv_id="2603.00001")
    assert (paper.title, paper.title_key) == ("Skating robots 1", "skating robots 1")
    assert (paper.abstract, paper.authors, paper.categories) == (
        "We skate.", ["Ada One"], ["cs.RO"],
    )  # fmt: skip
    assert (paper.listed_on, paper.first_seen_at) == (DAY, AT)


def test_a_title_with_tex_meets_itself_without():
    store(record(title=r"\textit{Skating} on $\pi_0$", abstract="$x^2$"))
    assert outcome(store(record(title="Skating on pi_0", arxiv_id=""), source="page")) == (0, 1, 0)
    assert outcome(store(record(title=r"\textit{Skating} on $\pi_0$"))) == (0, 1, 0)
    paper = Paper.objects.get()
    assert (paper.title, paper.source_title) == ("Skating on π₀", r"\textit{Skating} on $\pi_0$")
    assert (paper.abstract, paper.source_abstract) == ("x²", "$x^2$")


def test_five_thousand_authors_are_stored_and_named_shortly():
    names = [f"Author M\\'{{u}} Number{number}" for number in range(5_000)]
    store(record(authors=tuple(names)))
    paper = Paper.objects.get()
    assert len(paper.authors) == 5_000
    assert paper.byline == (
        "Author Mú Number0, Author Mú Number1, Author Mú Number2 and 4,997 more"
    )


def test_the_ingestion_says_what_was_read_and_when():
    ingestion = take("page", records(2), place="page.html", at=AT)
    ingestion.refresh_from_db()
    assert (ingestion.source, ingestion.place) == ("page", "page.html")
    assert (ingestion.started_at, ingestion.error) == (AT, "")
    assert ingestion.finished_at


def test_reading_the_same_again_changes_nothing():
    items = [*records(5, counts=votes(4), published_at=AT), Refused("record 6", "it is torn")]
    assert outcome(store(*items)) == (5, 0, 0)
    before = [*Paper.objects.values(), *Observation.objects.values()]
    assert outcome(store(*items, at=AT + timedelta(days=1))) == (0, 0, 5)
    assert [*Paper.objects.values(), *Observation.objects.values()] == before


def test_only_changed_papers_count_as_updated():
    store(*records(3))
    assert outcome(store(record(1), record(2, abstract="New."), record(4))) == (1, 1, 1)


def test_empty_values_never_overwrite_known_ones():
    store(record(abstract="We skate.", authors=("Ada One",), counts=votes(4)))
    assert outcome(store(record(listed_on=None))) == (0, 0, 1)
    paper = Paper.objects.get()
    assert (paper.abstract, paper.votes, paper.listed_on) == ("We skate.", 4, DAY)


def test_a_paper_without_an_id_gets_one_later_and_is_not_doubled():
    store(record(arxiv_id="", abstract="We skate."))
    assert outcome(store(record(arxiv_id="2603.00001"))) == (0, 1, 0)
    paper = Paper.objects.get()
    assert (paper.arxiv_id, paper.abstract) == ("2603.00001", "We skate.")


def test_a_record_without_an_id_updates_the_paper_of_its_title():
    store(record(title="Skating Robots"))
    assert outcome(store(record(arxiv_id="", title="skating-robots", summary="Ours."))) == (0, 1, 0)
    assert Paper.objects.get().summary == "Ours."


def test_a_title_that_a_paper_gives_up_can_be_anothers_in_the_same_batch():
    store(record(arxiv_id="", title="Ice"))
    named = {"arxiv_id": "2603.00001"}
    store(
        record(title="Ice", **named),
        record(title="Snow", **named),
        record(arxiv_id="", title="Ice"),
    )
    titles = dict(Paper.objects.values_list("title", "arxiv_id"))
    assert titles == {"Snow": "2603.00001", "Ice": None}


def test_two_ids_with_one_title_stay_two_papers():
    store(record(1, title="Skating robots"), record(2, title="Skating robots"))
    assert Paper.objects.count() == 2


@pytest.mark.parametrize("batch_size", [1, 200])
def test_records_of_one_paper_become_one_paper_and_the_later_wins(monkeypatch, batch_size):
    monkeypatch.setattr(ingest, "BATCH_SIZE", batch_size)
    twice = [record(abstract="Old."), record(abstract="New.")]
    assert outcome(store(*twice)) == (1, 0, 0)
    assert Paper.objects.get().abstract == "New."
    assert outcome(store(*twice)) == (0, 0, 1)


def test_a_score_that_is_computed_meanwhile_is_left_alone(monkeypatch):
    store(record())
    load = ingest.rows.load

    def load_slowly(records):
        drafts = load(records)
        Paper.objects.update(trend_score=0.7)
        return drafts

    monkeypatch.setattr(ingest.rows, "load", load_slowly)
    assert outcome(store(record(abstract="New."), at=AT + timedelta(days=1))) == (0, 1, 0)
    paper = Paper.objects.get()
    assert (paper.abstract, paper.trend_score, paper.first_seen_at) == ("New.", 0.7, AT)


def test_refused_records_are_kept_with_their_places():
    torn = Refused("page.html, line 7", "its abstract is cut off", excerpt="Skating")
    ingestion = store(torn, record(1), record(2, title=" "))
    assert outcome(ingestion) == (1, 0, 0)
    assert list(ingestion.refusals.values_list("place", "reason")) == [
        ("page.html, line 7", "its abstract is cut off"),
        ("record 2", "it has no title"),
    ]


def test_what_postgres_refuses_is_cleaned_away():
    store(record(title="Ska\0ting \ud800 robots", abstract="\0", authors=("A\0da",)))
    assert Paper.objects.get().authors == ["Ada"]


def test_a_source_that_breaks_off_keeps_what_it_gave_before():
    items = breaking_off(*records(3), error=SourceError("the line went dead", temporary=True))
    with pytest.raises(SourceError, match="dead"):
        take("arxiv", items, at=AT)
    ingestion = Ingestion.objects.get()
    assert (ingestion.created, ingestion.error) == (3, "the line went dead")
    assert ingestion.finished_at
    assert Paper.objects.count() == 3


def test_after_an_unforeseen_error_the_ingestion_stays_unfinished():
    with pytest.raises(ZeroDivisionError):
        take("arxiv", breaking_off(*records(3), error=ZeroDivisionError()), at=AT)
    ingestion = Ingestion.objects.get()
    assert (ingestion.created, ingestion.finished_at) == (3, None)


def test_a_batch_is_stored_whole_or_not_at_all(monkeypatch):
    monkeypatch.setattr(ingest, "BATCH_SIZE", 2)
    store_rows = ingest.rows.save

    def save(drafts, *, source):
        store_rows(drafts, source=source)
        if Paper.objects.count() > 2:
            raise ZeroDivisionError

    monkeypatch.setattr(ingest.rows, "save", save)
    with pytest.raises(ZeroDivisionError):
        store(*records(4))
    assert Paper.objects.count() == Ingestion.objects.get().created == 2


def test_progress_is_told_after_each_record():
    seen = []
    take("page", [*records(2), Refused("3", "torn")], at=AT, progress=seen.append)
    assert seen == [1, 2, 3]


def test_topics_that_a_source_names_are_kept_as_by_hand(make_topic, caplog):
    make_topic("skating", include="skating robots")
    make_topic("proofs")
    ingest.take_in("sample", [record()], at=AT)
    assert not Assignment.objects.get(topic__slug="skating").is_by_hand

    ingest.take_in("sample", [record(topics=("skating", "proofs", "no-such-topic"))], at=AT)
    rows = Assignment.objects.filter(is_by_hand=True).values_list("topic__slug", "strength")
    assert set(rows) == {("skating", 1), ("proofs", 1)}
    by_hand = Assignment.objects.filter(is_by_hand=True)
    reasons = dict(by_hand.values_list("topic__slug", "reason"))
    assert reasons == {"skating": 'title mentions "skating robots"', "proofs": ""}
    assert "no-such-topic" in caplog.text


def test_taking_in_classifies_and_scores():
    topic = Topic.objects.create(slug="skating", name="Skating", include="skating robots")
    ingestion = ingest.take_in("huggingface", records(2, counts=votes(4)), at=AT)
    assert outcome(ingestion) == (2, 0, 0)
    assert topic.papers.count() == 2
    assert Paper.objects.filter(trend_score__gt=0).count() == 2


def test_taking_in_classifies_and_scores_also_what_came_before_an_error():
    items = breaking_off(record(), error=SourceError("the line went dead"))
    with pytest.raises(SourceError):
        ingest.take_in("huggingface", items, at=AT)
    assert Paper.objects.get().trend_score > 0


def test_a_paper_that_is_listed_again_leaves_its_old_list(make_paper):
    stays = make_paper(listed_on=DAY, votes=5)
    ingest.take_in("huggingface", [record(counts=votes(9))], at=AT)
    ingest.take_in("huggingface", [record(listed_on=date(2026, 3, 17))], at=AT)
    stays.refresh_from_db()
    assert stays.trend_score == pytest.approx((0.5 + 0.15 * 0.5) / 1.25)


def test_nothing_is_fetched_before_the_first_record(monkeypatch):
    source = SimpleNamespace(fetch=lambda since, until: [since, until])
    monkeypatch.setattr(sources, "load", lambda name: {"arxiv": source}[name])
    assert ingest.fetched("no-such-source", since=DAY, until=DAY)
    assert list(ingest.fetched("arxiv", since=DAY, until=date(2026, 3, 17))) == [
        DAY, date(2026, 3, 17),
    ]  # fmt: skip


def marked(*items, error=None):
    yield from items
    if error:
        raise error


def test_a_reading_that_breaks_off_keeps_the_bookmark_of_what_is_stored():
    items = marked(record(1), Bookmark("page 2"), record(2), error=SourceError("torn"))
    with pytest.raises(SourceError):
        take("arxiv-oai", items)
    assert Ingestion.objects.get().bookmark == "page 2"
    assert Paper.objects.count() == 2


def test_a_bookmark_is_stored_at_once_with_all_before_it():
    def items():
        yield record(1)
        yield Bookmark("page 2")
        assert Ingestion.objects.get().bookmark == "page 2"
        assert Paper.objects.count() == 1

    take("arxiv-oai", items())
    assert Ingestion.objects.get().bookmark == ""


@pytest.mark.parametrize(
    ("readings", "bookmark"),
    [
        ([], ""),
        ([("page 2", "torn", True)], "page 2"),
        ([("page 2", "torn", True), ("page 3", "torn", True)], "page 3"),
        ([("page 2", "", False)], "page 2"),  # killed
        ([("page 2", "torn", True), ("", "", True)], ""),  # the second came to its end
        ([("page 2", "torn", True), ("", "torn", True)], "page 2"),
        ([("page 2", "torn", True), ("", "", False)], "page 2"),  # the second is running
    ],
)
def test_where_the_last_reading_broke_off(readings, bookmark):
    for hours, (text, error, is_over) in enumerate(readings):
        began = AT + timedelta(hours=hours)
        Ingestion.objects.create(
            source="arxiv-oai",
            started_at=began,
            finished_at=began if is_over else None,
            bookmark=text,
            error=error,
        )
    Ingestion.objects.create(source="other", started_at=AT + timedelta(days=1), bookmark="page 9")
    assert ingest.left_off("arxiv-oai") == bookmark


def test_the_next_reading_goes_on_at_the_bookmark(monkeypatch):
    asked = []

    def fetch(*, since, until, bookmark=""):
        asked.append(bookmark)
        yield record(1)

    monkeypatch.setattr(ingest.sources, "load", lambda name: SimpleNamespace(fetch=fetch))
    Ingestion.objects.create(source="arxiv-oai", bookmark="page 3", started_at=AT)
    for hours in (1, 2):
        items = ingest.fetched("arxiv-oai", since=DAY, until=DAY)
        take("arxiv-oai", items, at=AT + timedelta(hours=hours))
    assert asked == ["page 3", ""]


def test_an_update_of_a_paper_that_is_not_here_is_left_out():
    here = record(1, is_update=False)
    updates = [record(1, title="Skating robots, again", is_update=True), record(2, is_update=True)]
    ingestion = store(here, *updates)
    assert outcome(ingestion) == (1, 0, 0)
    assert Paper.objects.get().title == "Skating robots, again"
