"""One paper: what it says, why it trends, what is like it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_page
from django.views.decorators.http import require_safe

from newsletter.site import bibtex, lists, related
from newsletter.site.bibtex import Reference
from papers.charts import line_chart
from papers.models import Paper

KEPT = 60  # seconds
AUTHORS_SHOWN = 20


@require_safe
@cache_page(KEPT)
def page(request: HttpRequest, key: str) -> HttpResponse:
    paper = _paper(key)
    names = [name for name in paper.authors if isinstance(name, str)]
    seen = {name: row for name, row in paper.observations.by_source().items() if len(row) > 1}
    context = {
        "paper": paper,
        "authors": names[:AUTHORS_SHOWN],
        "more_authors": names[AUTHORS_SHOWN:],
        "topics": [found for found in paper.assignments.all() if found.topic.is_active],
        "rank": lists.rank(paper),
        "chart": line_chart(seen, moments="%d %b %Y"),
        "related": related.like(paper),
        "bibtex": bibtex.entry(reference(paper)),
    }
    return render(request, "site/paper.html", context)


@require_safe
@cache_page(KEPT)
def bib(request: HttpRequest, key: str) -> HttpResponse:
    """The entry alone, as a file."""
    paper = _paper(key)
    name = "".join(sign if sign.isalnum() or sign in ".-" else "-" for sign in paper.key)
    return HttpResponse(
        bibtex.entry(reference(paper)),
        content_type="application/x-bibtex; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.bib"'},
    )


def reference(paper: Paper) -> Reference:
    day = paper.published_at or paper.listed_on
    return Reference(
        title=paper.title,
        authors=[name for name in paper.authors if isinstance(name, str)],
        year=day.year if day else None,
        arxiv_id=paper.arxiv_id or "",
        category=next((name for name in paper.categories if isinstance(name, str)), ""),
    )


def _paper(key: str) -> Paper:
    paper = Paper.objects.by_key(key).with_topics().first()
    if paper is None:
        raise Http404
    return paper
