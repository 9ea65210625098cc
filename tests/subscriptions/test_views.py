"""What all pages behind a reader's link promise, and the page for leaving."""

from __future__ import annotations

import pytest
import time_machine
from django.urls import reverse

from subscriptions import goodbye_page, links, tokens
from subscriptions.models import Consent, Subscriber
from subscriptions.tokens import Purpose
from tests.conftest import MOMENT
from tests.subscriptions.pages import PURPOSES, path, snapshot

State = Subscriber.State


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MOMENT, tick=False) as clock:
        yield clock


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_token_page_is_not_stored_listed_or_told_to_others(client, make_subscriber, purpose):
    response = client.get(path(purpose, make_subscriber(topics=["agents"])))

    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("method", ["get", "post", "head"])
@pytest.mark.parametrize("token", ["x", "a~b~c", "%00", "%ff", "%2e%2e", "x" * 65_536])
def test_a_bad_link_gets_a_friendly_page(client, db, purpose, method, token):
    response = getattr(client, method)(f"/{purpose.value.removesuffix('.v1')}/{token}/")

    assert response.status_code == 404
    assert response["Cache-Control"] == "no-store"
    assert response.templates[0].name == "subscriptions/bad_link.html"


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("other", Purpose)
def test_a_token_opens_its_own_page_only(client, make_subscriber, purpose, other):
    reader = make_subscriber(state=State.PENDING)
    token = tokens.make(other, reader)
    before = snapshot()
    response = client.post(reverse(f"subscriptions:{purpose.name.lower()}", args=[token]))

    assert (response.status_code == 404) == (purpose is not other)
    assert purpose is other or snapshot() == before


@pytest.mark.parametrize("tail", [")", ".", "/)", "/).", "%20", "/>", ""])
@pytest.mark.parametrize("purpose", PURPOSES)
def test_what_a_mail_program_adds_to_a_link_is_forgiven(client, make_subscriber, purpose, tail):
    link = path(purpose, make_subscriber()).rstrip("/") + tail

    assert client.get(link, follow=True).status_code == 200


@pytest.mark.parametrize("method", ["get", "head", "options"])
@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("state", [State.PENDING, State.CONFIRMED])
def test_mail_scanners_change_nothing(client, make_subscriber, purpose, method, state):
    link = path(purpose, make_subscriber(state=state))
    before = snapshot()
    getattr(client, method)(link, headers={"Sec-Purpose": "prefetch"})

    assert snapshot() == before


@pytest.mark.parametrize("purpose", [Purpose.CONFIRM, Purpose.DISOWN, Purpose.PREFERENCES])
def test_other_sites_cannot_post_for_a_reader(strict_client, make_subscriber, purpose):
    link = path(purpose, make_subscriber(state=State.PENDING))
    before = snapshot()

    assert strict_client.post(link).status_code == 403
    assert snapshot() == before


# --- leaving --------------------------------------------------------------------------


def test_the_unsubscribe_page_asks_first(client, make_subscriber):
    response = client.get(path(Purpose.UNSUBSCRIBE, make_subscriber("alice@example.net")))

    assert response.context["masked_email"] == "a…e@example.net"
    assert b'method="post"' in response.content


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_for_leaving_hands_out_no_other_link(client, make_subscriber, method):
    reader = make_subscriber(topics=["agents"])
    response = getattr(client, method)(path(Purpose.UNSUBSCRIBE, reader))

    assert response.status_code == 200
    assert reader.public_id.hex not in response.content.decode()


MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--'
)
BODIES = {
    "one click": (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
    "empty": (b"", ""),
    "wrong type": (b"{", "application/json"),
    "not UTF-8": (b"\xff\xfe=\x00", "application/x-www-form-urlencoded; charset=nonsense"),
    "multipart": (MULTIPART, "multipart/form-data; boundary=b"),
    "malformed multipart": (b"--b\r\nnothing", "multipart/form-data; boundary=b"),
    "no boundary": (b"x", "multipart/form-data"),
    "3 MB": (b"a=" + b"x" * 3_000_000, "application/x-www-form-urlencoded"),
    "1,001 fields": (b"a=1&" * 1001, "application/x-www-form-urlencoded"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "content_type"), BODIES.values(), ids=BODIES)
def test_one_click_works_whatever_the_body(strict_client, make_subscriber, body, content_type):
    reader = make_subscriber(topics=["agents"])
    link = path(Purpose.UNSUBSCRIBE, reader)
    response = strict_client.generic("POST", link, body, content_type=content_type)

    assert response.status_code == 200
    assert "Location" not in response
    assert not response.cookies
    reader.refresh_from_db()
    assert reader.state == State.UNSUBSCRIBED
    assert reader.consents.get().act == Consent.Act.LEFT


def test_one_click_never_reads_the_body(rf, make_subscriber):
    reader = make_subscriber()
    request = rf.post("/", b"never read", content_type="text/plain")
    goodbye_page.unsubscribe(request, tokens.make(Purpose.UNSUBSCRIBE, reader))

    assert request.read() == b"never read"
    reader.refresh_from_db()
    assert reader.state == State.UNSUBSCRIBED


def test_leaving_twice_is_one_event_and_the_same_answer(client, make_subscriber):
    reader = make_subscriber()
    first, second = (client.post(path(Purpose.UNSUBSCRIBE, reader)) for _ in range(2))

    assert first.status_code == second.status_code == 200
    assert first.content == second.content
    assert reader.consents.count() == 1


def test_only_the_owner_of_the_token_leaves(admin_client, make_subscriber):
    reader, other = make_subscriber(), make_subscriber()
    headers = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    admin_client.post(path(Purpose.UNSUBSCRIBE, reader), headers=headers)

    other.refresh_from_db()
    assert other.state == State.CONFIRMED


def test_the_link_in_the_mail_is_the_address_that_acts(client, make_subscriber):
    link = links.unsubscribe(make_subscriber())

    assert link.startswith("https://news.example.org/unsubscribe/")
    assert client.post(link.removeprefix("https://news.example.org")).status_code == 200
