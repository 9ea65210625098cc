from __future__ import annotations

import gzip
import time
from datetime import UTC, datetime

import httpx2
import pytest
import stamina
from werkzeug import Response

from papers.sources import SourceError, fetch
from papers.sources.fetch import retry_after

NOW = datetime(2026, 3, 16, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def impatient():
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def serve(httpserver):
    """Answer every request with the given responses, the last one for ever."""

    def serve(*responses):
        waiting = list(responses)
        httpserver.expect_request("/list").respond_with_handler(
            lambda request: waiting.pop(0) if len(waiting) > 1 else waiting[0]
        )
        return httpserver.url_for("/list")

    return serve


def test_the_body_arrives_and_we_say_who_asks(httpserver, serve):
    assert fetch.get(serve(Response(b"papers")), params={"q": "a b"}).body == b"papers"
    [(request, _)] = httpserver.log
    assert request.headers["User-Agent"] == "newsletter (+https://news.example.org)"
    assert request.args["q"] == "a b"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_busy_service_is_asked_three_times(httpserver, serve, status):
    with pytest.raises(SourceError, match=f"answered {status}") as caught:
        fetch.get(serve(Response("later", status=status)))
    assert caught.value.temporary
    assert len(httpserver.log) == 3


def test_a_service_that_was_busy_for_a_moment_is_forgiven(serve):
    assert fetch.get(serve(Response(status=503), Response(b"papers"))).body == b"papers"


def test_the_service_decides_how_long_we_wait(serve):
    url = serve(Response(status=429, headers={"Retry-After": "1"}), Response(b"papers"))
    with stamina.set_testing(False):
        before = time.monotonic()
        assert fetch.get(url).body == b"papers"
    assert 1 <= time.monotonic() - before < 3  # our own first wait is 3 seconds


@pytest.mark.parametrize(("status", "temporary"), [(400, False), (404, False), (500, True)])
def test_any_other_refusal_is_believed_at_once(httpserver, serve, status, temporary):
    with pytest.raises(fetch.AnswerError, match=f"answered {status}") as caught:
        fetch.get(serve(Response("the reason", status=status)))
    assert caught.value.temporary is temporary
    assert caught.value.body == b"the reason"
    assert len(httpserver.log) == 1


def test_a_redirect_is_not_followed(httpserver, serve):
    elsewhere = httpserver.url_for("/secret")
    with pytest.raises(SourceError, match="/secret', which is not followed"):
        fetch.get(serve(Response(status=302, headers={"Location": elsewhere})))
    assert len(httpserver.log) == 1


def test_nobody_at_home_is_a_temporary_trouble(unused_port):
    with pytest.raises(SourceError, match=r"127\.0\.0\.1 cannot be reached") as caught:
        fetch.get(f"http://127.0.0.1:{unused_port}/list")
    assert caught.value.temporary


@pytest.fixture
def unused_port(httpserver):
    httpserver.stop()
    yield httpserver.port
    httpserver.start()


@pytest.mark.parametrize(
    "url",
    [
        "http://papers.example.org/list",
        "http://10.0.0.1/list",
        "http://169.254.169.254/latest",
        "http://localhost.example.org/",
        "file:///etc/passwd",
        "ftp://localhost/list",
        "/list",
    ],
)
def test_only_https_is_fetched_from_elsewhere(url):
    with pytest.raises(SourceError, match="only https"):
        fetch.get(url)


def test_an_address_that_is_none_is_an_error():
    with pytest.raises(SourceError, match="is not an address"):
        fetch.get("https://papers.example.org:port/")


def test_too_much_is_refused_while_it_comes(serve, monkeypatch):
    monkeypatch.setattr(fetch, "MOST_BYTES", 1000)
    with pytest.raises(SourceError, match="more than 1,000 bytes"):
        fetch.get(serve(Response(b"x" * 1001)))


def test_a_small_archive_of_very_much_is_refused(serve):
    bomb = gzip.compress(bytes(fetch.MOST_BYTES + 1))
    assert len(bomb) < 20_000
    with pytest.raises(SourceError, match="more than 10,000,000 bytes"):
        fetch.get(serve(Response(bomb, headers={"Content-Encoding": "gzip"})))


def test_a_slow_answer_is_given_up(serve, monkeypatch):
    monkeypatch.setattr(fetch, "TOTAL_SECONDS", 0.05)

    def drip():
        for _ in range(20):
            time.sleep(0.02)
            yield b"x"

    with pytest.raises(SourceError, match="took over") as caught:
        fetch.get(serve(Response(drip())))
    assert caught.value.temporary


def test_a_silent_service_is_given_up(serve, monkeypatch):
    monkeypatch.setattr(fetch, "TIMEOUT", httpx2.Timeout(0.05))

    def silence():
        time.sleep(0.3)
        yield b"x"

    with pytest.raises(SourceError, match="broke off") as caught:
        fetch.get(serve(Response(silence())))
    assert caught.value.temporary


def test_a_broken_archive_is_a_source_error(serve):
    with pytest.raises(SourceError, match="broke off"):
        fetch.get(serve(Response(b"no gzip", headers={"Content-Encoding": "gzip"})))


@pytest.mark.parametrize("link", ["/list?p=1", "{here}?p=1"])
def test_the_next_page_is_found(serve, httpserver, link):
    here = httpserver.url_for("/list")
    header = f'<{link.format(here=here)}>; rel="next"'
    assert fetch.get(serve(Response(b"[]", headers={"Link": header}))).next_url == f"{here}?p=1"


@pytest.mark.parametrize(
    "link", ["https://evil.example.org/", "//evil.example.org/", "http://x:port/"]
)
def test_the_next_page_is_never_on_another_site(serve, link):
    with pytest.raises(SourceError, match="as its next page"):
        fetch.get(serve(Response(b"[]", headers={"Link": f'<{link}>; rel="next"'})))


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("0", None),
        ("7", 7),
        ("86400", 60),
        ("Mon, 16 Mar 2026 12:00:30 GMT", 30),
        ("Mon, 16 Mar 2026 12:00:30 -0000", 30),
        ("Tue, 17 Mar 2026 12:00:00 GMT", 60),
        ("Mon, 16 Mar 2026 11:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_never_long(header, seconds):
    assert retry_after(header, now=NOW) == seconds
