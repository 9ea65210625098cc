"""Pages a reader sees: join, confirm, choose, leave.  Only POST changes anything."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from papers.models import Paper
from subscriptions import cadence, entrance, links, optin, tokens
from subscriptions.address import mask
from subscriptions.entrance import Call, Outcome
from subscriptions.forms import JoinForm, PreferencesForm
from subscriptions.models import Subscriber
from subscriptions.token_pages import token_page
from subscriptions.tokens import BadToken, Purpose

DAYS_SHOWN, PAPERS_SHOWN = 7, 12

form_page = require_http_methods(["GET", "HEAD", "POST"])


class SeeOther(HttpResponseRedirect):
    """Go on with GET; 302 leaves the method to the browser."""

    status_code = 303


@form_page
def join(request: HttpRequest) -> HttpResponse:
    at = now()
    form = JoinForm(request.POST if request.method == "POST" else None, at=at)
    if not form.is_valid():
        return _join_page(request, form, at=at)
    outcome = entrance.enter(form, call=Call.of(request, page="/"), at=at)
    if outcome is Outcome.TOO_MANY:
        return _join_page(request, form, at=at, status=429)
    return SeeOther(reverse("subscriptions:check_inbox"))


@require_safe
def check_inbox(request: HttpRequest) -> HttpResponse:
    """The one answer to every sign-up; it says nothing about the address."""
    return render(request, "subscriptions/check_inbox.html", {"hours": settings.CONFIRM_HOURS})


@form_page
@token_page(Purpose.CONFIRM)
def confirm(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Show a button on GET, because mail scanners follow links; confirm on POST."""
    if subscriber.state not in {Subscriber.State.PENDING, Subscriber.State.CONFIRMED}:
        raise BadToken
    preferences_url = _path(links.preferences(subscriber))
    if request.method == "POST":
        ip = _client_address(request) or None
        if not optin.confirm(subscriber, at=now(), ip=ip, page="/confirm/"):
            raise BadToken
        return SeeOther(f"{preferences_url}?welcome=1")

    context = {
        "subscriber": subscriber,
        "topics": subscriber.topics.all(),
        "is_confirmed": subscriber.is_deliverable,
        "preferences_url": preferences_url,
    }
    return render(request, "subscriptions/confirm.html", context)


@form_page
@token_page(Purpose.PREFERENCES)
def preferences(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    is_sent = request.method == "POST" and subscriber.is_deliverable
    form = PreferencesForm.of(subscriber, request.POST if is_sent else None)
    if form.is_valid():
        topics = form.cleaned_data["topics"]
        optin.choose(subscriber, topics=topics, choices=form.choices(), at=now())
        if (is_counted := form.cleaned_data.get("is_counted")) is not None:
            ip = _client_address(request) or None
            optin.agree_to_counting(subscriber, is_counted, at=now(), ip=ip, page="/preferences/")
        return SeeOther(f"{_path(links.preferences(subscriber))}?saved=1")
    return _preferences_page(request, subscriber, form)


@csrf_exempt  # RFC 8058: the mail service POSTs here, without our cookies
@form_page
@token_page(Purpose.UNSUBSCRIBE)
def unsubscribe(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Ask on GET, leave on POST.  Nothing of the body is read, so none can be wrong.

    No link leads on from here: mail services know this address, and it is for leaving only.
    """
    if request.method == "POST":
        ip = _client_address(request) or None
        optin.leave(subscriber, at=now(), ip=ip, page="/unsubscribe/")
    if request.method == "POST" or subscriber.state == Subscriber.State.UNSUBSCRIBED:
        return render(request, "subscriptions/unsubscribed.html")

    context = {
        "masked_email": mask(subscriber.email),
        "topics": subscriber.topics.all(),
    }
    return render(request, "subscriptions/unsubscribe.html", context)


def _join_page(
    request: HttpRequest, form: JoinForm, *, at: datetime, status: int = 200
) -> HttpResponse:
    trending = Paper.objects.trending(until=at.date(), days=DAYS_SHOWN)
    context = {
        "form": form,
        "topics": form.active_topics,
        "papers": trending.with_topics()[:PAPERS_SHOWN],
        "list_date": Paper.objects.newest_list(until=at.date()),
    }
    return render(request, "subscriptions/join.html", context, status=status)


def _preferences_page(
    request: HttpRequest, subscriber: Subscriber, form: PreferencesForm
) -> HttpResponse:
    zone = cadence.zone(subscriber.time_zone)
    planned = subscriber.next_digest_at
    is_due = planned is not None and planned <= now()  # the next tick makes it
    token = tokens.make(Purpose.PREFERENCES, subscriber)
    context = {
        "form": form,
        "subscriber": subscriber,
        "masked_email": mask(subscriber.email),
        "is_active": subscriber.is_deliverable,
        "is_saved": "saved" in request.GET and not form.is_bound,
        "is_welcome": "welcome" in request.GET and not form.is_bound,
        "is_due": is_due,
        "next_digest": planned.astimezone(zone) if planned and not is_due else None,
        "today_url": reverse("newsletter:today", args=[token]),
        "unsubscribe_url": _path(links.unsubscribe(subscriber)),
    }
    return render(request, "subscriptions/preferences.html", context)


def _client_address(request: HttpRequest) -> str:
    return Call.of(request, page="").ip


def _path(link: str) -> str:
    """Stay on the host that the reader is on."""
    return urlsplit(link).path
