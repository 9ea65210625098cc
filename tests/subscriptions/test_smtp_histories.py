"""Random faults everywhere: what must be true of every history of a send."""

from __future__ import annotations

from contextlib import suppress

import pytest

from subscriptions.outgoing import Fate, Unreachable
from subscriptions.smtp import pool
from tests.fakes.smtp import FakeSmtp, Fault
from tests.subscriptions.smtp_steps import Notes, collect, fates, mails, transport

SESSIONS = 8
MAILS = 2000
FAULTS = [
    Fault("GREETING", "421 4.3.2 not now", then="close", share=0.1),
    Fault("MAIL", "451 4.3.0 not now", share=0.02),
    Fault("MAIL", then="close", share=0.01),
    Fault("RCPT", "550 5.1.1 no such user", share=0.05),
    Fault("RCPT", "421 4.7.0 enough", then="close", share=0.01),
    Fault("RCPT", "25O garbled", share=0.005),
    Fault("DATA", "451 4.3.0 not now", share=0.02),
    Fault("DATA", then="reset", share=0.01),
    Fault("CONTENT", then="close", share=0.01),
    Fault("DOT", "554 5.6.0 a virus", share=0.03),
    Fault("DOT", "421 4.7.0 enough", then="close", share=0.01),
    Fault("DOT", then="hang", share=0.002),
    Fault("TAKEN", then="close", share=0.01),
    Fault("TAKEN", then="reset", share=0.01),
    Fault("TAKEN", "what", share=0.01),
    Fault("TAKEN", then="hang", share=0.002),
    Fault("ANSWERED", "421 4.7.0 enough", then="close", share=0.02),
    Fault("ANSWERED", then="close", share=0.02),
]
LEGAL = [
    ["handing", "accepted"],
    ["handing", "unknown"],
    ["handing", "later"],
    ["handing", "never"],
    ["later"],
    ["never"],
    [],  # untouched
]


@pytest.mark.parametrize(
    ("seed", "manner"),
    [
        (1, {}),
        (2, {"pipelining": False}),
        (3, {"data_anyway": True}),
        (4, {"many_lines": True}),
        (5, {"data_anyway": True, "takes_nothing": True}),
        (6, {"byte_by_byte": True}),
    ],
)
def test_every_mail_has_one_true_result(monkeypatch, seed, manner):
    monkeypatch.setattr(pool, "FIRST_PAUSE", 0.005)
    journal, results, left = Notes(), {}, iter(mails(MAILS))
    running = FakeSmtp(FAULTS, seed=seed, **manner)
    with running as server, transport(server.port, sessions=SESSIONS, timeout=0.4) as opened:
        while len(results) < MAILS:
            with suppress(Unreachable):
                collect(opened.send(left, journal, may_go_on=lambda: True), results)
    judge(server, journal, results)


def judge(server: FakeSmtp, journal: Notes, results: dict) -> None:
    """Compare what the server took with what was said of it."""
    taken = [int(recipient[6:].partition("@")[0]) for recipient in server.recipients]
    said = {fate: {n for n, f in fates(results).items() if f is fate} for fate in Fate}
    assert set(results) == set(range(1, MAILS + 1))
    assert len(taken) == len(set(taken)), "a mail was taken twice"
    assert said[Fate.ACCEPTED] <= set(taken)
    assert set(taken) <= said[Fate.ACCEPTED] | said[Fate.UNKNOWN]
    # Each session may have been at it when the first of them learnt what this server is like.
    assert server.empties <= (SESSIONS if server.manner.takes_nothing else 0)
    assert not server.complaints
    assert journal.in_doubt_most <= 8
    assert all(journal.of(entry_id) in LEGAL for entry_id in results)
    assert all(("handing", entry_id) in journal.lines for entry_id in [*taken, *said[Fate.UNKNOWN]])
    assert len(said[Fate.ACCEPTED]) > MAILS / 2
    assert said[Fate.LATER]
    assert said[Fate.NEVER]
    assert said[Fate.UNKNOWN]
