"""How the service misbehaves, what comes and what it took, and how Anymail finds it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Faults:
    """What goes wrong.  Numbers without a unit are probabilities for each call, 0 to 1."""

    latency: float = 0.0  # seconds before each answer
    drop: float = 0.0  # accepts, then closes without an answer
    busy: float = 0.0  # 429
    retry_after: str = ""  # its header: seconds, or "date" for a date 30 s from now
    broken: float = 0.0  # 500, for `burst` calls in a row
    burst: int = 1
    item_errors: float = 0.0  # for each message of a batch, refused with a reason of its own
    short: float = 0.0  # some items are missing in the answer of a batch
    reordered: float = 0.0  # its items stand in another order
    bad_json: float = 0.0
    empty: float = 0.0  # 200, and nothing
    drip: float = 0.0  # an answer that never ends
    strict: bool = False  # one bad message in a batch and all are refused: 422
    unauthorised: bool = False  # 401
    keys: float = 0.0  # seconds for which idempotency keys are known; 0: it has none
    seed: int = 1


@dataclass(frozen=True)
class Accepted:
    """One message that was accepted."""

    recipient: str
    key: str  # the metadata "entry"
    at: float  # Unix time
    call: int  # messages with the same number came in one call


@dataclass
class Request:
    """What came in one call, and what shall be answered."""

    service: str
    number: int
    headers: dict[str, str]
    body: bytes
    is_batch: bool
    messages: list[tuple[str, str]] = field(default_factory=list)  # recipient, key


def anymail(url: str) -> dict[str, object]:
    """Settings for Anymail: every service that this one can play, at this address."""
    return {
        "POSTMARK_SERVER_TOKEN": "token", "POSTMARK_API_URL": f"{url}/postmark/",
        "RESEND_API_KEY": "token", "RESEND_API_URL": f"{url}/resend/",
        "MAILJET_API_KEY": "token", "MAILJET_SECRET_KEY": "s", "MAILJET_API_URL": f"{url}/mailjet/",
        "MAILTRAP_API_TOKEN": "token", "MAILTRAP_API_URL": f"{url}/mailtrap/",
        "SENDGRID_API_KEY": "token", "SENDGRID_API_URL": f"{url}/sendgrid/",
        "MAILGUN_API_KEY": "token", "MAILGUN_API_URL": f"{url}/mailgun/",
        "MAILGUN_SENDER_DOMAIN": "news.example.org",
        "BREVO_API_KEY": "token", "BREVO_API_URL": f"{url}/brevo/",
    }  # fmt: skip
