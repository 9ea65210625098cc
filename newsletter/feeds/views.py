"""Where feeds are read.  Nothing changes anything."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.timezone import now
from django.views.decorators.http import require_safe

from newsletter.answers import answer
from newsletter.feeds import atom, json_feed, lists, personal
from newsletter.feeds.terms import Feed
from papers.models import Topic
from subscriptions.models import Subscriber
from subscriptions.token_pages import token_page
from subscriptions.tokens import BadToken, Purpose

WRITERS = {"atom": atom, "json": json_feed}
PUBLIC = "public, max-age=900"
# Nobody on the way may keep it; the reader's own program may, to ask whether it is still so.
PRIVATE = "private, no-cache"
LONGEST_SEARCH = 200  # characters


@require_safe
def trending(request: HttpRequest, form: str) -> HttpResponse:
    with translation.override(settings.LANGUAGE_CODE):
        return _answer(request, lists.trending(today=now().date()), form)


@require_safe
def topics(request: HttpRequest, slugs: str, form: str) -> HttpResponse:
    """Papers on any of the topics; 404 if one of them does not exist (any more)."""
    wanted = set(slugs.split("+"))
    found = list(Topic.objects.active().filter(slug__in=wanted)[: lists.MOST_TOPICS + 1])
    if len(wanted) > lists.MOST_TOPICS or len(found) != len(wanted):
        raise Http404
    with translation.override(settings.LANGUAGE_CODE):
        return _answer(request, lists.about(found, today=now().date()), form)


@require_safe
def search(request: HttpRequest, form: str) -> HttpResponse:
    q = " ".join(request.GET.get("q", "").split())
    if not 0 < len(q) <= LONGEST_SEARCH:
        complaint = f"q: please give what to look for, in at most {LONGEST_SEARCH} characters.\n"
        return HttpResponse(complaint, status=400, content_type="text/plain")
    with translation.override(settings.LANGUAGE_CODE):
        return _answer(request, lists.found(q, today=now().date()), form)


@require_safe
@token_page(Purpose.FEED)
def mine(request: HttpRequest, subscriber: Subscriber, *, form: str) -> HttpResponse:
    """A reader's own feed, as long as he is one."""
    if not subscriber.is_deliverable:
        raise BadToken
    with translation.override(subscriber.language):
        return _answer(request, personal.mine(subscriber, at=now()), form, caching=PRIVATE)


def _answer(request: HttpRequest, feed: Feed, form: str, *, caching: str = PUBLIC) -> HttpResponse:
    writer = WRITERS[form]
    body = writer.write(feed)
    return answer(request, body, writer.CONTENT_TYPE, updated=feed.updated, caching=caching)
