"""Topics: all of them, and the papers of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import now
from django.views.decorators.cache import cache_page
from django.views.decorators.http import require_safe

from newsletter.site import lists, paging
from newsletter.site.windows import SPANS, Sort, Window
from papers.models import Assignment, Topic

KEPT = 60  # seconds
WEEKS = 8  # of the small chart


@dataclass(frozen=True, slots=True)
class Row:
    """A topic in the list of all, with how its papers came, week by week."""

    topic: Topic
    counts: Sequence[int]  # oldest first
    bars: Sequence[tuple[int, float, float]]  # x, y, height of each, in a box of 8 by 1

    @property
    def recent(self) -> int:
        """Papers of the last four weeks."""
        return sum(self.counts[-4:])


@require_safe
@cache_page(KEPT)
def index(request: HttpRequest) -> HttpResponse:
    until = lists.newest(until=now().date()) or now().date()
    counts = _by_week(until)
    topics = list(Topic.objects.active())
    most = max((max(counts[topic.pk]) for topic in topics), default=0)
    rows = [Row(topic, counts[topic.pk], bars(counts[topic.pk], most)) for topic in topics]
    return render(request, "site/topics.html", {"here": "topics", "rows": rows, "weeks": WEEKS})


@require_safe
@cache_page(KEPT)
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """The papers of one topic; one that was merged leads to where its papers went."""
    topic = get_object_or_404(Topic, slug=slug)
    if not topic.is_active:
        if topic.merged_into is None:
            return render(request, "404.html", status=404)
        return redirect("site:topic", topic.merged_into.slug, permanent=True)
    sort = Sort.of(request.GET.get("sort", ""))
    name = request.GET.get("span", "week")
    name = name if name in SPANS else "week"
    newest = lists.newest(until=now().date())
    window = Window.ending(newest or now().date(), span=name)
    papers = lists.papers_of(window, sort, topic=topic)
    context = {
        "here": "topics",
        "topic": topic,
        "name": name,
        "page": paging.page_of(request, papers, size=lists.AT_ONCE),
        "sort": sort,
        "sorts": list(Sort),
        "others": paging.query_without(request, "page"),
    }
    return render(request, "site/topic.html", context)


def bars(counts: Sequence[int], most: int) -> list[tuple[int, float, float]]:
    """Where each bar begins, and how tall it is; the tallest of all topics is 1.  Pure."""
    heights = [round(count / most, 3) if most else 0.0 for count in counts]
    return [(at, round(1 - height, 3), height) for at, height in enumerate(heights)]


def _by_week(until: date) -> dict[int, list[int]]:
    """Topic -> papers of each of the last weeks, oldest first."""
    since = until - timedelta(weeks=WEEKS) + timedelta(days=1)
    rows = Assignment.objects.filter(
        paper__listed_on__gte=since, paper__listed_on__lte=until, paper__withdrawn_on=None
    ).order_by()
    counted: Counter[tuple[int, int]] = Counter()
    for topic, on, n in rows.values_list("topic", "paper__listed_on").annotate(n=Count("pk")):
        counted[topic, (on - since).days // 7] += n
    topics = Topic.objects.active().values_list("pk", flat=True)
    return {topic: [counted[topic, week] for week in range(WEEKS)] for topic in topics}
