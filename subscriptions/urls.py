"""Pages of the subscriptions app."""

from __future__ import annotations

from django.urls import path

app_name = "subscriptions"
urlpatterns: list = []
