"""The page for leaving, and what it leads to.  docs/decisions/0014-what-links-may-do.md

None of it checks CSRF or sets a cookie: the link alone says who asks, so a page of another site
gains nothing, and whoever blocks cookies can leave all the same.
"""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from subscriptions import cadence, goodbye, links, optin, tokens
from subscriptions.address import mask
from subscriptions.goodbye import Less
from subscriptions.models import Farewell, Subscriber
from subscriptions.token_pages import token_page
from subscriptions.tokens import BadToken, Purpose
from subscriptions.views import SeeOther, client_address, form_page, path_of

CHOOSE_ONE = _("Please choose one of the reasons.")


class ReasonForm(forms.Form):
    reason = forms.ChoiceField(
        choices=Farewell.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": CHOOSE_ONE, "invalid_choice": CHOOSE_ONE},
    )


@csrf_exempt  # RFC 8058: the mail service POSTs here, without our cookies
@form_page
@token_page(Purpose.UNSUBSCRIBE)
def unsubscribe(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Ask on GET, leave on POST.  Nothing of the body is read, so none can be wrong.

    Mail services know this address, so a POST to it is a leaving and its answer leads nowhere.
    The buttons of the page have addresses of their own: see `choose`.
    """
    if request.method == "POST":
        ip = client_address(request) or None
        optin.leave(subscriber, at=now(), ip=ip, page="/unsubscribe/")
    if request.method == "POST" or subscriber.state == Subscriber.State.UNSUBSCRIBED:
        return render(request, "subscriptions/unsubscribed.html")

    at = now()
    context = {
        "subscriber": subscriber,
        "masked_email": mask(subscriber.email),
        "topics": subscriber.topics.all(),
        "offers": goodbye.offers(subscriber, at=at) if subscriber.is_deliverable else [],
        "is_paused": cadence.is_paused(subscriber, at=at),
        "is_saved": "saved" in request.GET and subscriber.is_deliverable,
        "is_back": "back" in request.GET and subscriber.is_deliverable,
        "feed_url": "" if subscriber.wants_mail else _feed(subscriber),
    }
    return render(request, "subscriptions/unsubscribe.html", context)


@csrf_exempt
@form_page
@token_page(Purpose.UNSUBSCRIBE)
def choose(request: HttpRequest, subscriber: Subscriber, choice: str) -> HttpResponse:
    """A button of that page was pressed.  What is none of them means leaving, too."""
    page = path_of(links.unsubscribe(subscriber))
    if request.method != "POST":
        return SeeOther(page)
    at = now()
    if choice in Less.values:
        goodbye.lessen(subscriber, Less(choice), at=at)
        return SeeOther(f"{page}?saved")

    ip = client_address(request) or None
    may_return = goodbye.leave(subscriber, at=at, ip=ip, page="/unsubscribe/")
    if may_return:
        token = tokens.make(Purpose.RETURN, subscriber)
        return SeeOther(reverse("subscriptions:come_back", args=[token]))
    return render(request, "subscriptions/unsubscribed.html")


@csrf_exempt
@form_page
@token_page(Purpose.RETURN)
def come_back(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Say on GET that he has left; take it back on POST."""
    back = SeeOther(f"{path_of(links.unsubscribe(subscriber))}?back")
    if request.method == "POST":
        ip = client_address(request) or None
        if not goodbye.come_back(subscriber, at=now(), ip=ip, page="/return/"):
            raise BadToken
        return back
    return back if subscriber.is_deliverable else _left_page(request, subscriber, ReasonForm())


@csrf_exempt
@require_POST
@token_page(Purpose.RETURN)
def reason(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """Keep why he left."""
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _left_page(request, subscriber, form)
    if subscriber.state == Subscriber.State.UNSUBSCRIBED:
        why = Farewell.Reason(form.cleaned_data["reason"])
        goodbye.say_why(subscriber, why, at=now())
    return SeeOther(f"{_return_url(request)}?thanks")


def _left_page(request: HttpRequest, subscriber: Subscriber, form: ReasonForm) -> HttpResponse:
    if subscriber.state != Subscriber.State.UNSUBSCRIBED:
        raise BadToken
    said = subscriber.farewells.filter(on=subscriber.state_changed_at.date()).first()
    context = {
        "form": form,
        "said": said,
        "is_thanked": "thanks" in request.GET,
        "button": optin.RETURN,
        "minutes": tokens.FRESH_MINUTES,
        "return_url": _return_url(request),
        "feed_url": _feed(subscriber),
    }
    return render(request, "subscriptions/left.html", context)


def _return_url(request: HttpRequest) -> str:
    """This very link, as old as it is: a page that is opened again must not renew it."""
    return str(request.path).removesuffix("reason/")


def _feed(subscriber: Subscriber) -> str:
    """The public feed of what he follows: it says no more of him than this page does."""
    followed = subscriber.interests.filter(weight__gt=0).values_list("topic__slug", flat=True)
    slugs = "+".join(followed)
    return f"/feeds/topics/{slugs}.atom" if slugs else "/feeds/trending.atom"
