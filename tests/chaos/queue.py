"""A Valkey that forgets, dies, freezes or throws things away: it only ever carries doorbells."""

from __future__ import annotations

import time
from datetime import timedelta

import redis
from django.test import Client
from django.utils.timezone import now

from papers.models import Topic
from subscriptions import forms
from tests.chaos.row import Row
from tests.chaos.servers import Servers
from tests.chaos.stage import Stage
from tests.chaos.ways_out import Smtp

SLOW = {"replies_after": 0.05}
RESUMES_AFTER = 60.0  # seconds
SIGN_UP_AT_MOST = 1.0  # seconds, 99 of 100
NOTHING = "lost 0; extra 0; none in doubt"


def flushed(servers: Servers, *, recipients: int, times: int) -> Row:
    """FLUSHALL, the first time before any bell was heard."""
    queue = redis.Redis.from_url(servers.queue.url)
    with Stage(servers, Smtp(**SLOW), recipients=recipients, UNCERTAIN="park") as stage:
        queue.flushall()
        stage.start(2)
        for _ in stage.moments(times - 1):
            queue.flushall()
        stage.settle()
        return undisturbed(stage, fault=f"{times} x FLUSHALL")


def killed(servers: Servers, *, recipients: int, times: int) -> Row:
    """kill -9 of the queue's server, which comes back empty."""
    with Stage(servers, Smtp(**SLOW), recipients=recipients, UNCERTAIN="park") as stage:
        stage.start(2)
        for _ in stage.moments(times):
            servers.queue.kill()
            time.sleep(stage.chance.uniform(0.1, 1))
            servers.queue.restart()
        stage.settle()
        return undisturbed(stage, fault=f"{times} x kill -9 of Valkey, empty restart")


def evicting(servers: Servers, *, recipients: int) -> Row:
    """A server with 2 MB that throws away whatever was not used for long, queues too."""
    queue = redis.Redis.from_url(servers.queue.url)
    queue.config_set("maxmemory", "2mb")
    queue.config_set("maxmemory-policy", "allkeys-lru")
    with Stage(servers, Smtp(**SLOW), recipients=recipients, UNCERTAIN="park") as stage:
        stage.start(2)
        for _ in stage.moments(20):
            for number in range(2000):
                queue.set(f"junk{number}", b"x" * 2000)
        stage.settle()
        row = undisturbed(stage, fault="maxmemory 2mb, allkeys-lru, full of junk")
        evicted = queue.info("stats")["evicted_keys"]
        row.remarks.append(f"{evicted} keys were thrown away")
        row.expect({"something was thrown away": evicted > 0})
        return row


def frozen(servers: Servers, *, recipients: int, seconds: int) -> Row:
    """SIGSTOP to the queue's server; people go on signing up."""
    with Stage(
        servers, Smtp(replies_after=0.4), recipients=recipients,
        UNCERTAIN="park", SMTP_SESSIONS=4,
    ) as stage:  # fmt: skip
        stage.start(2)
        next(stage.moments(1, until=0.1))
        servers.queue.freeze()
        took = sign_ups(seconds=seconds)
        before = stage.log.count()
        servers.queue.thaw()
        thawed = time.time()
        stage.settle(seconds=200)
        row = undisturbed(stage, fault=f"Valkey frozen for {seconds} s")
        row.goal = "lost 0; extra 0; goes on <= 60 s after; sign-up p99 < 1 s"
        rest = [copy.at - thawed for copy in stage.log.copies()[before:]]
        slow = sorted(took)[int(len(took) * 0.99)]
        row.remarks.append(
            f"{before} mails until it thawed, the next {min(rest, default=-1):.1f} s after;"
            f" {len(took)} sign-ups, p99 {slow:.2f} s"
        )
        row.expect(
            {
                "sending goes on within 60 s": bool(rest) and min(rest) <= RESUMES_AFTER,
                "a sign-up takes less than a second": slow < SIGN_UP_AT_MOST,
            }
        )
        return row


def sign_ups(*, seconds: float) -> list[float]:
    """Sign somebody up again and again; return how long each took.  Every one must succeed."""
    client = Client(headers={"host": "localhost"})
    topic = Topic.objects.active().first()
    took = []
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        number = len(took)
        fields = {
            "email": f"newcomer{number}@example.com", "topics": topic.slug, "cadence": "daily",
            "stamp": forms.make_stamp(now() - timedelta(seconds=5)),
        }  # fmt: skip
        began = time.monotonic()
        response = client.post("/", fields)
        took.append(time.monotonic() - began)
        if response.status_code != 303:
            raise RuntimeError(f"a sign-up was answered with {response.status_code}")
        time.sleep(0.1)
    return took


def undisturbed(stage: Stage, *, fault: str) -> Row:
    row, books = stage.row(fault=fault, goal=NOTHING)
    row.expect({"no copy more": not books.extras, "nothing is in doubt": not books.parked})
    return row
