"""The transport through a Django mail backend other than SMTP; in batches where it has them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from anymail.backends.base import AnymailBaseBackend
from anymail.backends.base_requests import AnymailRequestsBackend
from anymail.exceptions import AnymailError
from anymail.message import AnymailMessage
from django.core.mail import get_connection

from subscriptions.esp import answers, calls
from subscriptions.esp.batches import FORMS
from subscriptions.esp.calls import Ready
from subscriptions.esp.filling import Filler
from subscriptions.esp.handing import NOT_WRITTEN, Handing, MayGoOn, Results
from subscriptions.esp.messages import ready
from subscriptions.esp.traits import service_of
from subscriptions.outgoing import Fate, Journal, Outgoing, Result

logger = logging.getLogger(__name__)

CHARACTERS_AT_MOST = 8_000_000  # of text and HTML in a call: services take 40 to 50 MB
TOO_MANY = Result(Fate.UNKNOWN, "handed over, and the service takes fewer in a call now")


class BackendTransport:
    """A `subscriptions.outgoing.Transport`, and a `Repeating` one where services know keys.

    Args:
        backend: dotted path, such as "anymail.backends.postmark.EmailBackend"; Anymail reads
            the rest from its settings.  Its signals pre_send and post_send are not sent.
        batch: at most so many mails in a call; by default what the service takes.
    """

    def __init__(self, backend: str, *, batch: int | None = None) -> None:
        self.name = backend.split(".")[-2]
        self._service = service_of(backend)
        self._form = FORMS.get(backend)
        self._batch = min(batch or self._service.batch, self._service.batch)
        self._is_checked = self._batch == 1
        self._backend = _opened(backend)
        self._is_anymail = isinstance(self._backend, AnymailBaseBackend)
        self._filler = Filler(self._backend)

    def send(self, mails: Iterator[Outgoing], journal: Journal, *, may_go_on: MayGoOn) -> Results:
        """See `subscriptions.outgoing.Transport`."""
        handing = self._handing(journal, may_go_on)
        waiting: Ready | None = None  # taken, but it did not fit into the call before
        while may_go_on() and not handing.is_stopped:
            unfit: list[tuple[int, Result]] = []
            batch, waiting = self._next_batch(mails, waiting, unfit)
            if unfit:
                journal.answered(unfit)
                yield from unfit
            if not batch:
                return
            if may_go_on():  # writing a large batch takes a while
                yield from handing.over(batch)
            else:
                yield from ((one.mail.entry_id, Result(Fate.UNTOUCHED)) for one in batch)
        if waiting is not None:
            yield waiting.mail.entry_id, Result(Fate.UNTOUCHED)

    def again(
        self, mails: Iterator[Outgoing], journal: Journal, *, key: UUID, may_go_on: MayGoOn
    ) -> Results:
        """See `subscriptions.outgoing.Repeating`."""
        if not may_go_on():
            return
        left: list[tuple[int, Result]] = []
        batch: list[Ready] = []
        while one := self._take(mails, left):
            batch.append(one)
        if len(batch) > self._batch:
            left += [(one.mail.entry_id, TOO_MANY) for one in batch]
            batch = []
        if left:
            journal.answered(left)
            yield from left
        if batch:
            yield from self._handing(journal, may_go_on).over(batch, again=key)

    def close(self) -> None:
        try:
            self._backend.close()
        except (AnymailError, OSError) as error:
            logger.info("closing the mail connection: %s", error)

    def _handing(self, journal: Journal, may_go_on: MayGoOn) -> Handing:
        has_keys = self._service.keys_live is not None
        return Handing(self._call, journal, may_go_on, has_keys=has_keys)

    def _call(self, batch: Sequence[Ready], key: UUID | None) -> list[Result]:
        """Post a batch.  A key may be known at one address only, so it always goes to the same."""
        if not self._is_anymail:
            return [_through_django(self._backend, one.message) for one in batch]
        if self._form is None or self._batch == 1 or (key is None and len(batch) == 1):
            return [calls.alone(self._backend, one, key=key) for one in batch]
        return calls.together(self._backend, batch, self._form, key=key)

    def _next_batch(
        self, mails: Iterator[Outgoing], waiting: Ready | None, unfit: list[tuple[int, Result]]
    ) -> tuple[list[Ready], Ready | None]:
        """Take what fits into one call, and perhaps one more; what is unfit is put aside.

        No call has two mails for the same reader, or its answer could not tell them apart.
        """
        batch: list[Ready] = []
        readers: set[str] = set()
        size = 0
        while len(batch) < self._batch:
            one = waiting or self._take(mails, unfit)
            waiting = None
            if one is None:
                break
            reader = one.mail.recipient.casefold()
            size += _size(one.message)
            if batch and (reader in readers or size > CHARACTERS_AT_MOST):
                return batch, one
            batch.append(one)
            readers.add(reader)
        return batch, None

    def _take(self, mails: Iterator[Outgoing], unfit: list[tuple[int, Result]]) -> Ready | None:
        """The next mail that can be handed over; None if there is none."""
        for mail in mails:
            try:
                return self._ready(mail)
            except NOT_WRITTEN as error:
                now = datetime.now(UTC)
                refusal = answers.result_of(error, recipients=[mail.recipient], now=now)
                unfit.append((mail.entry_id, refusal))
        return None

    def _ready(self, mail: Outgoing) -> Ready:
        message = ready(mail, self._service)
        if not self._is_checked:
            self._is_checked = True
            if self._form is None or not calls.can_go_together(self._backend, message, self._form):
                self._batch = 1
        return Ready(mail, message, self._filler.data(message) if self._batch > 1 else None)


def _opened(path: str) -> Any:
    backend = get_connection(path)
    if isinstance(backend, AnymailRequestsBackend):
        calls.open_bounded(backend)
    else:
        backend.open()
    return backend


def _size(message: AnymailMessage) -> int:
    """Characters of its texts."""
    return len(message.body) + sum(len(str(content)) for content, _ in message.alternatives)


def _through_django(backend: Any, message: AnymailMessage) -> Result:
    """These backends have no ids, so there it is our own Message-ID."""
    if backend.send_messages([message]) == 1:
        return answers.accepted(message.extra_headers.get("Message-ID", ""))
    return Result(Fate.UNKNOWN, "the backend does not say that it took the message")
