from __future__ import annotations

import socket
from ipaddress import ip_address

import pytest

from papers.sources import SourceError, fetch
from papers.sources.web import addresses


@pytest.fixture
def lookups(monkeypatch):
    """Names as the given function sees them; each lookup is counted."""

    def use(*answers):
        waiting = list(answers)
        asked = []

        def getaddrinfo(host, port, **options):
            asked.append(host)
            numbers = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            return [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port)) for number in numbers
            ]

        monkeypatch.setattr(addresses.socket, "getaddrinfo", getaddrinfo)
        return asked

    return use


@pytest.fixture
def connections(monkeypatch):
    """Where connections are tried; none is made."""
    tried = []

    def create_connection(address, *args, **options):
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", create_connection)
    return tried


@pytest.mark.parametrize(
    ("url", "service"),
    [
        ("https://huggingface.co/api/daily_papers", "huggingface"),
        ("https://huggingface.co:443/", "huggingface"),
        ("https://HuggingFace.co/", "huggingface"),
        ("https://export.arxiv.org/api/query", "arxiv"),
        ("https://mirror.example.org:8443/rss", "arxiv"),
    ],
)
def test_hosts_that_a_setting_names_may_be_asked(settings, url, service):
    settings.ARXIV_OTHER_URL = "https://mirror.example.org:8443/rss"
    assert addresses.destination(url).manner.service == service


@pytest.mark.parametrize(
    "url",
    [
        "https://papers.example.org/list",
        "https://huggingface.co.example.org/",
        "https://huggingface.co@example.org/",
        "https://example.org#@huggingface.co",
        "https://example.org\\@huggingface.co/",
        "https://user:pass@huggingface.co/",
        "https://huggingface.co:8443/",
        "https://huggingface.co./",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://[::]/",
        "http://huggingface.co/",
        "http://10.0.0.1/list",
        "http://169.254.169.254/latest",
        "http://127.0.0.1:6379/",
        "http://localhost.example.org/",
        "file:///etc/passwd",
        "ftp://localhost/list",
        "gopher://localhost/",
        "/list",
        "",
    ],
)
def test_nobody_else_is_asked(url, lookups):
    asked = lookups(["192.0.2.1"])
    with pytest.raises(SourceError, match=r"is refused|is not an address"):
        fetch.get(url)
    assert asked == []


def test_an_address_that_is_none_is_an_error():
    with pytest.raises(SourceError, match="is not an address"):
        fetch.get("https://papers.example.org:port/")


@pytest.mark.parametrize(
    "number",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fc00::1",
        "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1",
        "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::",
    ],
)  # fmt: skip
def test_a_name_of_an_inner_address_is_refused(number, lookups, connections, impatient):
    lookups(["8.8.8.8", number])  # one bad address is enough
    with pytest.raises(SourceError, match="is not on the internet") as caught:
        fetch.get("https://huggingface.co/")
    assert not caught.value.temporary
    assert connections == []


@pytest.mark.parametrize(
    "number", ["8.8.8.8", "2606:4700::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_are_public(number):
    assert addresses.is_public(ip_address(number))


def test_the_checked_address_is_the_one_that_is_called(lookups, connections, impatient):
    """A name that means something else a moment later leads nowhere."""
    asked = lookups(["8.8.8.8", "8.8.4.4"], ["127.0.0.1"])
    with pytest.raises(SourceError):
        fetch.get("https://huggingface.co/")
    assert connections == [("8.8.8.8", 443), ("8.8.4.4", 443)]
    assert len(asked) == 2  # the second try looked it up again, and refused what it found


@pytest.mark.parametrize("number", ["10.0.0.1", "8.8.8.8"])
def test_this_machine_is_no_other_one(settings, lookups, connections, number):
    settings.HUGGINGFACE_API_URL = "http://localhost:8000/api"
    lookups([number])
    with pytest.raises(SourceError, match="is refused"):
        fetch.get("http://localhost:8000/api")
    assert connections == []


def test_proxies_of_the_environment_are_not_asked(monkeypatch, httpserver, settings):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    settings.ARXIV_API_URL = httpserver.url_for("/api")
    httpserver.expect_request("/api").respond_with_data("papers")
    assert fetch.get(settings.ARXIV_API_URL).body == b"papers"
