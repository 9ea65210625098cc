"""The double opt-in: asking, confirming, choosing, leaving."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from subscriptions import optin
from subscriptions.models import Consent, Letter, Subscriber, Suppression, address_hash
from subscriptions.optin import Choices
from subscriptions.verdicts import State as LetterState
from tests.conftest import MOMENT

State = Subscriber.State
DAY = timedelta(days=1)
WEEKLY = Choices(cadence="weekly", weekday=4, hour=9, time_zone="Asia/Tokyo", length=5)


@pytest.fixture
def ask(make_topic):
    def ask_for(email="ann@example.net", *, topics=("agents",), choices=WEEKLY, at=MOMENT):
        chosen = [make_topic(slug) for slug in topics]
        optin.ask(email, topics=chosen, choices=choices, at=at, ip="192.0.2.1", page="/")
        return Subscriber.objects.get(email=email)

    return ask_for


def confirm(reader, *, at=MOMENT):
    return optin.confirm(reader, at=at, ip="192.0.2.2", page="/confirm/")


def leave(reader, *, at=MOMENT):
    optin.leave(reader, at=at, ip=None, page="/unsubscribe/")


def chosen(reader):
    slugs = reader.topics.values_list("slug", flat=True)
    return reader.cadence, reader.hour, reader.time_zone, reader.length, sorted(slugs)


def test_a_new_reader_waits_for_his_own_word(ask):
    reader = ask()

    assert (reader.state, reader.state_changed_at) == (State.PENDING, MOMENT)
    assert reader.next_digest_at is None
    assert chosen(reader) == ("weekly", 9, "Asia/Tokyo", 5, ["agents"])
    [letter] = reader.letters.all()
    assert (letter.kind, letter.state) == (Letter.Kind.CONFIRM, LetterState.PENDING)


def test_what_the_reader_was_told_is_kept_in_full(ask):
    [consent] = ask().consents.all()

    assert (consent.act, consent.at) == (Consent.Act.ASKED, MOMENT)
    assert (consent.ip, consent.page) == ("192.0.2.1", "/")
    assert (consent.wording_id, consent.wording) == (optin.WORDING_ID, optin.WORDING)


def test_asking_again_before_confirming_replaces_the_choices(ask):
    ask(topics=["agents", "vision"])
    reader = ask(topics=["vision", "speech"], choices=Choices(), at=MOMENT + DAY)

    assert chosen(reader) == ("daily", 7, "UTC", 7, ["speech", "vision"])
    assert reader.state_changed_at == MOMENT + DAY
    assert reader.letters.pending().count() == 2


def test_nobody_else_can_change_what_a_confirmed_reader_chose(ask, make_subscriber):
    make_subscriber("ann@example.net", topics=["vision"], next_digest_at=MOMENT + DAY)
    reader = ask(topics=["speech"])

    assert chosen(reader) == ("daily", 7, "UTC", 7, ["vision"])
    assert (reader.state, reader.next_digest_at) == (State.CONFIRMED, MOMENT + DAY)
    [letter] = reader.letters.all()
    assert (letter.kind, letter.state) == (Letter.Kind.ALREADY, LetterState.PENDING)


def test_who_left_starts_again_from_the_beginning(ask, make_subscriber):
    make_subscriber("ann@example.net", state=State.UNSUBSCRIBED, topics=["vision"])
    reader = ask(topics=["speech"])

    assert (reader.state, reader.next_digest_at) == (State.PENDING, None)
    assert chosen(reader)[-1] == ["speech"]
    assert reader.letters.get().kind == Letter.Kind.CONFIRM


@pytest.mark.parametrize("state", [State.SUPPRESSED, State.BOUNCED])
def test_a_closed_address_gets_nothing_and_stays_closed(ask, make_subscriber, state):
    make_subscriber("ann@example.net", state=state)
    reader = ask()

    assert reader.state == state
    assert reader.letters.get().state == LetterState.SKIPPED


def test_an_erased_address_that_must_not_be_written_to_gets_nothing(ask):
    Suppression.objects.create(address_hash=address_hash("ann@example.net"), at=MOMENT)
    [letter] = ask().letters.all()

    assert (letter.state, letter.finished_at) == (LetterState.SKIPPED, MOMENT)
    assert letter.error == "the address must not be written to"


def test_one_mailbox_gets_a_few_letters_a_day_however_it_is_spelt(ask, settings):
    settings.SIGNUPS_PER_ADDRESS_A_DAY = 2
    for number in range(5):
        ask(f"ann+{number}@example.net")
    assert Letter.objects.pending().count() == 2
    assert Letter.objects.filter(state=LetterState.SKIPPED).count() == 3

    ask("ann@example.net", at=MOMENT + DAY)
    assert Letter.objects.pending().count() == 3


def test_leaving_and_asking_in_turn_is_limited_too(ask, settings):
    for _ in range(10):
        leave(ask())

    assert Letter.objects.pending().count() == settings.SIGNUPS_PER_ADDRESS_A_DAY


@pytest.mark.parametrize("state", [None, *State])
def test_every_address_costs_the_same_letter_and_record(ask, make_subscriber, state):
    if state:
        make_subscriber("ann@example.net", state=state)
    ask()

    assert Letter.objects.count() == 1
    assert Consent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_threads_that_sign_up_one_address_make_one_reader(ask, settings):
    def sign_up(_):
        try:
            ask()
        finally:
            connection.close()

    ask("somebody@example.net")  # makes the topic
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(sign_up, range(12)))

    reader = Subscriber.objects.get(email="ann@example.net")
    assert reader.letters.count() == 12
    assert reader.letters.pending().count() == settings.SIGNUPS_PER_ADDRESS_A_DAY


def test_confirming_plans_the_first_digest_and_is_recorded(ask):
    reader = ask(choices=Choices(hour=7))  # it is noon: five hours ago, caught up
    assert confirm(reader)

    reader.refresh_from_db()
    assert reader.state == State.CONFIRMED
    assert reader.next_digest_at == datetime(2026, 3, 17, 7, tzinfo=UTC)
    consent = reader.consents.get(act=Consent.Act.CONFIRMED)
    assert (consent.ip, consent.wording) == ("192.0.2.2", optin.WORDING)


def test_a_slot_too_long_ago_is_not_caught_up(ask, settings):
    settings.CATCH_UP_HOURS = 2.0
    reader = ask(choices=Choices(hour=7))
    confirm(reader)

    reader.refresh_from_db()
    assert reader.next_digest_at == datetime(2026, 3, 18, 7, tzinfo=UTC)


def test_confirming_twice_has_one_effect(ask):
    reader = ask()
    confirm(reader)
    assert confirm(reader, at=MOMENT + DAY)

    reader.refresh_from_db()
    assert reader.state_changed_at == MOMENT
    assert reader.consents.filter(act=Consent.Act.CONFIRMED).count() == 1


@pytest.mark.parametrize("state", [State.UNSUBSCRIBED, State.SUPPRESSED, State.BOUNCED])
def test_an_old_link_does_not_bring_back_who_left(make_subscriber, state):
    reader = make_subscriber(state=state)

    assert not confirm(reader)
    reader.refresh_from_db()
    assert reader.state == state
    assert not reader.consents.exists()


def test_a_stale_copy_of_a_reader_who_left_cannot_be_confirmed(ask):
    stale = ask()
    leave(Subscriber.objects.get())

    assert not confirm(stale)


@pytest.mark.parametrize("state", [State.PENDING, State.CONFIRMED])
def test_leaving_is_recorded_once(make_subscriber, state):
    reader = make_subscriber(state=state, next_digest_at=MOMENT)
    leave(reader)
    leave(reader, at=MOMENT + DAY)

    reader.refresh_from_db()
    assert (reader.state, reader.next_digest_at) == (State.UNSUBSCRIBED, None)
    [consent] = reader.consents.all()
    assert (consent.act, consent.at, consent.wording) == (Consent.Act.LEFT, MOMENT, "")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("act", "verb"), [("left", leave), ("confirmed", confirm)])
def test_threads_that_do_the_same_have_one_effect(make_subscriber, act, verb):
    reader = make_subscriber(state=State.PENDING)

    def do(_):
        try:
            verb(reader)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(do, range(8)))
    assert reader.consents.filter(act=act).count() == 1


def test_a_reminder_keeps_to_the_limits_and_renews_the_deadline(ask, settings):
    settings.SIGNUPS_PER_ADDRESS_A_DAY = 2
    reader = ask()

    assert optin.remind(reader, at=MOMENT + timedelta(hours=1))
    assert not optin.remind(reader, at=MOMENT + timedelta(hours=2))
    assert reader.letters.pending().count() == 2
    reader.refresh_from_db()
    assert reader.state_changed_at == MOMENT + timedelta(hours=2)


@pytest.mark.parametrize("state", set(State) - {State.PENDING})
def test_only_who_has_not_answered_is_reminded(make_subscriber, state):
    reader = make_subscriber(state=state)

    assert not optin.remind(reader, at=MOMENT)
    assert not Letter.objects.exists()
