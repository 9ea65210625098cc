"""How the server is, and what goes wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fault:
    """What goes wrong, and when.

    The first one that fits is done: it says `reply` instead of the usual answer, and then
    closes the connection, or falls silent, if so told.
    """

    at: str  # GREETING, EHLO, MAIL, RCPT, DATA, RSET, CONTENT (its first octets have come),
    # DOT (all has come and is not taken), TAKEN (it is, not answered), ANSWERED (and that)
    reply: str = ""  # one or more lines; may be no reply at all
    then: str = ""  # "close", "reset" or "hang"
    only: str = ""  # recipients that contain this (not for GREETING, EHLO and MAIL)
    share: float = 1.0  # at random
    after: int = 0  # mails that this connection has taken


@dataclass(frozen=True)
class Manner:
    """How the server is, apart from its faults."""

    pipelining: bool = True
    size: int = 0  # the most octets of a mail; announced unless 0
    utf8: bool = False
    greets_after: float = 0.0  # seconds
    replies_after: float = 0.0  # seconds
    byte_by_byte: bool = False  # each octet of a reply in a packet of its own
    many_lines: bool = False  # every reply has three
    data_anyway: bool = False  # 354 to DATA though no recipient was taken
    rcpt_anyway: bool = False  # takes a recipient though the sender was refused
    takes_nothing: bool = False  # and 250 to a lone dot
    certfile: str = ""  # offers STARTTLS, with the key in the same file
    tls_at_once: bool = False  # TLS from the first octet
    user: str = ""  # who must sign in
    password: str = ""
    seed: int = 0
    faults: tuple[Fault, ...] = field(default=())
