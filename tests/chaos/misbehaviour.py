"""Mail servers and services that refuse, forget, hang up, or say things that are not so."""

from __future__ import annotations

from pathlib import Path

from newsletter.models import Delivery
from subscriptions.verdicts import State
from tests.chaos.books import Books
from tests.chaos.content import address
from tests.chaos.row import Row
from tests.chaos.servers import Servers
from tests.chaos.stage import Stage
from tests.chaos.ways_out import Service, Smtp
from tests.fakes.esp import Faults
from tests.fakes.smtp import Fault

WAIT = 2.0  # seconds that the service asks for with 429
UNDER_WAY = 0.5  # seconds after a 429 in which calls may come that began before it was read
REFUSED = 3  # readers whom the server does not know


def service(servers: Servers, *, recipients: int, keys: bool, chunk: int) -> Row:
    """1 % accepted and not answered, 5 % 429, 2 % 500, answers with gaps and in disorder."""
    faults = Faults(
        latency=0.02, drop=0.01, busy=0.05, retry_after=f"{WAIT:.0f}", broken=0.02, short=0.02,
        reordered=0.1, keys=86_400 if keys else 0,
    )  # fmt: skip
    name = "resend" if keys else "postmark"
    way = Service(name, faults)
    with Stage(
        servers, way, recipients=recipients,
        UNCERTAIN="resend", CLAIM_SIZE=chunk,
    ) as stage:  # fmt: skip
        stage.start(2)
        stage.settle(seconds=300, hasten=True)
        row, books = stage.row(
            fault=f"{name}: drops, 429, 500, gaps, disorder",
            goal="lost 0; extra 0" if keys else "lost 0; extra only of mails without an answer",
        )
        statuses = calls(way.calls_path)
        early = called_too_early(statuses)
        row.remarks.append(
            f"{len(statuses)} calls, {sum(s == 429 for _, s in statuses)} of them 429,"
            f" {sum(s == 0 for _, s in statuses)} dropped; {early} calls before their time"
        )
        row.expect(
            {
                "a copy more only of a mail that was sent again": only_resent(stage, books),
                "no call before the time that the service named": early == 0,
            }
        )
        if keys:
            row.expect({"no copy more": not books.extras})
        return row


def calls(path: Path) -> list[tuple[float, int]]:
    """(time, status) of every call; status 0 is no answer."""
    rows = (line.split("\t") for line in path.read_text().splitlines())
    return [(float(at), int(status)) for at, status in rows]


def called_too_early(statuses: list[tuple[float, int]]) -> int:
    """How many calls came while the service had asked for silence."""
    asked = [at for at, status in statuses if status == 429]
    return sum(any(since + UNDER_WAY < at < since + WAIT for since in asked) for at, _ in statuses)


def only_resent(stage: Stage, books: Books) -> bool:
    resent = Delivery.objects.filter(issue=stage.issue, resends__gt=0)
    return set(books.extras) <= set(resent.values_list("subscriber__email", flat=True))


def smtp(servers: Servers, *, recipients: int) -> Row:
    """A server that hangs up after taking, or before; says 421 and 451; and knows not everybody."""
    unknown = [address(number) for number in range(10, 10 + REFUSED)]
    faults = (
        *(Fault("RCPT", "550 5.1.1 no such user", only=reader) for reader in unknown),
        Fault("RCPT", "451 4.3.0 not now", share=0.01),
        Fault("TAKEN", then="close", share=0.005),
        Fault("DOT", then="close", share=0.005),
        Fault("MAIL", "421 4.3.2 enough for today", then="close", after=40),
        Fault("GREETING", "421 4.3.2 come back later", then="close", share=0.05),
    )
    with Stage(
        servers, Smtp(faults=faults, seed=servers.chance.randrange(10**6)), recipients=recipients,
        UNCERTAIN="resend",
    ) as stage:  # fmt: skip
        stage.start(2)
        stage.settle(hasten=True)
        row, books = stage.row(
            fault="SMTP: hangs up, 421, 451, unknown readers",
            goal="lost 0; extra only of mails without an answer",
        )
        refused = [to for to, state in books.states.items() if state == State.REJECTED]
        row.expect(
            {
                "a copy more only of a mail that was sent again": only_resent(stage, books),
                "who is unknown is rejected, and nobody else": sorted(refused) == sorted(unknown),
                "no mail more than twice": books.most <= 2,
            }
        )
        return row
