"""Pages a reader sees: wait, confirm, deny.  Only POST changes anything."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.timezone import now
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from subscriptions import entrance, languages, limits, links, mail, optin
from subscriptions.address import mask
from subscriptions.entrance import Call, Outcome
from subscriptions.forms import AddressForm
from subscriptions.models import Subscriber
from subscriptions.token_pages import token_page
from subscriptions.tokens import BadToken, Purpose

form_page = require_http_methods(["GET", "HEAD", "POST"])


class SeeOther(HttpResponseRedirect):
    """Go on with GET; 302 leaves the method to the browser."""

    status_code = 303


@form_page
def check_inbox(request: HttpRequest) -> HttpResponse:
    """The one answer to every sign-up; it says nothing about the address, nor does the next."""
    status = 200
    form = AddressForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        email, call = form.cleaned_data["email"], Call.of(request, page=request.path)
        if entrance.ask_again(email, call=call, at=now()) is Outcome.TAKEN:
            return SeeOther(f"{request.path}?again")
        form.add_error(None, entrance.NETWORK_FULL)
        status = 429
    context = {
        "hours": settings.CONFIRM_HOURS,
        "form": form,
        "is_again": "again" in request.GET and not form.is_bound,
        "is_later": "later" in request.GET and not form.is_bound,
    }
    return render(request, "subscriptions/check_inbox.html", context, status=status)


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
        "wishes": subscriber.wishes.select_related("phrase"),
        "is_confirmed": subscriber.is_deliverable,
        "preferences_url": preferences_url,
        "disown_url": path_of(links.disown(subscriber)),
    }
    return render(request, "subscriptions/confirm.html", context)


@form_page
@token_page(Purpose.DISOWN)
def disown(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Whose address somebody else entered asks us on POST never to write to it."""
    if request.method == "POST":
        ip = client_address(request) or None
        optin.disown(subscriber, at=now(), ip=ip, page="/not-me/")
        subscriber.refresh_from_db()
    context = {
        "is_done": subscriber.state in optin.NEVER_WRITE,
        "is_reader": subscriber.is_deliverable,
        "masked_email": mask(subscriber.email),
        "operator": mail.operator_address(),
        "unsubscribe_url": path_of(links.unsubscribe(subscriber)),
    }
    return render(request, "subscriptions/disown.html", context)


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


def client_address(request: HttpRequest) -> str:
    return limits.address_of(request)


def path_of(link: str) -> str:
    """Stay on the host that the reader is on."""
    return urlsplit(link).path
