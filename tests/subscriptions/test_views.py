"""The pages that readers see, and what strangers and machines can do with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from subscriptions import forms, links, optin, tokens, views
from subscriptions.models import Consent, Letter, SignUpCount, Subscriber
from subscriptions.tokens import Purpose
from tests.conftest import MOMENT

State = Subscriber.State
JOIN, CHECK_INBOX = "/", "/check-inbox/"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MOMENT, tick=False) as clock:
        yield clock


@pytest.fixture
def rings(monkeypatch):
    """How often the doorbell was rung."""
    rung = []
    monkeypatch.setattr(views, "ring_letters", lambda: rung.append(1))
    return rung


@pytest.fixture
def sign_up(client, make_topic, rings, django_capture_on_commit_callbacks):
    def post(email="ann@example.net", *, client=client, extra=None, **changes):
        make_topic("agents")
        stamp = forms.make_stamp(MOMENT - timedelta(seconds=5))
        fields = {"email": email, "topics": ["agents"], "cadence": "daily", "stamp": stamp}
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(JOIN, {**fields, **changes}, **(extra or {}))

    return post


@pytest.fixture
def strict_client():
    """A client that the CSRF check applies to, as in a browser."""
    return Client(enforce_csrf_checks=True)


def path(purpose: Purpose, reader: Subscriber) -> str:
    name = purpose.name.lower()
    return reverse(f"subscriptions:{name}", args=[tokens.make(purpose, reader)])


def snapshot() -> list[object]:
    """All that a page could change about readers."""
    models = (Subscriber, Consent, Letter)
    return [list(model.objects.order_by("pk").values()) for model in models]


# --- joining --------------------------------------------------------------------------


def test_the_front_page_shows_topics_papers_and_what_one_agrees_to(client, make_paper):
    for _ in range(13):
        make_paper(topics=["agents"])
    response = client.get(JOIN)

    assert response.status_code == 200
    assert "agents" in [topic.slug for topic in response.context["topics"]]
    assert len(response.context["papers"]) == 12
    assert response.context["list_date"] == datetime(2026, 3, 16, tzinfo=UTC).date()
    page = unescape(response.content.decode())
    assert all(line in page for line in optin.WORDING.splitlines())


def test_the_front_page_works_before_the_first_paper(client, db):
    response = client.get(JOIN)

    assert response.status_code == 200
    assert response.context["list_date"] is None


def test_the_front_page_costs_the_same_however_many_papers(
    client, make_paper, django_assert_num_queries
):
    for _ in range(12):
        make_paper(topics=["agents", "vision"])
    with django_assert_num_queries(6):  # topics, newest list twice, papers, assignments, topics
        client.get(JOIN)


def test_signing_up_writes_a_letter_and_rings_the_doorbell(sign_up, rings):
    response = sign_up(hour="9", weekday="4", time_zone="Asia/Tokyo", cadence="weekly")

    assert (response.status_code, response["Location"]) == (303, CHECK_INBOX)
    reader = Subscriber.objects.get()
    assert (reader.email, reader.state) == ("ann@example.net", State.PENDING)
    assert (reader.cadence, reader.hour, reader.time_zone) == ("weekly", 9, "Asia/Tokyo")
    assert reader.letters.get().kind == Letter.Kind.CONFIRM
    assert reader.consents.get().ip == "127.0.0.1"
    assert rings == [1]


def test_a_form_with_a_mistake_is_shown_again_and_nothing_is_stored(sign_up, rings):
    response = sign_up("a@localhost", topics=[])

    assert response.status_code == 200
    assert set(response.context["form"].errors) == {"email", "topics"}
    assert not Subscriber.objects.exists()
    assert not SignUpCount.objects.exists()
    assert rings == []


def test_a_bot_is_told_that_all_went_well(sign_up, rings):
    response = sign_up(website="https://spam.example")

    assert (response.status_code, response["Location"]) == (303, CHECK_INBOX)
    assert not Subscriber.objects.exists()
    assert rings == []


@pytest.mark.parametrize("state", [None, *State])
def test_the_answer_does_not_tell_who_is_a_reader(sign_up, make_subscriber, rings, state):
    if state:
        make_subscriber("ann@example.net", state=state)
    response = sign_up()

    assert (response.status_code, response["Location"]) == (303, CHECK_INBOX)
    assert response.content == b""
    assert sorted(response.headers) == [
        "Content-Length", "Content-Security-Policy", "Content-Type", "Cross-Origin-Opener-Policy",
        "Location", "Referrer-Policy", "X-Content-Type-Options", "X-Frame-Options",
    ]  # fmt: skip
    assert Letter.objects.count() == 1
    assert rings == [1]


def test_a_full_mailbox_gets_the_same_answer(sign_up, settings):
    settings.SIGNUPS_PER_ADDRESS_A_DAY = 1
    answers = {(answer.status_code, answer["Location"]) for answer in (sign_up(), sign_up())}

    assert answers == {(303, CHECK_INBOX)}
    assert Letter.objects.pending().count() == 1


def test_a_network_has_an_hourly_limit(sign_up, clock, settings):
    settings.SIGNUPS_PER_NETWORK_AN_HOUR = 2
    answers = [sign_up(f"reader{number}@example.net") for number in range(3)]

    assert [answer.status_code for answer in answers] == [303, 303, 429]
    assert answers[-1].context["form"].non_field_errors() == [views.TOO_MANY]
    assert Subscriber.objects.count() == 2

    clock.shift(timedelta(hours=1))
    stamp = forms.make_stamp(MOMENT + timedelta(minutes=59))
    assert sign_up("reader3@example.net", stamp=stamp).status_code == 303


def test_a_made_up_forwarded_header_does_not_help(sign_up, settings):
    settings.SIGNUPS_PER_NETWORK_AN_HOUR = 1
    sign_up("a@example.net", extra={"headers": {"X-Forwarded-For": "203.0.113.1"}})
    again = sign_up("b@example.net", extra={"headers": {"X-Forwarded-For": "198.51.100.1"}})

    assert again.status_code == 429


def test_behind_a_proxy_the_reader_is_counted_and_not_the_proxy(sign_up, settings):
    settings.PROXY_COUNT = 1
    sign_up(extra={"headers": {"X-Forwarded-For": "6.6.6.6, 203.0.113.1"}})

    assert Consent.objects.get().ip == "203.0.113.1"


def test_a_peer_without_an_address_can_still_sign_up(sign_up):
    assert sign_up(extra={"REMOTE_ADDR": ""}).status_code == 303
    assert Consent.objects.get().ip is None


def test_fields_that_are_not_on_the_form_are_ignored(sign_up):
    sign_up(state="confirmed", is_staff="1", next="https://evil.example", length="30")

    reader = Subscriber.objects.get()
    assert (reader.state, reader.length) == (State.PENDING, 7)


def test_of_two_addresses_only_one_is_taken(sign_up):
    sign_up(["first@example.net", "second@example.net"])

    assert Subscriber.objects.count() == 1


def test_a_thousand_topics_are_refused_before_they_are_looked_at(sign_up):
    assert sign_up(topics=["agents"] * 1001).status_code == 400
    assert sign_up(email="a" * 5_000_000).status_code == 400


def test_joining_needs_the_token_of_our_own_page(sign_up, strict_client):
    assert sign_up(client=strict_client).status_code == 403


def test_the_join_page_does_not_take_other_methods(client, db):
    assert client.put(JOIN).status_code == 405
    assert client.post(CHECK_INBOX).status_code == 405
    assert client.get(CHECK_INBOX).status_code == 200


# --- every page behind a token --------------------------------------------------------


@pytest.mark.parametrize("purpose", Purpose)
def test_a_token_page_is_not_stored_listed_or_told_to_others(client, make_subscriber, purpose):
    response = client.get(path(purpose, make_subscriber(topics=["agents"])))

    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("method", ["get", "post", "head"])
@pytest.mark.parametrize("token", ["x", "a~b~c", "%00", "%ff", "%2e%2e", "x" * 65_536])
def test_a_bad_link_gets_a_friendly_page(client, db, purpose, method, token):
    response = getattr(client, method)(f"/{purpose.name.lower()}/{token}/")

    assert response.status_code == 404
    assert response["Cache-Control"] == "no-store"
    assert response.templates[0].name == "subscriptions/bad_link.html"


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("other", Purpose)
def test_a_token_opens_its_own_page_only(client, make_subscriber, purpose, other):
    reader = make_subscriber(state=State.PENDING)
    token = tokens.make(other, reader)
    before = snapshot()
    response = client.post(reverse(f"subscriptions:{purpose.name.lower()}", args=[token]))

    assert (response.status_code == 404) == (purpose is not other)
    assert purpose is other or snapshot() == before


@pytest.mark.parametrize("tail", [")", ".", "/)", "/).", "%20", "/>", ""])
@pytest.mark.parametrize("purpose", Purpose)
def test_what_a_mail_program_adds_to_a_link_is_forgiven(client, make_subscriber, purpose, tail):
    link = path(purpose, make_subscriber()).rstrip("/") + tail

    assert client.get(link, follow=True).status_code == 200


@pytest.mark.parametrize("method", ["get", "head", "options"])
@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("state", [State.PENDING, State.CONFIRMED])
def test_mail_scanners_change_nothing(client, make_subscriber, purpose, method, state):
    link = path(purpose, make_subscriber(state=state))
    before = snapshot()
    getattr(client, method)(link, headers={"Sec-Purpose": "prefetch"})

    assert snapshot() == before


@pytest.mark.parametrize("purpose", [Purpose.CONFIRM, Purpose.PREFERENCES])
def test_other_sites_cannot_post_for_a_reader(strict_client, make_subscriber, purpose):
    link = path(purpose, make_subscriber(state=State.PENDING))
    before = snapshot()

    assert strict_client.post(link).status_code == 403
    assert snapshot() == before


# --- confirming -----------------------------------------------------------------------


def test_the_confirm_page_shows_a_button_and_the_topics(client, make_subscriber):
    reader = make_subscriber(state=State.PENDING, topics=["agents"])
    response = client.get(path(Purpose.CONFIRM, reader))

    assert response.context["is_confirmed"] is False
    assert [topic.slug for topic in response.context["topics"]] == ["agents"]
    assert b"<button" in response.content


def test_confirming_leads_to_the_preferences(client, make_subscriber):
    reader = make_subscriber(state=State.PENDING, topics=["agents"])
    response = client.post(path(Purpose.CONFIRM, reader))

    assert response.status_code == 303
    assert response["Location"].startswith("/preferences/")
    reader.refresh_from_db()
    assert reader.state == State.CONFIRMED
    assert reader.consents.get().page == "/confirm/"
    page = client.get(response["Location"])
    assert (page.status_code, page.context["is_welcome"]) == (200, True)


def test_a_second_visit_says_that_all_is_done(client, make_subscriber):
    link = path(Purpose.CONFIRM, make_subscriber(topics=["agents"]))
    before = snapshot()

    assert client.get(link).context["is_confirmed"] is True
    assert client.post(link).status_code == 303
    assert snapshot() == before


@pytest.mark.parametrize("state", [State.UNSUBSCRIBED, State.SUPPRESSED, State.BOUNCED])
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_left_cannot_come_back_by_an_old_link(client, make_subscriber, state, method):
    link = path(Purpose.CONFIRM, make_subscriber(state=state))
    before = snapshot()

    assert getattr(client, method)(link).status_code == 404
    assert snapshot() == before


def test_losing_the_race_against_leaving_is_a_bad_link(client, make_subscriber, monkeypatch):
    monkeypatch.setattr(optin, "confirm", lambda *args, **kwargs: False)
    link = path(Purpose.CONFIRM, make_subscriber(state=State.PENDING))

    assert client.post(link).status_code == 404


def test_a_confirmation_link_expires(client, make_subscriber, clock, settings):
    link = path(Purpose.CONFIRM, make_subscriber(state=State.PENDING))
    clock.shift(timedelta(hours=settings.CONFIRM_HOURS, seconds=1))

    assert client.get(link).status_code == 404
    assert client.post(link).status_code == 404


# --- preferences ----------------------------------------------------------------------

WISHES = {
    "topics": ["agents"], "cadence": "weekly", "weekday": "2", "hour": "18",
    "time_zone": "Europe/Berlin", "length": "12",
}  # fmt: skip


def test_preferences_are_saved_and_shown_again(client, make_subscriber):
    reader = make_subscriber(topics=["agents"])
    response = client.post(path(Purpose.PREFERENCES, reader), WISHES)

    assert response.status_code == 303
    page = client.get(response["Location"])
    assert (page.context["is_saved"], page.context["is_welcome"]) == (True, False)
    reader.refresh_from_db()
    assert (reader.cadence, reader.weekday, reader.hour, reader.length) == ("weekly", 2, 18, 12)
    assert reader.next_digest_at == datetime(2026, 3, 18, 17, tzinfo=UTC)


def test_the_next_digest_is_shown_in_the_readers_own_time(client, make_subscriber):
    at = datetime(2026, 3, 18, 1, tzinfo=UTC)
    reader = make_subscriber(time_zone="America/New_York", next_digest_at=at)
    response = client.get(path(Purpose.PREFERENCES, reader))

    assert response.context["next_digest"].isoformat() == "2026-03-17T21:00:00-04:00"
    assert b"21:00</time>" in response.content


def test_a_digest_that_is_due_already_is_announced_without_a_time(client, make_subscriber):
    reader = make_subscriber(next_digest_at=datetime(2026, 3, 17, 7, tzinfo=UTC))
    response = client.get(path(Purpose.PREFERENCES, reader))

    assert response.context["next_digest"] is None
    assert b"are on their way" in response.content


def test_the_preferences_page_hides_most_of_the_address(client, make_subscriber):
    response = client.get(path(Purpose.PREFERENCES, make_subscriber("alice@example.net")))

    assert "a…e@example.net" in response.content.decode()
    assert b"alice@" not in response.content
    assert response.context["next_digest"] is None


def test_preferences_with_a_mistake_are_explained_and_not_saved(client, make_subscriber):
    link = path(Purpose.PREFERENCES, make_subscriber(topics=["agents"]))
    before = snapshot()
    response = client.post(link + "?saved=1", {**WISHES, "hour": "24"})

    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["hour"]
    assert response.context["is_saved"] is False
    assert snapshot() == before


@pytest.mark.parametrize("state", set(State) - {State.CONFIRMED})
def test_who_is_no_reader_sees_that_and_cannot_choose(client, make_subscriber, state):
    link = path(Purpose.PREFERENCES, make_subscriber(state=state, topics=["agents"]))
    before = snapshot()

    response = client.get(link)
    assert response.context["is_active"] is False
    assert b"<form" not in response.content
    assert client.post(link, WISHES).context["is_active"] is False
    assert snapshot() == before


# --- leaving --------------------------------------------------------------------------


def test_the_unsubscribe_page_asks_first(client, make_subscriber):
    response = client.get(path(Purpose.UNSUBSCRIBE, make_subscriber("alice@example.net")))

    assert response.context["masked_email"] == "a…e@example.net"
    assert response.context["preferences_url"].startswith("/preferences/")
    assert b'method="post"' in response.content


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
    views.unsubscribe(request, tokens.make(Purpose.UNSUBSCRIBE, reader))

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
