"""Bodies that are too long, too many, broken, or do not say how long they are."""

from __future__ import annotations

import io

import pytest

from subscriptions import token_pages, tokens
from subscriptions.models import SignUpCount, Subscriber
from subscriptions.tokens import Purpose
from tests.hostile.doors import doors
from tests.hostile.rows import changes, dump

FORM = "application/x-www-form-urlencoded"
BODIES = {
    "1,001 fields": (b"a=1&" * 1001, FORM),
    "5 MB in one field": (b"email=" + b"a" * 5_000_000, FORM),
    "5 MB without a field": (b"a" * 5_000_000, "text/plain"),
    "broken multipart": (b"--b\r\nnothing", "multipart/form-data; boundary=b"),
    "no boundary": (b"x", "multipart/form-data"),
    "long boundary": (b"x", "multipart/form-data; boundary=" + "b" * 300),
    "not UTF-8": (b"email=\xff\xfe%ff", FORM),
    "unknown charset": (b"email=a", FORM + "; charset=nonsense"),
    "UTF-7": (b"email=+ADw-script+AD4-", FORM + "; charset=utf-7"),
    "JSON": (b'{"email": "a@example.net"}', "application/json"),
    "deep JSON": (b"[" * 100_000, "application/json"),
    "no type": (b"email=a", ""),
    "a file": (
        b'--b\r\nContent-Disposition: form-data; name="email"; filename="../x"\r\n\r\nx\r\n--b--',
        "multipart/form-data; boundary=b",
    ),
    "1,001 parts": (
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n' * 1001 + b"--b--",
        "multipart/form-data; boundary=b",
    ),
}


class Endless(io.RawIOBase):
    """A body of a gigabyte, made as it is read."""

    given = 0

    def read(self, size: int = -1) -> bytes:
        self.given += (piece := 65_536 if size < 0 else min(size, 65_536))
        return b"x" * piece if self.given < 2**30 else b""


@pytest.fixture
def post_endless(client):
    """Return the status, and how much of the body was read."""

    def post(path: str) -> tuple[int, int]:
        body = Endless()
        environ = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input": body}
        answer = client.request(REQUEST_METHOD="POST", PATH_INFO=path, CONTENT_TYPE=FORM, **environ)
        return answer.status_code, body.given

    return post


@pytest.mark.parametrize("name", BODIES)
def test_no_body_breaks_a_page_or_changes_anything(name, visitor, reader):
    body, content_type = BODIES[name]
    token = tokens.make(Purpose.PREFERENCES, reader)
    before = dump()
    for door in doors():
        opens = "preferences" in door.route  # where no body would be enough to do something
        address = door.address({"token": token if opens else "x"})
        visitor.ask("POST", address, what=name, data=body, content_type=content_type)
    assert visitor.wrong == []
    assert changes(before) == []


@pytest.mark.parametrize("name", ["1,001 fields", "5 MB in one field"])
def test_what_is_too_much_is_refused(name, client, db):
    body, content_type = BODIES[name]
    assert client.generic("POST", "/", body, content_type=content_type).status_code == 400


def test_a_gigabyte_of_unknown_length_is_refused_unread(post_endless, db):
    for door in doors():
        if not door.has_token:
            status, given = post_endless(door.address())
            assert status in {404, 405, 411}, door
            assert given < 1_000_000


def test_a_reader_can_leave_whatever_the_body(post_endless, reader):
    status, given = post_endless(f"/unsubscribe/{tokens.make(Purpose.UNSUBSCRIBE, reader)}/")

    assert (status, given) == (200, 0)
    reader.refresh_from_db()
    assert reader.state == Subscriber.State.UNSUBSCRIBED


# --- floods ---------------------------------------------------------------------------


def test_whoever_guesses_links_is_told_to_wait_and_good_ones_still_work(client, reader):
    statuses = [client.get(f"/confirm/guess{number}/").status_code for number in range(102)]
    assert statuses == [404] * 100 + [429] * 2
    assert client.post("/preferences/guess/")["Retry-After"] == "3600"
    assert client.get("/preferences/guess/", REMOTE_ADDR="192.0.2.1").status_code == 404
    good = f"/preferences/{tokens.make(Purpose.PREFERENCES, reader)}/"
    assert client.get(good).status_code == 200
    assert SignUpCount.objects.count() == 2


def test_a_flood_of_preferences_is_stopped_for_this_reader_alone(
    client, reader, make_subscriber, monkeypatch
):
    monkeypatch.setattr(token_pages, "POSTS_AN_HOUR", 5)
    pages = [
        f"/preferences/{tokens.make(Purpose.PREFERENCES, somebody)}/"
        for somebody in (reader, make_subscriber(topics=["agents"]))
    ]
    assert [client.post(pages[0], {}).status_code for _ in range(7)] == [200] * 5 + [429] * 2
    assert client.get(pages[0]).status_code == 200
    assert client.post(pages[1], {}).status_code == 200


def test_leaving_is_never_refused(client, reader, monkeypatch):
    monkeypatch.setattr(token_pages, "POSTS_AN_HOUR", 0)
    monkeypatch.setattr(token_pages, "GUESSES_AN_HOUR", 0)
    for _ in range(20):
        assert (
            client.post(f"/unsubscribe/{tokens.make(Purpose.UNSUBSCRIBE, reader)}/").status_code
            == 200
        )
        assert client.post("/unsubscribe/guess/").status_code == 404
    assert reader.consents.count() == 1
