from __future__ import annotations

import gzip
import socket
import threading
import time
from contextlib import suppress

import pytest
import stamina
from werkzeug import Response

from papers.models import Host, Page
from papers.sources import SourceError, fetch
from papers.sources.web import answers

pytestmark = pytest.mark.usefixtures("impatient")
TAG, DATE = '"version-1"', "Mon, 16 Mar 2026 12:00:00 GMT"


@pytest.fixture(autouse=True)
def named(httpserver, settings):
    """The server is one that a setting names."""
    settings.HUGGINGFACE_API_URL = httpserver.url_for("/")


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


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_busy_service_is_asked_three_times(httpserver, serve, status):
    with pytest.raises(SourceError, match=f"answered {status}") as caught:
        fetch.get(serve(Response("later", status=status)))
    assert caught.value.temporary
    assert len(httpserver.log) == 3


def test_a_service_that_was_busy_for_a_moment_is_forgiven(serve):
    assert fetch.get(serve(Response(status=503), Response(b"papers"))).body == b"papers"


def test_the_service_decides_how_long_we_wait(serve):
    url = serve(Response(status=503, headers={"Retry-After": "1"}), Response(b"papers"))
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
    with pytest.raises(SourceError, match="localhost cannot be reached") as caught:
        fetch.get(f"http://localhost:{unused_port}/list")
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
    monkeypatch.setattr(answers, "MOST_BYTES", 1000)
    with pytest.raises(SourceError, match="more than 1,000 bytes"):
        fetch.get(serve(Response(b"x" * 1001)))


def test_a_small_archive_of_very_much_is_refused(serve):
    bomb = gzip.compress(bytes(answers.MOST_BYTES + 1))
    assert len(bomb) < 20_000
    with pytest.raises(SourceError, match="more than 10,000,000 bytes"):
        fetch.get(serve(Response(bomb, headers={"Content-Encoding": "gzip"})))


def test_an_archive_is_unpacked_a_little_at_a_time():
    """Whatever is in it, no step makes more than a piece of it."""
    packed = gzip.compress(bytes(10 * answers.PIECE))
    pieces = list(answers._unpacked([packed], "gzip", url=None))
    assert sum(map(len, pieces)) == 10 * answers.PIECE
    assert max(map(len, pieces)) == answers.PIECE


@pytest.mark.parametrize("packing", ["br", "zstd", "deflate", "gzip, gzip", "gzip,br"])
def test_a_packing_that_was_not_asked_for_is_refused(httpserver, serve, packing):
    with pytest.raises(SourceError, match="was not asked for"):
        fetch.get(serve(Response(b"x", headers={"Content-Encoding": packing})))
    [(request, _)] = httpserver.log
    assert request.headers["Accept-Encoding"] == "gzip"


def test_a_packed_answer_is_unpacked(serve):
    packed = Response(gzip.compress(b"papers"), headers={"Content-Encoding": "gzip"})
    assert fetch.get(serve(packed)).body == b"papers"


def test_a_slow_answer_is_given_up(serve):
    def drip():
        for _ in range(20):
            time.sleep(0.02)
            yield b"x"

    with pytest.raises(SourceError, match="took over") as caught:
        fetch.get(serve(Response(drip())), seconds=0.2)
    assert caught.value.temporary


@pytest.fixture
def raw_server(settings):
    """A server that sends the given bytes, one after the other with a pause, to who connects."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve(content, *, pause=0.0):
            def run():
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    connection.recv(65_536)
                    for number in range(len(content)) if pause else [slice(None)]:
                        connection.sendall(bytes([content[number]]) if pause else content)
                        time.sleep(pause)

            threading.Thread(target=run, daemon=True).start()
            settings.ARXIV_API_URL = f"http://localhost:{listener.getsockname()[1]}/"
            return settings.ARXIV_API_URL

        yield serve


def test_headers_that_drip_are_given_up_as_well(raw_server):
    content = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    with pytest.raises(SourceError, match=r"took over 0\.2 s") as caught:
        fetch.get(raw_server(content, pause=0.02), seconds=0.2)
    assert caught.value.temporary


@pytest.mark.parametrize(
    "content",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nsho",
        b"no HTTP at all\r\n\r\n",
        b"",
    ],
)
def test_an_answer_that_is_not_whole_is_none(raw_server, content):
    with pytest.raises(SourceError, match="broke off") as caught:
        fetch.get(raw_server(content))
    assert caught.value.temporary


def test_a_silent_service_is_given_up(serve):
    def silence():
        time.sleep(0.3)
        yield b"x"

    with pytest.raises(SourceError, match="broke off") as caught:
        fetch.get(serve(Response(silence())), seconds=0.1)
    assert caught.value.temporary


@pytest.mark.parametrize("body", [b"no gzip", b"", gzip.compress(b"papers")[:-9]])
def test_a_broken_archive_is_a_source_error(serve, body):
    with pytest.raises(SourceError, match="is broken gzip") as caught:
        fetch.get(serve(Response(body, headers={"Content-Encoding": "gzip"})))
    assert caught.value.temporary


@pytest.mark.parametrize(
    "response",
    [Response("slow down", status=429), Response(b"Rate exceeded.\n")],
    ids=["429", "200 with a sentence"],
)
def test_too_many_requests_are_followed_by_none(httpserver, serve, response):
    url = serve(response)
    with pytest.raises(fetch.AnswerError, match=r"429|Rate exceeded\.") as caught:
        fetch.get(url)
    assert caught.value.temporary
    with pytest.raises(SourceError, match=r"localhost:\d+ is left alone until .* UTC: "):
        fetch.get(f"{url}?q=another")
    assert len(httpserver.log) == 1
    assert Host.objects.get().strikes == 1


def test_a_service_that_wants_a_long_wait_is_left_alone(httpserver, serve):
    with pytest.raises(SourceError, match="answered 503"):
        fetch.get(serve(Response(status=503, headers={"Retry-After": "7200"})))
    host = Host.objects.get()
    assert (host.paused_until - host.paused_since).total_seconds() == 7200
    assert len(httpserver.log) == 1


def test_who_hears_of_a_pause_while_waiting_asks_no_more(httpserver, serve, monkeypatch):
    url = serve(Response(b"papers"))
    seen = iter([None, SourceError("is left alone")])

    def check(name, *, at):
        if error := next(seen):
            raise error

    monkeypatch.setattr(fetch.hosts, "check", check)
    with pytest.raises(SourceError, match="left alone"):
        fetch.get(url)
    assert httpserver.log == []


def test_a_good_answer_forgives_the_pauses_before_it(serve, httpserver):
    Host.objects.create(name=f"localhost:{httpserver.port}", strikes=3)
    fetch.get(serve(Response(b"papers")))
    assert Host.objects.get().strikes == 0


def versioned(request):
    """Answers with what names the version, or that it is the same."""
    names = {"ETag": TAG, "Last-Modified": DATE, "Link": '</list?p=1>; rel="next"'}
    if request.headers.get("If-None-Match") == TAG:
        return Response(status=304)
    return Response(b"papers", headers=names)


def remember(page):
    Page.objects.create(
        url=page.url, etag=page.etag, last_modified=page.last_modified, next_url=page.next_url
    )


def test_what_is_stored_is_not_sent_again(httpserver):
    httpserver.expect_request("/list").respond_with_handler(versioned)
    first = fetch.get(url := httpserver.url_for("/list"), if_changed=True)
    assert (first.body, first.is_unchanged) == (b"papers", False)
    remember(first.page)

    again = fetch.get(url, if_changed=True)
    assert (again.body, again.is_unchanged, again.next_url) == (b"", True, first.next_url)
    assert again.page.is_unchanged
    request, _ = httpserver.log[-1]
    assert request.headers["If-Modified-Since"] == DATE
    assert fetch.get(url).body == b"papers"  # who does not ask for changes gets all


def test_what_nobody_stored_is_sent_again(httpserver):
    httpserver.expect_request("/list").respond_with_handler(versioned)
    for _ in range(2):
        assert fetch.get(httpserver.url_for("/list"), if_changed=True).body == b"papers"


def test_unchanged_is_no_answer_to_who_did_not_say_what_he_has(serve):
    with pytest.raises(fetch.AnswerError, match="answered 304"):
        fetch.get(serve(Response(status=304)), if_changed=True)


@pytest.mark.parametrize("tag", ["", '"' + "x" * 200 + '"'])
def test_a_version_without_a_usable_name_is_not_remembered(serve, tag):
    assert fetch.get(serve(Response(b"papers", headers={"ETag": tag}))).page is None


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
