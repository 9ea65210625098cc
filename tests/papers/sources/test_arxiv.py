from __future__ import annotations

import time
from datetime import UTC, date, datetime

import pytest
from werkzeug import Response

from papers.sources import PaperRecord, Refused, SourceError, arxiv

DAY = date(2026, 3, 16)
FEED = """<feed xmlns="http://www.w3.org/2005/Atom">
<totalResults xmlns="http://a9.com/-/spec/opensearch/1.1/">{total}</totalResults>{entries}</feed>"""
ENTRY = "<entry><id>http://arxiv.org/abs/2603.{:05}v1</id><title>Boats {}</title></entry>"


@pytest.fixture
def answer(httpserver, settings, monkeypatch, impatient):
    """Answer with the given texts, one after the other."""
    settings.ARXIV_API_URL = httpserver.url_for("/api")
    settings.ARXIV_CATEGORIES = ["cs.AI", "cs.CL"]
    monkeypatch.setattr(arxiv, "PAUSE_SECONDS", 0)

    def answer(*bodies, status=200):
        for body in bodies:
            httpserver.expect_ordered_request("/api/query").respond_with_response(
                Response(body, status=status)
            )

    return answer


def feed(numbers, *, total):
    return FEED.format(total=total, entries="".join(ENTRY.format(n, n) for n in numbers))


def fetch():
    return list(arxiv.fetch(since=date(2026, 3, 13), until=DAY))


def test_every_real_feed_is_read(real_data):
    files = sorted((real_data / "arxiv_atom").glob("*.xml"))
    feeds = [file for file in files if "_id_abc_" not in file.name]
    records = [record for file in feeds for record in arxiv.read(file, listed_on=None)]
    assert len(records) == 223
    assert all(isinstance(record, PaperRecord) for record in records)
    assert all(record.categories and record.published_at for record in records)
    assert "0" in {record.title for record in records}
    assert {"astro-ph/0601001", "quant-ph/0201082"} < {record.arxiv_id for record in records}


def test_an_entry_is_read_by_the_names_of_its_elements(fixtures):
    boats = next(arxiv.read(fixtures / "arxiv.xml", listed_on=None))
    assert boats == PaperRecord(
        title="Paper Boats: Folding Agents That Float",
        place="arxiv.xml, entry 1",
        arxiv_id="2603.00001",
        abstract="We fold small agents and float them.",
        authors=("Ada Pond", "Bo Boat"),
        categories=("cs.AI", "cs.LG"),
        published_at=datetime(2026, 3, 13, 17, 30, tzinfo=UTC),
    )


def test_old_ids_and_short_titles_are_right_and_odd_ids_are_not(fixtures):
    _, old, odd = arxiv.read(fixtures / "arxiv.xml", listed_on=DAY)
    assert (old.arxiv_id, old.title, old.listed_on) == ("astro-ph/0601999", "0", DAY)
    assert odd == Refused(
        "arxiv.xml, entry 3", "its id is not an arXiv id", excerpt="http://arxiv.org/abs/nothing"
    )


def test_an_entry_without_a_title_is_refused(read):
    entry = "<entry><id>http://arxiv.org/abs/2603.00001v1</id><title> </title></entry>"
    [refused] = read("arxiv", FEED.format(total=1, entries=entry))
    assert refused.reason == "it has no title"


def test_a_paper_called_error_is_a_paper(read):
    [record] = read("arxiv", feed([1], total=1).replace("Boats 1", "Error"))
    assert record.title == "Error"


def test_a_feed_without_entries_is_fine(read):
    assert read("arxiv", feed([], total=0)) == []


def test_torn_xml_gives_what_is_whole_and_says_where_it_breaks(tmp_path):
    path = tmp_path / "torn.xml"
    path.write_text(feed(range(1, 4), total=3)[:-60])
    records = arxiv.read(path, listed_on=None)
    assert [next(records).title, next(records).title] == ["Boats 1", "Boats 2"]
    with pytest.raises(SourceError, match=r"torn.xml is broken XML: .*line 2, column \d+"):
        next(records)


def test_an_error_feed_is_an_error(fixtures):
    with pytest.raises(SourceError, match="arXiv says: the query makes no sense"):
        list(arxiv.read(fixtures / "arxiv_error.xml", listed_on=None))


LAUGHS = '<!DOCTYPE f [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><feed>&b;</feed>'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\ufeff\n<!DOCTYPE html><p>Sorry", "is a web page"),
        ("<html><body>Sorry", "is a web page"),
        ("<rss version='2.0'><channel/></rss>", "is no Atom feed: it begins with <rss>"),
        ("Rate exceeded.", "is broken XML"),
        (LAUGHS, "is XML that is not read"),
        ('<!DOCTYPE feed SYSTEM "file:///etc/passwd"><feed/>', "is XML that is not read"),
        (
            '<?xml version="1.0" encoding="nonsense"?><feed/>',
            "is (XML that is not read|broken XML)",
        ),
        ("<feed>" + "<a>" * 200_000, "is nested too deeply"),
    ],
)
def test_what_is_no_feed_is_one_clear_error(read, content, message):
    with pytest.raises(SourceError, match=rf"/saved\.txt {message}"):
        read("arxiv", content)


def test_new_papers_are_asked_for_page_by_page_and_slowly(answer, httpserver, monkeypatch):
    monkeypatch.setattr(arxiv, "PAUSE_SECONDS", 0.5)
    answer(feed(range(100), total=150), feed(range(100, 150), total=150))
    before = time.monotonic()
    records = fetch()
    assert time.monotonic() - before >= 0.5
    assert len({record.arxiv_id for record in records}) == 150
    assert records[149].place == "arXiv, entry 150"
    assert records[0].listed_on is None
    assert [request.args["start"] for request, _ in httpserver.log] == ["0", "100"]
    assert httpserver.log[0][0].args["search_query"] == (
        "(cat:cs.AI OR cat:cs.CL) AND submittedDate:[202603130000 TO 202603162359]"
    )


def test_arxiv_allows_one_request_in_three_seconds():
    assert arxiv.PAUSE_SECONDS >= 3


@pytest.mark.parametrize("body", ["<feed/>", feed([], total=0)])
def test_no_new_papers_are_no_error(answer, body):
    answer(body)
    assert fetch() == []


def test_an_empty_page_in_between_is_a_temporary_trouble(answer):
    answer(feed(range(100), total=150), feed([], total=150))
    with pytest.raises(SourceError, match="no entries at 100 of 150") as caught:
        fetch()
    assert caught.value.temporary


def test_more_papers_than_anybody_reads_are_not_fetched(answer):
    answer(feed([1], total=10_001))
    with pytest.raises(SourceError, match="10,001 papers for these days: ask for fewer days"):
        fetch()


def test_being_too_fast_is_told_with_status_200(answer):
    answer("Rate exceeded.\n")
    with pytest.raises(SourceError, match="Rate exceeded") as caught:
        fetch()
    assert caught.value.temporary


@pytest.mark.parametrize("status", [429, 503])
def test_an_overloaded_service_is_a_temporary_trouble(answer, status):
    answer(*["Rate exceeded."] * 3, status=status)
    with pytest.raises(SourceError, match=f"answered {status}") as caught:
        fetch()
    assert caught.value.temporary


def test_a_refused_query_is_told_in_the_words_of_the_service(answer, fixtures):
    answer((fixtures / "arxiv_error.xml").read_text(), status=400)
    with pytest.raises(SourceError, match=r"answered 400 .*arXiv says: the query makes no sense"):
        fetch()


def test_any_other_refusal_keeps_its_status(answer):
    answer("no", status=404)
    with pytest.raises(SourceError, match="answered 404"):
        fetch()
