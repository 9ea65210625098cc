"""Where a reader asks for powerful links: they go to his address, and the page says nothing."""

from __future__ import annotations

import pytest
import time_machine

from subscriptions import letters, rights, tokens
from subscriptions.composing import NotToBeSent
from subscriptions.models import Letter, Subscriber, Suppression, address_hash
from subscriptions.rights_page import RIGHTS
from subscriptions.tokens import Purpose
from subscriptions.verdicts import State as LetterState
from tests.conftest import MOMENT
from tests.subscriptions.pages import path, snapshot

State = Subscriber.State
PURPOSES = {"address": Purpose.ADDRESS, "export": Purpose.EXPORT, "erase": Purpose.ERASE}


@pytest.fixture(autouse=True)
def clock():
    with time_machine.travel(MOMENT, tick=False) as clock:
        yield clock


def page(reader: Subscriber, right: str) -> str:
    return f"{path(Purpose.PREFERENCES, reader)}ask/{right}/"


@pytest.mark.parametrize("right", RIGHTS)
def test_the_link_goes_to_the_readers_own_address(client, make_subscriber, right):
    reader = make_subscriber("ann@example.net")
    answer = client.post(page(reader, right))
    assert (answer.status_code, answer["Location"]) == (303, f"{page(reader, right)}?sent")
    assert "Look in your inbox" in client.get(answer["Location"]).text

    letter = Letter.objects.get()
    message = letters.compose_all([letter])(letter).message()
    assert message.to == ["ann@example.net"]
    [link] = [
        word for word in message.body.split() if word.startswith("https://") and word[-2:] != "rg"
    ]
    assert tokens.read(PURPOSES[right], link.rstrip("/").rpartition("/")[2]) == reader
    local = link.removeprefix("https://news.example.org")
    assert client.get(local).status_code == 200


@pytest.mark.parametrize("right", RIGHTS)
def test_no_page_that_a_digest_opens_shows_the_address_or_a_powerful_link(
    client, make_subscriber, right
):
    reader = make_subscriber("ann@example.net")
    for address in (page(reader, right), f"{page(reader, right)}?sent"):
        text = client.get(address).text
        assert "ann@example.net" not in text
        assert not [p for p in PURPOSES.values() if tokens.make(p, reader) in text]


@pytest.mark.parametrize("right", RIGHTS)
@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_sends_nothing(client, make_subscriber, right, method):
    link = page(make_subscriber(), right)
    before = snapshot()
    assert getattr(client, method)(link).status_code == 200
    assert snapshot() == before


@pytest.mark.parametrize("right", RIGHTS)
def test_three_letters_of_each_kind_go_out_in_a_day(client, make_subscriber, right):
    reader = make_subscriber()
    answers = {client.post(page(reader, right))["Location"] for _ in range(5)}
    assert len(answers) == 1
    states = list(Letter.objects.order_by("pk").values_list("state", flat=True))
    assert states == [LetterState.PENDING] * 3 + [LetterState.SKIPPED] * 2


def test_other_sites_cannot_post_for_him(strict_client, make_subscriber):
    assert strict_client.post(page(make_subscriber(), "erase")).status_code == 403
    assert not Letter.objects.exists()


@pytest.mark.parametrize("right", ["", "x", "Export", "preferences", "0"])
def test_there_are_no_other_rights(client, make_subscriber, right):
    assert client.post(page(make_subscriber(), right)).status_code == 404


@pytest.mark.parametrize("state", [State.SUPPRESSED, State.BOUNCED])
def test_an_address_never_to_be_written_to_is_not(make_subscriber, state):
    reader = make_subscriber(state=state)
    assert not rights.ask(reader, Letter.Kind.ERASE, at=MOMENT)
    assert Letter.objects.get().state == LetterState.SKIPPED


def test_nor_is_a_suppressed_one(make_subscriber):
    reader = make_subscriber()
    Suppression.objects.create(address_hash=address_hash(reader.email), at=MOMENT)
    assert not rights.ask(reader, Letter.Kind.EXPORT, at=MOMENT)


def test_who_left_may_take_his_data_and_be_forgotten_but_not_move(client, make_subscriber):
    reader = make_subscriber(state=State.UNSUBSCRIBED)
    told = {right: rights.ask(reader, kind, at=MOMENT) for right, kind in RIGHTS.items()}
    assert told == {"address": False, "export": True, "erase": True}
    text = client.get(path(Purpose.PREFERENCES, reader)).text
    assert [right for right in RIGHTS if f"ask/{right}/" in text] == ["export", "erase"]


def test_a_letter_to_another_address_is_not_sent_where_nobody_may_write(make_subscriber):
    reader = make_subscriber()
    letter = reader.letters.create(kind=Letter.Kind.MOVED, recipient="old@example.net")
    Suppression.objects.create(address_hash=address_hash("old@example.net"), at=MOMENT)
    with pytest.raises(NotToBeSent, match="suppressed"):
        letters.compose_all([letter])(letter)


@pytest.mark.parametrize("kind", RIGHTS.values())
def test_a_letter_holds_no_words_of_the_reader_and_is_small(make_subscriber, kind):
    letter = make_subscriber("x-spam-words@example.net").letters.create(kind=kind)
    message = letters.compose_all([letter])(letter).message()
    html = message.alternatives[0][0]
    assert "spam" not in message.body + html + message.subject
    assert len(html.encode()) < 4096
