"""Look-ups by id at arXiv's query API."""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from werkzeug import Response

from papers.sources import PaperRecord, Refused, SourceError, arxiv
from papers.sources.arxiv import query

FEED = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom">
<totalResults xmlns="http://a9.com/-/spec/opensearch/1.1/">1</totalResults>{}</feed>"""
ENTRY = "<entry><id>http://arxiv.org/abs/{0}v2</id><title>Boats {0}</title>{1}</entry>"
ERROR = FEED.format(
    "<entry><id>https://arxiv.org/api/errors#incorrect</id><title>Error</title>"
    "<summary>{}</summary></entry>"
)


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
        version=2,
    )


def test_old_ids_and_short_titles_are_right_and_odd_ids_are_not(fixtures):
    _, old, odd = arxiv.read(fixtures / "arxiv.xml", listed_on=date(2026, 3, 16))
    assert (old.arxiv_id, old.title) == ("astro-ph/0601999", "0")
    assert old.listed_on == date(2026, 3, 16)
    assert odd == Refused(
        "arxiv.xml, entry 3", "its id is not an arXiv id", excerpt="http://arxiv.org/abs/nothing"
    )


def test_an_error_feed_is_an_error(fixtures):
    with pytest.raises(SourceError, match="arXiv says: the query makes no sense"):
        list(arxiv.read(fixtures / "arxiv_error.xml", listed_on=None))


def test_a_paper_called_error_is_a_paper(read):
    [record] = read(
        "arxiv", FEED.format(ENTRY.format("2603.00001", "")).replace("Boats 2603.00001", "Error")
    )
    assert record.title == "Error"


def test_an_entry_without_a_title_is_refused(read):
    entry = ENTRY.format("2603.00001", "").replace("Boats 2603.00001", "  ")
    [refused] = read("arxiv", FEED.format(entry))
    assert refused.reason == "it has no title"


@pytest.mark.parametrize(
    ("comment", "is_withdrawn"), [("This paper has been withdrawn", True), ("9 pages", None)]
)
def test_a_comment_may_tell_of_a_withdrawal(read, comment, is_withdrawn):
    comment = f"<arxiv:comment>{comment}</arxiv:comment>"
    [record] = read("arxiv", FEED.format(ENTRY.format("2603.00001", comment)))
    assert record.is_withdrawn is is_withdrawn


@pytest.fixture
def service(httpserver, settings, impatient):
    """An arXiv that knows some ids and notes what it is asked."""
    settings.ARXIV_API_URL = httpserver.url_for("/api")
    service = Service()
    httpserver.expect_request("/api/query").respond_with_handler(service.answer)
    return service


class Service:
    def __init__(self):
        self.unknown, self.offensive, self.asked = set(), set(), []
        self.body, self.status = "", 200

    def answer(self, request):
        asked = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
        self.asked.append(asked)
        if self.body:
            return Response(self.body, status=self.status)
        ids = asked["id_list"].split(",")
        for identifier in ids:
            if identifier in self.offensive:
                return Response(ERROR.format(f"incorrect id format for {identifier}"), status=400)
        told = [ENTRY.format(name, "") for name in ids if name not in self.unknown]
        return Response(FEED.format("".join(reversed(told))))


def ids(count):
    return [f"2603.{number:05}" for number in range(1, count + 1)]


def test_papers_are_looked_up_a_hundred_at_once(service):
    records = list(query.lookup(ids(150)))
    assert {record.arxiv_id for record in records} == set(ids(150))
    assert all(record.is_update and record.listed_on is None for record in records)
    assert [asked["max_results"] for asked in service.asked] == ["100", "50"]
    assert "search_query" not in service.asked[0]


def test_nobody_is_asked_about_nothing(service):
    assert list(query.lookup([])) == []
    assert service.asked == []


def test_an_id_of_which_nothing_is_said_is_refused(service):
    service.unknown = {"2603.00002"}
    record, refused = query.lookup(ids(2))
    assert record.arxiv_id == "2603.00001"
    assert refused == Refused("look-up of 2603.00002", "arXiv does not know this id, or not yet")


def test_an_answer_without_entries_refuses_all(service):
    service.unknown = set(ids(3))
    assert [type(item) for item in query.lookup(ids(3))] == [Refused] * 3


@pytest.mark.parametrize("wrong", ["abc", "2603.00001v2", "", "2603.00001,2603.00002"])
def test_what_is_no_id_is_never_asked_for(service, wrong):
    refused, record = query.lookup([wrong, "2603.00001"])
    assert refused.reason == "this is not an arXiv id"
    assert record.arxiv_id == "2603.00001"
    assert [asked["id_list"] for asked in service.asked] == ["2603.00001"]


def test_an_id_at_which_arxiv_takes_offence_does_not_cost_the_others(service):
    service.offensive = {"2603.00002"}
    refused, *records = query.lookup(ids(3))
    assert refused.reason == "arXiv says: incorrect id format for 2603.00002"
    assert {record.arxiv_id for record in records} == {"2603.00001", "2603.00003"}
    assert len(service.asked) == 2


def test_any_other_refusal_is_an_error(service):
    service.body, service.status = ERROR.format("the query makes no sense"), 400
    with pytest.raises(SourceError, match=r"answered 400 .*arXiv says: the query makes no sense"):
        list(query.lookup(ids(1)))


def test_a_refusal_without_words_keeps_its_status(service):
    service.body, service.status = "no", 404
    with pytest.raises(SourceError, match="answered 404"):
        list(query.lookup(ids(1)))


@pytest.mark.parametrize(
    ("status", "said"), [(429, "answered 429"), (503, "answered 503"), (200, "Rate exceeded")]
)
def test_an_overloaded_service_is_a_temporary_trouble(service, status, said):
    service.body, service.status = "Rate exceeded.", status
    with pytest.raises(SourceError, match=said) as caught:
        list(query.lookup(ids(1)))
    assert caught.value.temporary
