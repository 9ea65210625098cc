"""Pages about one reader's digest, and the archive, which is about nobody."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from newsletter import addresses, compose, contents, issues, tasks
from newsletter.models import Delivery, Issue
from subscriptions import cadence, languages, restore, tokens
from subscriptions.models import Subscriber
from subscriptions.token_pages import token_page
from subscriptions.tokens import BadToken, Purpose
from subscriptions.verdicts import State

# A mail brings its styles in attributes, and needs nothing else of anybody.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
IN_ARCHIVE = 200  # issues on one page
SENTENCES = {
    State.ACCEPTED: _(
        "Your digest of today is in your inbox. What you change counts from the next."
    ),
    State.SKIPPED: _(
        "There was nothing new on your topics today. Your next digest comes as planned."
    ),
    State.REJECTED: _("Your mail service refused the digest. Is the address still right?"),
    State.FAILED: _("Something went wrong on our side. We have been told."),
    State.UNCERTAIN: _("Your digest was handed over; we are waiting to hear that it arrived."),
    State.PARKED: _("Your digest was handed over, but nobody told us that it arrived."),
}
MOVING = {State.PENDING, State.CLAIMED, State.ATTEMPTING}
A_MOMENT = timedelta(minutes=1)  # how long the page looks again by itself
NOTHING_YET = _("There is nothing new on your topics yet. Your next digest comes as planned.")
NOT_NOW = _("We cannot send anything at the moment. Your digest comes later.")
UNDER_WAY = _("Your digest is on its way.")
NOT_A_READER = _("We do not write to you, because you have not confirmed or you have left.")


@require_http_methods(["GET", "HEAD", "POST"])
@token_page(Purpose.PREFERENCES)
def today(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Show today's digest on GET; have it made and sent on POST, once."""
    if request.method == "POST" and subscriber.is_deliverable:
        if not restore.may_send_by_hand():
            context = {**_context(request, subscriber), "state_text": NOT_NOW}
            return render(request, "newsletter/today.html", context, status=503)
        if issues.open_today(subscriber, at=now()):
            transaction.on_commit(tasks.ring_pump)
            return redirect(request.path)
        context = {**_context(request, subscriber), "state_text": NOTHING_YET}
        return render(request, "newsletter/today.html", context)
    return render(request, "newsletter/today.html", _context(request, subscriber))


@require_safe
def issue(request: HttpRequest, slug: str) -> HttpResponse:
    """Show an issue as it is to everybody."""
    kind, _, on = slug.rpartition("-")
    try:
        found = Issue.objects.published().get(cadence=kind, on=date_of(on))
    except (BadToken, Issue.DoesNotExist) as error:
        raise Http404 from error
    response = mail_page(compose.edition(found, language=languages.active()))
    address = addresses.page("newsletter:issue", found.slug)
    response.headers["Link"] = f'<{address}>; rel="canonical"'
    return response


@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    """List the issues that were sent, newest first."""
    found = Issue.objects.published()[:IN_ARCHIVE]
    return render(request, "newsletter/archive.html", {"here": "archive", "issues": found})


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Tell readers how to change what they get, and how to leave (RFC 2369, List-Help)."""
    return render(request, "newsletter/help.html", {"can_embed": bool(settings.EMBED_SITES)})


def mail_page(html: str) -> HttpResponse:
    response = HttpResponse(html)
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


def date_of(on: str) -> date:
    try:
        return date.fromisoformat(on)  # "20260317", too
    except ValueError as error:
        raise BadToken from error


def _preferences(subscriber: Subscriber) -> str:
    token = tokens.make(Purpose.PREFERENCES, subscriber)
    return reverse("subscriptions:preferences", args=[token])


def _context(request: HttpRequest, subscriber: Subscriber) -> dict[str, object]:
    context: dict[str, object] = {
        "delivery": None,
        "preferences_url": _preferences(subscriber),
        "today_url": request.path,
        "state_text": "" if subscriber.is_deliverable else NOT_A_READER,
        "may_ask": subscriber.is_deliverable,
        "is_done": True,
        "is_moving": False,
        "items": [],
    }
    if delivery := _delivery_of_today(subscriber):
        state = State(delivery.state)
        context["delivery"] = delivery
        context["state_text"] = SENTENCES.get(state, UNDER_WAY)
        context["is_done"] = state in SENTENCES
        context["is_moving"] = state in MOVING and now() - delivery.created_at < A_MOMENT
        context["items"] = contents.items(delivery)
    return context


def _delivery_of_today(subscriber: Subscriber) -> Delivery | None:
    local = cadence.local_date(now(), subscriber.time_zone)
    deliveries = Delivery.objects.with_contents().filter(subscriber=subscriber, issue__on=local)
    return deliveries.order_by("-pk").first()
