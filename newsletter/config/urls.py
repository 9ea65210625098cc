"""Which page is where."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("newsletter.site.urls")),
    path("", include("newsletter.urls")),
    path("", include("newsletter.api.urls")),
    path("", include("newsletter.feeds.urls")),
    path("", include("newsletter.pictures.urls")),
    path("", include("subscriptions.urls")),
]
