"""Pages of the newsletter app."""

from __future__ import annotations

from django.urls import path

from newsletter import paper_page, views

app_name = "newsletter"
urlpatterns = [
    path("today/<token:token>/", views.today, name="today"),
    path("digest/<token:token>/<slug:kind>/<slug:on>/", views.digest, name="digest"),
    path("paper/<token:token>/<int:paper_id>/", paper_page.feedback, name="feedback"),
    path("issue/<slug:slug>/", views.issue, name="issue"),
    path("archive/", views.archive, name="archive"),
    path("help/", views.help_page, name="help"),
]
