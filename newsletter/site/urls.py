"""Pages of the site."""

from __future__ import annotations

from django.urls import path

from newsletter.site import papers, searching, topics, trending

app_name = "site"
urlpatterns = [
    path("trending/", trending.span, name="trending"),
    path("trending/week/", trending.span, {"name": "week"}, name="week"),
    path("trending/month/", trending.span, {"name": "month"}, name="month"),
    path("trending/go/", trending.go, name="go"),
    path("trending/<slug:on>/", trending.day, name="day"),
    path("topics/", topics.index, name="topics"),
    path("topics/<slug:slug>/", topics.page, name="topic"),
    path("papers/<path:key>.bib", papers.bib, name="bib"),
    path("papers/<path:key>/", papers.page, name="paper"),
    path("search/", searching.page, name="search"),
]
