"""Whether the mail service takes us: who we are, an encrypted line, and a name that fits."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from anymail.message import AnymailMessage
from django.conf import settings

from newsletter.doctor.names import Names
from newsletter.doctor.terms import Finding, unknown, warning, well, wrong
from subscriptions import mail, smtp
from subscriptions.mail import Built
from subscriptions.outgoing import Fate, Unreachable
from subscriptions.smtp.server import Server, open_session
from subscriptions.transport import SMTP, send_once

ABOUT = "mail service"
LOCAL = {"localhost", "127.0.0.1", "::1"}


def examine(names: Names) -> Iterator[Finding]:
    """Open a session and leave; nothing is sent."""
    if settings.EMAIL_BACKEND != SMTP:
        yield unknown(
            ABOUT,
            f"{settings.EMAIL_BACKEND} shows only with a mail whether it knows us",
            "have one sent to yourself with --to",
        )
        return
    server = smtp.from_settings()
    yield _session(server)
    if not (server.use_tls or server.use_ssl) and server.host not in LOCAL:
        yield warning(
            "TLS",
            f"mail to {server.host} can be read on the way",
            "use smtp+tls:// or smtp+ssl:// in EMAIL_URL",
        )
    if server.host not in LOCAL and not server.user:
        yield from _pointers(server.host, names)


def send_test(to: str) -> Finding:
    """Send one short mail; what the service answers is what it would answer for a digest."""
    message = mail.assemble(
        subject=mail.clean_header(f"A test of {settings.SITE_NAME}"),
        text="If you can read this, mail goes out.\n"
        "Save it with all of its headers, and let `manage.py doctor --received FILE` read it.\n",
        html="<p>If you can read this, mail goes out.</p>",
        to=to,
        message_id=uuid.uuid4(),
        headers={},
    )
    return _answer(message)


def _answer(message: AnymailMessage) -> Finding:
    message.metadata = {}  # or a bounce of the test would be looked for in the ledger
    result = send_once(Built.of(0, message))
    if result.fate is Fate.ACCEPTED:
        return well("test mail", f"taken: {result.detail}")
    return wrong("test mail", result.detail, "read what the service says; its credentials are ours")


def _session(server: Server) -> Finding:
    place = f"{server.host}:{server.port}"
    try:
        opened = open_session(server)
    except Unreachable as error:
        return wrong(ABOUT, f"{place} does not take us: {error}", "see EMAIL_URL")
    opened.socket.close()
    return well(ABOUT, f"{place} takes us{' as ' + server.user if server.user else ''}")


def _pointers(host: str, names: Names) -> Iterator[Finding]:
    """A server of our own needs a name that leads back to its address (RFC 1912, 2.1)."""
    for address in names.addresses(host):
        name = names.name_of(address)
        if not name:
            yield wrong(
                "PTR", f"{address} has no name", "have whoever owns the address give it one"
            )
        elif address not in names.addresses(name):
            yield wrong(
                "PTR",
                f"{address} says that it is {name}, which is elsewhere",
                "let the name lead to the address",
            )
        else:
            yield well("PTR", f"{address} is {name}, and back")
