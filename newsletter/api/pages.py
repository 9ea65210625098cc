"""The documentation of the API, as a page of ours, made from its schema.

The framework's own loads its program from other machines, which our policy forbids.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from ninja import NinjaAPI

from newsletter.api import describing


def documentation(api: NinjaAPI) -> Callable[[HttpRequest], HttpResponse]:
    """Return the view of its page."""

    @require_safe
    def page(request: HttpRequest) -> HttpResponse:
        schema = api.get_openapi_schema()
        context = {
            "about": api.description,
            "operations": describing.operations(schema, root=settings.SITE_URL),
            "shapes": describing.shapes(schema),
            "a_minute": settings.API_CALLS_PER_NETWORK_A_MINUTE,
            "is_open_for_sign_ups": bool(settings.API_SIGNUP_KEYS),
        }
        return render(request, "newsletter/api.html", context)

    return page
