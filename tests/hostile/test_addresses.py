"""Every part of every public address, and parameters that nobody asked for."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from subscriptions.tokens import Purpose
from tests.hostile.doors import Door, doors, tokens_of
from tests.hostile.inputs import SEGMENTS, TEXTS
from tests.hostile.rows import changes, dump
from tests.hostile.visitor import complaints

DOORS = doors()
PARTED = [door for door in DOORS if door.parts]
# What pages of ours take, and what frameworks elsewhere would.
PARAMETERS = [
    *("q", "page", "sort", "topic", "topics", "since", "until", "saved", "welcome", "again"),
    *("next", "url", "email", "token", "format", "callback", "_method", "lang", "language", "slug"),
]


def some_values(number: int, count: int) -> list[str]:
    """So many of the hostile texts, others for each number."""
    return [TEXTS[(number * count + at) % len(TEXTS)] for at in range(count)]


def addresses_of(door: Door, good: str) -> list[str]:
    found = []
    for _, name in door.parts:
        for segment in SEGMENTS:
            values = {"token": good, name: segment} if door.has_token else {name: segment}
            found.append(door.address(values))
    return found


def test_there_are_doors_to_try():
    assert {"", "check-inbox/", "unsubscribe/<token:token>/"} <= {door.route for door in DOORS}
    assert not any("admin" in door.route for door in DOORS)


@pytest.mark.parametrize("door", PARTED, ids=str)
def test_no_part_of_an_address_breaks_a_page_or_changes_anything(door, visitor, reader):
    good = _good_token(door, visitor, reader)
    before = dump()
    for number, address in enumerate(addresses_of(door, good)):
        visitor.ask("GET", address)
        visitor.ask(("POST", "HEAD", "OPTIONS", "PUT")[number % 4], address)

    assert visitor.wrong == []
    assert changes(before) == []


@pytest.mark.parametrize("door", DOORS, ids=str)
def test_no_parameter_breaks_a_page_or_changes_anything(door, visitor, reader):
    address = door.address({"token": _good_token(door, visitor, reader)})
    before = dump()
    for number, name in enumerate(PARAMETERS):
        for text in some_values(number, 3):
            query = urlencode({name: text.encode("utf-8", "surrogatepass")})
            visitor.ask("GET", f"{address}?{query}", what=query)
    visitor.ask("GET", f"{address}?{'q=a&' * 1001}")
    visitor.ask("GET", f"{address}?q=a&q=b&page=1&page=2&q[]=c&topic=a&topic=b")
    visitor.ask("GET", f"{address}?%ff=%ff&&&=&q=%")

    assert visitor.wrong == []
    assert changes(before) == []


@pytest.mark.parametrize("door", DOORS, ids=str)
def test_no_header_breaks_a_page_or_leads_away(door, visitor, reader):
    address = door.address({"token": _good_token(door, visitor, reader)})
    before = dump()
    for headers in (
        {"X-Forwarded-For": "1.2.3.4"},
        {"X-Forwarded-For": '"><script>xq7z' + "a," * 4000},
        {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher"},
        {"X-HTTP-Method-Override": "POST", "X-Method-Override": "DELETE"},
        {"X-Original-URL": "/admin/", "X-Rewrite-URL": "/admin/"},
        {"Accept-Language": "xx-<script>," + "de;q=0.1," * 2000},
        {"Accept": "\x00"},
        {"User-Agent": "<script>xq7z\x1b[31m"},
        {"Referer": "https://evil.example/"},
        {"Origin": "null"},
        {"Cookie": "sessionid=\x00; csrftoken=<script>xq7z; a=" + "b" * 8000},
        {"If-Modified-Since": "not a date"},
        {"If-None-Match": '"' * 1000},
        {"Range": "bytes=5-1,-1,9-"},
        {"Authorization": "Basic ////"},
        {"Purpose": "prefetch", "Sec-Purpose": "prefetch;prerender"},
    ):
        visitor.ask("GET", address, what=str(headers), headers=headers)

    assert visitor.wrong == []
    assert changes(before) == []


@pytest.mark.parametrize("door", DOORS, ids=str)
def test_a_page_asked_for_under_another_name_is_refused(door, client, reader):
    """A link that a page or a mail made from such a name would lead to strangers."""
    for host in (
        "evil.example",
        "news.example.org.evil.example",
        "news.example.org:80@evil",
        "a b",
    ):
        assert client.get(door.address(), headers={"Host": host}).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example", "//evil.example/", "///evil.example/%2f..", "/%5cevil.example",
        "/\\evil.example/", "/%2f%2fevil.example/", "/https:evil.example", "/.evil.example",
        "/r/?url=//evil.example", "/c/?url=https://evil.example", "/archive//evil.example",
    ],
)  # fmt: skip
def test_no_address_redirects_to_another_site(path, client, db):
    environ = {"PATH_INFO": path.partition("?")[0], "QUERY_STRING": path.partition("?")[2]}
    response = client.request(**environ)

    assert response.status_code in {301, 302, 404}
    assert not complaints(response, path)


def _good_token(door: Door, visitor, reader) -> str:
    """One that opens this page, if any does."""
    if not door.has_token:
        return ""
    found = tokens_of(reader)
    answers = {
        token: visitor.ask("GET", door.address({"token": token})) for token in found.values()
    }
    opened = [token for token, answer in answers.items() if answer.status_code == 200]
    return (opened or [found[Purpose.PREFERENCES]])[0]
