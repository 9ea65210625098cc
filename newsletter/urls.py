"""Pages of the newsletter app."""

from __future__ import annotations

from django.urls import path

from newsletter import views

app_name = "newsletter"
urlpatterns = [
    path("today/<str:token>/", views.today, name="today"),
]
