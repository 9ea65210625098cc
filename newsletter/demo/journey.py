"""Sign three readers up as people would, over HTTP and mail, and check what each of them got."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Self

import httpx2

from newsletter.demo.catcher import Mailbox, part_of
from newsletter.models import Delivery
from papers.models import Paper
from subscriptions.forms import MINIMUM_SECONDS
from subscriptions.models import Subscriber

PATIENCE = 25.0  # seconds for the slowest step


class Astray(Exception):
    """The journey did not go as promised; the message says where."""


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody who signs up."""

    name: str
    topics: tuple[str, ...]
    cadence: str = "daily"

    def address(self, run: str) -> str:
        return f"{self.name}.{run}@example.org"


PERSONAS = (
    Persona("ada", ("agents", "reasoning", "language-models")),
    Persona("grace", ("robotics", "computer-vision", "reinforcement-learning")),
    Persona("mary", ("safety", "society", "health-bio", "alignment"), cadence="weekly"),
)


@dataclass(slots=True)
class Form(HTMLParser):
    """The hidden fields of a page's forms, which a browser would send back."""

    hidden: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "input" and given.get("type") == "hidden" and given.get("name"):
            self.hidden.setdefault(str(given["name"]), given.get("value") or "")


class Visitor:
    """A browser with cookies and no JavaScript."""

    def __init__(self, site_url: str) -> None:
        self.browser = httpx2.Client(base_url=site_url, follow_redirects=True, timeout=PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.browser.close()

    def submit(self, address: str, *, wait: float = 0, **fields: object) -> httpx2.Response:
        """Open the page, wait as a person would, and send its form back with these fields."""
        page = self.browser.get(address)
        form = Form()
        form.feed(page.text)
        time.sleep(wait)
        answer = self.browser.post(address, data={**form.hidden, **fields})
        if answer.is_error:
            raise Astray(f"{address.split('/')[1] or 'the landing page'}: {answer.status_code}")
        return answer

    def sign_up(self, persona: Persona, *, run: str, hour: int | None = None) -> None:
        """Ask for a digest at `hour` of today's weekday, UTC; by default one that is due now."""
        now = datetime.now(UTC)
        answer = self.submit(
            "/",
            wait=MINIMUM_SECONDS + 0.1,
            email=persona.address(run),
            topics=list(persona.topics),
            cadence=persona.cadence,
            weekday=now.weekday(),
            hour=now.hour if hour is None else hour,
            time_zone="UTC",
        )
        if "/check-inbox/" not in str(answer.url):
            raise Astray(f"the sign-up of {persona.name} was not taken")

    def confirm(self, mail: EmailMessage) -> str:
        """Follow the link of a confirmation mail, press its button; return where that led."""
        link = re.search(r"https?://\S+/confirm/\S+/", part_of(mail, "plain"))
        if link is None:
            raise Astray("the confirmation mail has no link")
        answer = self.submit(link.group())
        if "/preferences/" not in str(answer.url):
            raise Astray("the confirmation did not lead to the preferences")
        return str(answer.url)


def travel(site_url: str, mailbox: Mailbox, *, run: str, say: Callable[[str], None]) -> None:
    """Take the three readers from the form to their digests; raise `Astray`."""
    for persona in PERSONAS:
        with Visitor(site_url) as visitor:
            visitor.sign_up(persona, run=run)
        say(f"{persona.name} signed up for {', '.join(persona.topics)} ({persona.cadence})")
    for persona in PERSONAS:
        mail = await_mail(mailbox, persona.address(run), is_digest=False)
        with Visitor(site_url) as visitor:
            visitor.confirm(mail)
        say(f"{persona.name} confirmed")
    for persona in PERSONAS:
        digest = await_mail(mailbox, persona.address(run), is_digest=True)
        say(f"{persona.name} got “{digest['Subject']}”")


def await_mail(mailbox: Mailbox, address: str, *, is_digest: bool) -> EmailMessage:
    """Wait for the first mail of that kind to that address."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        found = mails_to(mailbox, address, is_digest=is_digest)
        if found:
            return found[0]
        time.sleep(0.1)
    raise Astray(f"no {'digest' if is_digest else 'confirmation'} reached {address}")


def mails_to(mailbox: Mailbox, address: str, *, is_digest: bool) -> list[EmailMessage]:
    names = (name for name in mailbox.names() if address in name)
    mails = (mailbox.open(name) for name in names)
    return [mail for mail in mails if mail is not None and ("List-Id" in mail) is is_digest]


def faults(mailbox: Mailbox, deliveries: Iterable[Delivery]) -> list[str]:
    """Say what is wrong with what the readers got: not one digest, or a paper off topic."""
    found = []
    for delivery in deliveries:
        reader = Subscriber.objects.get(deliveries=delivery)
        digests = mails_to(mailbox, reader.email, is_digest=True)
        if len(digests) != 1:
            found.append(f"{reader} got {len(digests)} digests")
        chosen = set(reader.topics.values_list("pk", flat=True))
        found += [f"{reader}: {fault}" for fault in _faults_in(delivery, chosen, digests)]
    return found


def _faults_in(delivery: Delivery, chosen: set[int], digests: Sequence[EmailMessage]) -> list[str]:
    text = " ".join(" ".join(part_of(mail, "plain").split()) for mail in digests)
    found = []
    for paper in papers_of(delivery):
        if not chosen & {assignment.topic_id for assignment in paper.assignments.all()}:
            found.append(f"“{paper.title}” is on none of the chosen topics")
        if " ".join(paper.title.split()) not in text:
            found.append(f"“{paper.title}” was picked and is not in the mail")
    return found if delivery.picks else ["the digest has no papers"]


def papers_of(delivery: Delivery) -> list[Paper]:
    """The papers of a delivery, in the order of its picks."""
    papers = Paper.objects.with_topics().in_bulk(delivery.paper_ids)
    return [papers[paper_id] for paper_id in delivery.paper_ids]
