"""How long does a sign-up take, and its mail: with Redis well, frozen, and back again?

    python bench/bench_signup.py [sign-ups in each phase]

A durable Postgres, a Valkey, beat with its usual timetable, one worker, and an SMTP server that
takes everything.  Sign-ups go through all of the site's middleware, without a network.  The goals:
an answer within a second whatever Redis does, the mail gone within 5 seconds while all is well,
and within 60 seconds after Redis is back.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

# ruff: noqa: E402  # the path comes first
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from bench.rig import Rig
from newsletter.demo.processes import free_port

port = free_port()
Controller(Sink(), hostname="127.0.0.1", port=port).start()
rig = Rig(
    EMAIL_URL=f"smtp://127.0.0.1:{port}", PAPER_SOURCES="", SIGNUPS_PER_NETWORK_AN_HOUR="9999"
)
rig.migrate()

import django

django.setup()

from django.test import Client
from django.utils.timezone import now

from papers import catalogue
from subscriptions.forms import make_stamp
from subscriptions.models import Letter
from subscriptions.verdicts import State

PATIENCE = 90.0  # seconds


def sign_up(name: str) -> float:
    """Return how many seconds the answer took."""
    sent = {
        "email": f"{name}@{name}.example.net",
        "topics": ["agents", "reasoning"],
        "keywords": "world models, diffusion",
        "stamp": make_stamp(now() - timedelta(seconds=5)),
    }
    began = time.perf_counter()
    answer = Client(headers={"Host": "news.example.org"}).post("/", sent, secure=True)
    took = time.perf_counter() - began
    if answer.status_code != 303:
        raise SystemExit(f"{name} was not taken: {answer.status_code}")
    return took


def await_mail(name: str) -> None:
    deadline = time.monotonic() + PATIENCE
    letters = Letter.objects.filter(subscriber__email__startswith=f"{name}@")
    while letters.exclude(state=State.ACCEPTED).exists():
        if time.monotonic() > deadline:
            raise SystemExit(f"no mail to {name} after {PATIENCE:.0f} s")
        time.sleep(0.02)


def say(what: str, seconds: list[float], *, goal: float) -> None:
    ordered = sorted(seconds)
    p99 = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    verdict = "ok" if p99 < goal else "TOO SLOW"
    line = f"{what:<46} p50 {ordered[len(ordered) // 2]:6.3f} s  p99 {p99:6.3f} s  {verdict}"
    sys.stdout.write(f"{line}\n")


def main(count: int) -> None:
    catalogue.install()
    rig.start_worker("letters")
    schedule = str(rig.folder / "beat")
    rig.processes.start(
        "beat", ["celery", "-A", "newsletter.config", "beat", "-s", schedule, "--pidfile="]
    )
    sign_up("warm")
    await_mail("warm")

    answers, mails = [], []
    for number in range(count):
        began = time.perf_counter()
        answers.append(sign_up(f"well{number}"))
        await_mail(f"well{number}")
        mails.append(time.perf_counter() - began)
    say("Redis is well: the answer", answers, goal=1)
    say("Redis is well: the mail has left", mails, goal=5)

    os.kill(rig.valkey.process.pid, signal.SIGSTOP)
    say("Redis is frozen: the answer", [sign_up(f"ice{n}") for n in range(count)], goal=1)
    os.kill(rig.valkey.process.pid, signal.SIGCONT)
    began = time.perf_counter()
    for number in range(count):
        await_mail(f"ice{number}")
    say("Redis is back: the last mail has left", [time.perf_counter() - began], goal=60)


main(int(sys.argv[1]) if len(sys.argv) > 1 else 25)
