"""Compose transactional mail: the confirmation, and the answer to who signs up again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.conf import settings

from subscriptions import links, mail
from subscriptions.composing import NotToBeSent
from subscriptions.models import Letter, Subscriber, suppressed_among
from subscriptions.outgoing import Outgoing


def compose_all(letters: Sequence[Letter]) -> Callable[[Letter], Outgoing]:
    """Load the readers of these letters; return the function that composes one of them."""
    readers = Subscriber.objects.in_bulk({letter.subscriber_id for letter in letters})
    suppressed = suppressed_among(reader.email for reader in readers.values())

    def compose(letter: Letter) -> Outgoing:
        reader = readers.get(letter.subscriber_id)
        if reader is None:
            raise NotToBeSent("the reader is gone")
        if reader.email in suppressed:
            raise NotToBeSent("the address is suppressed")
        return _message(letter, reader)

    return compose


def _message(letter: Letter, reader: Subscriber) -> Outgoing:
    if letter.kind == Letter.Kind.CONFIRM:
        if reader.state != Subscriber.State.PENDING:
            raise NotToBeSent("there is nothing left to confirm")
        context: dict[str, object] = {
            "confirm_url": links.confirm(reader),
            "disown_url": links.disown(reader),
            "hours": settings.CONFIRM_HOURS,
        }
    else:
        context = {
            "preferences_url": links.preferences(reader),
            "unsubscribe_url": links.unsubscribe(reader),
        }
    built = mail.build(
        letter.kind, to=reader.email, message_id=letter.public_id, context=context, headers={}
    )
    return mail.Built.of(letter.pk, built)
