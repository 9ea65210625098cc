"""Pages for machines that watch: alive, ready, figures.  They say nothing about anybody."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from newsletter import metrics, readiness


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers.  Nothing else is asked, so nothing else can make it fail."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 if the whole product does its work, else 503; and why not."""
    facts = readiness.look()
    readiness.alarm(facts)
    wrong = readiness.complaints(facts)
    report = {
        "ready": not wrong,
        "complaints": wrong,
        "warnings": facts.warnings,
        **facts.report(),
    }
    return JsonResponse(report, status=503 if wrong else 200)


@require_safe
@never_cache
def figures(request: HttpRequest) -> HttpResponse:
    """For Prometheus, if it knows the token; without one there is no such page."""
    if not settings.METRICS_TOKEN:
        raise Http404
    sent = request.headers.get("Authorization", "")
    if not constant_time_compare(sent, f"Bearer {settings.METRICS_TOKEN}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(metrics.text(), content_type=metrics.CONTENT_TYPE)
