"""Which picture is where."""

from __future__ import annotations

from django.urls import path

from newsletter.pictures import views

app_name = "pictures"
urlpatterns = [
    path("pictures/trending.png", views.trending, name="trending"),
    path("pictures/trending/<slug:on>.png", views.trending, name="list"),
    path("pictures/topics/<slug:slug>.png", views.topic, name="topic"),
    path("pictures/papers/<path:key>.png", views.paper, name="paper"),
]
