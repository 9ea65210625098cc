"""From a delivery to the mail that is handed over.  Sends nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from anymail.message import AnymailMessage

from newsletter import cards, counting, shell
from newsletter.models import Card, Delivery, Issue, Layout, looks
from newsletter.picks import PACKED
from newsletter.press import Chosen, Press, count_of, unsubscribe
from newsletter.reasons import NO_NAMES, Names
from newsletter.references import names_of
from subscriptions import mail
from subscriptions.among import among
from subscriptions.composing import NotNow, NotToBeSent
from subscriptions.encode import unquote
from subscriptions.models import Subscriber, suppressed_among
from subscriptions.outgoing import Outgoing

ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+", re.ASCII)
IN_ARCHIVE = 20  # papers of an edition that anybody may read
SPANS = {Issue.Cadence.WEEKLY: "of the week", Issue.Cadence.MONTHLY: "of the month"}


class Reader(NamedTuple):
    """What a mail needs to know of the person."""

    objection: str  # why he gets nothing, if so
    email: str = ""
    public_id: bytes = b""
    token_version: int = 0
    is_counted: bool = False  # he and the operator agreed to it


ERASED = Reader("the reader was erased")


class Digest:
    """One mail, written when it is asked for (`subscriptions.outgoing.Outgoing`)."""

    __slots__ = (
        "_chosen", "_press", "_public_id", "_tokens", "entry_id", "key", "recipient", "sender",
    )  # fmt: skip

    def __init__(
        self,
        press: Press,
        chosen: Chosen,
        delivery: Delivery,
        recipient: str,
        tokens: Mapping[str, bytes],
    ) -> None:
        self.entry_id, self.recipient, self.sender = delivery.pk, recipient, press.sender
        self._public_id = delivery.public_id
        self.key = str(self._public_id)
        self._press, self._chosen, self._tokens = press, chosen, tokens

    def wire(self) -> bytes:
        return self._press.wire(self._chosen, self._tokens, to=self.recipient, key=self.key)

    def message(self) -> AnymailMessage:
        text, html, count = self._press.parts(self._chosen, self._tokens)
        leave = (self._tokens[name].decode() for name in ("unsubscribe", "mailto"))
        return mail.assemble(
            subject=self._press.subject(self._chosen[0][0], count),
            text=unquote(b"".join(text)),
            html=unquote(b"".join(html)),
            to=self.recipient,
            message_id=self._public_id,
            headers={
                **self._press.headers,
                "List-Unsubscribe": unsubscribe(*leave, fold=""),
                "X-Entity-Ref-ID": self.key,
            },
        )


def compose_all(deliveries: Sequence[Delivery]) -> Callable[[Delivery], Outgoing]:
    """Load what these deliveries need; return the function that composes one of them.

    It asks the database nothing, so it knows readers as they are now: call this again for
    what is left after a few seconds.  What was loaded of an issue stays in memory.
    """
    presses = presses_of(deliveries, keep=True)
    ids = {delivery.issue_id for delivery in deliveries}
    stopped = set(Issue.objects.halted().filter(pk__in=ids).values_list("pk", flat=True))
    readers = _readers(deliveries)
    agreed = {pk for pk, reader in readers.items() if reader.is_counted}
    counted = presses_of(
        [d for d in deliveries if d.subscriber_id in agreed], keep=True, layout=Layout.COUNTED
    )

    def compose(delivery: Delivery) -> Outgoing:
        if (issue := delivery.issue_id) in stopped:
            raise NotNow
        reader = readers.get(delivery.subscriber_id, ERASED)
        if reader.objection:
            raise NotToBeSent(reader.objection)
        press = (counted if reader.is_counted else presses)[issue]
        if not (chosen := press.choose(delivery.packed_picks)):
            raise NotToBeSent("its papers are gone")
        tokens = press.tokens(reader.public_id, reader.token_version)
        return Digest(press, chosen, delivery, reader.email, tokens)

    return compose


def _readers(deliveries: Sequence[Delivery]) -> dict[int | None, Reader]:
    ids = {d.subscriber_id for d in deliveries if d.subscriber_id is not None}
    rows = Subscriber.objects.filter(among("pk", ids))
    fields = list(
        rows.values_list("pk", "state", "email", "public_id", "token_version", "is_counted")
    )
    suppressed = suppressed_among(row[2] for row in fields)
    is_counting = counting.is_on()
    return {
        pk: Reader(
            _objection(state, email, suppressed), email, public_id.bytes, version,
            is_counted and is_counting,
        )
        for pk, state, email, public_id, version, is_counted in fields
    }  # fmt: skip


def _objection(state: str, email: str, suppressed: Collection[str]) -> str:
    if state != Subscriber.State.CONFIRMED:
        return f"the reader is {state}"
    if email in suppressed:
        return "the address is suppressed"
    return "" if ADDRESS.fullmatch(email) else "the address cannot be written to"


def preview(delivery: Delivery, reader: Subscriber) -> Digest:
    """Compose a mail for other eyes than the reader's; nothing is stored."""
    press = presses_of([delivery], keep=False)[delivery.issue_id]
    if not (chosen := press.choose(delivery.packed_picks)):
        raise NotToBeSent("its papers are gone")
    tokens = press.tokens(reader.public_id.bytes, reader.token_version)
    return Digest(press, chosen, delivery, reader.email, tokens)


def page(delivery: Delivery) -> str:
    """Return the mail of a delivery as a page that can be passed on: its links open nothing."""
    press = presses_of([delivery], keep=False)[delivery.issue_id]
    chosen = press.choose(delivery.packed_picks)
    return unquote(press.public_html(chosen, press.headline(len(chosen))))


def edition(issue: Issue) -> str:
    """Return an issue as a page for anybody: its hottest papers, and nothing of a reader."""
    rows = Card.objects.filter(issue=issue, **looks()).order_by("-trend", "pk")
    ids = list(rows.values_list("paper_id", flat=True)[:IN_ARCHIVE])
    press = _press(issue, shell.frames([issue], keep=False)[issue.pk], ids, keep=False)
    nobodys = bytes(7)  # no reason
    chosen = [(press.sheets[pk], nobodys) for pk in ids]
    span = SPANS.get(Issue.Cadence(issue.cadence), "of the day")
    return unquote(press.public_html(chosen, f"{count_of(len(chosen))} {span}"))


def html_of(message: AnymailMessage) -> str:
    """The HTML part of a message that this module made."""
    return str(message.alternatives[0][0])


def presses_of(
    deliveries: Sequence[Delivery], *, keep: bool, layout: Layout = Layout.FULL
) -> dict[int | None, Press]:
    """Return issue id -> what its mails share; `keep` stores what has to be rendered."""
    if not deliveries:
        return {}
    issues = _issues_of(deliveries)
    frames = shell.frames(list(issues.values()), keep=keep, layout=layout)
    packed = {
        pk: b"".join(bytes(d.packed_picks) for d in deliveries if d.issue_id == pk) for pk in issues
    }
    names = names_of(np.frombuffer(b"".join(packed.values()), PACKED))
    return {
        pk: _press(issue, frames[pk], _paper_ids(packed[pk]), keep=keep, names=names)
        for pk, issue in issues.items()
    }


def _press(
    issue: Issue,
    frame: shell.Frame,
    paper_ids: Iterable[int],
    *,
    keep: bool,
    names: Names = NO_NAMES,
) -> Press:
    sheets = cards.sheets(
        issue, paper_ids, rendering=frame.rendering, keep=keep, layout=frame.layout
    )
    return Press(issue, frame, sheets, names)


def _issues_of(deliveries: Sequence[Delivery]) -> dict[int | None, Issue]:
    ids = {delivery.issue_id for delivery in deliveries}
    if None in ids:  # a draft, which is alone
        return {None: deliveries[0].issue}
    return {**Issue.objects.in_bulk(ids)}


def _paper_ids(packed: bytes) -> list[int]:
    found: list[int] = np.unique(np.frombuffer(packed, dtype=PACKED)["paper"]).tolist()
    return found
