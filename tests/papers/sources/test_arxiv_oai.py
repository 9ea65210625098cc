"""arXiv's records over OAI-PMH: three formats, and harvests that break off and go on."""

from __future__ import annotations

from datetime import UTC, date, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from werkzeug import Response

from papers.sources import Bookmark, PaperRecord, Refused, SourceError
from papers.sources.arxiv import oai

DAY = date(2026, 3, 16)
PAGE = """<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2026-03-17T10:00:00Z
</responseDate><request verb="ListRecords">https://oaipmh.arxiv.org/oai</request>{}</OAI-PMH>"""
LIST = PAGE.format("<ListRecords>{}</ListRecords>")
RECORD = """<record><header><identifier>oai:arXiv.org:2603.{0:05}</identifier><datestamp>2026-03-16
</datestamp><setSpec>cs:cs:AI</setSpec></header><metadata>{1}</metadata></record>"""
RAW = """<arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>2603.00001</id>
<submitter>Somebody</submitter>
<version version="v1"><date>Fri, 13 Mar 2026 17:30:00 GMT</date><size>56kb</size>
<source_type>D</source_type></version>{versions}<title>Paper boats</title>
<authors>Ada Pond (Pond Institute) and Bo Boat</authors><categories>{categories}</categories>
<comments>9 pages</comments><doi>10.0000/1, 10.0000/2; 10.0000/3</doi>
<abstract>  We fold boats.\n</abstract></arXivRaw>"""
V2 = """<version version="v2"><date>Mon, 16 Mar 2026 08:00:00 GMT</date><size>{}</size>
<source_type>{}</source_type></version>"""
ARXIV = """<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>2603.00001</id><created>2026-03-13</created>
<updated>2026-03-16</updated><authors><author><keyname>Pond</keyname><forenames>Ada</forenames>
<suffix>Jr.</suffix><affiliation>Pond Institute</affiliation></author>
<author><keyname>Lake Collaboration</keyname></author>
<author><keyname>Collaboration</keyname><forenames>for the DES</forenames></author></authors>
<title>Paper boats</title><categories>chao-dyn math-ph math.MP 68T50 cs.NOPE</categories>
<comments>This paper has been withdrawn</comments><abstract>We fold boats.</abstract></arXiv>"""
DC = """<oai_dc:dc><dc:title>Paper boats</dc:title><dc:creator>Pond, Ada</dc:creator>
<dc:creator>Lake Collaboration</dc:creator><dc:subject>Computer Science - Artificial Intelligence
</dc:subject><dc:subject>68T50</dc:subject><dc:subject>Poetry - Sonnets</dc:subject>
<dc:description>Comment: 9 pages</dc:description><dc:description> We fold boats. </dc:description>
<dc:date>2026-03-13</dc:date><dc:date>2026-03-16</dc:date></oai_dc:dc>"""
DELETED = """<record><header status="deleted"><identifier>oai:arXiv.org:2603.00009</identifier>
</header></record>"""


def raw(number=1, *, versions="", categories="cs.AI math.MP"):
    return RECORD.format(number, RAW.format(versions=versions, categories=categories))


def one(text):
    [record] = oai.parse(LIST.format(text).encode(), place="page", listed_on=None)
    return record


def test_a_raw_record_tells_every_version():
    assert one(raw(versions=V2.format("57kb", "D"))) == PaperRecord(
        title="Paper boats",
        place="page, record 1",
        arxiv_id="2603.00001",
        abstract="We fold boats.",
        authors=("Ada Pond", "Bo Boat"),
        categories=("cs.AI", "math-ph"),
        published_at=datetime(2026, 3, 13, 17, 30, tzinfo=UTC),
        listed_on=DAY,  # a Friday before 14:00 in New York: Monday's list
        version=2,
        is_withdrawn=False,
    )


@pytest.mark.parametrize(("size", "kind"), [("0kb", "I"), ("0kb", ""), ("12kb", "I")])
def test_a_last_version_without_a_source_is_a_withdrawal(size, kind):
    assert one(raw(versions=V2.format(size, kind))).is_withdrawn


def test_an_earlier_version_without_a_source_is_none():
    empty = V2.format("0kb", "I")
    newest = V2.format("57kb", "D").replace("v2", "v3")
    record = one(raw(versions=newest + empty))
    assert (record.version, record.is_withdrawn) == (3, False)


@pytest.mark.parametrize("nonsense", ["soon", "", "Fri, 99 Mar 2026 17:30:00 GMT"])
def test_a_version_without_a_readable_date_costs_the_list_date_only(nonsense):
    record = one(raw().replace("Fri, 13 Mar 2026 17:30:00 GMT", nonsense))
    assert (record.published_at, record.listed_on, record.version) == (None, None, 1)


def test_the_arxiv_format_survives_odd_names_and_retired_categories():
    record = one(RECORD.format(1, ARXIV))
    assert record.authors == (
        "Ada Pond Jr.",
        "Lake Collaboration",
        "for the DES Collaboration",
    )
    assert record.categories == ("nlin.CD", "math-ph")
    assert record.published_at == datetime(2026, 3, 13, tzinfo=UTC)
    assert (record.version, record.listed_on, record.is_withdrawn) == (0, None, True)


def test_dublin_core_is_read_also_without_its_declarations():
    record = one(RECORD.format(1, DC))
    assert record.authors == ("Ada Pond", "Lake Collaboration")
    assert record.categories == ("cs.AI",)
    assert record.abstract == "We fold boats."
    assert record.is_withdrawn is None


def test_a_deleted_record_marks_its_paper():
    assert one(DELETED) == PaperRecord(
        title="",
        place="page, record 1",
        arxiv_id="2603.00009",
        is_withdrawn=True,
        is_update=True,
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<record/>", "it has no header"),
        (raw().replace("2603.00001<", "boats<", 1), "its identifier is not an arXiv id"),
        (raw().replace("Paper boats", " "), "it has no title"),
        (RECORD.format(1, ""), "its metadata have no format that is read"),
        (RECORD.format(1, "<marc/>"), "its metadata have no format that is read"),
    ],
)
def test_a_bad_record_is_refused(text, reason):
    refused = one(text)
    assert (type(refused), refused.reason) == (Refused, reason)


def test_a_saved_page_may_be_given_a_list_date(read):
    [record] = read("arxiv-oai", LIST.format(raw()), listed_on=date(2026, 3, 10))
    assert record.listed_on == date(2026, 3, 10)


def test_an_answer_that_tells_of_an_error_is_one(read):
    with pytest.raises(SourceError, match="arXiv says: badArgument: no such day"):
        read("arxiv-oai", PAGE.format('<error code="badArgument">no such day</error>'))
    assert read("arxiv-oai", PAGE.format('<error code="noRecordsMatch"/>')) == []


@pytest.mark.parametrize(
    ("code", "subject"),
    [
        ("cs.AI", "cs:cs:AI"),
        ("math.NT", "math:math:NT"),
        ("stat.ML", "stat:stat:ML"),
        ("hep-th", "physics:hep-th"),
        ("astro-ph.CO", "physics:astro-ph:CO"),
        ("physics.optics", "physics:physics:optics"),
    ],
)
def test_a_category_is_a_set(code, subject):
    assert oai.subject(code) == subject


class Service:
    """arXiv as it answers one request after the other; notes what it was asked."""

    def __init__(self):
        self.answers, self.asked = [], []

    def answer(self, request):
        self.asked.append(
            {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
        )
        body, status = self.answers.pop(0)
        return Response(body, status=status)

    def says(self, *bodies, status=200):
        self.answers += [(body, status) for body in bodies]


@pytest.fixture
def service(httpserver, settings, impatient):
    settings.ARXIV_OAI_URL = httpserver.url_for("/oai")
    settings.ARXIV_CATEGORIES = ["cs.AI"]
    service = Service()
    httpserver.expect_request("/oai").respond_with_handler(service.answer)
    return service


def page(*numbers, token=""):
    records = "".join(raw(number) for number in numbers)
    return LIST.format(f"{records}<resumptionToken>{token}</resumptionToken>")


BAD_TOKEN = PAGE.format('<error code="badResumptionToken">expired</error>')
NEXT = "verb%3DListRecords%26skip%3D2"


@time_machine.travel("2026-03-17 10:00:00+00:00")
def fetch(*, bookmark="", since=DAY):
    return list(oai.fetch(since=since, until=date(2026, 3, 17), bookmark=bookmark))


def numbers(items):
    return [int(item.arxiv_id[-5:]) for item in items if isinstance(item, PaperRecord)]


def test_pages_are_read_to_the_last_with_a_bookmark_between(service):
    service.says(page(1, 2, token=NEXT), page(3))
    items = fetch()
    assert numbers(items) == [1, 2, 3]
    assert items[2] == Bookmark(f"2026-03-16 2026-03-17 cs:cs:AI {NEXT}")
    assert service.asked == [
        {
            "verb": "ListRecords",
            "metadataPrefix": "arXivRaw",
            "set": "cs:cs:AI",
            "from": "2026-03-16",
            "until": "2026-03-17",
        },
        {"verb": "ListRecords", "resumptionToken": NEXT},
    ]


def test_every_category_is_read(service, settings):
    settings.ARXIV_CATEGORIES = ["cs.AI", "cs.CL"]
    service.says(page(1), page(2))
    items = fetch()
    assert numbers(items) == [1, 2]
    assert items[1] == Bookmark("2026-03-16 2026-03-17 cs:cs:CL ")
    assert [asked["set"] for asked in service.asked] == ["cs:cs:AI", "cs:cs:CL"]


def test_a_harvest_goes_on_at_its_bookmark(service, settings):
    settings.ARXIV_CATEGORIES = ["cs.AI", "cs.CL", "cs.LG"]
    service.says(page(3), page(4))
    assert numbers(fetch(bookmark=f"2026-03-16 2026-03-16 cs:cs:CL {NEXT}")) == [3, 4]
    assert service.asked[0] == {"verb": "ListRecords", "resumptionToken": NEXT}
    assert (service.asked[1]["set"], service.asked[1]["until"]) == ("cs:cs:LG", "2026-03-16")


def test_a_bookmark_between_two_categories_needs_no_token(service, settings):
    settings.ARXIV_CATEGORIES = ["cs.AI", "cs.CL"]
    service.says(page(4))
    assert numbers(fetch(bookmark="2026-03-16 2026-03-17 cs:cs:CL ")) == [4]
    assert service.asked[0]["set"] == "cs:cs:CL"


@pytest.mark.parametrize(
    "bookmark",
    [
        f"2026-03-01 2026-03-17 cs:cs:AI {NEXT}",
        f"2026-03-16 2026-03-17 math:math:NT {NEXT}",
        "6960524|1001",
        f"2026-99-16 2026-03-17 cs:cs:AI {NEXT}",
    ],
)
def test_a_bookmark_of_another_harvest_is_left_aside(service, bookmark):
    service.says(page(1))
    assert numbers(fetch(bookmark=bookmark)) == [1]
    assert service.asked[0]["from"] == "2026-03-16"


@pytest.mark.parametrize("status", [200, 400])
def test_an_expired_bookmark_begins_its_category_again(service, status):
    service.says(BAD_TOKEN, status=status)
    service.says(page(1, 2))
    assert numbers(fetch(bookmark=f"2026-03-16 2026-03-17 cs:cs:AI {NEXT}")) == [1, 2]
    assert service.asked[1]["from"] == "2026-03-16"


def test_a_service_that_takes_none_of_its_tokens_is_not_asked_for_ever(service):
    service.says(page(1, token=NEXT), BAD_TOKEN, page(1, token=NEXT), BAD_TOKEN)
    with pytest.raises(SourceError, match="arXiv says: badResumptionToken: expired") as caught:
        fetch()
    assert caught.value.temporary


def test_a_token_that_comes_again_ends_the_harvest(service):
    service.says(page(1, token=NEXT), page(2, token=NEXT))
    with pytest.raises(SourceError, match="go round in a circle"):
        fetch()


def test_no_records_are_no_error(service):
    service.says(PAGE.format('<error code="noRecordsMatch">none</error>'))
    assert fetch() == []


def test_any_other_error_is_told_in_arxivs_words(service):
    service.says(PAGE.format('<error code="badArgument">no such set</error>'))
    with pytest.raises(SourceError, match="arXiv says: badArgument: no such set"):
        fetch()


def test_a_busy_service_is_a_temporary_trouble(service):
    service.says(*["<html>Busy"] * 3, status=503)
    with pytest.raises(SourceError, match="answered 503") as caught:
        fetch()
    assert caught.value.temporary


@pytest.mark.parametrize(
    ("categories", "crosses", "is_news"),
    [
        ("cs.AI cs.LG", False, True),
        ("cs.LG cs.AI", False, False),
        ("cs.LG cs.AI", True, True),
        ("math.NT", True, False),
    ],
)
def test_only_papers_of_the_wanted_categories_are_news(
    service, settings, categories, crosses, is_news
):
    settings.ARXIV_CROSS_LISTS = crosses
    service.says(LIST.format(raw(categories=categories)))
    [record] = fetch()
    assert (record.is_update, record.listed_on) == (not is_news, DAY if is_news else None)


def test_an_old_paper_that_changed_only_updates(service):
    service.says(LIST.format(raw()))
    [record] = fetch(since=date(2026, 3, 24))
    assert record.is_update


def test_a_withdrawn_paper_is_no_news(service):
    service.says(LIST.format(raw(versions=V2.format("0kb", "I"))))
    [record] = fetch()
    assert (record.is_update, record.is_withdrawn) == (True, True)
