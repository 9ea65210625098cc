from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
import time_machine
from werkzeug import Response

from papers.sources import PaperRecord, Refused, SourceError, huggingface

DAY = date(2026, 3, 16)  # a Monday
NOW = datetime(2026, 3, 18, 12, tzinfo=UTC)
PAPER = {"id": "2603.00001", "title": "Boats"}


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def answer(httpserver, settings, impatient):
    """Answer for one list date; other dates have an empty list."""
    settings.HUGGINGFACE_API_URL = httpserver.url_for("/api")
    lists = {}

    def respond(request):
        return lists.get((request.args["date"], request.args.get("p")), Response("[]"))

    def answer(day, content, *, page=None, status=200, link=""):
        body = content if isinstance(content, str) else json.dumps(content)
        lists[str(day), page] = Response(body, status=status, headers={"Link": link})

    httpserver.expect_request("/api/daily_papers").respond_with_handler(respond)
    return answer


def fetch(since=DAY, until=DAY):
    return list(huggingface.fetch(since=since, until=until))


def test_every_real_file_is_read(real_data):
    files = sorted((real_data / "hf_daily_papers_raw").glob("*.json"))
    records = [record for file in files for record in huggingface.read(file, listed_on=None)]
    assert len(files) == 30
    assert len(records) == 441
    assert all(isinstance(record, PaperRecord) for record in records)
    assert sum(record.counts[0].votes for record in records) == 4629
    assert sum(record.counts[0].comments for record in records) == 581
    assert sum(record.counts[0].stars for record in records) == 8307


def test_a_record_is_read_from_where_each_value_is_right(fixtures):
    boats = next(huggingface.read(fixtures / "2026-03-16.json", listed_on=None))
    assert boats.title == "Paper Boats: Folding Agents That Float"
    assert boats.abstract == "We fold small agents and float them."
    assert boats.authors == ("Ada Pond", "Bo Boat")
    assert boats.published_at == datetime(2026, 3, 13, 17, 30, tzinfo=UTC)
    assert boats.listed_on == DAY
    assert boats.code_url == "https://github.com/pond-lab/boats"
    assert boats.project_url == "https://boats.example.org/"
    [counts] = boats.counts
    assert (counts.votes, counts.comments, counts.stars) == (29, 3, 120)
    assert counts.seen_at == datetime(2026, 3, 17, tzinfo=UTC)


def test_odd_records_are_named_and_the_rest_is_stored(fixtures):
    records = list(huggingface.read(fixtures / "2026-03-16.json", listed_on=None))
    assert [record.arxiv_id for record in records[:2]] == ["2603.00001", "2603.00002"]
    assert [(record.place, record.reason) for record in records[2:]] == [
        ("2026-03-16.json, record 3", "its paper.id is not an arXiv id"),
        ("2026-03-16.json, record 4", "its votes are not a whole number from 0 to 999,999,999"),
        ("2026-03-16.json, record 5", "it has no paper in it"),
    ]


def test_records_may_be_the_text_of_python_dicts(read):
    texts = [repr({"paper": PAPER | {"hidden": None}}), "{'paper': open('x')}", "[" * 5000, "x" * 9]
    first, *others = read("huggingface", json.dumps({"data": texts}), listed_on=DAY)
    assert first.arxiv_id == "2603.00001"
    assert {other.reason for other in others} == {
        "it is neither JSON nor the text of a Python dict"
    }


def test_an_endless_text_is_not_parsed(read, monkeypatch):
    monkeypatch.setattr(huggingface, "LONGEST_REPR", 10)
    [refused] = read("huggingface", json.dumps([repr({"paper": PAPER})]), listed_on=DAY)
    assert refused.reason == "it is longer than 10 characters"


@pytest.mark.parametrize(
    "paper",
    [
        "{}",
        '{"paper": []}',
        '{"paper": {"id": 1, "title": "x"}}',
        '{"paper": {"id": "2603.00001"}}',
        '{"paper": {"id": "2603.00001", "title": " \\u0000 "}}',
        '{"paper": {"id": "2603.00001", "title": "x", "upvotes": NaN}}',
        '{"paper": {"id": "2603.00001", "title": "x", "upvotes": 1e400}}',
        '{"paper": {"id": "2603.00001", "title": "x", "upvotes": 1000000000}}',
        '{"paper": {"id": "2603.00001", "title": "x", "upvotes": true}}',
        '{"paper": {"id": "2603.00001", "title": "x", "upvotes": "9"}}',
        '{"paper": {"id": "2603.00001", "title": "x"}, "numComments": 1.5}',
    ],
)
def test_a_record_with_nonsense_in_it_is_refused(read, paper):
    [refused] = read("huggingface", f"[{paper}]", listed_on=DAY)
    assert isinstance(refused, Refused)


def test_everything_but_id_and_title_may_be_missing_or_odd(read):
    odd = {"authors": 7, "publishedAt": "0000-00-00", "githubRepo": [], "projectPage": "js:x"}
    [record] = read("huggingface", json.dumps([{"paper": PAPER | odd}]), listed_on=DAY)
    assert record == PaperRecord(
        title="Boats",
        place="saved.txt, record 1",
        arxiv_id="2603.00001",
        listed_on=DAY,
        counts=record.counts,
    )


def one(read, item):
    [record] = read("huggingface", json.dumps([{"paper": PAPER} | item]), listed_on=DAY)
    return record


def with_paper(**fields):
    return {"paper": PAPER | fields}


@pytest.mark.parametrize(
    "item",
    [
        {"submittedBy": {"_id": "64ab", "name": "ada-pond", "fullname": "Ada Pond"}},
        {"submittedBy": {"_id": "64ab", "name": "another-name-now"}},
        with_paper(submittedOnDailyBy={"_id": "64ab", "user": "ada-pond"}),
        {"submittedBy": {}} | with_paper(submittedOnDailyBy={"_id": "64ab"}),
    ],
)
def test_a_submitter_is_recognised_and_not_named(read, item):
    record = one(read, item)
    assert record.submitter == one(read, {"submittedBy": {"_id": "64ab"}}).submitter
    assert len(record.submitter) == 16
    assert "ada" not in repr(record).lower()
    assert "64ab" not in repr(record)


def test_submitters_are_told_apart_and_only_here(read, settings):
    ada = {"submittedBy": {"name": "ada-pond"}}  # some records have no id
    bo = {"submittedBy": {"name": "bo-boat"}}
    here = one(read, ada).submitter
    assert here != one(read, bo).submitter
    settings.SECRET_KEY = "another-installation"
    assert one(read, ada).submitter != here


@pytest.mark.parametrize("who", [None, "ada", [], {}, {"_id": 7}, {"_id": ""}])
def test_nobody_is_no_submitter(read, who):
    assert one(read, {"submittedBy": who}).submitter == ""


@pytest.mark.parametrize(
    ("item", "name"),
    [
        ({"organization": {"_id": "1", "name": "pond", "fullname": "Pond\nLab"}}, "Pond Lab"),
        ({"organization": {"name": "pond", "fullname": None}}, "pond"),
        ({"submitterOrganization": {"fullname": "Pond Lab"}}, "Pond Lab"),
        (with_paper(organization={"fullname": "Pond Lab"}), "Pond Lab"),
        ({"organization": "Pond Lab"}, ""),
        ({"organization": {"fullname": 7}}, ""),
        ({"organization": None}, ""),
    ],
)
def test_an_organisation_is_told_in_three_places(read, item, name):
    assert one(read, item).organisation == name


@pytest.mark.parametrize(
    ("item", "has_video"),
    [
        ({"mediaUrls": ["https://cdn.example.org/a.png", "https://cdn.example.org/b.MP4"]}, True),
        ({"mediaUrl": "https://cdn.example.org/b.qt"}, True),
        ({"thumbnail": "https://cdn.example.org/b.mp4?download=1"}, True),
        (with_paper(mediaUrls=["https://cdn.example.org/b.webm"]), True),
        ({"mediaUrls": ["https://cdn.example.org/a.gif", None, 7, {"url": "b.mp4"}]}, False),
        ({"mediaUrls": "b.mp4"}, False),
    ],
)
def test_a_video_is_recognised_by_its_name(read, item, has_video):
    assert one(read, item).has_video is has_video


def test_keywords_are_the_strings_among_them(read):
    keywords = ["boats", " small\nagents ", "", None, 7]
    assert one(read, with_paper(ai_keywords=keywords)).keywords == ("boats", "small agents")
    assert one(read, with_paper(ai_keywords="boats")).keywords == ()


@pytest.mark.parametrize(
    "link",
    [
        "https://github.com/pond-lab/boats",
        "https://github.com/pond-lab/boats/",
        " https://github.com/pond-lab/boats.git\n",
        "https://www.github.com/pond-lab/boats/tree/main/src?tab=readme#top",
    ],
)
def test_a_repository_is_cut_down_to_its_front_page(read, link):
    assert one(read, with_paper(githubRepo=link)).code_url == "https://github.com/pond-lab/boats"


def test_votes_are_those_of_the_paper_and_comments_those_of_the_entry(read):
    item = {"upvotes": 99, "numComments": 3} | with_paper(upvotes=7, numComments=88)
    [counts] = one(read, item).counts
    assert (counts.votes, counts.comments) == (7, 3)


def test_no_time_stamp_of_a_record_is_its_list_date(read):
    late = "2026-03-17T23:00:00Z"
    item = {"publishedAt": late} | with_paper(publishedAt=late, submittedOnDailyAt=late)
    assert one(read, item).listed_on == DAY


@pytest.mark.parametrize("depth", [150, 900])
def test_what_is_nested_deeply_harms_nobody(read, depth):
    deep = "[" * depth + "]" * depth
    with pytest.raises(SourceError, match="is nested too deeply"):
        read("huggingface", f'[{{"paper": {deep}}}]', listed_on=DAY)
    text = json.dumps([f"{{'paper': {'[' * 80}{']' * 80}}}"])
    [refused] = read("huggingface", text, listed_on=DAY)
    assert refused.reason == "it has no paper in it"


def test_a_paper_from_the_future_has_no_date(read):
    paper = PAPER | {"publishedAt": "2999-01-01T00:00:00Z"}
    [record] = read("huggingface", json.dumps([{"paper": paper}]), listed_on=DAY)
    assert record.published_at is None


def test_the_given_date_wins_over_the_name(read):
    content = json.dumps([{"paper": PAPER}])
    [record] = read("huggingface", content, name="2020-01-01.json", listed_on=DAY)
    assert record.listed_on == DAY


@pytest.mark.parametrize("name", ["today.json", "2026-13-45.json", "12026-03-160.json"])
def test_a_file_without_a_date_asks_for_one(read, name):
    with pytest.raises(SourceError, match="has no date such as 2026-03-16 in its name: use --date"):
        read("huggingface", "[]", name=name)


def test_votes_of_a_list_that_is_still_open_are_seen_now(read):
    [record] = read("huggingface", json.dumps([{"paper": PAPER}]), listed_on=NOW.date())
    assert record.counts[0].seen_at == NOW


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("<!doctype html><p>Sorry</p>", "is a web page or XML, not JSON"),
        ('[{"paper": {"id"', "is not JSON: .* line 1 column 17"),
        ("[" * 100_000, "is nested too deeply"),
        ("1" * 5000, "is not JSON"),
        ("{}", "holds no list of papers"),
        ("null", "holds no list of papers"),
        ('{"error": "We have no such page."}', "is an error message: We have no such page."),
    ],
)
def test_what_is_no_list_is_one_clear_error(read, content, message):
    with pytest.raises(SourceError, match=rf"/saved\.txt {message}"):
        read("huggingface", content, listed_on=DAY)


def test_each_working_day_up_to_today_is_asked_for(answer, httpserver):
    answer("2026-03-13", [{"paper": PAPER}])
    [record] = fetch(since=date(2026, 3, 13), until=date(2026, 3, 30))
    assert record.listed_on == date(2026, 3, 13)
    assert record.counts[0].seen_at == NOW
    assert record.place == "Hugging Face list of 2026-03-13, record 1"
    days = [request.args["date"][-2:] for request, _ in httpserver.log]
    assert days == ["18", "17", "16", "13"]
    assert {request.args["limit"] for request, _ in httpserver.log} == {"100"}


def test_a_long_list_is_followed_to_its_end(answer):
    next_page = f'</api/daily_papers?date={DAY}&p=1>; rel="next"'
    answer(DAY, [{"paper": PAPER}], link=next_page)
    answer(DAY, [{"paper": PAPER | {"id": "2603.00002"}}], page="1")
    assert [record.place[-8:] for record in fetch()] == ["record 1", "record 2"]


def test_a_list_without_end_is_given_up(answer):
    answer(DAY, [], link=f'</api/daily_papers?date={DAY}>; rel="next"')
    with pytest.raises(SourceError, match="goes on after 20 pages"):
        fetch()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"error": "Sorry, no page."}, "answered 404 NOT FOUND: Sorry, no page."),
        ("<html>", "answered 404 NOT FOUND$"),
        ("[]", "answered 404 NOT FOUND$"),
    ],
)
def test_a_refusal_is_told_in_the_words_of_the_service(answer, content, message):
    answer(DAY, content, status=404)
    with pytest.raises(SourceError, match=message) as caught:
        fetch()
    assert not caught.value.temporary


def test_an_overloaded_service_is_a_temporary_trouble(answer):
    answer(DAY, "", status=503)
    with pytest.raises(SourceError) as caught:
        fetch()
    assert caught.value.temporary


def test_a_web_page_instead_of_the_list_is_an_error(answer):
    answer(DAY, "<!doctype html><title>Busy</title>")
    with pytest.raises(SourceError, match="Hugging Face list of 2026-03-16 is a web page"):
        fetch()
