"""Reads what a receiver thought of a mail that it took: the best test of all (RFC 8601); pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr

from newsletter.doctor.dmarc import is_aligned
from newsletter.doctor.tags import tags
from newsletter.doctor.terms import Finding, unknown, warning, well, wrong

METHODS = ("spf", "dkim", "dmarc")
ONE_CLICK = {"list-unsubscribe", "list-unsubscribe-post"}  # RFC 8058: the signature covers both


def examine(mail: bytes) -> list[Finding]:
    """Look at a digest as it arrived, with the headers that the receiver put in front of it."""
    message = message_from_bytes(mail, policy=policy.default)
    return [*_verdicts(message), _signature(message)]


def _verdicts(message: EmailMessage) -> Iterator[Finding]:
    said = " ".join(str(text) for text in message.get_all("Authentication-Results", []))
    for method in METHODS:
        found = re.search(rf"\b{method}=(\w+)", said)
        about = method.upper()
        if found is None:
            yield unknown(about, "the receiver did not say what it thought of it")
        elif found[1] == "pass":
            yield well(about, "the receiver let it pass")
        else:
            yield wrong(
                about, f"the receiver found: {found[1]}", "see what this command says of the DNS"
            )


def _signature(message: EmailMessage) -> Finding:
    """Somebody signed for the domain of the sender, and for the headers of one-click."""
    sender = parseaddr(str(message.get("From", "")))[1].partition("@")[2]
    signed = [tags(str(text)) for text in message.get_all("DKIM-Signature", [])]
    ours = [found for found in signed if sender and is_aligned(found.get("d", ""), sender)]
    if not ours:
        return wrong(
            "signature",
            f"nobody signed for {sender or 'the sender'}",
            "have the mail service sign with your own domain",
        )
    covered = {name.strip().casefold() for found in ours for name in found.get("h", "").split(":")}
    if "List-Unsubscribe" in message and not covered >= ONE_CLICK:
        return warning(
            "signature",
            "it does not cover List-Unsubscribe and List-Unsubscribe-Post",
            "ask the mail service to sign both: one-click does not count without",
        )
    return well("signature", f"signed for {sender}, one-click headers included")
