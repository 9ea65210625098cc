"""The admin site: staff who signed in, and showed a second factor."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.http import urlencode

from newsletter.staff import second_factor


class StaffSite(AdminSite):
    """Django's, and behind it a page for the second factor (OWASP ASVS 5.0, 6.3.3)."""

    def has_permission(self, request: HttpRequest) -> bool:
        return super().has_permission(request) and second_factor.is_shown(request)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        view = second_factor.page(self)
        return [path("second-factor/", view, name="second_factor"), *super().get_urls()]

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Who has given his password already is asked for the rest."""
        if second_factor.is_awaited(request):
            query = urlencode({"next": request.GET.get("next", "")})
            return redirect(f"{reverse('admin:second_factor')}?{query}")
        return super().login(request, extra_context)
