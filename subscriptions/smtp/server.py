"""Which mail server to speak to, and the way there: greeting, TLS, and who we are."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from django.conf import settings
from django.core.mail.utils import DNS_NAME

from subscriptions.outgoing import Unreachable


class Kind(Enum):
    """Why a session could not be opened."""

    REFUSED = "refused"  # nobody there, or not willing
    TIMEOUT = "time-out"
    TLS = "TLS"
    AUTH = "AUTH"


LASTING = (Kind.TLS, Kind.AUTH)  # to try again at once would change nothing


class NoSession(Unreachable):
    def __init__(self, kind: Kind, reason: str) -> None:
        super().__init__(f"{kind.value}: {reason}")
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Server:
    """The names are Django's settings, without EMAIL_."""

    host: str
    port: int = 25
    user: str = ""
    password: str = ""
    use_tls: bool = False  # STARTTLS
    use_ssl: bool = False  # TLS from the first octet
    certfile: str | None = None
    keyfile: str | None = None
    timeout: float = 30.0  # seconds for each reply
    name: str = "localhost"  # ours, for EHLO

    def __repr__(self) -> str:
        return f"<Server {self.host}:{self.port}>"  # no password in a log


def from_settings() -> Server:
    return Server(
        host=settings.EMAIL_HOST,
        port=settings.EMAIL_PORT,
        user=settings.EMAIL_HOST_USER,
        password=settings.EMAIL_HOST_PASSWORD,
        use_tls=settings.EMAIL_USE_TLS,
        use_ssl=settings.EMAIL_USE_SSL,
        certfile=settings.EMAIL_SSL_CERTFILE,
        keyfile=settings.EMAIL_SSL_KEYFILE,
        timeout=settings.EMAIL_TIMEOUT or 30.0,
        name=DNS_NAME.get_fqdn(),
    )


class Offers(NamedTuple):
    """What the server said it can do."""

    pipelining: bool = False  # RFC 2920
    utf8: bool = False  # RFC 6531
    has_size: bool = False  # RFC 1870
    size: int = 0  # octets at most; 0 if it names no limit


class Opened(NamedTuple):
    socket: socket.socket
    offers: Offers


def open_session(server: Server) -> Opened:
    """Connect, greet, encrypt and sign in; blocks up to the time-out at each step.

    Raises:
        NoSession: with the kind and the server's own words.
    """
    client: smtplib.SMTP | None = None
    try:
        client = _connect(server)
        _introduce(client, server)
    except (OSError, ValueError) as error:  # every SMTPException is an OSError
        if client is not None:
            client.close()
        raise NoSession(_kind(error), _reason(error)) from error
    return _take_over(client)


def _connect(server: Server) -> smtplib.SMTP:
    if server.use_ssl:
        return smtplib.SMTP_SSL(
            server.host,
            server.port,
            local_hostname=server.name,
            timeout=server.timeout,
            context=_context(server),
        )
    return smtplib.SMTP(
        server.host, server.port, local_hostname=server.name, timeout=server.timeout
    )


def _introduce(client: smtplib.SMTP, server: Server) -> None:
    client.ehlo_or_helo_if_needed()
    if server.use_tls:
        client.starttls(context=_context(server))
        client.ehlo_or_helo_if_needed()
    if server.user:
        client.login(server.user, server.password)


def _context(server: Server) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if server.certfile:
        context.load_cert_chain(server.certfile, server.keyfile or None)
    return context


def _take_over(client: smtplib.SMTP) -> Opened:
    """Leave smtplib behind; from here on the socket never blocks."""
    if client.sock is None:
        raise NoSession(Kind.REFUSED, "the connection was closed")
    if client.file is not None:
        client.file.close()
    connection, client.sock, client.file = client.sock, None, None
    connection.setblocking(False)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Opened(connection, _offers(client.esmtp_features if client.does_esmtp else {}))


def _offers(features: Mapping[str, str]) -> Offers:
    size = features.get("size", "").strip()
    return Offers(
        pipelining="pipelining" in features,
        utf8="smtputf8" in features,
        has_size="size" in features,
        size=int(size) if size.isdecimal() else 0,
    )


def _kind(error: Exception) -> Kind:
    is_lacking = isinstance(error, smtplib.SMTPNotSupportedError)
    # smtplib says of a time-out that the connection was closed.
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return Kind.TIMEOUT
    if isinstance(error, ssl.SSLError) or (is_lacking and "STARTTLS" in str(error)):
        return Kind.TLS
    # A bare SMTPException: none of the server's ways to sign in is known.
    if isinstance(error, smtplib.SMTPAuthenticationError) or is_lacking:
        return Kind.AUTH
    return Kind.AUTH if type(error) is smtplib.SMTPException else Kind.REFUSED


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        text = said.decode(errors="replace") if isinstance(said, bytes) else said
        return f"{error.smtp_code} {text}"
    return str(error) or type(error).__name__
