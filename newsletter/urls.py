"""Pages of the newsletter app."""

from __future__ import annotations

from django.urls import path

app_name = "newsletter"
urlpatterns: list = []
