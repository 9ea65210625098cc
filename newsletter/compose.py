"""From a delivery to the mail that is handed over.  Sends nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from anymail.message import AnymailMessage
from django.conf import settings
from django.utils.translation import override

from newsletter import cards, counting, shell, wording
from newsletter.looks import USUAL, Layout, Look
from newsletter.models import Card, Delivery, Issue, Shell
from newsletter.picks import PACKED
from newsletter.press import Chosen, Press, unsubscribe
from newsletter.reasons import NO_NAMES, Names
from newsletter.references import names_of
from subscriptions import languages, mail
from subscriptions.among import among
from subscriptions.composing import NotNow, NotToBeSent
from subscriptions.encode import unquote
from subscriptions.models import Subscriber, suppressed_among
from subscriptions.outgoing import Outgoing

ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w.-]+", re.ASCII)
IN_ARCHIVE = 20  # papers of an edition that anybody may read


class Reader(NamedTuple):
    """What a mail needs to know of the person."""

    objection: str  # why he gets nothing, if so
    email: str = ""
    public_id: bytes = b""
    token_version: int = 0
    look: Look = USUAL  # a tuple; counted if he and the operator agreed to it
    is_text_only: bool = False


ERASED = Reader("the reader was erased")


class Digest:
    """One mail, written when it is asked for (`subscriptions.outgoing.Outgoing`)."""

    __slots__ = (
        "_chosen", "_is_text_only", "_press", "_public_id", "_tokens", "entry_id", "key",
        "recipient", "sender",
    )  # fmt: skip

    def __init__(
        self,
        press: Press,
        chosen: Chosen,
        delivery: Delivery,
        recipient: str,
        tokens: Mapping[str, bytes],
        *,
        is_text_only: bool = False,
    ) -> None:
        self.entry_id, self.recipient, self.sender = delivery.pk, recipient, press.sender
        self._public_id = delivery.public_id
        self.key = str(self._public_id)
        self._press, self._chosen, self._tokens = press, chosen, tokens
        self._is_text_only = is_text_only

    def wire(self) -> bytes:
        return self._press.wire(
            self._chosen,
            self._tokens,
            to=self.recipient,
            key=self.key,
            is_text_only=self._is_text_only,
        )

    def message(self) -> AnymailMessage:
        text, html, count = self._press.parts(self._chosen, self._tokens)
        leave = (self._tokens[name].decode() for name in ("unsubscribe", "mailto"))
        return mail.assemble(
            subject=self._press.subject(self._chosen[0][0], count),
            text=unquote(b"".join(text)),
            html="" if self._is_text_only else unquote(b"".join(html)),
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
    ids = {delivery.issue_id for delivery in deliveries}
    stopped = set(Issue.objects.halted().filter(pk__in=ids).values_list("pk", flat=True))
    readers = _readers(deliveries)
    looks = {reader.look for reader in readers.values()}
    looks |= {Look(look.language) for look in looks}  # the archive shows what is not counted
    presses = {
        (issue, look): press
        for look in sorted(looks)
        for issue, press in presses_of(
            _of_look(look, deliveries, readers), keep=True, look=look
        ).items()
    }

    def compose(delivery: Delivery) -> Outgoing:
        if (issue := delivery.issue_id) in stopped:
            raise NotNow
        reader = readers.get(delivery.subscriber_id, ERASED)
        if reader.objection:
            raise NotToBeSent(reader.objection)
        press = presses[issue, reader.look]
        if not (chosen := press.choose(delivery.packed_picks)):
            raise NotToBeSent("its papers are gone")
        tokens = press.tokens(reader.public_id, reader.token_version)
        return Digest(
            press, chosen, delivery, reader.email, tokens, is_text_only=reader.is_text_only
        )

    return compose


def _readers(deliveries: Sequence[Delivery]) -> dict[int | None, Reader]:
    ids = {d.subscriber_id for d in deliveries if d.subscriber_id is not None}
    rows = Subscriber.objects.filter(among("pk", ids))
    names = (
        *("pk", "state", "email", "public_id", "token_version"),
        *("is_counted", "language", "is_text_only"),
    )
    fields = list(rows.values_list(*names))
    suppressed = suppressed_among(row[2] for row in fields)
    counted = Layout.COUNTED if counting.is_on() else Layout.FULL
    looks = {  # one object for all readers of a look
        (code, agreed): Look(languages.known(code), counted if agreed else Layout.FULL)
        for code, agreed in {(row[6], row[5]) for row in fields}
    }
    return {
        pk: Reader(
            _objection(state, email, suppressed), email, public_id.bytes, version,
            looks[code, agreed], is_text_only,
        )
        for pk, state, email, public_id, version, agreed, code, is_text_only in fields
    }  # fmt: skip


def _of_look(
    look: Look, deliveries: Sequence[Delivery], readers: Mapping[int | None, Reader]
) -> list[Delivery]:
    """Return the deliveries that are read in one language; of the counted layout, only those."""
    wanted = {(look.language, layout) for layout in Layout if look.layout in {layout, Layout.FULL}}
    return [d for d in deliveries if readers.get(d.subscriber_id, ERASED).look in wanted]


def _objection(state: str, email: str, suppressed: Collection[str]) -> str:
    if state != Subscriber.State.CONFIRMED:
        return f"the reader is {state}"
    if email in suppressed:
        return "the address is suppressed"
    return "" if ADDRESS.fullmatch(email) else "the address cannot be written to"


def preview(delivery: Delivery, reader: Subscriber) -> Digest:
    """Compose a mail for other eyes than the reader's; nothing is stored."""
    look = Look(languages.known(reader.language))
    press = presses_of([delivery], keep=False, look=look)[delivery.issue_id]
    if not (chosen := press.choose(delivery.packed_picks)):
        raise NotToBeSent("its papers are gone")
    tokens = press.tokens(reader.public_id.bytes, reader.token_version)
    return Digest(press, chosen, delivery, reader.email, tokens)


def page(delivery: Delivery, *, language: str = "en") -> str:
    """Return the mail of a delivery as a page that can be passed on: its links open nothing."""
    press = presses_of([delivery], keep=False, look=Look(language))[delivery.issue_id]
    chosen = press.choose(delivery.packed_picks)
    reader = delivery.subscriber
    made = press.tokens(reader.public_id.bytes, reader.token_version) if reader else {}
    with override(language):
        headline = wording.headline(delivery.issue.cadence, len(chosen))
    return unquote(press.public_html(chosen, headline, digest=made.get("digest", b"")))


def edition(issue: Issue, *, language: str = "en") -> str:
    """Return an issue as a page for anybody: its hottest papers, and nothing of a reader.

    In `language` if a mail of the issue was, else in one that they were in: what was sent
    must not change, so nothing is rendered for a visitor.
    """
    look = Look(_nearest(issue, language))
    rows = Card.objects.filter(issue=issue, **look.fields()).order_by("-trend", "pk")
    ids = list(rows.values_list("paper_id", flat=True)[:IN_ARCHIVE])
    frame = shell.frames([issue], keep=False, look=look)[issue.pk]
    press = _press(issue, frame, ids, keep=False)
    nobodys = bytes(7)  # no reason
    chosen = [(press.sheets[pk], nobodys) for pk in ids]
    with override(look.language):
        headline = wording.public_headline(issue.cadence, len(chosen))
    return unquote(press.public_html(chosen, headline))


def _nearest(issue: Issue, language: str) -> str:
    """Return the language that an issue was sent in that suits best."""
    shells = Shell.objects.filter(issue=issue, layout=Layout.FULL)
    sent = set(shells.values_list("language", flat=True))
    wishes = (language, settings.LANGUAGE_CODE, *sorted(sent))
    return next((wish for wish in wishes if wish in sent), language)


def html_of(message: AnymailMessage) -> str:
    """The HTML part of a message that this module made."""
    return str(message.alternatives[0][0])


def presses_of(
    deliveries: Sequence[Delivery], *, keep: bool, look: Look = USUAL
) -> dict[int | None, Press]:
    """Return issue id -> what its mails share; `keep` stores what has to be rendered."""
    if not deliveries:
        return {}
    issues = _issues_of(deliveries)
    frames = shell.frames(list(issues.values()), keep=keep, look=look)
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
    sheets = cards.sheets(issue, paper_ids, rendering=frame.rendering, keep=keep, look=frame.look)
    return Press(issue, frame, sheets, names)


def _issues_of(deliveries: Sequence[Delivery]) -> dict[int | None, Issue]:
    ids = {delivery.issue_id for delivery in deliveries}
    if None in ids:  # a draft, which is alone
        return {None: deliveries[0].issue}
    return {**Issue.objects.in_bulk(ids)}


def _paper_ids(packed: bytes) -> list[int]:
    found: list[int] = np.unique(np.frombuffer(packed, dtype=PACKED)["paper"]).tolist()
    return found
