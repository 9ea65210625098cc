"""Pages about one reader's digest."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from newsletter import compose, issues, tasks
from newsletter.models import Delivery
from subscriptions import cadence, tokens
from subscriptions.ledger import State
from subscriptions.models import Subscriber
from subscriptions.tokens import BadToken, Purpose

SENTENCES = {
    State.ACCEPTED: "Your digest of today is in your inbox.",
    State.SKIPPED: "There is nothing new on your topics today; tomorrow is another day.",
    State.REJECTED: "Your mail service refused the digest. Is the address still right?",
    State.FAILED: "Something went wrong on our side. We have been told.",
    State.UNCERTAIN: "Your digest was handed over; we are waiting to hear that it arrived.",
    State.PARKED: "Your digest was handed over, but nobody told us that it arrived.",
}
UNDER_WAY = "Your digest is on its way."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def today(request: HttpRequest, token: str) -> HttpResponse:
    """Show today's digest on GET; have it made and sent on POST, once."""
    try:
        subscriber = tokens.read(Purpose.PREFERENCES, token)
    except BadToken:
        return render(request, "subscriptions/bad_link.html", status=404)

    if request.method == "POST" and subscriber.is_deliverable:
        issues.open_today(subscriber, at=now())
        transaction.on_commit(tasks.ring_pump)
        return redirect("newsletter:today", token, permanent=False)
    return _show(request, subscriber, token)


def _show(request: HttpRequest, subscriber: Subscriber, token: str) -> HttpResponse:
    local = cadence.local_date(now(), subscriber.time_zone)
    deliveries = Delivery.objects.with_contents().filter(subscriber=subscriber, issue__on=local)
    delivery = deliveries.order_by("-pk").first()
    context: dict[str, object] = {
        "delivery": delivery,
        "preferences_url": reverse("subscriptions:preferences", args=[token]),
        "today_url": request.path,
        "is_done": True,
        "items": [],
    }
    if delivery:
        state = State(delivery.state)
        context["state_text"] = SENTENCES.get(state, UNDER_WAY)
        context["is_done"] = state in SENTENCES
        context["items"] = compose.items(delivery, compose.load_papers(delivery.paper_ids))
    response = render(request, "newsletter/today.html", context)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
