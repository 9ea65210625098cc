"""A real SMTP server that takes mails, remembers which, and fails as it was told to.

In a thread: `with FakeSmtp(faults=[Fault("RCPT", "550 no")]) as server: server.port`.
In a process of its own: `with FakeSmtpProcess(log, …) as server`, or
`python -m tests.fakes.smtp PORT LOG '{"pipelining": false}'`.
Each mail that is taken becomes one line of the file `log`, before it is answered:
recipient, Message-ID and seconds since 1970, with tabs between.
"""

from __future__ import annotations

from tests.fakes.smtp.manner import Fault, Manner
from tests.fakes.smtp.process import FakeSmtpProcess
from tests.fakes.smtp.thread import FakeSmtp

__all__ = ["FakeSmtp", "FakeSmtpProcess", "Fault", "Manner"]
