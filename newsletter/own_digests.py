"""The digests that a reader was sent: a list, each as its mail looked, and why it was so."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from newsletter import compose, explaining
from newsletter.models import Delivery
from newsletter.picks import PACKED
from newsletter.views import date_of, mail_page
from subscriptions import languages, links, tokens
from subscriptions.ledger import MAY_ARRIVE
from subscriptions.models import Subscriber
from subscriptions.token_pages import token_page
from subscriptions.tokens import BadToken, Purpose
from subscriptions.views import path_of

SHOWN = 60  # digests, newest first
SPANS = {"weekly": _("of the week"), "monthly": _("of the month")}


@require_safe
@token_page(Purpose.PREFERENCES)
def digests(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """List a reader's newest digests."""
    token = tokens.make(Purpose.DIGEST, subscriber)
    found = Delivery.objects.filter(subscriber=subscriber, state__in=MAY_ARRIVE)
    newest = found.select_related("issue").order_by("-issue__on", "-pk")[:SHOWN]
    rows = [_row(delivery, token) for delivery in newest]
    context = {
        "rows": rows,
        "shown": SHOWN,
        "preferences_url": path_of(links.preferences(subscriber)),
    }
    return render(request, "newsletter/digests.html", context)


@require_safe
@token_page(Purpose.DIGEST)
def digest(request: HttpRequest, subscriber: Subscriber, *, kind: str, on: str) -> HttpResponse:
    """Show a digest that the reader was sent; its address is in the mail and stays good."""
    return mail_page(compose.page(_delivery(subscriber, kind, on), language=languages.active()))


@require_safe
@token_page(Purpose.DIGEST)
def why(request: HttpRequest, subscriber: Subscriber, *, kind: str, on: str) -> HttpResponse:
    """Say why each paper is in a digest, and what changes that.

    The address may be passed on together with the digest, so this tells nothing of the reader
    that the mail does not: no address, no other wishes, no weights.
    """
    delivery = _delivery(subscriber, kind, on)
    token = tokens.make(Purpose.DIGEST, subscriber)
    context = {
        "issue": delivery.issue,
        "explained": explaining.explain(delivery),
        "digest_url": _address("digest", token, delivery.issue.cadence, delivery.issue.on),
    }
    return render(request, "newsletter/why.html", context)


def _delivery(subscriber: Subscriber, kind: str, on: str) -> Delivery:
    deliveries = Delivery.objects.with_contents().filter(subscriber=subscriber)
    delivery = deliveries.filter(issue__cadence=kind, issue__on=date_of(on)).first()
    if delivery is None:
        raise BadToken
    return delivery


def _row(delivery: Delivery, token: str) -> dict[str, object]:
    kind, on = delivery.issue.cadence, delivery.issue.on
    return {
        "on": on,
        "span": SPANS.get(kind, ""),
        "count": len(delivery.packed_picks) // PACKED.itemsize,
        "digest_url": _address("digest", token, kind, on),
        "why_url": _address("why", token, kind, on),
    }


def _address(page: str, token: str, kind: str, on: date) -> str:
    return reverse(f"newsletter:{page}", args=[token, kind, on.isoformat()])
