"""Bodies as services post them and as they never would, signed where the service signs."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from base64 import b64encode
from urllib.parse import urlencode

from tests.conftest import MOMENT
from tests.newsletter.event_steps import BASIC, SECRET

KEY = "a-key-for-signatures"
SETTINGS = {
    "WEBHOOK_SECRET": SECRET, "MAILGUN_WEBHOOK_SIGNING_KEY": KEY, "MAILERSEND_SIGNING_SECRET": KEY,
    "MAILTRAP_TRACKING_SECRET": KEY, "MANDRILL_WEBHOOK_KEY": KEY, "UNISENDER_GO_API_KEY": KEY,
    "MANDRILL_WEBHOOK_URL": "https://news.example.org/hooks/mandrill/",
}  # fmt: skip
AT = int(MOMENT.timestamp())
SEEDS = {
    "brevo": {"event": "hard_bounce", "email": "ann@example.net", "ts_epoch": AT * 1000,
              "message-id": "<x@y>", "tags": ["a"], "X-Mailin-custom": '{"entry": "0"}'},
    "mailersend": {"type": "activity.hard_bounced", "created_at": "2026-03-17T12:00:00Z",
                   "data": {"id": "e1", "type": "hard_bounced", "email": {
                       "recipient": {"email": "ann@example.net"}, "message": {"id": "m1"}}}},
    "mailgun": {"event-data": {"event": "failed", "severity": "permanent", "timestamp": AT,
                "recipient": "ann@example.net", "message": {"headers": {"message-id": "a@b"}},
                "delivery-status": {"code": 550, "message": "5.1.1 no"}, "reason": "bounce",
                "user-variables": {"entry": "0"}, "tags": []}},
    "mailjet": [{"event": "bounce", "time": AT, "email": "ann@example.net", "hard_bounce": True,
                 "MessageID": 17, "Payload": '{"entry": "0"}', "error_related_to": "recipient"}],
    "mailtrap": {"events": [{"event": "bounce", "timestamp": AT, "message_id": "m", "event_id": "e",
                             "email": "ann@example.net", "custom_variables": {"entry": "0"}}]},
    "mandrill": [{"event": "hard_bounce", "ts": AT, "_id": "m1", "msg": {
        "ts": AT, "email": "ann@example.net", "_id": "m1", "metadata": {"entry": "0"},
        "diag": "smtp;550 5.1.1", "tags": [], "bounce_description": "bad_mailbox"}}],
    "postmark": {"RecordType": "Bounce", "Type": "HardBounce", "ID": 42, "MessageID": "m1",
                 "Email": "ann@example.net", "BouncedAt": "2026-03-17T12:00:00Z",
                 "Details": "smtp;550 5.1.1", "Metadata": {"entry": "0"}},
    "resend": {"type": "email.bounced", "created_at": "2026-03-17T12:00:00Z", "data": {
        "email_id": "m1", "to": ["ann@example.net"], "bounce": {"message": "hard", "type": "P"},
        "headers": [{"name": "X-Metadata", "value": '{"entry": "0"}'}]}},
    "sendgrid": [{"event": "bounce", "email": "ann@example.net", "timestamp": AT, "type": "bounce",
                  "sg_event_id": "e1", "status": "5.1.1", "reason": "550", "entry": "0"}],
    "sparkpost": [{"msys": {"message_event": {"type": "bounce", "event_id": "e", "timestamp": AT,
        "rcpt_to": "ann@example.net", "rcpt_meta": {"entry": "0"}, "bounce_class": "10",
        "raw_reason": "550 5.1.1"}}}],
    "unisender_go": {"auth": "", "events_by_user": [{"user_id": 1, "events": [{
        "event_name": "transactional_email_status", "event_data": {
            "job_id": "j", "status": "hard_bounced", "email": "ann@example.net",
            "metadata": {"entry": "0"}, "event_time": "2026-03-17 12:00:00",
            "delivery_info": {"delivery_status": "err_user_unknown", "user_agent": ""}}}]}]},
}  # fmt: skip
ODD = [
    *(None, True, 0, -1, 1e308, 10**30, "", "x" * 300, "\0", "\ud800", "é", "2024-99-99", [], {}),
    *([None], {"a": None}, [[]], "1e400", AT * 10**9, "<@>", [{"name": None}], "a@b, c@d"),
]
RAW = [
    *(b"", b"null", b"7", b'"x"', b"[]", b"{}", b"[null]", b"[" * 100_000, b'{"a":' * 50_000),
    *(b"\xff\xfe\x00", b"\x00", b"1e400", b"[1e400]", b"-" * 9, b"9" * 5000, b"\xef\xbb\xbf{}"),
]
TYPES = [
    *["application/json"] * 30,
    *("", "text/plain", "application/json; charset=utf-16", "application/json; charset=nonsense"),
    *("multipart/form-data", "multipart/form-data; boundary=x", "text/html"),
    *("application/json; charset=\x01", "é" * 400, "application/x-www-form-urlencoded; charset=x"),
]


def body_of(service: str, dice: random.Random) -> tuple[bytes, str]:
    """A body and its content type: as it should be, or as it should not."""
    if dice.random() < 0.1:
        return _sealed(service, dice.choice(RAW), dice)
    event = json.loads(json.dumps(SEEDS[service]))
    for _ in range(dice.randint(0, 3)):
        event = _spoiled(event, dice)
    if isinstance(event, dict) and service == "mailgun" and dice.random() < 0.9:
        event["signature"] = _mailgun_signature(dice)
    raw = json.dumps(event).encode()
    if service == "unisender_go":
        return _unisender(raw), "application/json"
    if dice.random() < 0.15:
        return _sealed(service, _torn(raw, dice), dice)
    return _sealed(service, raw, dice)


def headers_of(service: str, body: bytes) -> dict[str, str]:
    """What the service would send along with this body, password and all."""
    headers = {"HTTP_AUTHORIZATION": BASIC, "HTTP_SVIX_ID": "msg_1"}
    signature = hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()
    if service == "mailersend":
        headers["HTTP_SIGNATURE"] = signature
    if service == "mailtrap":
        headers["HTTP_MAILTRAP_SIGNATURE"] = signature
    if service == "mandrill":
        signed = SETTINGS["MANDRILL_WEBHOOK_URL"].encode() + b"mandrill_events"
        text = dict(_form.get(body, [])).get("mandrill_events", "").encode("utf-8", "replace")
        digest = hmac.new(KEY.encode(), signed + text, hashlib.sha1).digest()
        headers["HTTP_X_MANDRILL_SIGNATURE"] = b64encode(digest).decode()
    return headers


_form: dict[bytes, list[tuple[str, str]]] = {}


def _sealed(service: str, raw: bytes, dice: random.Random) -> tuple[bytes, str]:
    if service != "mandrill":
        return raw, dice.choice(TYPES)
    fields = [("mandrill_events", raw.decode("utf-8", "replace"))]
    body = urlencode(fields).encode()
    _form.clear()
    _form[body] = fields
    return body, "application/x-www-form-urlencoded"


def _mailgun_signature(dice: random.Random) -> dict[str, str]:
    token, timestamp = f"{dice.getrandbits(64):x}", str(AT)
    signed = hmac.new(KEY.encode(), f"{timestamp}{token}".encode(), hashlib.sha256)
    return {"token": token, "timestamp": timestamp, "signature": signed.hexdigest()}


def _unisender(raw: bytes) -> bytes:
    """It signs the body with the key in the place of the signature."""
    keyed = raw.replace(b'"auth": ""', f'"auth": "{KEY}"'.encode())
    digest = hashlib.md5(keyed, usedforsecurity=False).hexdigest()
    return keyed.replace(KEY.encode(), digest.encode())


def _spoiled(value: object, dice: random.Random) -> object:
    """Take something out, or put something odd in its place, somewhere."""
    if isinstance(value, dict) and value and dice.random() < 0.85:
        name = dice.choice(list(value))
        if dice.random() < 0.25:
            return {key: kept for key, kept in value.items() if key != name}
        return {**value, name: _spoiled(value[name], dice)}
    if isinstance(value, list) and value and dice.random() < 0.85:
        at = dice.randrange(len(value))
        return [*value[:at], _spoiled(value[at], dice), *value[at + 1 :]]
    return dice.choice(ODD)


def _torn(raw: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(raw))
    return dice.choice([raw[:at], raw[at:], raw[:at] + b"\xff" + raw[at:], raw + raw])
