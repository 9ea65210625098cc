"""The daily feeds of arXiv, as RSS and as Atom."""

from __future__ import annotations

from datetime import date

import pytest
from werkzeug import Response

from papers.sources import PaperRecord, Refused, SourceError
from papers.sources.arxiv import feed

DAY = date(2026, 3, 16)
RSS = """<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/"
version="2.0"><channel><title>cs.AI updates on arXiv.org</title><description>cs.AI updates
</description><pubDate>Mon, 16 Mar 2026 00:00:00 -0400</pubDate>
<skipDays><day>Sunday</day></skipDays>{}</channel></rss>"""
ITEM = """<item><title>Boats {0}</title><link>https://arxiv.org/abs/2603.99999</link>
<description>arXiv:2603.{0:05}v{1} Announce Type: {2} \nAbstract: We fold boats.</description>
<guid isPermaLink="false">oai:arXiv.org:2603.{0:05}v{1}</guid><category>cs.AI</category>
<category>math.MP</category><pubDate>Mon, 16 Mar 2026 00:00:00 -0400</pubDate>
<arxiv:announce_type>{2}</arxiv:announce_type><arxiv:DOI>10.0000/1, 10.0000/2; 10.0000/3</arxiv:DOI>
<dc:creator>Ada Pond (Pond Institute), Bo P\\'erez</dc:creator></item>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom"
xmlns:dc="http://purl.org/dc/elements/1.1/"><title>cs.AI updates on arXiv.org</title>
<updated>2026-03-16T22:21:08+00:00</updated>{}</feed>"""
ENTRY = """<entry><id>oai:arXiv.org:2603.{0:05}v{1}</id><title>Boats {0}</title>
<updated>2026-03-16T22:21:08+00:00</updated><published>2026-03-16T00:00:00-04:00</published>
<summary>arXiv:2603.{0:05}v{1} Announce Type: {2} \nAbstract: We fold boats.</summary>
<category term="cs.AI"/><category term="math.MP"/><arxiv:announce_type>{2}</arxiv:announce_type>
<dc:creator>Ada Pond (Pond Institute), Bo P\\'erez</dc:creator></entry>"""

FLAVOURS = pytest.mark.parametrize(
    ("whole", "part"), [(RSS, ITEM), (ATOM, ENTRY)], ids=["rss", "atom"]
)


def records(text, *, listed_on=None):
    return list(feed.read(text.encode(), place="cs.AI", listed_on=listed_on))


@FLAVOURS
def test_a_new_paper_is_on_the_list_of_its_feed(whole, part):
    [record] = records(whole.format(part.format(7, 1, "new")))
    assert record == PaperRecord(
        title="Boats 7",
        place="cs.AI, entry 1",
        arxiv_id="2603.00007",
        abstract="We fold boats.",
        authors=("Ada Pond", r"Bo P\'erez"),
        categories=("cs.AI", "math-ph"),
        listed_on=DAY,
        version=1,
    )


@FLAVOURS
@pytest.mark.parametrize(
    ("kind", "crosses", "is_listed"),
    [
        ("new", False, True),
        ("cross", False, False),
        ("cross", True, True),
        ("replace", True, False),
        ("replace-cross", True, False),
    ],
)
def test_only_new_papers_and_perhaps_cross_lists_come_in(
    settings, whole, part, kind, crosses, is_listed
):
    settings.ARXIV_CROSS_LISTS = crosses
    [record] = records(whole.format(part.format(7, 2, kind)))
    assert (record.listed_on, record.is_update) == (DAY if is_listed else None, not is_listed)
    assert record.version == 2


@FLAVOURS
def test_a_list_date_may_be_given(whole, part):
    [record] = records(whole.format(part.format(7, 1, "new")), listed_on=date(2026, 1, 5))
    assert record.listed_on == date(2026, 1, 5)


def test_an_item_without_a_date_has_that_of_its_feed():
    item = ITEM.format(7, 1, "new").replace(
        "<pubDate>Mon, 16 Mar 2026 00:00:00 -0400</pubDate>", ""
    )
    assert records(RSS.format(item))[0].listed_on == DAY


@pytest.mark.parametrize("nonsense", ["yesterday", "", "Mon, 99 Mar 2026 00:00:00 -0400"])
def test_a_feed_without_a_readable_date_gives_no_list_date(nonsense):
    text = RSS.format(ITEM.format(7, 1, "new"))
    text = text.replace("Mon, 16 Mar 2026 00:00:00 -0400", nonsense)
    assert records(text)[0].listed_on is None


def test_the_announce_type_may_stand_in_the_text_only():
    item = ITEM.format(7, 1, "replace").replace(
        "<arxiv:announce_type>replace</arxiv:announce_type>", ""
    )
    assert records(RSS.format(item))[0].is_update


def test_an_abstract_that_says_so_shows_a_withdrawal():
    item = ITEM.format(7, 2, "replace").replace("We fold boats.", "This paper has been withdrawn.")
    assert records(RSS.format(item))[0].is_withdrawn is True


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("oai:arXiv.org:2603.00007v1", "oai:arXiv.org:boats", "its id is not an arXiv id"),
        ("<title>Boats 7</title>", "<title> </title>", "it has no title"),
        (">new<", ">sung<", "its announce type is 'sung'"),
    ],
)
def test_one_bad_entry_is_refused_and_the_others_stay(old, new, reason):
    bad, good = ITEM.format(7, 1, "new").replace(old, new), ITEM.format(8, 1, "new")
    refused, record = records(RSS.format(bad + good))
    assert (type(refused), refused.place, refused.reason) == (Refused, "cs.AI, entry 1", reason)
    assert record.arxiv_id == "2603.00008"


@pytest.mark.parametrize("whole", [RSS, ATOM])
def test_a_feed_of_a_holiday_is_empty(whole):
    assert records(whole.format("")) == []


@pytest.mark.parametrize(
    "text",
    [
        RSS.format("").replace("cs.AI updates on arXiv.org", "Feed error for query: x")
        .replace("cs.AI updates\n", "Bad archive 'x'."),
        ATOM.format("<subtitle>Bad archive 'x'.</subtitle>")
        .replace("cs.AI updates on arXiv.org", "Feed error for query: x"),
    ],
)  # fmt: skip
def test_a_feed_that_tells_of_an_error_is_one(text):
    with pytest.raises(SourceError, match=r"cs\.AI: arXiv says: Bad archive 'x'\."):
        records(text)


def test_a_thousand_entries_are_read():
    text = RSS.format("".join(ITEM.format(number, 1, "new") for number in range(1_000)))
    assert len({record.arxiv_id for record in records(text)}) == 1_000


def test_a_feed_that_was_cut_says_so(monkeypatch):
    monkeypatch.setattr(feed, "MOST_ENTRIES", 2)
    text = "".join(ITEM.format(number, 1, "new") for number in range(2))
    *_, refused = records(RSS.format(text))
    assert refused == Refused("cs.AI", "it was cut after 2 entries: new papers may be missing")


@pytest.fixture
def answer(httpserver, settings, impatient):
    settings.ARXIV_FEED_URL = httpserver.url_for("")
    settings.ARXIV_CATEGORIES = ["cs.AI", "cs.CL", "cs.CV", "cs.LG"]

    def answer(path, body, *, status=200):
        httpserver.expect_request(path).respond_with_response(Response(body, status=status))

    return answer


def test_feeds_are_asked_for_a_few_categories_at_once(answer, httpserver):
    answer("/rss/cs.AI+cs.CL+cs.CV", RSS.format(ITEM.format(1, 1, "new")))
    answer("/rss/cs.LG", RSS.format(ITEM.format(2, 1, "new")))
    assert [record.arxiv_id for record in feed.fetch()] == ["2603.00001", "2603.00002"]
    assert len(httpserver.log) == 2


def test_a_refused_feed_is_told_in_the_words_of_the_service(answer):
    body = RSS.format("").replace("cs.AI updates on arXiv.org", "Feed error for query: x")
    answer("/rss/cs.AI+cs.CL+cs.CV", body.replace("cs.AI updates\n", "Bad class."), status=400)
    with pytest.raises(SourceError, match=r"answered 400 .*: arXiv says: Bad class\.") as caught:
        list(feed.fetch())
    assert not caught.value.temporary


@pytest.mark.parametrize(("body", "status"), [("Rate exceeded.\n", 200), ("<html>Busy", 503)])
def test_a_busy_service_is_a_temporary_trouble(answer, body, status):
    answer("/rss/cs.AI+cs.CL+cs.CV", body, status=status)
    with pytest.raises(SourceError) as caught:
        list(feed.fetch())
    assert caught.value.temporary
