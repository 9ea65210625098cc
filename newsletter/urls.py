"""Pages of the newsletter app."""

from __future__ import annotations

from django.urls import path

from newsletter import (
    counted,
    front,
    own_digests,
    paper_page,
    preview_page,
    rights_page,
    status,
    views,
    webhooks,
)

app_name = "newsletter"
urlpatterns = [
    path("", front.landing, name="landing"),
    path("subscribe/", front.subscribe, name="subscribe"),
    path("subscribe/preview/", front.preview, name="foretaste"),
    path("embed/", front.embed, name="embed"),
    path("healthz", status.healthz, name="healthz"),
    path("readyz", status.readyz, name="readyz"),
    path("metrics", status.figures, name="metrics"),
    path("c/<str:token>/", counted.follow, name="counted"),
    path("hooks/<slug:service>/", webhooks.hook, name="hook"),
    path("hooks/<slug:service>/mail/", webhooks.mail, name="mail_hook"),
    path("today/<token:token>/", views.today, name="today"),
    path("preferences/<token:token>/preview/", preview_page.preview, name="preview"),
    path("digests/<token:token>/", own_digests.digests, name="digests"),
    path("digest/<token:token>/<slug:kind>/<slug:on>/", own_digests.digest, name="digest"),
    path("why/<token:token>/<slug:kind>/<slug:on>/", own_digests.why, name="why"),
    path("export/<token:token>/", rights_page.export, name="export"),
    path("erase/<token:token>/", rights_page.erase, name="erase"),
    path("erased/", rights_page.erased, name="erased"),
    path("paper/<token:token>/<int:paper_id>/", paper_page.feedback, name="feedback"),
    path("issue/<slug:slug>/", views.issue, name="issue"),
    path("archive/", views.archive, name="archive"),
    path("help/", views.help_page, name="help"),
]
