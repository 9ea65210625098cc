"""What search engines read: which addresses there are, and which are nobody's business.

Only pages that stay are named: lists by their date, topics, papers, issues.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from urllib.parse import quote
from xml.sax.saxutils import escape

from django.db.models import F, Max
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.timezone import now
from django.views.decorators.http import require_safe

from newsletter import addresses
from newsletter.answers import answer
from newsletter.models import Issue
from papers.models import Paper, Topic

XML = "application/xml; charset=utf-8"
CACHING = "public, max-age=3600"
NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
A_PAGE = 5_000  # papers on a page, by their numbers; the protocol allows 50,000
FIXED = ("site:trending", "site:week", "site:month", "site:topics", "newsletter:archive")
CLOSED = ["/admin/", "/c/", "/hooks/"]  # besides all that is behind a token
Found = tuple[str, date | None]  # an address, and when it changed if that is known


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in closed())]
    text = "\n".join([*lines, "", f"Sitemap: {addresses.page('feeds:sitemap')}", ""])
    return answer(request, text.encode(), "text/plain; charset=utf-8", caching=CACHING)


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """The index of sitemaps."""
    parts = Paper.objects.standing().order_by().annotate(part=(F("pk") - 1) / A_PAGE)
    newest = parts.values_list("part").annotate(at=Max("first_seen_at")).order_by("part")
    pages: list[Found] = [(_page("pages"), None), (_page("lists"), None), (_page("issues"), None)]
    pages += [(_page(f"papers-{part}"), at.date()) for part, at in newest]
    return _answer(request, "sitemapindex", "sitemap", pages)


@require_safe
def page(request: HttpRequest, name: str) -> HttpResponse:
    """One sitemap; 404 for one that the index would not name."""
    kind, _, number = name.partition("-")
    match kind:
        case "pages" | "lists" | "issues" if name == kind:
            found = {"pages": _pages, "lists": _lists, "issues": _issues}[kind]()
        case "papers" if number.isdecimal() and len(number) < 10:
            found = _papers(int(number))
        case _:
            raise Http404
    listed = list(found)
    if not listed and kind == "papers":
        raise Http404
    return _answer(request, "urlset", "url", listed)


def closed() -> list[str]:
    """Return where the paths begin that nobody should look for."""
    return sorted({*CLOSED, *_behind_tokens(get_resolver().url_patterns, "/")})


def _behind_tokens(patterns: Iterable[URLPattern | URLResolver], before: str) -> Iterator[str]:
    for each in patterns:
        path = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _behind_tokens(each.url_patterns, path)
        elif "<token:" in path:
            yield path.partition("<token:")[0]


def _pages() -> Iterator[Found]:
    yield addresses.absolute("/"), None
    for name in FIXED:
        yield addresses.page(name), None
    for slug in Topic.objects.active().values_list("slug", flat=True):
        yield addresses.page("site:topic", slug), None


def _lists() -> Iterator[Found]:
    listed = Paper.objects.standing().filter(listed_on__lte=now().date())
    days = listed.order_by("-listed_on").values_list("listed_on", flat=True).distinct()
    for day in filter(None, days):
        yield addresses.page("site:day", day.isoformat()), None


def _issues() -> Iterator[Found]:
    for issue in Issue.objects.published().only("cadence", "on"):
        yield addresses.page("newsletter:issue", issue.slug), issue.on


def _papers(part: int) -> Iterator[Found]:
    """Those of a range of numbers, so that a paper stays on its page for ever."""
    numbered = Paper.objects.standing().filter(pk__gt=part * A_PAGE, pk__lte=(part + 1) * A_PAGE)
    around = addresses.page("site:paper", "KEY")  # reversing each takes long
    for pk, arxiv_id, at in numbered.order_by("pk").values_list("pk", "arxiv_id", "first_seen_at"):
        yield around.replace("KEY", quote(arxiv_id or f"p{pk}")), at.date()


def _page(name: str) -> str:
    return addresses.page("feeds:sitemap_page", name)


def _answer(request: HttpRequest, root: str, each: str, found: Iterable[Found]) -> HttpResponse:
    rows = (f"<{each}><loc>{escape(url)}</loc>{_changed(on)}</{each}>\n" for url, on in found)
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{NAMESPACE}">\n'
    return answer(request, f"{body}{''.join(rows)}</{root}>\n".encode(), XML, caching=CACHING)


def _changed(on: date | None) -> str:
    return f"<lastmod>{on.isoformat()}</lastmod>" if on else ""
