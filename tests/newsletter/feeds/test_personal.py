"""A reader's digests as a feed, for whoever has its address."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import time_machine

from newsletter.feeds import personal
from newsletter.models import Delivery, Issue
from papers.models import Paper
from subscriptions import links, optin, tokens
from subscriptions.models import Consent, Subscriber
from subscriptions.tokens import Purpose
from tests.conftest import MOMENT
from tests.newsletter.feeds.reading import read

TODAY = date(2026, 3, 17)
DAY = timedelta(days=1)
FORMS = ["atom", "json"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MOMENT, tick=False):
        yield


@pytest.fixture
def reader(make_subscriber) -> Subscriber:
    return make_subscriber("ada@example.net", topics=["agents"])


@pytest.fixture
def send(make_delivery, reader):
    """A digest of some papers, sent to the reader on a day."""

    def make(papers, *, on=TODAY, **fields) -> Delivery:
        delivery = make_delivery(papers, reader=reader, on=on, **fields)
        Issue.objects.update(state=Issue.State.OPEN)
        created = datetime.combine(on, MOMENT.timetz())
        Delivery.objects.filter(pk=delivery.pk).update(created_at=created)
        return delivery

    return make


def path(reader, form="atom") -> str:
    return links.feed(reader, form).removeprefix("https://news.example.org")


@pytest.mark.parametrize("form", FORMS)
def test_a_reader_finds_his_digests_newest_first_with_the_reasons(
    client, reader, make_paper, send, form
):
    older = make_paper("Older", topics=["agents"])
    newer = [make_paper(title, topics=["agents"]) for title in ("First", "Second")]
    send([older], on=TODAY - DAY)
    send(newer)
    feed = read(client.get(path(reader, form)))
    assert feed.titles == ["First", "Second", "Older"]
    assert "Why: you follow Agents" in feed.items[0].html
    assert [item.updated[:10] for item in feed.items] == ["2026-03-17", "2026-03-17", "2026-03-16"]
    assert feed.own_url == links.feed(reader, form)


@pytest.mark.parametrize("form", FORMS)
def test_nothing_in_it_names_the_reader(client, reader, make_paper, send, form):
    send([make_paper("One")])
    page = client.get(path(reader, form)).content.decode()
    for secret in ("ada", str(reader.public_id), tokens.make(Purpose.PREFERENCES, reader)):
        assert secret not in page


def test_a_reader_without_mail_finds_what_would_be_picked_now(client, reader, make_paper):
    make_paper("Mine", topics=["agents"])
    make_paper("Not mine", topics=["robotics"])
    assert read(client.get(path(reader))).titles == ["Mine"]
    assert not Delivery.objects.exists()


def test_a_reader_who_got_nothing_for_long_finds_both_and_none_twice(
    client, reader, make_paper, send
):
    old = make_paper("Old", topics=["agents"])
    send([old], on=TODAY - 9 * DAY)
    make_paper("New", topics=["agents"])
    assert read(client.get(path(reader))).titles == ["New", "Old"]


def test_who_wants_no_mail_finds_today_what_is_new(client, reader, make_paper, send):
    send([make_paper("Old", topics=["agents"])], on=TODAY - DAY)
    make_paper("New", topics=["agents"])
    assert read(client.get(path(reader))).titles == ["Old"]
    optin.amend(reader, {"wants_mail": False}, at=MOMENT)
    assert read(client.get(path(reader))).titles == ["New", "Old"]


def test_every_cadence_is_silent_longer_than_its_longest_gap():
    gaps = {"daily": 1, "weekdays": 3, "weekly": 7, "monthly": 35}
    assert {
        kind: personal.SILENCE[kind] > days * DAY for kind, days in gaps.items()
    } == dict.fromkeys(gaps, True)


def test_withdrawn_papers_and_stopped_issues_are_left_out(client, reader, make_paper, send):
    gone, kept, stopped = (make_paper(title) for title in ("Gone", "Kept", "Stopped"))
    send([gone, kept])
    issue = send([stopped], on=TODAY - DAY).issue
    Issue.objects.filter(pk=issue.pk).update(state=Issue.State.CANCELLED)
    Paper.objects.filter(pk=gone.pk).update(withdrawn_on=TODAY)
    assert read(client.get(path(reader))).titles == ["Kept"]


def test_a_digest_that_is_still_checked_is_not_there_yet(client, reader, make_paper, send):
    send([make_paper("Soon")])
    Issue.objects.update(state=Issue.State.CHECKING)
    assert read(client.get(path(reader))).titles == []


def test_only_the_last_digests_are_there(client, reader, make_paper, send):
    for number in range(personal.DIGESTS + 2):
        send([make_paper(f"Paper {number}")], on=TODAY - (20 - number) * DAY)
    with time_machine.travel(MOMENT - 8 * DAY, tick=False):
        assert len(read(client.get(path(reader))).items) == personal.DIGESTS


@pytest.mark.parametrize("state", [state for state in Subscriber.State if state != "confirmed"])
def test_who_is_no_reader_has_no_feed(client, reader, state):
    Subscriber.objects.update(state=state)
    assert client.get(path(reader)).status_code == 404


def test_an_address_is_revoked_with_all_links(client, reader):
    page = path(reader)
    Subscriber.objects.update(token_version=1)
    assert client.get(page).status_code == 404


@pytest.mark.parametrize("purpose", [each for each in Purpose if each is not Purpose.FEED])
def test_no_other_link_opens_the_feed(client, reader, purpose):
    token = tokens.make(purpose, reader)
    assert client.get(f"/feeds/mine/{token}.atom").status_code == 404


@pytest.mark.parametrize("page", ["preferences", "unsubscribe", "confirm", "today"])
def test_the_feed_opens_nothing_else(client, reader, page):
    token = tokens.make(Purpose.FEED, reader)
    assert client.post(f"/{page}/{token}/").status_code == 404


def test_nobody_on_the_way_may_keep_it_and_who_has_it_is_told_so(client, reader, make_paper, send):
    send([make_paper()])
    first = client.get(path(reader))
    assert first["Cache-Control"] == "private, no-cache"
    assert first["X-Robots-Tag"] == "noindex"
    assert first["Referrer-Policy"] == "same-origin"
    again = client.get(path(reader), headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert again["Cache-Control"] == "private, no-cache"
    assert client.get("/feeds/mine/x.atom")["Cache-Control"] == "no-store"


def test_reading_changes_nothing(client, reader, make_paper, send):
    send([make_paper()])
    before = list(Subscriber.objects.values()), list(Delivery.objects.values())
    assert client.get(path(reader)).status_code == 200
    assert client.post(path(reader)).status_code == 405
    assert before == (list(Subscriber.objects.values()), list(Delivery.objects.values()))
    assert not Consent.objects.exists()


def test_a_feed_speaks_the_readers_language(client, reader):
    Subscriber.objects.update(language="de")
    assert 'xml:lang="de"' in client.get(path(reader)).content.decode()


def test_it_costs_the_same_however_many_digests_there_are(
    client, reader, make_paper, send, django_assert_num_queries
):
    for number in range(6):
        send([make_paper(topics=["agents"]) for _ in range(3)], on=TODAY - (5 - number) * DAY)
        if number in {0, 5}:
            with (
                time_machine.travel(MOMENT - (5 - number) * DAY, tick=False),
                django_assert_num_queries(5),
            ):
                client.get(path(reader))
