"""What is trending: today, this week, this month, or on the list of any day."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import now
from django.views.decorators.cache import cache_page
from django.views.decorators.http import require_safe

from newsletter.site import lists, paging
from newsletter.site.windows import Sort, Window

KEPT = 60  # seconds


@require_safe
@cache_page(KEPT)
def span(request: HttpRequest, name: str = "today") -> HttpResponse:
    """The newest list, or those of a week or a month up to it."""
    newest = lists.newest(until=now().date())
    if newest is None:
        return render(request, "site/trending.html", {"here": "trending", "name": name})
    return _page(request, Window.ending(newest, span=name), name=name)


@require_safe
@cache_page(KEPT)
def day(request: HttpRequest, on: str) -> HttpResponse:
    """The list of one day; where there is none, the way to its neighbours."""
    try:
        wanted = date.fromisoformat(on)
    except ValueError as error:
        raise Http404 from error
    if wanted > now().date():
        raise Http404
    return _page(request, Window(wanted, wanted), name="day")


@require_safe
def go(request: HttpRequest) -> HttpResponse:
    """Lead from the date that somebody picked to the page of its list."""
    try:
        wanted = date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return HttpResponseRedirect(reverse("site:trending"))
    return HttpResponseRedirect(reverse("site:day", args=[wanted.isoformat()]))


def _page(request: HttpRequest, window: Window, *, name: str) -> HttpResponse:
    sort = Sort.of(request.GET.get("sort", ""))
    page = paging.page_of(request, lists.papers_of(window, sort), size=lists.AT_ONCE)
    is_day = window.is_day
    today = now().date()
    context = {
        "here": "trending",
        "name": name,
        "window": window,
        "page": page,
        "sort": sort,
        "sorts": list(Sort),
        "others": paging.query_without(request, "page"),
        "earlier": lists.list_before(window.since) if is_day else None,
        "later": lists.list_after(window.until, until=today) if is_day else None,
        "today": today,
    }
    is_empty = name == "day" and not page.object_list
    return render(request, "site/trending.html", context, status=404 if is_empty else 200)
