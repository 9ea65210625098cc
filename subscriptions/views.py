"""Pages a reader sees: join, confirm.  Only POST changes anything."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from papers.models import Paper
from subscriptions import entrance, languages, limits, links, optin
from subscriptions.entrance import Call, Outcome
from subscriptions.forms import JoinForm
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
    if outcome in {Outcome.TAKEN, Outcome.LATER}:
        query = "?later" if outcome is Outcome.LATER else ""
        return SeeOther(reverse("subscriptions:check_inbox") + query)
    if outcome is Outcome.CHALLENGE:
        return render(request, "subscriptions/question.html", {"form": form})
    response = _join_page(request, form, at=at)
    if outcome is Outcome.TOO_MANY:
        response.status_code, response.headers["Retry-After"] = 429, "3600"
    return response


@require_safe
def check_inbox(request: HttpRequest) -> HttpResponse:
    """The one answer to every sign-up; it says nothing about the address."""
    context = {"hours": settings.CONFIRM_HOURS, "is_later": "later" in request.GET}
    return render(request, "subscriptions/check_inbox.html", context)


@form_page
@token_page(Purpose.CONFIRM)
def confirm(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Show a button on GET, because mail scanners follow links; confirm on POST."""
    if subscriber.state not in {Subscriber.State.PENDING, Subscriber.State.CONFIRMED}:
        raise BadToken
    preferences_url = path_of(links.preferences(subscriber))
    if request.method == "POST":
        ip = client_address(request) or None
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


@csrf_exempt  # a cookie for it would keep every page from being cached; this one harms nobody
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember which language a visitor wants, in his browser only, and go back."""
    code, page = languages.remember(request)
    response = SeeOther(page)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        code,
        max_age=languages.REMEMBERED_FOR,
        secure=settings.IS_HTTPS,
        httponly=True,
        samesite="Lax",
    )
    return response


def _join_page(request: HttpRequest, form: JoinForm, *, at: datetime) -> HttpResponse:
    trending = Paper.objects.trending(until=at.date(), days=DAYS_SHOWN)
    context = {
        "form": form,
        "topics": form.active_topics,
        "papers": trending.with_topics()[:PAPERS_SHOWN],
        "list_date": Paper.objects.newest_list(until=at.date()),
    }
    return render(request, "subscriptions/join.html", context)


def client_address(request: HttpRequest) -> str:
    return limits.address_of(request)


def path_of(link: str) -> str:
    """Stay on the host that the reader is on."""
    return urlsplit(link).path
