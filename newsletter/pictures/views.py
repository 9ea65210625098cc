"""Pictures of what exists: each is drawn once for the same content, and then remembered."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import translation
from django.utils.timezone import now
from django.views.decorators.http import require_safe

from newsletter.answers import unless_known
from newsletter.pictures import contents, drawing
from newsletter.pictures.poster import Poster
from newsletter.site.windows import SPANS
from papers.models import Paper, Topic

CACHING = "public, max-age=3600"


@require_safe
def trending(request: HttpRequest, on: str = "today") -> HttpResponse:
    """Today, "week", "month", or the list of a day."""
    with translation.override(settings.LANGUAGE_CODE):
        return _picture(request, _of_list(on))


@require_safe
def topic(request: HttpRequest, slug: str) -> HttpResponse:
    found = get_object_or_404(Topic.objects.active(), slug=slug)
    with translation.override(settings.LANGUAGE_CODE):
        return _picture(request, contents.of_topic(found, today=now().date()))


@require_safe
def paper(request: HttpRequest, key: str) -> HttpResponse:
    found = Paper.objects.standing().by_key(key).for_cards().first()
    with translation.override(settings.LANGUAGE_CODE):
        return _picture(request, contents.of_paper(found) if found else None)


def _of_list(on: str) -> Poster | None:
    today = now().date()
    if on in SPANS:
        return contents.of_span(on, today=today)
    try:
        day = date.fromisoformat(on)
    except ValueError:
        return None
    return contents.of_day(day) if day <= today else None


def _picture(request: HttpRequest, poster: Poster | None) -> HttpResponse:
    """Answer whoever has it without drawing it."""
    if poster is None:
        raise Http404
    headers = {"ETag": f'"{poster.digest}"', "Cache-Control": CACHING}
    response = unless_known(request, HttpResponse(content_type="image/png", headers=headers))
    if response.status_code == 200:
        response.content = drawing.draw(poster, settings.PICTURE_FONT)
    return response
