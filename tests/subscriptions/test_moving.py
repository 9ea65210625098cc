"""A reader moves to another address."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from subscriptions import letters, moving, optin, tokens
from subscriptions.address import mask
from subscriptions.composing import NotToBeSent
from subscriptions.models import AddressChange, Consent, Letter, Subscriber, Suppression
from subscriptions.models import address_hash as hashed
from subscriptions.tokens import Purpose
from subscriptions.verdicts import State as LetterState
from tests.conftest import MOMENT
from tests.subscriptions.pages import snapshot

State, Kind = Subscriber.State, Letter.Kind
OLD, NEW = "ann@example.net", "ann@example.org"


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MOMENT, tick=False) as clock:
        yield clock


@pytest.fixture
def reader(make_subscriber):
    return make_subscriber(OLD, topics=["agents"], bounce_score=3, bounced_at=MOMENT)


def ask(reader, email=NEW):
    moving.ask(reader, email, at=MOMENT)


def confirm(reader) -> bool:
    return moving.confirm(reader, at=MOMENT, ip="192.0.2.7", page="/address/new/")


def outbox() -> list[tuple[str, str, str]]:
    """(kind, where to, state) of every letter, oldest first."""
    rows = Letter.objects.order_by("pk").select_related("subscriber")
    return [(row.kind, row.recipient or row.subscriber.email, row.state) for row in rows]


def path(purpose: Purpose, reader: Subscriber) -> str:
    folder = {Purpose.ADDRESS: "address", Purpose.NEW_ADDRESS: "address/new"}[purpose]
    return f"/{folder}/{tokens.make(purpose, reader)}/"


# --- asking ---------------------------------------------------------------------------


def test_only_the_new_address_is_asked_and_nothing_changes_yet(reader):
    ask(reader)
    assert outbox() == [(Kind.NEW_ADDRESS, NEW, LetterState.PENDING)]
    assert Subscriber.objects.get().email == OLD
    assert AddressChange.objects.get().email == NEW


def test_the_last_address_that_he_asked_for_counts(reader):
    ask(reader, "typo@example.org")
    ask(reader)
    first, second = Letter.objects.order_by("pk")
    with pytest.raises(NotToBeSent, match="another address"):
        letters.compose_all([first])(first)
    message = letters.compose_all([second])(second).message()
    assert message.to == [NEW]
    assert OLD not in message.body  # masked
    assert mask(OLD) in message.body


@pytest.mark.parametrize("state", [State.SUPPRESSED, State.BOUNCED])
def test_an_address_never_to_be_written_to_is_not(reader, make_subscriber, state):
    make_subscriber(NEW, state=state)
    ask(reader)
    assert outbox() == [(Kind.NEW_ADDRESS, NEW, LetterState.SKIPPED)]
    assert not AddressChange.objects.exists()


def test_nor_is_one_whose_owner_was_erased(reader):
    Suppression.objects.create(address_hash=hashed(NEW), at=MOMENT)
    ask(reader)
    assert outbox() == [(Kind.NEW_ADDRESS, NEW, LetterState.SKIPPED)]


def test_who_has_that_address_already_is_told_as_after_a_second_sign_up(reader, make_subscriber):
    make_subscriber(NEW)
    ask(reader)
    assert outbox() == [
        (Kind.NEW_ADDRESS, NEW, LetterState.SKIPPED),
        (Kind.ALREADY, NEW, LetterState.PENDING),
    ]
    assert not AddressChange.objects.exists()


def test_a_reader_asks_three_times_a_day(reader):
    for number in range(5):
        ask(reader, f"ann{number}@example.org")
    states = [state for _, _, state in outbox()]
    assert states == [LetterState.PENDING] * 3 + [LetterState.SKIPPED] * 2


def test_nobody_is_asked_more_often_than_by_sign_ups(make_subscriber, settings):
    settings.SIGNUPS_PER_ADDRESS_A_DAY = 1
    for spelling in ("ann@example.org", "ann+a@example.org", "ann+b@example.org"):
        ask(make_subscriber(), spelling)
    assert [state for _, _, state in outbox()].count(LetterState.PENDING) == 1


@pytest.mark.parametrize("state", set(State) - {State.CONFIRMED})
def test_who_is_no_reader_moves_nowhere(make_subscriber, state):
    ask(make_subscriber(state=state))
    assert outbox() == []


# --- saying yes -----------------------------------------------------------------------


def test_mail_goes_to_the_new_address_and_both_are_told(reader):
    ask(reader)
    assert confirm(reader)
    found = Subscriber.objects.get()
    assert (found.email, found.state, found.bounce_score, found.bounced_at) == (
        NEW, State.CONFIRMED, 0, None,
    )  # fmt: skip
    assert [topic.slug for topic in found.topics.all()] == ["agents"]
    assert outbox()[1:] == [
        (Kind.MOVED, OLD, LetterState.PENDING), (Kind.MOVED, NEW, LetterState.PENDING),
    ]  # fmt: skip
    consent = found.consents.get()
    assert (consent.act, consent.ip, consent.wording) == (
        Consent.Act.MOVED, "192.0.2.7", str(optin.MOVE),
    )  # fmt: skip


def test_a_second_yes_changes_nothing(reader):
    ask(reader)
    confirm(reader)
    before = snapshot()
    assert confirm(reader)
    assert snapshot() == before


def test_links_of_older_mails_are_the_readers_wherever_he_is(client, reader):
    token = tokens.make(Purpose.UNSUBSCRIBE, reader)
    ask(reader)
    confirm(reader)
    assert client.post(f"/unsubscribe/{token}/").status_code == 200
    assert Subscriber.objects.get(email=NEW).state == State.UNSUBSCRIBED


def test_powerful_links_of_the_old_mailbox_are_void(reader):
    made = {p: tokens.make(p, reader) for p in (Purpose.ADDRESS, Purpose.EXPORT, Purpose.ERASE)}
    ask(reader)
    confirm(reader)
    for purpose, token in made.items():
        with pytest.raises(tokens.BadToken):
            tokens.read(purpose, token)


@pytest.mark.parametrize("state", [State.PENDING, State.UNSUBSCRIBED])
def test_an_old_row_of_his_at_the_new_address_gives_way(reader, make_subscriber, state):
    make_subscriber(NEW, state=state)
    ask(reader)
    assert confirm(reader)
    assert Subscriber.objects.get().pk == reader.pk


@pytest.mark.parametrize("state", [State.CONFIRMED, State.SUPPRESSED, State.BOUNCED])
def test_somebody_who_has_that_address_by_now_keeps_it(reader, make_subscriber, state):
    ask(reader)
    other = make_subscriber(NEW, state=state)
    assert not confirm(reader)
    assert Subscriber.objects.get(pk=other.pk).email == NEW
    assert Subscriber.objects.get(pk=reader.pk).email == OLD


def test_nobody_moves_to_an_address_that_was_suppressed_meanwhile(reader):
    ask(reader)
    Suppression.objects.create(address_hash=hashed(NEW), at=MOMENT)
    assert not confirm(reader)


def test_who_left_meanwhile_stays_away(reader):
    ask(reader)
    optin.leave(reader, at=MOMENT, ip=None, page="/")
    assert not confirm(reader)
    assert Subscriber.objects.get().email == OLD


# --- the pages ------------------------------------------------------------------------


def test_the_whole_way_over_the_pages(client, reader, make_subscriber):
    page = path(Purpose.ADDRESS, reader)
    assert mask(OLD) in client.get(page).text
    answer = client.post(page, {"email": f"  {NEW.upper()} "}, follow=True)
    assert "If mail from us can reach that address" in answer.text

    page = path(Purpose.NEW_ADDRESS, Subscriber.objects.get())
    assert "Yes, write to me here" in client.get(page).text
    answer = client.post(page, follow=True)
    assert "We write to you here from now on" in answer.text
    assert Subscriber.objects.get().email == NEW
    assert client.post(page, follow=True).status_code == 200  # pressed twice


def test_the_answer_does_not_tell_who_reads(client, reader, make_subscriber):
    make_subscriber("taken@example.org")
    make_subscriber("never@example.org", state=State.SUPPRESSED)
    answers = []
    for email in ("free@example.org", "taken@example.org", "never@example.org"):
        answer = client.post(path(Purpose.ADDRESS, reader), {"email": email})
        page = client.get(answer["Location"])
        answers.append((answer.status_code, page.content, sorted(answer.headers)))
    assert answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize(
    "email",
    [
        "", "x", "a@b", "a\0@example.org", "a@example.org\r\nBcc: v@example.org", OLD,
        "digest@news.example.org", "<script>alert(1)</script>@example.org", "a" * 1_000_000,
    ],
)  # fmt: skip
def test_a_mistake_is_told_beside_the_field_and_nothing_is_sent(client, reader, email):
    answer = client.post(path(Purpose.ADDRESS, reader), {"email": email})
    assert answer.status_code == 200
    assert 'id="id_email_error"' in answer.text
    assert "<script>" not in answer.text
    assert outbox() == []


@pytest.mark.parametrize("purpose", [Purpose.ADDRESS, Purpose.NEW_ADDRESS])
@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_mail_scanners_change_nothing(client, reader, purpose, method):
    ask(reader)
    before = snapshot()
    getattr(client, method)(path(purpose, reader))
    assert snapshot() == before
    assert AddressChange.objects.get().done_at is None


@pytest.mark.parametrize("purpose", [Purpose.ADDRESS, Purpose.NEW_ADDRESS])
def test_other_sites_cannot_post_for_him(strict_client, reader, purpose):
    ask(reader)
    assert strict_client.post(path(purpose, reader), {"email": "e@example.org"}).status_code == 403


def test_a_link_to_say_yes_is_good_for_half_an_hour(client, reader, clock):
    ask(reader)
    page = path(Purpose.NEW_ADDRESS, reader)
    clock.shift(timedelta(minutes=31))
    assert client.post(page).status_code == 404
    assert Subscriber.objects.get().email == OLD


@pytest.mark.parametrize("state", [State.UNSUBSCRIBED, State.PENDING])
def test_the_pages_are_for_readers_only(client, make_subscriber, state):
    reader = make_subscriber(state=state)
    for purpose in (Purpose.ADDRESS, Purpose.NEW_ADDRESS):
        assert client.get(path(purpose, reader)).status_code == 404
