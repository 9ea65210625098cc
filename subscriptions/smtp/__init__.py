"""Mails over SMTP: many open sessions of one process, each speaking as fast as it may."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from subscriptions.outgoing import Journal, Outgoing, Result
from subscriptions.smtp.pool import Pool
from subscriptions.smtp.sending import Sending
from subscriptions.smtp.server import Kind, NoSession, Server, from_settings

__all__ = ["Kind", "NoSession", "Server", "SmtpTransport", "from_settings"]


class SmtpTransport:
    """A `subscriptions.outgoing.Transport`; for one thread of one process.

    Of the mails handed over, at most one per open session has no answer yet: so many can be
    in doubt when the process is killed.  Sessions stay open between calls of `send`.
    """

    name = "smtp"

    def __init__(self, server: Server, *, sessions: int = 10) -> None:
        self._server = server
        self._pool = Pool(server, limit=sessions)

    def send(
        self, mails: Iterator[Outgoing], journal: Journal, *, may_go_on: Callable[[], bool]
    ) -> Iterator[tuple[int, Result]]:
        """See `Transport.send`; what was taken is waited for up to the server's time-out.

        Raises:
            NoSession: an `Unreachable` that knows its kind; also if the server went away
                in the middle.  What was taken and not handed over was yielded as untouched.
        """
        return Sending(
            mails,
            journal,
            may_go_on=may_go_on,
            pool=self._pool,
            patience=self._server.timeout,
        ).run()

    def close(self) -> None:
        """Leave the server; the transport cannot be used again."""
        self._pool.close()
