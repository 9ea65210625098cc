"""Pages a reader sees: wait, confirm, choose, leave.  Only POST changes anything."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from subscriptions import cadence, limits, links, mail, optin, tokens
from subscriptions.address import mask
from subscriptions.forms import AddressForm, PreferencesForm
from subscriptions.models import Subscriber
from subscriptions.tasks import ring_letters
from subscriptions.token_pages import token_page
from subscriptions.tokens import BadToken, Purpose

HOUR = timedelta(hours=1)
TOO_MANY = _("Too many sign-ups came from your network. Please try again in an hour.")

form_page = require_http_methods(["GET", "HEAD", "POST"])


class SeeOther(HttpResponseRedirect):
    """Go on with GET; 302 leaves the method to the browser."""

    status_code = 303


@form_page
def check_inbox(request: HttpRequest) -> HttpResponse:
    """The one answer to every sign-up; it says nothing about the address, nor does the next."""
    at, status = now(), 200
    form = AddressForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        if _is_within_limit(_client_address(request), at=at):
            optin.ask_again(form.cleaned_data["email"], at=at)
            transaction.on_commit(ring_letters)
            return SeeOther(f"{request.path}?again")
        form.add_error(None, TOO_MANY)
        status = 429
    is_again = "again" in request.GET and not form.is_bound
    context = {"hours": settings.CONFIRM_HOURS, "form": form, "is_again": is_again}
    return render(request, "subscriptions/check_inbox.html", context, status=status)


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
        "wishes": subscriber.wishes.select_related("phrase"),
        "is_confirmed": subscriber.is_deliverable,
        "preferences_url": preferences_url,
        "disown_url": _path(links.disown(subscriber)),
    }
    return render(request, "subscriptions/confirm.html", context)


@form_page
@token_page(Purpose.DISOWN)
def disown(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Whose address somebody else entered asks us on POST never to write to it."""
    if request.method == "POST":
        ip = _client_address(request) or None
        optin.disown(subscriber, at=now(), ip=ip, page="/not-me/")
        subscriber.refresh_from_db()
    context = {
        "is_done": subscriber.state in optin.NEVER_WRITE,
        "is_reader": subscriber.is_deliverable,
        "masked_email": mask(subscriber.email),
        "operator": mail.operator_address(),
        "unsubscribe_url": _path(links.unsubscribe(subscriber)),
    }
    return render(request, "subscriptions/disown.html", context)


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


def _is_within_limit(ip: str, *, at: datetime) -> bool:
    bucket = f"network:{limits.network(ip)}"
    return limits.allow(bucket, limit=settings.SIGNUPS_PER_NETWORK_AN_HOUR, span=HOUR, at=at)


def _client_address(request: HttpRequest) -> str:
    return limits.client_address(
        request.META.get("REMOTE_ADDR", ""),
        request.headers.get("X-Forwarded-For", ""),
        proxies=settings.PROXY_COUNT,
    )


def _path(link: str) -> str:
    """Stay on the host that the reader is on."""
    return urlsplit(link).path
