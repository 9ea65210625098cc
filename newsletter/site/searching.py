"""Search: words, a topic, dates."""

from __future__ import annotations

from enum import Enum
from typing import Any

from django import forms
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from newsletter.site import lists, paging
from newsletter.site.windows import Sort
from papers import search
from papers.models import PaperQuerySet, Topic


class Order(Enum):
    BEST = "best"
    NEWEST = "newest"
    VOTES = "votes"

    @property
    def label(self) -> str:
        return str(LABELS[self])


LABELS = {
    Order.BEST: _("Best match"),
    Order.NEWEST: _("Newest"),
    Order.VOTES: _("Most votes"),
}


class SearchForm(forms.Form):
    """What is wrong in one field does not count, and is said."""

    q = forms.CharField(required=False, strip=True)
    topic = forms.ModelChoiceField(
        Topic.objects.active(), required=False, to_field_name="slug", empty_label=_("All topics")
    )
    since = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date"}))
    sort = forms.ChoiceField(required=False, choices=[(order.value, "") for order in Order])


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    form = SearchForm(request.GET)
    form.is_valid()
    asked: dict[str, Any] = {
        name: form.cleaned_data.get(name) if name not in form.errors else None
        for name in form.fields
    }
    query, order = search.clean(asked["q"] or ""), Order(asked["sort"] or "best")
    context = {
        "here": "search",
        "form": form,
        "query": query,
        "words": search.words(query),
        "order": order,
        "orders": list(Order),
        "others": paging.query_without(request, "page"),
        "but_sort": paging.query_without(request, "page", "sort"),
        "page": None,
    }
    if query:
        found = _ordered(_narrowed(search.find(query), asked), order)
        context["page"] = paging.page_of(request, found.for_cards(), size=lists.AT_ONCE)
    return render(request, "site/search.html", context)


def _narrowed(papers: PaperQuerySet, asked: dict[str, Any]) -> PaperQuerySet:
    if asked["topic"]:
        papers = papers.filter(assignments__topic=asked["topic"])
    if asked["since"]:
        papers = papers.filter(listed_on__gte=asked["since"])
    if asked["until"]:
        papers = papers.filter(listed_on__lte=asked["until"])
    return papers


def _ordered(papers: PaperQuerySet, order: Order) -> PaperQuerySet:
    match order:
        case Order.NEWEST:
            return lists.ordered(papers, Sort.NEWEST)
        case Order.VOTES:
            return lists.ordered(papers, Sort.VOTES)
        case _:
            return papers.order_by(F("relevance").desc(), "-votes", "pk")
