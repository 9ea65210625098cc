"""Compose transactional mail: what readers asked for, to the address that asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from django.conf import settings
from django.utils.translation import override

from subscriptions import languages, links, mail, tokens
from subscriptions.address import mask
from subscriptions.composing import NotToBeSent
from subscriptions.models import AddressChange, Letter, Subscriber, suppressed_among
from subscriptions.outgoing import Outgoing


def compose_all(letters: Sequence[Letter]) -> Callable[[Letter], Outgoing]:
    """Load the readers of these letters; return the function that composes one of them."""
    readers = Subscriber.objects.in_bulk({letter.subscriber_id for letter in letters})
    emails = {letter.recipient for letter in letters} - {""}
    suppressed = suppressed_among(emails | {reader.email for reader in readers.values()})

    def compose(letter: Letter) -> Outgoing:
        reader = readers.get(letter.subscriber_id)
        if reader is None:
            raise NotToBeSent("the reader is gone")
        if (letter.recipient or reader.email) in suppressed:
            raise NotToBeSent("the address is suppressed")
        return _message(letter, reader)

    return compose


def _message(letter: Letter, reader: Subscriber) -> Outgoing:
    with override(languages.known(reader.language)):
        built = mail.build(
            letter.kind,
            to=letter.recipient or reader.email,
            message_id=letter.public_id,
            context={"minutes": tokens.FRESH_MINUTES, **CONTEXTS[letter.kind](letter, reader)},
            headers={},
        )
    return mail.Built.of(letter.pk, built)


Context = dict[str, object]


def _confirm(letter: Letter, reader: Subscriber) -> Context:
    if reader.state != Subscriber.State.PENDING:
        raise NotToBeSent("there is nothing left to confirm")
    return {
        "confirm_url": links.confirm(reader),
        "disown_url": links.disown(reader),
        "hours": settings.CONFIRM_HOURS,
    }


def _already(letter: Letter, reader: Subscriber) -> Context:
    return {
        "preferences_url": links.preferences(reader),
        "unsubscribe_url": links.unsubscribe(reader),
    }


def _address(letter: Letter, reader: Subscriber) -> Context:
    if not reader.is_deliverable:
        raise NotToBeSent("he left")
    return {"url": links.address(reader)}


def _new_address(letter: Letter, reader: Subscriber) -> Context:
    change = AddressChange.objects.filter(subscriber=reader, email=letter.recipient, done_at=None)
    if not change.exists():
        raise NotToBeSent("he asked for another address since")
    return {"url": links.new_address(reader), "masked": mask(reader.email)}


def _moved(letter: Letter, reader: Subscriber) -> Context:
    return {"masked": mask(reader.email), "unsubscribe_url": links.unsubscribe(reader)}


def _export(letter: Letter, reader: Subscriber) -> Context:
    return {"url": links.export(reader)}


def _erase(letter: Letter, reader: Subscriber) -> Context:
    return {"url": links.erase(reader)}


# What the templates of each kind need.  Links that expire do so from now on.
CONTEXTS: Mapping[str, Callable[[Letter, Subscriber], Context]] = {
    Letter.Kind.CONFIRM: _confirm,
    Letter.Kind.ALREADY: _already,
    Letter.Kind.ADDRESS: _address,
    Letter.Kind.NEW_ADDRESS: _new_address,
    Letter.Kind.MOVED: _moved,
    Letter.Kind.EXPORT: _export,
    Letter.Kind.ERASE: _erase,
}
