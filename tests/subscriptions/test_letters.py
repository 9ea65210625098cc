from __future__ import annotations

import re
from datetime import timedelta

import pytest

from subscriptions import letters, phrases, tokens
from subscriptions.composing import NotToBeSent
from subscriptions.models import AddressChange, Letter, Subscriber
from subscriptions.tokens import Purpose
from tests.conftest import MOMENT

PENDING = Subscriber.State.PENDING
CONFIRM, ALREADY = Letter.Kind.CONFIRM, Letter.Kind.ALREADY


def compose(letter):
    return letters.compose_all([letter])(letter).message()


def links_in(message) -> list[str]:
    return [word for word in message.body.split() if word.startswith("https://")]


def test_a_confirmation_holds_a_link_that_confirms(make_letter, make_subscriber, settings):
    reader = make_subscriber(state=PENDING)
    message = compose(make_letter(kind=CONFIRM, subscriber=reader))
    token = links_in(message)[0].rstrip("/").rpartition("/")[2]
    age = timedelta(hours=settings.CONFIRM_HOURS)
    assert tokens.read(Purpose.CONFIRM, token, max_age=age) == reader
    assert f"{settings.CONFIRM_HOURS} hours" in message.body
    assert message.to == [reader.email]


def test_a_confirmation_holds_a_link_for_whoever_did_not_ask(make_letter, make_subscriber):
    reader = make_subscriber(state=PENDING)
    links = links_in(compose(make_letter(kind=CONFIRM, subscriber=reader)))
    assert [link.split("/")[3:4] for link in links] == [["confirm"], ["not-me"], []]
    assert tokens.read(Purpose.DISOWN, links[1].split("/")[4]) == reader


def test_a_confirmation_is_small_and_none_of_its_words_come_from_outside(
    make_letter, make_subscriber, settings
):
    settings.POSTAL_ADDRESS = "Example Press, 1 Main Street, 12345 Example, Nowhere"
    address = f"{'stranger' * 8}@{'example' * 8}.example.net"
    reader = make_subscriber(address, state=PENDING, topics=["<b>topic</b>"])
    phrases.wish(reader, keywords=["viagra"], excluded=(), authors=())
    letter = make_letter(kind=CONFIRM, subscriber=reader)
    wire = letters.compose_all([letter])(letter).wire()
    assert len(wire) < 4096
    header, _, body = wire.partition(b"\r\n\r\n")
    assert not re.search(rb"^List-", header, re.MULTILINE)
    for word in (b"stranger", b"topic", b"viagra"):
        assert word not in body
    assert body.replace(b"=\r\n", b"").count(b'href=3D"') == 2


def test_who_signs_up_again_gets_his_page_and_a_way_out(make_letter):
    letter = make_letter(kind=ALREADY)
    message = compose(letter)
    found = [link.rstrip("/").rpartition("/")[2] for link in links_in(message)[:2]]
    assert tokens.read(Purpose.PREFERENCES, found[0]) == letter.subscriber
    assert tokens.read(Purpose.UNSUBSCRIBE, found[1]) == letter.subscriber


@pytest.mark.parametrize("kind", Letter.Kind)
def test_a_letter_is_not_bulk_mail(make_letter, make_subscriber, kind):
    state = PENDING if kind == CONFIRM else Subscriber.State.CONFIRMED
    reader = make_subscriber(state=state)
    AddressChange.objects.create(subscriber=reader, email="new@example.net", asked_at=MOMENT)
    message = compose(make_letter(kind=kind, subscriber=reader, recipient="new@example.net"))
    names = {name.lower() for name in message.extra_headers}
    assert names == {"message-id", "auto-submitted", "x-auto-response-suppress"}
    assert message.extra_headers["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("state", [state for state in Subscriber.State if state != PENDING])
def test_there_is_nothing_to_confirm_twice(make_letter, make_subscriber, state):
    letter = make_letter(kind=CONFIRM, subscriber=make_subscriber(state=state))
    with pytest.raises(NotToBeSent, match="nothing left to confirm"):
        compose(letter)


@pytest.mark.parametrize("kind", Letter.Kind)
def test_nobody_writes_to_a_suppressed_address(make_letter, make_subscriber, kind):
    make_subscriber("ann@example.net").suppress(at=MOMENT)
    Subscriber.objects.all().delete()  # the address is remembered all the same
    reader = make_subscriber("ann@example.net", state=PENDING)
    with pytest.raises(NotToBeSent, match="suppressed"):
        compose(make_letter(kind=kind, subscriber=reader))


def test_readers_are_loaded_once_for_many_letters(make_letter, django_assert_num_queries):
    for _ in range(5):
        make_letter()
    chunk = list(Letter.objects.all())
    with django_assert_num_queries(2):  # readers, suppressions
        compose_one = letters.compose_all(chunk)
        for letter in chunk:
            compose_one(letter)


def test_a_letter_to_a_reader_who_was_erased_meanwhile_is_not_sent(make_letter):
    letter = make_letter()
    Subscriber.objects.all().delete()
    with pytest.raises(NotToBeSent, match="gone"):
        letters.compose_all([letter])(letter)
