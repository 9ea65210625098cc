"""What happens between asking and confirming: the mail once more, and "it was not me"."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.urls import reverse

from subscriptions import entrance, optin
from subscriptions.models import Consent, Letter, Subscriber, Suppression, suppressed_among
from subscriptions.optin import Asked, Choices
from subscriptions.phrases import wish
from subscriptions.tokens import Purpose
from subscriptions.verdicts import State as LetterState
from tests.conftest import MOMENT
from tests.subscriptions.pages import path, snapshot

State = Subscriber.State
CHECK_INBOX = "/check-inbox/"


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    monkeypatch.setattr(entrance, "ring_letters", lambda: None)
    with time_machine.travel(MOMENT, tick=False) as clock:
        yield clock


@pytest.fixture
def pending(make_subscriber):
    reader = make_subscriber("ann@example.net", state=State.PENDING, topics=["agents"])
    wish(reader, keywords=["world models"], excluded=(), authors=())
    return reader


# --- the mail once more ---------------------------------------------------------------


@pytest.mark.parametrize("state", [None, *State])
def test_asking_for_the_mail_again_tells_nothing(client, make_subscriber, state):
    if state:
        make_subscriber("ann@example.net", state=state)
    response = client.post(CHECK_INBOX, {"email": "ann@example.net"})

    assert (response.status_code, response["Location"]) == (303, "/check-inbox/?again")
    assert response.content == b""
    page = client.get(response["Location"])
    assert b"If somebody signed up with that address" in page.content


@pytest.mark.parametrize(
    ("state", "kind"),
    [(State.PENDING, Letter.Kind.CONFIRM), (State.CONFIRMED, Letter.Kind.ALREADY)],
)
def test_who_waits_gets_another_mail_and_keeps_what_he_chose(client, make_subscriber, state, kind):
    reader = make_subscriber("ann@example.net", state=state, topics=["agents"], hour=9)
    client.post(CHECK_INBOX, {"email": "Ann@Example.net"})

    reader.refresh_from_db()
    assert (reader.state, reader.hour) == (state, 9)
    assert [topic.slug for topic in reader.topics.all()] == ["agents"]
    assert [(letter.kind, letter.state) for letter in reader.letters.all()] == [
        (kind, LetterState.PENDING)
    ]


def test_nothing_is_kept_of_an_address_that_nobody_signed_up(client, db):
    client.post(CHECK_INBOX, {"email": "nobody@example.net"})
    assert snapshot() == [[], [], []]


def test_a_suppressed_address_gets_no_mail_this_way_either(client, make_subscriber):
    make_subscriber("ann@example.net", state=State.PENDING).suppress(at=MOMENT)
    client.post(CHECK_INBOX, {"email": "ann@example.net"})
    assert not Letter.objects.pending().exists()


def test_the_mail_is_sent_again_only_so_often(client, pending, settings):
    settings.SIGNUPS_PER_ADDRESS_A_DAY = 2
    for _ in range(4):
        assert client.post(CHECK_INBOX, {"email": pending.email}).status_code == 303
    assert Letter.objects.pending().count() == 2


def test_a_network_asks_only_so_often(client, pending, settings):
    settings.SIGNUPS_PER_NETWORK_AN_HOUR = 1
    answers = [client.post(CHECK_INBOX, {"email": pending.email}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 429]
    assert b"Too many sign-ups" in answers[-1].content


@pytest.mark.parametrize("email", ["", "a@localhost", "a\0@example.net", "x" * 10_000])
def test_what_is_no_address_is_explained(client, db, email):
    response = client.post(CHECK_INBOX, {"email": email})
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["email"]
    assert b'id="email_error"' in response.content


def test_asking_again_gives_time_to_answer(client, make_subscriber):
    reader = make_subscriber(
        "ann@example.net", state=State.PENDING, state_changed_at=MOMENT - timedelta(days=6)
    )
    client.post(CHECK_INBOX, {"email": "ann@example.net"})
    reader.refresh_from_db()
    assert reader.state_changed_at == MOMENT


# --- it was not me --------------------------------------------------------------------


def test_the_confirm_page_and_the_mail_lead_to_it(client, pending):
    page = client.get(path(Purpose.CONFIRM, pending))
    assert page.context["disown_url"].startswith("/not-me/")
    assert [str(wish) for wish in page.context["wishes"]] == ["world models"]


def test_looking_at_it_changes_nothing_and_pressing_makes_us_silent(client, pending):
    link = path(Purpose.DISOWN, pending)
    before = snapshot()
    assert b"Never write to me again" in client.get(link).content
    assert snapshot() == before

    page = client.post(link)
    pending.refresh_from_db()
    assert page.status_code == 200
    assert b"We will not write to you again" in page.content
    assert b"mailto:digest@news.example.org" in page.content
    assert pending.state == State.SUPPRESSED
    assert suppressed_among(["ann@example.net"])
    assert not pending.interests.exists()
    assert not pending.wishes.exists()
    [consent] = pending.consents.all()
    assert (consent.act, consent.page, consent.ip) == (
        Consent.Act.DENIED, "/not-me/", "127.0.0.1",
    )  # fmt: skip


def test_pressing_twice_changes_nothing_more(client, pending):
    link = path(Purpose.DISOWN, pending)
    client.post(link)
    before = snapshot()
    assert b"We will not write to you again" in client.post(link).content
    assert b"<form" not in client.get(link).content
    assert snapshot() == before
    assert Suppression.objects.count() == 1


def test_whoever_asks_for_that_address_again_gets_the_usual_answer_and_no_mail(
    client, pending, make_topic
):
    client.post(path(Purpose.DISOWN, pending))
    optin.ask(
        pending.email, topics=[make_topic("agents")], choices=Asked(keywords=("x",)),
        at=MOMENT, ip=None, page="/",
    )  # fmt: skip
    assert not Letter.objects.pending().exists()
    assert not pending.interests.exists()
    assert not pending.wishes.exists()


def test_the_link_to_confirm_is_dead_afterwards(client, pending):
    link = path(Purpose.CONFIRM, pending)
    client.post(path(Purpose.DISOWN, pending))
    assert client.get(link).status_code == 404
    assert client.post(link).status_code == 404


def test_a_confirmed_reader_is_not_silenced_by_an_old_mail(client, make_subscriber):
    reader = make_subscriber(topics=["agents"])
    before = snapshot()
    page = client.post(path(Purpose.DISOWN, reader))
    assert b"This address was confirmed" in page.content
    assert "/unsubscribe/" in page.content.decode()
    assert snapshot() == before


def test_answers_go_where_the_operator_reads_them(client, pending, settings):
    settings.MAIL_REPLY_TO = "Desk <desk@example.org>"
    page = client.post(path(Purpose.DISOWN, pending))
    assert b"mailto:desk@example.org" in page.content


# --- what was agreed to ---------------------------------------------------------------


def test_the_wording_is_kept_with_its_hash(make_topic):
    optin.ask(
        "ann@example.net", topics=[make_topic()], choices=Asked(), at=MOMENT, ip=None, page="/"
    )
    consent = Consent.objects.get()
    assert consent.wording_hash == sha256(str(optin.WORDING).encode()).hexdigest()


def test_the_number_of_the_wording_is_raised_when_it_changes():
    digest = sha256(str(optin.WORDING).encode()).hexdigest()
    assert (optin.WORDING_ID, digest[:16]) == ("join-1", "b84de36b7053775b")


def test_consents_of_older_versions_get_their_hash(make_subscriber):
    reader = make_subscriber()
    told = reader.consents.create(act="asked", at=MOMENT, wording="Once upon a time")
    left = reader.consents.create(act="left", at=MOMENT)
    import_module("subscriptions.migrations.0013_consent_hash").add_hashes(apps, None)
    told.refresh_from_db()
    left.refresh_from_db()
    assert told.wording_hash == sha256(b"Once upon a time").hexdigest()
    assert left.wording_hash == ""


@pytest.mark.parametrize("action", ["change", "delete"])
def test_even_an_operator_cannot_rewrite_a_consent(admin_client, pending, action):
    consent = pending.consents.create(act="asked", at=MOMENT, wording="Exactly this")
    before = snapshot()
    address = reverse(f"admin:subscriptions_consent_{action}", args=[consent.pk])
    answer = admin_client.post(address, {"act": "confirmed", "wording": "Other", "post": "yes"})
    assert answer.status_code == 403
    assert admin_client.get(reverse("admin:subscriptions_consent_add")).status_code == 403
    assert snapshot() == before


# --- keywords -------------------------------------------------------------------------


def keywords(reader) -> set[str]:
    return {str(found) for found in reader.wishes.select_related("phrase")}


def test_keywords_are_kept_until_new_ones_are_chosen(pending, make_topic):
    agents = [make_topic("agents")]
    optin.ask(
        pending.email, topics=agents, choices=Asked(keywords=("lora",)),
        at=MOMENT, ip=None, page="/",
    )  # fmt: skip
    assert keywords(pending) == {"lora"}
    optin.confirm(pending, at=MOMENT, ip=None, page="/confirm/")
    optin.choose(pending, weights={agents[0]: 1}, choices=Choices(), at=MOMENT)
    assert keywords(pending) == {"lora"}


def test_nobody_else_can_change_a_readers_keywords(make_subscriber, make_topic):
    reader = make_subscriber("ann@example.net")
    wish(reader, keywords=["fusion"], excluded=(), authors=())
    optin.ask(
        reader.email, topics=[make_topic()], choices=Asked(keywords=("spam",)),
        at=MOMENT, ip=None, page="/",
    )  # fmt: skip
    assert keywords(reader) == {"fusion"}
