"""A mail service on 127.0.0.1 that speaks like several real ones, counts, and misbehaves.

    with FakeEsp(Faults(drop=0.01, keys=86400)) as esp:
        settings.ANYMAIL = esp.anymail()           # keys and addresses for Anymail
        ...
        esp.log                                     # every message that it accepted

In a process of its own, for benches and where workers are killed:

    with EspProcess(Faults(latency=0.05), log="/tmp/x/accepted") as esp: ...

Postmark, Resend, Mailjet and Mailtrap one by one and in batches; SendGrid, Mailgun and Brevo
one by one and as Anymail merges.  Recipients choose their luck by their local part, too:
"bad..." is an address that the service calls invalid, "inactive..." one that it will not mail.
"""

from __future__ import annotations

from tests.fakes.esp.dialects import ITEM
from tests.fakes.esp.manner import Faults, anymail
from tests.fakes.esp.process import EspProcess
from tests.fakes.esp.server import FakeEsp

__all__ = ["ITEM", "EspProcess", "FakeEsp", "Faults", "anymail"]
