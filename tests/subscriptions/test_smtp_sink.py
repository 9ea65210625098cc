"""The SMTP transport against a server of other people's making: Postfix's `smtp-sink`."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from newsletter.demo.processes import answers, free_port
from subscriptions.outgoing import Fate
from tests.subscriptions.smtp_steps import fates, mails, send, wait_until

SINK = shutil.which("smtp-sink", path=os.pathsep.join((os.environ["PATH"], "/usr/sbin")))

pytestmark = pytest.mark.skipif(
    not SINK, reason="smtp-sink is not installed; Debian has it in the package postfix"
)


@pytest.fixture
def sink():
    """Start it with these options; return its port."""
    running = []

    def start(*options: str) -> int:
        port = free_port()
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        command = [SINK, *user, *options, f"127.0.0.1:{port}", "100"]
        running.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        wait_until(lambda: answers(port))
        return port

    yield start
    for process in running:
        process.terminate()
        process.wait(10)


@pytest.mark.parametrize("options", [[], ["-p"], ["-e"]], ids=["pipelining", "ESMTP", "SMTP"])
def test_every_mail_is_taken(sink, options):
    results = send(sink(*options), mails(500), sessions=5)
    assert fates(results) == dict.fromkeys(range(1, 501), Fate.ACCEPTED)


@pytest.mark.parametrize(
    ("command", "fate"),
    [("MAIL", Fate.LATER), ("RCPT", Fate.NEVER), ("DATA", Fate.NEVER), (".", Fate.NEVER)],
)
def test_every_mail_is_refused(sink, command, fate):
    results = send(sink("-f", command), mails(20), sessions=2)
    assert fates(results) == dict.fromkeys(range(1, 21), fate)


@pytest.mark.parametrize("option", ["-q", "-Q"])
def test_what_happens_to_mails_when_it_hangs_up_after_the_content(sink, option):
    found = set(fates(send(sink(option, "."), mails(3), sessions=1)).values())
    assert found == {Fate.UNKNOWN if option == "-q" else Fate.LATER}
