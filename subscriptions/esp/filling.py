"""Anymail's payload made once for messages of a kind, and filled for each of them.

Anymail parses addresses, headers and options anew for every message, which takes as long as
writing the JSON.  Here its own code writes one payload for a message with marks for texts;
what it made of the marks is then filled in.  What could be treated in another way than the
marks is left to Anymail itself, and so is a kind whose first message comes out different.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from anymail.backends.base import AnymailBaseBackend
from anymail.message import AnymailMessage
from anymail.utils import UNSET

logger = logging.getLogger(__name__)

Texts = Mapping[str, str]  # mark -> text
Fill = Callable[[Texts], Any]  # builds one part of a payload's data
Kind = tuple[object, ...]

# Anymail leaves addresses like these as they are, if the domain is its own IDNA form.
PLAIN_ADDRESS = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@([a-z0-9-]+(?:\.[a-z0-9-]+)+)")
PLAIN_WORD = re.compile(r"[A-Za-z0-9_.-]+")  # the same inside of JSON inside of JSON
SPECIAL_HEADERS = {"from", "to", "reply-to"}  # Anymail makes fields of them
SAME_FOR_ALL = ("envelope_sender", "track_clicks", "track_opens")
NOT_FILLED = (
    "send_at", "template_id", "esp_extra",
    "merge_data", "merge_global_data", "merge_headers", "merge_metadata",
)  # fmt: skip


class NotAlike(Exception):
    """Anymail could treat this otherwise than a mark."""


class Filler:
    """Payload data for many messages, as Anymail would write it.  One for each backend."""

    def __init__(self, backend: AnymailBaseBackend) -> None:
        self._backend = backend
        self._fills: dict[Kind, Fill | None] = {}
        self._marks = Marks()
        self._is_own_form = lru_cache(10_000)(self._encodes_to_itself)

    def data(self, message: AnymailMessage) -> Any:
        """Return what Anymail's payload for this message has as `data`.

        Raises what Anymail raises for a message that it cannot write.
        """
        try:
            kind, texts = self._take_apart(message)
            if kind not in self._fills:
                self._fills[kind] = self._learn(message, texts)
            fill = self._fills[kind]
            return self.real(message) if fill is None else fill(texts)
        except NotAlike:
            return self.real(message)

    def real(self, message: AnymailMessage) -> Any:
        return self._backend.build_message_payload(message, self._backend.send_defaults).data

    def _take_apart(self, message: AnymailMessage) -> tuple[Kind, dict[str, str]]:
        """What is the same for all messages of a kind, and the other texts by mark."""
        _expect_simple(message)
        if not self._is_plain(message.to[0]):
            raise NotAlike
        metadata = {} if message.metadata is UNSET else message.metadata
        if not all(PLAIN_WORD.fullmatch(str(text)) for text in metadata.values()):
            raise NotAlike
        values = (
            message.to[0], message.subject, message.body, message.alternatives[0][0],
            *metadata.values(), *message.extra_headers.values(),
        )  # fmt: skip
        if not all(type(text) is str and text for text in values):
            raise NotAlike  # Anymail writes numbers as text, and leaves out what is empty
        kind = (
            tuple(message.extra_headers), message.metadata is UNSET, tuple(metadata),
            message.from_email, tuple(message.reply_to),
            UNSET if message.tags is UNSET else tuple(message.tags),
            *(getattr(message, name) for name in SAME_FOR_ALL),
        )  # fmt: skip
        return kind, dict(zip(self._marks.named(len(values)), values, strict=True))

    def _is_plain(self, address: str) -> bool:
        found = PLAIN_ADDRESS.fullmatch(address)
        return found is not None and self._is_own_form(found[1])

    def _encodes_to_itself(self, domain: str) -> bool:
        try:
            return bool(self._backend.idna_encode(domain) == domain)
        except ValueError:
            return False

    def _learn(self, message: AnymailMessage, texts: Texts) -> Fill | None:
        """Have Anymail write a message of marks, and see what becomes of them."""
        fill = self._marks.fill_of(self.real(marked(message, list(texts))))
        if fill(texts) == self.real(message):
            return fill
        logger.warning("%s: messages are written one by one", self._backend.esp_name)
        return None


class Marks:
    """Texts that nobody can have written, and their places in a payload's data.

    The first stands for the recipient.  All are of letters and digits, so that nothing
    needs to be escaped anywhere; 96 random bits make them unknown to who writes to us.
    """

    def __init__(self) -> None:
        self._prefix = f"mark{secrets.token_hex(12)}x"
        self._names: list[str] = [f"{self._prefix}0x@marks.invalid"]

    def named(self, count: int) -> list[str]:
        for number in range(len(self._names), count):
            self._names.append(f"{self._prefix}{number}x")
        return self._names[:count]

    def fill_of(self, data: Any) -> Fill:
        """Turn data with marks into what builds the same with texts; raise `NotAlike`."""
        match data:
            case str() if data in self._names:
                return lambda texts: texts[data]
            case str() if self._prefix in data:
                return self._inside(data)
            case list():
                items = [self.fill_of(item) for item in data]
                return lambda texts: [fill(texts) for fill in items]
            case Mapping():
                return self._mapping(data)
            case _:
                return lambda _: data

    def _mapping(self, data: Mapping[str, Any]) -> Fill:
        if any(self._prefix in name for name in data):
            raise NotAlike
        fixed = {name: item for name, item in data.items() if self._is_free(item)}
        fills = [(name, self.fill_of(item)) for name, item in data.items() if name not in fixed]
        # The order of the fields is Anymail's, and stays so when their values are set again.
        empty = dict.fromkeys(data) | fixed
        return lambda texts: {**empty, **{name: fill(texts) for name, fill in fills}}

    def _is_free(self, item: Any) -> bool:
        return not isinstance(item, list | Mapping) and self._prefix not in str(item)

    def _inside(self, data: str) -> Fill:
        """A mark within a text, such as metadata as JSON: only plain words can be put there."""
        found = [name for name in self._names if name in data]

        def fill(texts: Texts) -> str:
            made = data
            for name in found:
                if not PLAIN_WORD.fullmatch(texts[name]):
                    raise NotAlike
                made = made.replace(name, texts[name])
            return made

        return fill


def marked(message: AnymailMessage, marks: list[str]) -> AnymailMessage:
    """A message of the same kind whose texts are marks, in the order of `_take_apart`."""
    to, subject, body, html, *rest = marks
    metadata = {} if message.metadata is UNSET else message.metadata
    names = list(message.extra_headers)
    made = AnymailMessage(
        subject, body, message.from_email, [to],
        headers=dict(zip(names, rest[len(metadata) :], strict=True)),
        reply_to=message.reply_to, tags=message.tags,
        metadata=UNSET if message.metadata is UNSET else dict(zip(metadata, rest, strict=False)),
        **{name: getattr(message, name) for name in SAME_FOR_ALL},
    )  # fmt: skip
    made.attach_alternative(html, "text/html")
    return made


def _expect_simple(message: AnymailMessage) -> None:
    """Raise `NotAlike` unless it is a text, its HTML, one recipient and ordinary headers."""
    names = [name.lower() for name in message.extra_headers]
    if (
        len(message.to) != 1
        or message.content_subtype != "plain"
        or _any((message.cc, message.bcc, message.attachments))
        or [kind for _, kind in message.alternatives] != ["text/html"]
        or len(set(names)) < len(names)
        or not SPECIAL_HEADERS.isdisjoint(names)
        or _any(getattr(message, name) is not UNSET for name in NOT_FILLED)
    ):
        raise NotAlike


def _any(values: Iterable[object]) -> bool:
    return any(map(bool, values))
