"""What abuse achieves: list bombing, enumeration, guessed links, scanners of mail, races.

`python bench/bench_abuse.py [SHARE [PART ...]]`: a real Postgres with durable commits, requests
through the whole of Django in this process.  SHARE of the full numbers, 0.01 for a quick look;
1 takes an hour.  PARTs are the names in `main`.  Answers last even times only where times are
measured.
"""

from __future__ import annotations

import itertools
import math
import random
import sys
import time
import uuid
from bisect import bisect_right
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.rig import Rig

RIG = Rig(MIN_FREE_GB="0", OPERATOR_MAIL="")

import django

django.setup()

# ruff: noqa: E402  # the servers, then the settings, then the models
from django.conf import settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.utils.timezone import now

from bench import figures
from newsletter.models import Delivery, Issue
from newsletter.picks import Pick, Why, pack
from papers.models import Paper, Topic
from subscriptions import brake, even_time, limits, optin, tokens
from subscriptions.models import (
    Brake,
    Consent,
    Letter,
    SignUpCount,
    Subscriber,
    Suppression,
    address_hash,
)
from subscriptions.stamps import make_stamp
from subscriptions.tokens import BadToken, Purpose
from subscriptions.verdicts import State
from tests.hostile import mutations, scanners
from tests.hostile.rows import changes, dump

KNOWN = [str(state) for state in Subscriber.State]
NO_LIMIT = 10**9
PEERS = itertools.count(1)


class Crowd:
    """Clients of ever other networks; counts answers by status."""

    def __init__(self) -> None:
        self.client = Client(raise_request_exception=False, SERVER_NAME="news.example.org")
        self.statuses: dict[int, int] = {}

    def sign_up(self, email: str, **fields: object) -> HttpResponse:
        stamp = make_stamp(now() - timedelta(seconds=5))
        sent = {"email": email, "topics": TOPICS, "cadence": "daily", "stamp": stamp, **fields}
        answer = self.client.post("/", sent, REMOTE_ADDR=peer(), secure=True)
        self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
        return answer

    @property
    def failures(self) -> int:
        return sum(count for status, count in self.statuses.items() if status >= 500)


def peer() -> str:
    """An address in a /24 that nobody came from before."""
    number = next(PEERS)
    return f"{11 + (number >> 16)}.{(number >> 8) & 255}.{number & 255}.7"


def clear() -> None:
    for model in (Letter, Consent, SignUpCount, Suppression, Brake):
        model.objects.all().delete()
    Subscriber.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def mails() -> int:
    """Letters that go out, now or later."""
    return Letter.objects.exclude(state=State.SKIPPED).count()


def say(goal: str, what: str, found: str, wanted: str, is_met: bool) -> None:
    mark = "ok" if is_met else "MISSED"
    sys.stdout.write(f"{goal:4} {what:58} {found:>24}   {wanted:24} {mark}\n")
    sys.stdout.flush()
    if not is_met:
        MISSED.append(what)


MISSED: list[str] = []


# --- G19: list bombing ----------------------------------------------------------------


def one_victim(posts: int, *, is_braked: bool) -> None:
    """All for one address, each from a network of its own."""
    clear()
    settings.SIGNUPS_AN_HOUR = 60 if is_braked else NO_LIMIT
    crowd = Crowd()
    began = time.perf_counter()
    for number in range(posts):
        crowd.sign_up(f"victim+{number % 1000}@example.com")
    rate = posts / (time.perf_counter() - began)
    how = "the brake on" if is_braked else "the brake disabled"
    say("G19", f"{posts:,} posts for one victim, {how}: mails", str(mails()), "<= 1 in 24 h",
        mails() <= 1)  # fmt: skip
    rows = Consent.objects.count()
    say("G19", "  rows written for them", f"{rows:,}", "<= 60 with the brake",
        rows <= 60 or not is_braked)  # fmt: skip
    say("G19", f"  answers of 5xx, at {rate:,.0f} a second", str(crowd.failures), "0",
        crowd.failures == 0)  # fmt: skip


def many_victims(posts: int) -> None:
    """Each another address from another network, as fast as it goes."""
    clear()
    settings.SIGNUPS_AN_HOUR = 60
    crowd = Crowd()
    began, braked_at = time.perf_counter(), 0.0
    taken_before = 0
    for number in range(posts):
        crowd.sign_up(f"reader{number}@host{number % 5000}.example.com")
        if not braked_at and brake.is_on(brake.state(), at=now()):
            braked_at, taken_before = time.perf_counter() - began, number
    seconds = time.perf_counter() - began
    say("G19", f"{posts:,} addresses from as many networks: mails", str(mails()),
        "<= 60 an hour", mails() <= 60 * (1 + seconds // 3600))  # fmt: skip
    say("G19", f"  brake on after {taken_before} sign-ups, seconds", f"{braked_at:.2f}", "<= 60",
        0 < braked_at <= 60)  # fmt: skip
    at_pace = taken_before / (20_000 / 3600)
    say("G19", "  the same at 20,000 an hour, seconds", f"{at_pace:.1f}", "<= 60", at_pace <= 60)
    say("G19", "  answers of 5xx", str(crowd.failures), "0", crowd.failures == 0)


def one_network(posts: int) -> None:
    for kind, address in (("/24", "192.0.2.{}"), ("/64", "2001:db8::{:x}")):
        clear()
        settings.SIGNUPS_AN_HOUR = NO_LIMIT
        crowd = Crowd()
        for number in range(posts):
            stamp = make_stamp(now() - timedelta(seconds=5))
            email = f"reader{number}@host{number}.example.com"
            crowd.client.post(
                "/", {"email": email, "topics": TOPICS, "cadence": "daily", "stamp": stamp},
                REMOTE_ADDR=address.format(1 + number % 250), secure=True,
                headers={"X-Forwarded-For": f"198.51.{number % 250}.1"},
            )  # fmt: skip
        say("C80", f"{posts:,} addresses from one {kind}, headers forged: mails", str(mails()),
            "<= 10 an hour", mails() <= 20)  # fmt: skip


def one_stamp(posts: int) -> None:
    clear()
    crowd = Crowd()
    stamp = make_stamp(now() - timedelta(seconds=5))
    for number in range(posts):
        crowd.sign_up(f"reader{number}@host{number}.example.com", stamp=stamp)
    say("B78", f"one form sent {posts:,} times: taken", str(Subscriber.objects.count()), "1",
        Subscriber.objects.count() == 1)  # fmt: skip


def at_once(sign_ups: int) -> None:
    """Sixteen threads, one address."""
    clear()
    settings.SIGNUPS_AN_HOUR = NO_LIMIT

    def sign_up(_: int) -> int:
        try:
            return Crowd().sign_up("ann@example.com").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        statuses = set(pool.map(sign_up, range(sign_ups)))
    found = f"{Subscriber.objects.count()} row, {mails()} mail, {statuses}"
    say("C91", f"{sign_ups} sign-ups of one address, 16 at a time", found, "1 row, 1 mail, {303}",
        (Subscriber.objects.count(), mails(), statuses) == (1, 1, {303}))  # fmt: skip


# --- G20: enumeration -----------------------------------------------------------------


def ks(first: Sequence[float], second: Sequence[float]) -> tuple[float, float]:
    """Two-sample Kolmogorov-Smirnov: the distance, and p by its asymptotic distribution."""
    one, two = sorted(first), sorted(second)
    points = sorted({*one, *two})
    distance = max(
        abs(bisect_right(one, x) / len(one) - bisect_right(two, x) / len(two)) for x in points
    )
    size = math.sqrt(len(one) * len(two) / (len(one) + len(two)))
    z = (size + 0.12 + 0.11 / size) * distance  # Stephens 1970
    p = 2 * sum((-1) ** (k - 1) * math.exp(-2 * (k * z) ** 2) for k in range(1, 101))
    return distance, min(max(p, 0.0), 1.0) if z > 0.2 else 1.0


def enumeration(each: int, *, step: float) -> None:
    """As many new addresses as known ones of all kinds, in random order, each once.

    Args:
        step: as `even_time.STEP`, seconds; 0 shows what the work alone takes.
    """
    clear()
    settings.SIGNUPS_AN_HOUR = settings.SIGNUPS_PER_DOMAIN_A_MINUTE = NO_LIMIT
    even_time.STEP = step
    known = -(-each // len(KNOWN))
    _prepare(known)
    order = [("new", number) for number in range(each)]
    order += [(state, number) for state in KNOWN for number in range(known)]
    random.Random(7).shuffle(order)  # noqa: S311
    times: dict[str, list[float]] = {state: [] for state in ("new", *KNOWN)}
    answers: set[tuple[object, ...]] = set()
    for number in range(100):  # what is imported and connected at first
        Crowd().sign_up(f"warm{number}@example.com")

    def ask_some(some: Sequence[tuple[str, int]]) -> None:
        for state, number in some:
            began = time.perf_counter()
            answer = Crowd().sign_up(f"{state}{number:05}@example.com")
            times[state].append(1000 * (time.perf_counter() - began))
            answers.add((answer.status_code, answer.content, str(sorted(answer.headers.items()))))
        connection.close()

    threads = 8 if step else 1  # while one waits for its step to end, others work
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(ask_some, [order[at::threads] for at in range(threads)]))
    how = f"steps of {step:g} s, {threads} at a time" if step else "the work alone"
    say("G20", f"{len(order):,} answers, {how}: others than the first", str(len(answers) - 1), "0",
        len(answers) == 1)  # fmt: skip
    new, all_known = times["new"], [took for state in KNOWN for took in times[state]]
    away = abs(median(all_known) - median(new))
    distance, p = ks(new, all_known)
    found = f"{away:.3f} ms, D {distance:.3f}, p {p:.3f}"
    say("G20", f"  new ({median(new):.2f} ms) against known, {len(all_known):,} each", found,
        "< 1 ms, p > 0.01", not step or (away < 1 and p > 0.01))  # fmt: skip
    for state in KNOWN:
        sys.stdout.write(f"       median of {state}: {median(times[state]):.2f} ms\n")


def _prepare(each: int) -> None:
    at = now() - timedelta(days=40)
    topics = list(Topic.objects.filter(slug__in=TOPICS))
    for state in Subscriber.State:
        readers = Subscriber.objects.bulk_create(
            Subscriber(email=f"{state}{n:05}@example.com", state=state, state_changed_at=at)
            for n in range(each)
        )  # fmt: skip
        through = Subscriber.topics.through
        through.objects.bulk_create(
            through(subscriber=reader, topic=topic) for reader in readers for topic in topics
        )
        if state in optin.NEVER_WRITE:
            Suppression.objects.bulk_create(
                Suppression(address_hash=address_hash(reader.email), at=at) for reader in readers
            )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


# --- G21: links -----------------------------------------------------------------------


def guessed_links(count: int) -> None:
    """Changed tokens of all purposes, tokens of other purposes, expired ones, lost keys."""
    clear()
    reader = Subscriber.objects.create(
        email="ann@example.com", state="confirmed", state_changed_at=now()
    )
    accepted = tried = 0
    began = time.perf_counter()
    for purpose in Purpose:
        token = tokens.make(purpose, reader)
        for changed in itertools.islice(
            mutations.mutations(token, seed=hash(purpose.value) & 0xFFFF), count // len(Purpose)
        ):
            accepted += _opens(purpose, changed)
            tried += 1
    rate = tried / (time.perf_counter() - began)
    say("G21", f"{tried:,} changed tokens, {rate:,.0f} a second: accepted", str(accepted), "0",
        accepted == 0)  # fmt: skip
    pairs = [(a, b) for a in Purpose for b in Purpose if a is not b]
    crossed = sum(_opens(a, tokens.make(b, reader)) for a, b in pairs)
    say("G21", f"{len(pairs)} pairs of purposes crossed: accepted", str(crossed), "0", crossed == 0)
    _keys(reader)


def _keys(reader: Subscriber) -> None:
    made = {purpose: tokens.make(purpose, reader) for purpose in Purpose}
    hours = timedelta(hours=settings.CONFIRM_HOURS)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "a new key " * 6
    removed = sum(_opens(purpose, token) for purpose, token in made.items())
    settings.SECRET_KEY_FALLBACKS = [old]
    rotated = sum(_opens(purpose, token) for purpose, token in made.items())
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = old, []
    say("G21", "tokens of a removed key: accepted", str(removed), "0", removed == 0)
    say("G21", "tokens of a key that is kept: accepted", str(rotated), str(len(made)),
        rotated == len(made))  # fmt: skip
    true_time = time.time
    try:
        time.time = lambda: true_time() + hours.total_seconds() + 60
        late = _opens(Purpose.CONFIRM, made[Purpose.CONFIRM], max_age=hours)
    finally:
        time.time = true_time
    say("G21", "a confirmation one minute too late: accepted", str(int(late)), "0", not late)


def _opens(purpose: Purpose, token: str, *, max_age: timedelta | None = None) -> bool:
    try:
        tokens.read(purpose, token, max_age=max_age)
    except BadToken:
        return False
    return True


# --- scanners of mail -----------------------------------------------------------------


def scanned(count: int) -> None:
    clear()
    links = [*scanners.links_of_digest(_reader()), *scanners.links_of_letters(_newcomer())]
    crowd = Crowd()
    before, failures = dump(), 0
    for method, address, headers in itertools.islice(scanners.visits(links), count):
        answer = crowd.client.generic(
            method, address, headers=headers, REMOTE_ADDR=peer(), secure=True
        )
        failures += answer.status_code >= 500
    found = f"{changes(before) or 'nothing'}, {failures}"
    say("119", f"{count:,} visits of {len(links)} links by scanners: changed, 5xx", found,
        "nothing, 0", found == "nothing, 0")  # fmt: skip


def _reader() -> Subscriber:
    at = datetime.now(UTC)
    reader = Subscriber.objects.create(
        email="ann@example.com", state="confirmed", state_changed_at=at
    )
    topic = Topic.objects.get(slug=TOPICS[0])
    chosen = []
    for number in range(7):
        paper = Paper.objects.create(
            title=f"Paper {number}", title_key=f"paper {number}", abstract="We look at it. " * 9,
            arxiv_id=f"2603.{number:05}", listed_on=at.date(), first_seen_at=at, trend_score=0.5,
        )  # fmt: skip
        chosen.append(Pick(paper.pk, 0.8, Why.TOPIC, topic.pk, 0))
    issue = Issue.objects.create(cadence="daily", on=at.date(), opened_at=at)
    Delivery.objects.create(
        issue=issue, subscriber=reader, packed_picks=pack(chosen), state=State.ACCEPTED
    )
    return reader


def _newcomer() -> Subscriber:
    reader = Subscriber.objects.create(
        email=f"{uuid.uuid4().hex}@example.com", state="pending", state_changed_at=now()
    )
    Letter.objects.create(subscriber=reader, kind="confirm", state=State.ACCEPTED)
    return reader


def measure_allow(count: int) -> None:
    """What one limit costs."""
    began = time.perf_counter()
    for number in range(count):
        limits.allow(f"bench:{number}", limit=3, span=timedelta(hours=1), at=now())
    each = 1000 * (time.perf_counter() - began) / count
    say("", "one limit asked, ms", f"{each:.2f}", "", True)


def main(share: float, chosen: Sequence[str]) -> None:
    def part(full: int) -> int:
        return max(20, round(full * share))

    sys.stdout.write(f"{figures.machine()}, Postgres, share {share:g}\n")
    step = even_time.STEP
    runs: dict[str, Callable[[], None]] = {
        "limit": lambda: measure_allow(part(2000)),
        "victim": lambda: one_victim(part(100_000), is_braked=True),
        "unbraked": lambda: one_victim(part(10_000), is_braked=False),
        "victims": lambda: many_victims(part(20_000)),
        "network": lambda: one_network(part(10_000)),
        "stamp": lambda: one_stamp(100),
        "race": lambda: at_once(16),
        "work": lambda: enumeration(part(5000), step=0),
        "time": lambda: enumeration(part(5000), step=step),
        "links": lambda: guessed_links(part(1_000_000)),
        "scanners": lambda: scanned(part(10_000)),
    }
    for name in chosen or runs:
        even_time.STEP = 0
        runs[name]()
    if MISSED:
        sys.exit(f"missed: {'; '.join(MISSED)}")


if __name__ == "__main__":
    RIG.migrate()
    TOPICS = list(Topic.objects.active().values_list("slug", flat=True)[:2])
    settings.ALLOWED_HOSTS = ["news.example.org"]
    main(float(sys.argv[1]) if sys.argv[1:] else 1.0, sys.argv[2:])
