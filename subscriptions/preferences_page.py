"""The page where a reader chooses what comes, how and when; and where he pauses."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.http import require_POST

from subscriptions import cadence, links, optin, tokens
from subscriptions.address import mask
from subscriptions.models import Subscriber
from subscriptions.preferences import PauseForm, PreferencesForm
from subscriptions.token_pages import token_page
from subscriptions.tokens import Purpose
from subscriptions.views import SeeOther, client_address, form_page, path_of


@form_page
@token_page(Purpose.PREFERENCES)
def preferences(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Show the reader's choices on GET; save them on POST."""
    form = form_of(request, subscriber)
    if form.is_valid():
        _save(request, subscriber, form)
        return _back(subscriber, "saved")
    return page(request, subscriber, form)


@require_POST
@token_page(Purpose.PREFERENCES)
def pause(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Pause until a day, or go on now."""
    at = now()
    if not subscriber.is_deliverable:
        return page(request, subscriber, PreferencesForm.of(subscriber))
    if request.POST.get("act") == "resume":
        optin.resume(subscriber, at=at)
        return _back(subscriber, "resumed")
    form = PauseForm.of(subscriber, request.POST, at=at)
    if not form.is_valid():
        return page(request, subscriber, PreferencesForm.of(subscriber), pause_form=form)
    optin.pause(subscriber, **form.cleaned_data, at=at)
    return _back(subscriber, "paused")


def form_of(request: HttpRequest, subscriber: Subscriber) -> PreferencesForm:
    """What a confirmed reader sent, or else his present choices."""
    is_sent = request.method == "POST" and subscriber.is_deliverable
    return PreferencesForm.of(subscriber, request.POST if is_sent else None)


def page(
    request: HttpRequest, subscriber: Subscriber, form: PreferencesForm, **more: Any
) -> HttpResponse:
    """Render the page.

    Args:
        more: what the template is told besides; `pause_form` in place of an empty one.
    """
    at = now()
    zone = cadence.zone(subscriber.time_zone)
    planned = subscriber.next_digest_at
    is_due = planned is not None and planned <= at  # the next tick makes it
    token = tokens.make(Purpose.PREFERENCES, subscriber)
    is_asked = not form.is_bound and not more
    context = {
        "form": form,
        "pause_form": PauseForm.of(subscriber, at=at),
        "subscriber": subscriber,
        "masked_email": mask(subscriber.email),
        "is_active": subscriber.is_deliverable,
        "is_paused": cadence.is_paused(subscriber, at=at),
        "is_welcome": is_asked and "welcome" in request.GET,
        "said": next((word for word in SAID if is_asked and word in request.GET), ""),
        "is_due": is_due,
        "next_digest": planned.astimezone(zone) if planned and not is_due else None,
        "unsubscribe_url": path_of(links.unsubscribe(subscriber)),
        "feed_url": path_of(links.feed(subscriber)),
        **{f"{name}_url": reverse(page, args=[token]) for name, page in PAGES.items()},
        **more,
    }
    return render(request, "subscriptions/preferences.html", context)


SAID = ("saved", "paused", "resumed")
PAGES = {
    "preferences": "subscriptions:preferences",
    "pause": "subscriptions:pause",
    "said": "subscriptions:said",
    "preview": "newsletter:preview",
    "today": "newsletter:today",
    "digests": "newsletter:digests",
}


@transaction.atomic
def _save(request: HttpRequest, subscriber: Subscriber, form: PreferencesForm) -> None:
    at = now()
    optin.choose(
        subscriber, weights=form.weights(), choices=form.choices(), words=form.words(), at=at
    )
    if (is_counted := form.cleaned_data.get("is_counted")) is not None:
        ip = client_address(request) or None
        optin.agree_to_counting(subscriber, is_counted, at=at, ip=ip, page="/preferences/")


def _back(subscriber: Subscriber, said: str) -> SeeOther:
    return SeeOther(f"{path_of(links.preferences(subscriber))}?{said}=1")
