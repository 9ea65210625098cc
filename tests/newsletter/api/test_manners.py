"""What all answers of the API have in common."""

from __future__ import annotations

from collections import Counter

import pytest
from django.test import RequestFactory

from newsletter.api import errors, pace
from newsletter.api.manners import manners

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/papers"


@pytest.fixture
def counted(settings):
    """At most three calls a minute, counted from nought."""
    settings.API_CALLS_PER_NETWORK_A_MINUTE = 3
    pace.of(settings.REDIS_URL)._redis.delete(pace._key("127.0.0.1"), pace._key("192.0.2.9"))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("limit=1.0", "limit"),
        ("limit=", "limit"), ("limit=%201", "limit"), ("limit=1_0", "limit"),
        ("limit=-1", "limit"),
        ("offset=-1", "offset"), ("offset=10001", "offset"), ("offset=1e400", "offset"),
        ("offset=99999999999999999999", "offset"), ("since=today", "since"), ("since=0", "since"),
        ("since=2026-02-30", "since"), ("until=20260316", "until"), ("until=%00", "until"),
        ("until=2026-03-16T00:00:00", "until"), ("sort=up", "sort"), ("topic=a%00", "topic"),
        ("topic=" + "x" * 51, "topic"), ("topic=%ED%A0%80", "topic"), ("q=" + "x" * 201, "q"),
        ("since=2026-03-16&since=x", "since"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_by_name(client, query, field):
    response = client.get(f"{ADDRESS}?{query}")
    assert response.status_code == 422
    said = response.json()
    assert (said["code"], list(said["fields"])) == ("invalid", [field])
    assert said["fields"][field][0]
    assert set(said) == {"code", "message", "fields"}


@pytest.mark.parametrize(
    "path",
    [
        "papers/2603.99999", "papers/p0", "papers/p99999999999999999", "papers/x%00y", "nothing",
        "trending/2026-02-30", "trending/2026-03-15", "trending/9999-12-31", "topics/nothing",
        "papers?topic=nothing", "issues/daily-20260317", "issues/x", "issues/daily-00000000",
        "papers/", "papers/%ED%A0%80", "topics/a/b",
    ],
)  # fmt: skip
def test_what_is_not_there_is_said_in_the_one_shape(client, path):
    response = client.get(f"/api/v1/{path}")
    assert response.status_code == 404
    assert response.json() == {
        "code": "not_found",
        "message": "There is no such thing.",
        "fields": {},
    }
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "q", ["%00", "%ff", "%ED%A0%80", "'\"\\", "*:*", "-", "(", "a" * 200, "<b>"]
)
def test_no_search_is_wrong(client, make_paper, q):
    make_paper()
    assert client.get(f"{ADDRESS}?q={q}").status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "trace"])
def test_nothing_but_reading_is_known(client, method):
    response = getattr(client, method)(ADDRESS)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
    assert response.json()["code"] == "method_not_allowed"


def test_who_has_it_already_is_told_so(client, make_paper):
    make_paper()
    first = client.get(ADDRESS)
    assert first["Cache-Control"] == "public, max-age=300"
    again = client.get(ADDRESS, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert again["Access-Control-Allow-Origin"] == "*"
    make_paper()
    assert client.get(ADDRESS, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_head_is_as_get_without_the_body(client, make_paper):
    make_paper()
    head, get = client.head(ADDRESS), client.get(ADDRESS)
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", get["ETag"])


def test_pages_of_other_sites_may_read_and_send_nothing_along(client):
    answer = client.options(ADDRESS, headers={"Origin": "https://other.example"})
    assert answer.status_code == 204
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert answer["Access-Control-Allow-Methods"] == "GET, HEAD"
    assert not answer.has_header("Access-Control-Allow-Credentials")
    assert client.options("/api/v1/nothing").status_code == 404
    read = client.get(ADDRESS, headers={"Origin": "https://other.example"})
    assert read["Access-Control-Allow-Origin"] == "*"
    assert not read.cookies


def test_other_pages_are_left_alone(client):
    assert not client.get("/archive/").has_header("Access-Control-Allow-Origin")


def test_a_network_may_ask_so_often_and_others_still_may(client, counted, settings):
    settings.PROXY_COUNT = 1
    mine = {"X-Forwarded-For": "127.0.0.1"}
    found = Counter(client.get(ADDRESS, headers=mine).status_code for _ in range(5))
    assert found == {200: 3, 429: 2}
    refused = client.get(ADDRESS, headers=mine)
    assert refused.json()["code"] == "too_many_requests"
    assert 1 <= int(refused["Retry-After"]) <= 60
    neighbour = {"X-Forwarded-For": "127.0.0.77"}
    assert client.get(ADDRESS, headers=neighbour).status_code == 429
    assert client.get(ADDRESS, headers={"X-Forwarded-For": "192.0.2.9"}).status_code == 200


def test_counting_writes_no_row(client, counted, django_assert_num_queries):
    with django_assert_num_queries(1):
        client.get("/api/v1/topics")


def test_without_redis_nobody_is_counted_and_nobody_waits(monkeypatch):
    lost = pace.Pace("redis://127.0.0.1:1/0")
    assert lost.wait("192.0.2.9", limit=0) == 0
    monkeypatch.setattr(lost, "_count", None)  # it is left alone for a while
    assert lost.wait("192.0.2.9", limit=0) == 0


def test_addresses_are_not_kept():
    assert "192.0.2" not in pace._key("192.0.2.9")
    assert pace._key("192.0.2.9") == pace._key("192.0.2.10")


@pytest.mark.parametrize("status", [400, 403, 413, 500])
def test_what_django_says_as_a_page_is_said_in_the_one_shape(status):
    from django.http import HttpResponse

    answer = manners(lambda request: HttpResponse("<h1>no</h1>", status=status))
    said = answer(RequestFactory().get(ADDRESS))
    assert said.status_code == status
    assert said["Content-Type"] == errors.TYPE
    assert b"<h1>" not in said.content
