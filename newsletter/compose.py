"""Write the digest of one delivery.  Sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.utils import formataddr
from urllib.parse import urlsplit

from anymail.message import AnymailMessage
from django.conf import settings
from django.db.models import prefetch_related_objects
from django.urls import reverse

from newsletter.models import Delivery, Issue
from papers.models import Paper
from papers.wording import shorten
from subscriptions import links, mail, tokens
from subscriptions.models import Subscriber, suppressed_among
from subscriptions.outbox import Compose, NotToBeSent
from subscriptions.tokens import Purpose

TITLE_LIMIT = 60  # characters of a title in the subject
ASCII_DOTS = "..."  # in the subject, which "…" would make an encoded word for an ASCII title
HTML_LIMIT = 92_000  # bytes; Gmail hides what comes after about 102,000


@dataclass(frozen=True, slots=True)
class Item:
    """One paper as a digest shows it."""

    number: int
    paper: Paper
    authors: str
    text: str
    why: list[str]


def compose_all(deliveries: Sequence[Delivery]) -> Compose[Delivery]:
    """Load what these deliveries need; return the function that composes one of them."""
    prefetch_related_objects(deliveries, "issue", "subscriber")
    papers = load_papers(paper_id for delivery in deliveries for paper_id in delivery.paper_ids)
    suppressed = suppressed_among(d.subscriber.email for d in deliveries if d.subscriber)

    def compose(delivery: Delivery) -> AnymailMessage:
        # As he is at this moment, which may be long after the chunk was loaded.
        reader = Subscriber.objects.filter(deliveries=delivery).first()
        if reader is None:
            raise NotToBeSent("the reader was erased")
        if not reader.is_deliverable:
            raise NotToBeSent(f"the reader is {reader.state}")
        if reader.email in suppressed:
            raise NotToBeSent("the address is suppressed")
        return digest(delivery, reader, items(delivery, papers))

    return compose


def digest(delivery: Delivery, reader: Subscriber, chosen: Sequence[Item]) -> AnymailMessage:
    """Compose the digest for `reader`; one with no papers left is not to be sent.

    Papers that would make it longer than Gmail shows are left to the page in the browser.
    """
    if not chosen:
        raise NotToBeSent("its papers are gone")
    message = _message(delivery, reader, chosen)
    while (size := html_bytes(message)) > HTML_LIMIT and len(chosen) > 1:
        fitting = min(len(chosen) - 1, len(chosen) * HTML_LIMIT // size)
        chosen = chosen[: max(fitting, 1)]
        message = _message(delivery, reader, chosen)
    return message


def html_bytes(message: AnymailMessage) -> int:
    """The size of the HTML part."""
    return len(html_of(message).encode())


def html_of(message: AnymailMessage) -> str:
    """The HTML part of a message that this module made."""
    return str(message.alternatives[0][0])


def _message(delivery: Delivery, reader: Subscriber, chosen: Sequence[Item]) -> AnymailMessage:
    unsubscribe_url = links.unsubscribe(reader)
    context = {
        "issue": delivery.issue,
        "items": chosen,
        "count": len(chosen),
        "first_title": shorten(chosen[0].paper.title, TITLE_LIMIT, dots=ASCII_DOTS),
        "preheader": _preheader(chosen),
        "preferences_url": links.preferences(reader),
        "unsubscribe_url": unsubscribe_url,
        "browser_url": _in_browser(delivery.issue, reader),
    }
    return mail.build(
        "digest",
        to=reader.email,
        message_id=delivery.public_id,
        context=context,
        headers=headers(delivery, unsubscribe_url=unsubscribe_url),
    )


def headers(delivery: Delivery, *, unsubscribe_url: str) -> dict[str, str]:
    """What bulk mail must say about itself (RFC 2369, 2919, 8058; Google's Feedback-ID)."""
    host = str(urlsplit(settings.SITE_URL).hostname)
    return {
        "List-Id": formataddr((settings.SITE_NAME, f"digest.{host}")),
        "List-Unsubscribe": f"<{unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Archive": f"<{settings.SITE_URL}/>",
        "Feedback-ID": f"{delivery.issue.slug}:{delivery.issue.cadence}:digest:newsletter",
        "Precedence": "bulk",
    }


def load_papers(ids: Iterable[int]) -> dict[int, Paper]:
    """Return paper id -> paper with its topics, in three queries."""
    return Paper.objects.with_topics().in_bulk(set(ids))


def items(delivery: Delivery, papers: Mapping[int, Paper]) -> list[Item]:
    """Return the delivery's papers as shown; one that was deleted meanwhile is left out."""
    kept = [pick for pick in delivery.picks if pick["paper"] in papers]
    return [
        _item(number, papers[pick["paper"]], pick["topics"])
        for number, pick in enumerate(kept, start=1)
    ]


def _item(number: int, paper: Paper, topic_ids: Sequence[int]) -> Item:
    shared = {found.topic_id: found for found in paper.assignments.all()}
    matched = [shared[topic_id] for topic_id in topic_ids if topic_id in shared]
    followed = " and ".join(found.topic.name for found in matched[:2])
    why = [f"you follow {followed}"] if followed else []
    why += [found.reason for found in matched[:1] if found.reason]
    return Item(
        number=number,
        paper=paper,
        authors=paper.byline,
        text=paper.teaser,
        why=why,
    )


def _preheader(chosen: Sequence[Item]) -> str:
    others = "; ".join(item.paper.title for item in chosen[1:])
    return shorten(f"Also: {others}" if others else chosen[0].text, 110)


def _in_browser(issue: Issue, reader: Subscriber) -> str:
    token = tokens.make(Purpose.DIGEST, reader)
    page = reverse("newsletter:digest", args=[token, issue.cadence, issue.on.isoformat()])
    return settings.SITE_URL + page
