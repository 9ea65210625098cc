"""What sending asks of whoever writes the mails: a mail for each entry, or why there is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from subscriptions.ledger import Entry
from subscriptions.outgoing import Outgoing


class NotToBeSent(Exception):
    """The entry must be skipped; the message says why."""


class NotNow(Exception):
    """The entry must wait: its issue is paused."""


E = TypeVar("E", bound=Entry)
Compose = Callable[[E], Outgoing]  # raises NotToBeSent, NotNow
ComposeAll = Callable[[Sequence[E]], Compose[E]]  # loads once what a whole chunk needs
