"""The page that lists what a reader said of papers, where he takes it back."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from papers.models import Paper
from subscriptions import links, opinions
from subscriptions.models import Subscriber
from subscriptions.token_pages import token_page
from subscriptions.tokens import BadToken, Purpose
from subscriptions.views import SeeOther, path_of

SHOWN = 100  # of each kind, newest first


@require_http_methods(["GET", "HEAD", "POST"])
@token_page(Purpose.PREFERENCES)
def said(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """List on GET; take one back, or all of it, on POST."""
    if not subscriber.is_deliverable:
        raise BadToken
    if request.method == "POST":
        done = _act(subscriber, request.POST.get("act", ""))
        if not done:
            return HttpResponse("There is no such button.", status=400, content_type="text/plain")
        return SeeOther(f"{request.path}?{done}=1")
    said, votes = (
        rows.select_related("paper").order_by("-at", "-pk")
        for rows in (subscriber.feedback, subscriber.votes)
    )
    context = {
        "said": said[:SHOWN],
        "said_count": said.count(),
        "votes": votes[:SHOWN],
        "votes_count": votes.count(),
        "shown": SHOWN,
        "is_asked": "ask" in request.GET,
        "is_undone": "undone" in request.GET,
        "is_forgotten": "forgotten" in request.GET,
        "preferences_url": path_of(links.preferences(subscriber)),
    }
    return render(request, "subscriptions/said.html", context)


def _act(subscriber: Subscriber, act: str) -> str:
    """Do what a button says; return in a word what was done, empty if there is no such button."""
    verb, _, number = act.partition(":")
    if verb == "forget":
        opinions.forget(subscriber)
        return "forgotten"
    if verb not in UNDO or not (paper := _paper(number)):
        return ""
    UNDO[verb](subscriber, paper)
    return "undone"


UNDO = {"unsay": opinions.unsay, "unvote": opinions.take_back}


def _paper(number: str) -> Paper | None:
    is_id = number.isascii() and number.isdigit() and len(number) < 19
    return Paper.objects.filter(pk=int(number)).first() if is_id else None
