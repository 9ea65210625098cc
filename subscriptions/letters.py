"""Compose transactional mail: the confirmation, and the answer to who signs up again."""

from __future__ import annotations

from collections.abc import Sequence

from anymail.message import AnymailMessage
from django.conf import settings
from django.db.models import prefetch_related_objects

from subscriptions import links, mail
from subscriptions.models import Letter, Subscriber, suppressed_among
from subscriptions.outbox import Compose, NotToBeSent


def compose_all(letters: Sequence[Letter]) -> Compose[Letter]:
    """Load the readers of these letters; return the function that composes one of them."""
    prefetch_related_objects(letters, "subscriber")
    suppressed = suppressed_among(letter.subscriber.email for letter in letters)

    def compose(letter: Letter) -> AnymailMessage:
        if letter.subscriber.email in suppressed:
            raise NotToBeSent("the address is suppressed")
        return _message(letter)

    return compose


def _message(letter: Letter) -> AnymailMessage:
    reader = letter.subscriber
    if letter.kind == Letter.Kind.CONFIRM:
        if reader.state != Subscriber.State.PENDING:
            raise NotToBeSent("there is nothing left to confirm")
        context: dict[str, object] = {
            "confirm_url": links.confirm(reader),
            "hours": settings.CONFIRM_HOURS,
        }
    else:
        context = {
            "preferences_url": links.preferences(reader),
            "unsubscribe_url": links.unsubscribe(reader),
        }
    return mail.build(
        letter.kind, to=reader.email, message_id=letter.public_id, context=context, headers={}
    )
