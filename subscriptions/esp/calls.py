"""One call of a mail service through Anymail's backend: built, posted, its answer read."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urljoin
from uuid import UUID

import requests
from anymail.backends.base import AnymailBaseBackend
from anymail.backends.base_requests import AnymailRequestsBackend, RequestsPayload
from anymail.exceptions import AnymailRequestsAPIError
from anymail.message import AnymailMessage

from subscriptions.esp import answers
from subscriptions.esp.batches import Answers, Form
from subscriptions.outgoing import Fate, Outgoing, Result

CONNECT_SECONDS, READ_SECONDS = 5.0, 30.0  # for each read of the socket
ANSWER_SECONDS = 45.0  # for the whole answer, however it drips
NOT_READ = (AttributeError, IndexError, KeyError, TypeError, ValueError)  # of a strange answer


@dataclass(frozen=True, slots=True)
class Ready:
    """A mail that can be handed over."""

    mail: Outgoing
    message: AnymailMessage
    data: Any = None  # of Anymail's payload, if it can go with others


@dataclass(frozen=True, slots=True)
class Post:
    """What Anymail's backend wants of a payload when it posts it."""

    params: dict[str, object]

    def get_request_params(self, api_url: str) -> dict[str, object]:
        return self.params


def open_bounded(backend: AnymailRequestsBackend) -> None:
    """Open, and bound the waiting for a connection, for data, and for the end of an answer."""
    backend.open()
    read = READ_SECONDS if backend.timeout is None else float(backend.timeout)
    backend.timeout = (min(CONNECT_SECONDS, read), read)
    session = cast(requests.Session, backend.session)
    session.hooks["response"].insert(0, _bound)


def alone(backend: AnymailBaseBackend, one: Ready, *, key: UUID | None) -> Result:
    """Send one message in a call of its own.

    Raises:
        AnymailError, OSError, ValueError, TypeError: see `answers.fate_of`.
    """
    payload = backend.build_message_payload(one.message, backend.send_defaults)
    if key:
        _add_key(payload, str(key))
    response = backend.post_to_esp(payload, one.message)
    try:
        statuses = backend.parse_recipient_status(response, payload, one.message)
        status = _status_for(one.mail.recipient, statuses, backend)
    except NOT_READ as error:
        return Result(Fate.UNKNOWN, f"an answer that cannot be read: {type(error).__name__}")
    fate = answers.STATUSES.get(status.status, Fate.UNKNOWN)
    if fate is Fate.ACCEPTED:
        return answers.accepted(status.message_id)
    said = getattr(response, "text", "")
    detail = answers.anonymous(f"{status.status} by {backend.esp_name}: {said}", ())
    return Result(fate, detail[: answers.DETAIL_AT_MOST])


def together(
    backend: AnymailRequestsBackend, many: Sequence[Ready], form: Form, *, key: UUID | None
) -> list[Result]:
    """Send messages in one call, and return what came of each.

    Raises:
        AnymailAPIError: there is no answer, or it is about the whole call.
        AnymailError, ValueError, TypeError: the call cannot be written.
    """
    first = many[0].message
    post = _post(backend, many, form, key=key)
    response = backend.post_to_esp(post, first)
    said = _read(backend.deserialize_json_response(response, post, first), many, form, backend)
    if said is None:
        raise AnymailRequestsAPIError(
            "not an answer about single messages", response=response, backend=backend
        )
    nothing = Result(Fate.UNKNOWN, "the answer does not speak of this message")
    return [result or nothing for result in said]


def can_go_together(backend: AnymailRequestsBackend, message: AnymailMessage, form: Form) -> bool:
    """Whether Anymail is set up to send messages like this to where batches are known."""
    payload = backend.build_message_payload(message, backend.send_defaults)
    return form.endpoint(payload.get_api_endpoint()) is not None


def _post(
    backend: AnymailRequestsBackend, many: Sequence[Ready], form: Form, *, key: UUID | None
) -> Post:
    """Anymail's own request for the first message, with all of them as its content."""
    payload = backend.build_message_payload(many[0].message, backend.send_defaults)
    endpoint = form.endpoint(payload.get_api_endpoint())
    params = payload.get_request_params(backend.api_url)
    params["url"] = urljoin(backend.api_url, endpoint)
    params["data"] = _json(form.pack([one.data for one in many]))
    params["headers"] = {**params["headers"], **form.headers}
    if key:
        params["headers"]["Idempotency-Key"] = str(key)
    return Post(params)


def _json(content: object) -> bytes:
    """As Anymail writes it: all ASCII, and headers, which it has in a mapping of its own."""
    return json.dumps(content, default=dict).encode()


def _add_key(payload: RequestsPayload, key: str) -> None:
    """Anymail has no option for this: Brevo reads it in the content, Resend in HTTP's headers."""
    if payload.esp_name == "Brevo":
        payload.data["headers"]["idempotencyKey"] = key
    else:
        payload.headers["Idempotency-Key"] = key


def _read(
    answer: object, many: Sequence[Ready], form: Form, backend: AnymailBaseBackend
) -> Answers | None:
    places: dict[str, int] = {}
    for number, one in enumerate(many):
        for address in _forms_of(one.mail.recipient, backend):
            places[address.casefold()] = number
    return form.read(answer, places, len(many))


def _status_for(recipient: str, statuses: dict[str, Any], backend: AnymailBaseBackend) -> Any:
    """What Anymail read about one recipient: a service may write his address in its own way."""
    ours = {address.casefold() for address in _forms_of(recipient, backend)}
    found = [status for address, status in statuses.items() if address.casefold() in ours]
    return max(found, key=lambda status: status.status in answers.STATUSES)


def _forms_of(recipient: str, backend: AnymailBaseBackend) -> list[str]:
    if recipient.isascii():
        return [recipient]
    local, _, domain = recipient.rpartition("@")
    return [recipient, f"{local}@{backend.idna_encode(domain)}"]


def _bound(response: requests.Response, **_: object) -> None:
    """Called by requests when an answer's headers are there, and before its body is read."""
    response.raw = cast(Any, _InTime(response.raw, time.monotonic() + ANSWER_SECONDS))


class _InTime:
    """An answer of urllib3 that must end in time: its own time-out starts anew at each byte."""

    def __init__(self, raw: Any, deadline: float) -> None:
        self._raw, self._deadline = raw, deadline

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def stream(self, amount: int, decode_content: bool | None = None) -> Iterator[bytes]:
        while part := self._raw.read1(amount, decode_content=decode_content):
            if time.monotonic() > self._deadline:
                raise requests.exceptions.ReadTimeout("the answer does not end")
            yield part
